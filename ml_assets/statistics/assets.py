"""The asset of this room: `statistics`."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets import durable
from ml_assets.artifacts.code import load_memo
from ml_assets.artifacts.fingerprint import ingredients
from ml_assets.artifacts.outcome import Markdown, Outcome, Picture
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.statistics.model import DatasetStatistics


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""

    @stage_asset(
        pipeline,
        ins=["examples"],
        config={
            "statistics": pipeline.statistics,
            "labels": pipeline.labels.columns,
            "transform.known_after": pipeline.transform.known_after,
        },
        kinds=["arrow", "json"],
    )
    def statistics(stage: Stage, examples: Artifact) -> Outcome:
        """What every column of the examples looks like: in each split, and in all of them."""
        from ml_assets.statistics.generate import generate_split_statistics
        from ml_assets.statistics.picture import draw_distributions
        from ml_assets.statistics.relation_tables import relation_tables
        from ml_assets.statistics.span_blocks import Span, blocks_of
        from ml_assets.statistics.span_states import StateFolder
        from ml_assets.statistics.sparklines import statistics_table
        from ml_assets.table import LABEL, Table

        table = Table((examples.path / "examples.parquet",))
        options = pipeline.statistics.model_dump()
        options["weight_column"] = options.pop("weight")
        options["label"] = LABEL if LABEL in table.columns else None
        spans = [
            Span(span["start"], span["rows"], span["digest"])
            for span in examples.json("spans.json")
        ]
        blocks, folder = blocks_of(spans), _states_folder(stage, options)
        stored, states = {path.stem for path in folder.glob("*.arrow")}, StateFolder(folder)
        by_split = generate_split_statistics(table, spans=spans, cache=states, **options)
        states.keep_only(blocks)
        by_split["train"] = _with_class_names(by_split["train"], examples)
        durable.write_json(
            stage.directory / "statistics.json",
            {split: described.to_json() for split, described in by_split.items()},
        )
        draw_distributions(by_split["all"], stage.directory / "distributions.png")
        rows = by_split["all"].num_rows
        tables = relation_tables(by_split["all"], by_split["train"], pipeline.absent_in_serving)
        return Outcome(
            summary={
                "rows": rows,
                "columns": len(by_split["all"].features),
                "spans": len(spans),
                "rows_read": sum(block.rows for block in blocks if block.digest not in stored),
            },
            metadata={
                **{
                    f"{split}_rows": by_split[split].num_rows
                    for split in by_split
                    if split != "all"
                },
                "features": Markdown(statistics_table(by_split["all"])),
                **{name: Markdown(text) for name, text in tables.items()},
                "distributions": Picture("distributions.png", "Distributions"),
            },
        )

    return [statistics]


def _with_class_names(train: "DatasetStatistics", examples: Artifact) -> "DatasetStatistics":
    """The same with the names of classes in place of their codes; classes of numbers have no names."""
    names = examples.json("labels.json")["classes"] if train.association else None
    if train.association is None or names is None:
        return train
    return replace(train, association=train.association.named(names))


def _states_folder(stage: Stage, options: Mapping[str, Any]) -> Path:
    """The folder of states that this code makes with these options; those of others are removed."""
    from ml_assets.statistics.span_states import window_state

    memo = load_memo(stage.home.root / "sources.json")
    state_options = {
        key: options[key] for key in ("weight_column", "slices", "cross_features", "label")
    }
    made_by = durable.json_digest(ingredients(window_state, state_options, {}, memo=memo))
    folder = stage.store.root / "states" / made_by[:16]
    for other in folder.parent.glob("[!.]*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder
