"""The asset of this room: `schema`."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Columns, Markdown, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.schema.model import Schema


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    path = pipeline.directory / pipeline.schema_.file

    def why_stale(home: Home, artifact: Artifact) -> str | None:
        from ml_assets.schema.pinned_file import why_not_pinned

        return why_not_pinned(path, artifact.summary["file_sha256"])

    @stage_asset(
        pipeline,
        ins=["statistics"],
        config={
            "schema": pipeline.schema_,
            "labels": pipeline.labels,
            "transform.known_after": pipeline.transform.known_after,
        },
        kinds=["yaml"],
        checks=["schema_reviewed"],
        verify=why_stale,
    )
    def schema(stage: Stage, statistics: Artifact) -> Outcome:
        """What the columns must look like: read from the file beside the pipeline, inferred if new."""
        from ml_assets.schema.pinned_file import write_copy
        from ml_assets.schema.yaml_file import read_schema

        origin = "pinned" if path.is_file() else "inferred"
        found = read_schema(path) if path.is_file() else _infer(pipeline, statistics, path)
        write_copy(stage.directory / "schema.yaml", found, path)
        return _outcome(found, path, origin)

    return [schema]


def _infer(pipeline: PipelineSpec, statistics: Artifact, path: Path) -> "Schema":
    """Infer the schema from the training split, once, and write it beside the pipeline."""
    from ml_assets.schema.infer import infer_schema
    from ml_assets.schema.pinned_file import pin_schema
    from ml_assets.statistics.model import DatasetStatistics

    train = DatasetStatistics.from_json(statistics.json("statistics.json")["train"])
    inferred = infer_schema(
        train,
        infer_feature_shape=False,
        max_string_domain_size=pipeline.schema_.max_domain_size,
        range_margin=pipeline.schema_.range_margin,
        presence_margin=1.0,
        leave_out_empty=True,
        absent_in_serving={*pipeline.labels.columns, *pipeline.transform.known_after},
    )
    return pin_schema(path, inferred, pipeline.name)


def _outcome(found: "Schema", path: Path, origin: str) -> Outcome:
    from ml_assets.durable import file_digest
    from ml_assets.schema.show import columns, review
    from ml_assets.schema.yaml_writer import schema_body

    return Outcome(
        summary={
            "features": len(found.features),
            "origin": origin,
            "reviewed": found.reviewed,
            "file_sha256": file_digest(path),
        },
        metadata={
            "features": len(found.features),
            "left_out": len(found.left_out),
            "origin": origin,
            "file": str(path),
            "schema": Markdown(f"~~~yaml\n{schema_body(found)}~~~"),
            "columns": Columns(columns(found)),
        },
        checks=[Check("schema_reviewed", bool(found.reviewed), review(found, path), "WARN")],
    )
