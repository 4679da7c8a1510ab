"""The assets of this room: `raw_data` and `examples`."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets import durable
from ml_assets.artifacts.declared import Unsure
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Columns, Outcome, Rows, Scalar
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact, process_is_alive
from ml_assets.named_columns import column_mistakes, named_columns
from ml_assets.pipeline import PipelineSpec
from ml_assets.pipeline_file import PipelineFile, read_pipeline_file

if TYPE_CHECKING:
    from ml_assets.ingest.examples import Plan
    from ml_assets.ingest.snapshots import Ingested, Snapshots
    from ml_assets.table import Table

_MOST_SPANS_LISTED = 1000


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [_raw_data(pipeline), _examples(pipeline)]


def where_in_file(pipeline: PipelineSpec) -> Callable[[tuple[str | int, ...]], str]:
    """Give the function that names file and line of a key of the YAML; it reads the file when called."""
    path = pipeline.directory / "defs.yaml"

    @cache
    def file() -> PipelineFile | None:
        return read_pipeline_file(path) if path.is_file() else None

    def where(key: tuple[str | int, ...]) -> str:
        pipeline_file = file()
        return pipeline.name if pipeline_file is None else pipeline_file.where(*key)

    return where


def _raw_data(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    ingest = pipeline.ingest

    @stage_asset(
        pipeline,
        config={
            "ingest.source": ingest.source,
            "ingest.time": ingest.time,
            "ingest.span": ingest.span,
            "ingest.max_rejected_fraction": ingest.max_rejected_fraction,
        },
        kinds=[ingest.source.kind, "parquet"],
        blocking_checks=["rejected_rows"],
        verify=partial(_why_stale, pipeline),
    )
    def raw_data(stage: Stage) -> Outcome:
        """The source's rows as they are now, cut into spans: immutable snapshots, written once."""
        from ml_assets.ingest.kept_open import take_or_open
        from ml_assets.ingest.preflight import check_types, refuse
        from ml_assets.ingest.snapshots import take_snapshots
        from ml_assets.ingest.sources import common_types

        spans_dir, where = _spans_dir(stage), where_in_file(pipeline)
        durable.sweep_staging(spans_dir, process_is_alive)
        previous = _ingested_before(stage)
        with durable.staging_directory(spans_dir) as scratch:
            source = take_or_open(ingest.source, pipeline.directory, scratch)
            mistakes = check_types(ingest.source, source, where)
            types = source.types(known=previous.types_of(source) if previous else None)
            columns = common_types(types, source.kind)
            refuse([*mistakes, *column_mistakes(pipeline, columns, where)], columns)
            snapshots = take_snapshots(source, types, ingest.time, ingest.span, spans_dir, previous)
        _write_raw_data(stage, snapshots, source.fingerprint)
        return _raw_data_outcome(stage, snapshots, ingest.max_rejected_fraction)

    return raw_data


def _examples(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    ingest = pipeline.ingest

    @stage_asset(
        pipeline,
        ins=["raw_data", "labels"],
        config={
            "ingest.key": ingest.key,
            "ingest.time": ingest.time,
            "ingest.window": ingest.window,
            "ingest.split": ingest.split,
            "ingest.known_at": ingest.known_at,
            "labels": pipeline.labels.columns,
        },
        kinds=["parquet"],
        blocking_checks=["splits_disjoint", "point_in_time"],
    )
    def examples(stage: Stage, raw_data: Artifact, labels: Artifact) -> Outcome:
        """The labelled rows of the window, each once, with a stable id and its split."""
        import pyarrow.parquet as pq

        from ml_assets.ingest.examples import KEPT, plan_examples
        from ml_assets.ingest.span_rows import SPANS_FILE, span_rows
        from ml_assets.ingest.spans import open_spans, select_spans

        manifest = raw_data.json("manifest.json")
        spans = select_spans(manifest, ingest.window)
        table = open_spans(manifest, _spans_dir(stage), ingest.window)
        labelled = pq.read_table(labels.path / "labels.parquet")
        label = pipeline.labels.columns
        plan = plan_examples(table, spans, labelled, ingest.split, ingest.key, ingest.time, label)
        if plan.different * 2 < plan.count(KEPT):
            stage.log(f"    {_few_different(plan)}")
        example_table = _write_examples(stage.directory, table, plan)
        durable.write_json(stage.directory / SPANS_FILE, span_rows(plan, spans, table.schema))
        # What the codes in the column of labels stand for.
        durable.write_json(stage.directory / "labels.json", labels.json("labels.json"))
        summary = _examples_summary(plan, [str(span["span"]) for span in spans])
        return Outcome(
            summary=summary,
            metadata={
                **{key: value for key, value in summary.items() if isinstance(value, int)},
                "columns": _columns(example_table),
            },
            checks=[
                _splits_disjoint(example_table, pipeline),
                _point_in_time(example_table, pipeline),
            ],
        )

    return examples


def _write_examples(directory: Path, table: "Table", plan: "Plan") -> "Table":
    """Write the examples, and the rows that are set aside; give the examples."""
    from ml_assets.ingest.examples import (
        duplicate_batches,
        duplicate_schema,
        example_batches,
        example_schema,
    )
    from ml_assets.table import write_table

    duplicates = directory / "duplicates.parquet"
    write_table(duplicates, duplicate_batches(table, plan), duplicate_schema(table))
    rows = example_batches(table, plan)
    return write_table(directory / "examples.parquet", rows, example_schema(table, plan))


def _why_stale(pipeline: PipelineSpec, home: Home, artifact: Artifact) -> str | None:
    """Why the stored rows are not the source's any more; if they are, refuses wrong names in the YAML."""
    from ml_assets.ingest.preflight import check_columns, refuse
    from ml_assets.ingest.sources import source_fingerprint
    from ml_assets.ingest.spans import SPANS_FOLDER

    manifest = artifact.json("manifest.json")
    columns = {column["name"]: column["type"] for column in manifest["columns"]}
    fingerprint = source_fingerprint(pipeline.ingest.source, pipeline.directory)
    if fingerprint is None:
        return Unsure("only reading the source tells whether it changed")
    if fingerprint != manifest["source_fingerprint"]:
        return "the source changed"
    folder = home.pipeline(pipeline.name) / SPANS_FOLDER
    if not all((folder / span["file"]).is_file() for span in manifest["spans"]):
        return "a snapshot is gone"
    refuse(check_columns(columns, named_columns(pipeline), where_in_file(pipeline)), columns)
    return None


def _spans_dir(stage: Stage) -> Path:
    from ml_assets.ingest.spans import SPANS_FOLDER

    return stage.store.root / SPANS_FOLDER


def _ingested_before(stage: Stage) -> "Ingested | None":
    """What was ingested last, if the same code and settings made it."""
    from ml_assets.ingest.rejected import read_rejected
    from ml_assets.ingest.snapshots import Ingested

    previous = stage.previous
    if previous is None or previous.summary.get("settings") != stage.fingerprint:
        return None
    rejected = read_rejected(previous.path / "rejected.parquet")
    return Ingested(previous.json("manifest.json"), rejected)


def _write_raw_data(stage: Stage, snapshots: "Snapshots", fingerprint: str | None) -> None:
    from ml_assets.ingest.rejected import rejected_table
    from ml_assets.table import write_table

    durable.write_json(stage.directory / "manifest.json", snapshots.manifest(fingerprint))
    rejected = rejected_table(snapshots.rejections.kept)
    write_table(stage.directory / "rejected.parquet", rejected.to_batches(), rejected.schema)


def _raw_data_outcome(stage: Stage, snapshots: "Snapshots", most_rejected: float) -> Outcome:
    old_spans = stage.previous.json("manifest.json")["spans"] if stage.previous else []
    known_digests = {span["sha256"] for span in old_spans}
    for note in snapshots.notes[:5]:
        stage.log(f"    {note}")
    summary: dict[str, Any] = {
        "rows": snapshots.rows,
        "spans": len(snapshots.spans),
        "new_spans": sum(span["sha256"] not in known_digests for span in snapshots.spans),
        "rejected": snapshots.rejections.count,
        "last_span": max(str(span["span"]) for span in snapshots.spans),
        "notes": snapshots.notes,
        "settings": stage.fingerprint,
    }
    shown = ("rows", "spans", "new_spans", "rejected", "last_span")
    reasons: list[dict[str, Scalar]] = [
        {"reason": reason, "rows": count} for reason, count in snapshots.rejections.reasons()[:10]
    ]
    return Outcome(
        summary=summary,
        metadata={
            **{key: summary[key] for key in shown},
            "infinite_values": sum(snapshots.infinite.values()),
            "columns": Columns(
                [(name, kind, True, "") for name, kind in snapshots.columns.items()]
            ),
            **({"rejected_reasons": Rows(reasons)} if reasons else {}),
        },
        checks=[_rejected_rows(snapshots, most_rejected)],
    )


def _rejected_rows(snapshots: "Snapshots", most_rejected: float) -> Check:
    count, share = snapshots.rejections.count, snapshots.rejected_fraction
    total = snapshots.rows + count
    text = (
        f"{count:,} of {total:,} rows could not be read ({share:.2%}; allowed {most_rejected:.2%})."
    )
    if count:
        first = snapshots.rejections.kept[0]
        text += (
            f" Most often: {snapshots.rejections.reasons()[0][0]}. The first is {first.file}, line "
            f"{first.line}; all are in rejected.parquet."
        )
    if share > most_rejected:
        text += " Mend the source, or raise ingest.max_rejected_fraction."
    return Check(
        "rejected_rows", share <= most_rejected, text, values={"rejected": count, "share": share}
    )


def _examples_summary(plan: "Plan", spans: list[str]) -> dict[str, Any]:
    from ml_assets.ingest.examples import CONTRADICTED, KEPT, REPEATED, UNLABELLED
    from ml_assets.ingest.split import SPLITS

    return {
        "rows": plan.count(KEPT),
        **{split: plan.in_split(split) for split in SPLITS},
        "unlabelled": plan.count(UNLABELLED),
        "duplicates": plan.count(REPEATED) + plan.count(CONTRADICTED),
        "first_span": spans[0],
        "last_span": spans[-1],
        "spans": spans if len(spans) < _MOST_SPANS_LISTED else len(spans),
    }


def _columns(table: "Table") -> Columns:
    return Columns([(field.name, str(field.type), field.nullable, "") for field in table.schema])


def _few_different(plan: "Plan") -> str:
    from ml_assets.ingest.examples import KEPT

    return (
        f"without the label, {plan.count(KEPT):,} rows are only {plan.different:,} different ones, and "
        "equal rows stay in one split: set ingest.key"
    )


def _splits_disjoint(examples: Any, pipeline: PipelineSpec) -> Check:
    from ml_assets.ingest.guarantees import shared_units

    shared = shared_units(examples, pipeline.ingest.split, pipeline.ingest.time)
    counts = ", ".join(f"{count:,} by {unit}" for unit, count in shared.items())
    text = f"Shared between splits: {counts}. None may be."
    return Check("splits_disjoint", not any(shared.values()), text, values=shared)


def _point_in_time(examples: Any, pipeline: PipelineSpec) -> Check:
    from ml_assets.ingest.guarantees import late_facts

    ingest = pipeline.ingest
    if not ingest.known_at:
        return Check("point_in_time", True, "No joined facts are declared in ingest.known_at.")
    late = late_facts(examples, str(ingest.time), ingest.known_at)
    counts = ", ".join(f"{name}: {count:,} rows" for name, count in late.items())
    text = (
        f"Known only after {ingest.time}: {counts}. None may be: join earlier facts in the source."
    )
    return Check("point_in_time", not any(late.values()), text, values=dict(late))
