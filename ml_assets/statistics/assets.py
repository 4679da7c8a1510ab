"""The asset of this room: `statistics`."""

import dagster as dg

from ml_assets.artifacts.outcome import Markdown, Outcome, Picture
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""

    @stage_asset(
        pipeline,
        ins=["examples"],
        config={"statistics": pipeline.statistics},
        kinds=["arrow", "json"],
    )
    def statistics(stage: Stage, examples: Artifact) -> Outcome:
        """Describes every column of the examples: for each split, and for all of them together."""
        from ml_assets.durable import write_json
        from ml_assets.statistics.generate import generate_split_statistics
        from ml_assets.statistics.picture import draw_distributions
        from ml_assets.statistics.relation_tables import relation_tables
        from ml_assets.statistics.sparklines import statistics_table
        from ml_assets.table import LABEL, Table

        table = Table((examples.path / "examples.parquet",))
        options = pipeline.statistics.model_dump()
        label = LABEL if LABEL in table.columns else None
        found = generate_split_statistics(table, label=label, **options)
        write_json(
            stage.directory / "statistics.json", {name: s.to_json() for name, s in found.items()}
        )
        draw_distributions(found["all"], stage.directory / "distributions.png")
        rows = found["all"].num_rows
        return Outcome(
            summary={"rows": rows, "columns": len(found["all"].features)},
            metadata={
                **{f"{name}_rows": s.num_rows for name, s in found.items() if name != "all"},
                "features": Markdown(statistics_table(found["all"])),
                **{
                    name: Markdown(text)
                    for name, text in relation_tables(found["all"], found["train"]).items()
                },
                "distributions": Picture("distributions.png", "Distributions"),
            },
        )

    return [statistics]
