"""The asset of this room: `statistics`."""

import shutil
from pathlib import Path

import dagster as dg

from ml_assets import durable
from ml_assets.artifacts.code import load_memo
from ml_assets.artifacts.fingerprint import ingredients
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
        from ml_assets.statistics.generate import generate_split_statistics
        from ml_assets.statistics.picture import draw_distributions
        from ml_assets.statistics.relation_tables import relation_tables
        from ml_assets.statistics.span_states import Span, StateFolder, blocks_of
        from ml_assets.statistics.sparklines import statistics_table
        from ml_assets.table import LABEL, Table

        table = Table((examples.path / "examples.parquet",))
        options = pipeline.statistics.model_dump()
        weight = options.pop("weight")
        spans = [Span(s["start"], s["rows"], s["digest"]) for s in examples.json("spans.json")]
        blocks, folder = blocks_of(spans), _states_folder(stage, weight)
        known, kept = {path.stem for path in folder.glob("*.arrow")}, StateFolder(folder)
        label = LABEL if LABEL in table.columns else None
        found = generate_split_statistics(
            table,
            label=label,
            weight_column=weight,
            spans=spans,
            kept=kept,
            **options,
        )
        kept.keep_only(blocks)
        durable.write_json(
            stage.directory / "statistics.json", {name: s.to_json() for name, s in found.items()}
        )
        draw_distributions(found["all"], stage.directory / "distributions.png")
        rows = found["all"].num_rows
        return Outcome(
            summary={
                "rows": rows,
                "columns": len(found["all"].features),
                "spans": len(spans),
                "rows_read": sum(block.rows for block in blocks if block.digest not in known),
            },
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


def _states_folder(stage: Stage, weight: str | None) -> Path:
    """Where the states of spans are kept that this code made with this option; others are removed."""
    from ml_assets.statistics.span_states import window_states

    memo = load_memo(stage.home.root / "sources.json")
    made_by = durable.json_digest(ingredients(window_states, {"weight": weight}, {}, memo=memo))
    folder = stage.store.root / "states" / made_by[:16]
    for other in folder.parent.glob("[!.]*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder
