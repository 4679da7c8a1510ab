"""The asset of this room: `labels`."""

from typing import TYPE_CHECKING

import dagster as dg

from ml_assets import durable
from ml_assets.artifacts.outcome import Check, Columns, Outcome, Rows, Scalar
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.errors import prefix_data_errors
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.labels.label import Labels

_MOST_SHOWN = 20


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""

    @stage_asset(
        pipeline,
        ins=["raw_data"],
        config={
            "task": pipeline.task,
            "labels": pipeline.labels,
            "ingest.key": pipeline.ingest.key,
        },
        kinds=["parquet"],
        blocking_checks=["labels"],
    )
    def labels(stage: Stage, raw_data: Artifact) -> Outcome:
        """What is to be predicted, for every row of the source for which it is known."""
        from ml_assets.ingest.spans import SPANS_FOLDER, open_spans, rechunk
        from ml_assets.labels.label import alike_classes, make_labels
        from ml_assets.table import write_table

        spec, key = pipeline.labels, pipeline.ingest.key
        table = open_spans(raw_data.json("manifest.json"), stage.store.root / SPANS_FOLDER)
        columns = list(dict.fromkeys([*key, *spec.columns])) if key else None
        with prefix_data_errors(pipeline.ingest.source.display_name):
            labelled = make_labels(rechunk(table.batches(columns)), spec, pipeline.task, key)
        for group in alike_classes(labelled.counts)[:3]:
            shown = ", ".join(repr(name[:40]) for name in group[:3])
            stage.log(f"    classes that differ only by case or spaces: {shown}")
        parts = labelled.table.combine_chunks().to_batches()
        write_table(stage.directory / "labels.parquet", parts, labelled.table.schema)
        durable.write_json(stage.directory / "labels.json", labelled.to_json())
        return _outcome(labelled, spec.max_missing_fraction)

    return [labels]


def _outcome(labelled: "Labels", most_missing: float) -> Outcome:
    share = labelled.missing_fraction
    numbers = {
        "rows": labelled.table.num_rows,
        "missing": labelled.missing,
        "contradictory": labelled.contradictory,
    }
    text = (
        f"{labelled.missing:,} of {labelled.rows:,} rows have no label ({share:.2%}; allowed "
        f"{most_missing:.2%})."
    )
    if share > most_missing:
        text += " Look at the label's columns, or raise labels.max_missing_fraction."
    counted: list[dict[str, Scalar]] = [
        {"class": name, "rows": count} for name, count in labelled.counts.items()
    ]
    return Outcome(
        summary={**numbers, "classes": dict(labelled.counts)},
        metadata={
            **numbers,
            "missing_fraction": share,
            "columns": Columns(
                [(field.name, str(field.type), False, "") for field in labelled.table.schema]
            ),
            **({"classes": Rows(counted[:_MOST_SHOWN])} if counted else {}),
        },
        checks=[Check("labels", share <= most_missing, text, values={"missing_fraction": share})],
    )
