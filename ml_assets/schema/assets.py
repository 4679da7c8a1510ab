"""The asset of this room: `schema`."""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Columns, Markdown, Outcome, Rows
from ml_assets.artifacts.stage import Launch, Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.schema.history import Version
    from ml_assets.schema.model import Schema
    from ml_assets.schema.pinned_file import PinnedSchema
    from ml_assets.statistics.model import DatasetStatistics


class AcceptConfig(dg.Config):
    """What of the anomalies to accept, and why; with nothing of it set, the asset runs as usual."""

    accept: bool = Field(
        default=False, description="Change the schema so that it allows what was found."
    )
    reason: str = Field(
        default="", description="Why; needed, and kept in the schema and its history."
    )
    features: list[str] = Field(default=[], description="Only of these columns.")
    anomalies: list[str] = Field(
        default=[],
        description="Only of these codes. Without columns and codes: all that fails a check, and new "
        "columns.",
    )
    by: str = Field(default="", description="Who; by default the user that runs Dagster.")


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
        checks=["schema_reviewed", "change_explained"],
        verify=why_stale,
        launch=Launch(AcceptConfig, partial(_accept, pipeline)),
    )
    def schema(stage: Stage, statistics: Artifact) -> Outcome:
        """What the columns must look like: a file beside the pipeline. Launch it to accept anomalies."""
        from ml_assets.artifacts.store import process_is_alive
        from ml_assets.durable import sweep_staging
        from ml_assets.schema.pinned_file import pinned_schema, write_copy
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.statistics.model import DatasetStatistics
        from ml_assets.statistics.semantic_type import harmless

        train = DatasetStatistics.from_json(statistics.json("statistics.json")["train"])
        shown, at = harmless(train.features), stage.now.isoformat()
        pinned = pinned_schema(path, stage.store.root)
        sweep_staging(path.parent, process_is_alive)
        with pinned.changing(at, stage.run_id, shown) as versions:
            origin = "pinned" if path.is_file() else "inferred"
            if origin == "inferred":
                version = _inferred_version(pipeline, train, versions, at, stage.run_id)
                versions.append(pinned.publish(version))
            current = read_schema(path)
            write_copy(stage.directory / "schema.yaml", current, path)
            return _outcome(current, pinned, versions, origin, shown)

    return [schema]


def _accept(
    pipeline: PipelineSpec,
    config: AcceptConfig,
    home: Home,
    run_id: str,
    log: Callable[[str], None],
) -> None:
    """Accept what the config of a launch names."""
    from ml_assets.errors import RequestError
    from ml_assets.schema.people import Acceptance, accept_schema

    if config.accept:
        names = tuple(config.features), tuple(config.anomalies)
        log(accept_schema(home, pipeline, Acceptance(config.reason, *names, config.by, run_id)))
    elif config != AcceptConfig():
        raise RequestError(
            "The config of the launch says what to accept, and not that it is accepted. Set "
            "`accept: true`, or take the rest out."
        )


def _inferred_version(
    pipeline: PipelineSpec,
    train: "DatasetStatistics",
    versions: "list[Version]",
    at: str,
    run_id: str,
) -> "Version":
    """Infer the first schema from the training split, for people to review."""
    from ml_assets.asking import current_user
    from ml_assets.schema.history import new_version
    from ml_assets.schema.infer import infer_schema
    from ml_assets.schema.pinned_file import inference_options
    from ml_assets.schema.yaml_writer import schema_text

    inferred = infer_schema(
        train, **inference_options(pipeline.schema_, pipeline.absent_in_serving)
    )
    text = schema_text(inferred, pipeline.name)
    return new_version("inferred", text, versions, at=at, by=current_user(), run_id=run_id)


def _outcome(
    schema: "Schema",
    pinned: "PinnedSchema",
    versions: "list[Version]",
    origin: str,
    shown: Collection[str],
) -> Outcome:
    from ml_assets.durable import file_digest
    from ml_assets.schema.diff import without_values
    from ml_assets.schema.history import version_rows
    from ml_assets.schema.show import columns, explanation, review
    from ml_assets.schema.yaml_writer import schema_body

    last = versions[-1]
    shape = without_values(schema, {*schema.by_name} - {*shown})
    return Outcome(
        summary={
            "features": len(schema.features),
            "origin": origin,
            "reviewed": schema.reviewed,
            "version": last.sequence,
            "file_sha256": file_digest(pinned.path),
        },
        metadata={
            "features": len(schema.features),
            "left_out": len(schema.left_out),
            "origin": origin,
            "file": str(pinned.path),
            "version": last.sequence,
            "versions": Rows(version_rows(versions)),
            "last_change": Markdown(f"~~~diff\n{last.diff}~~~") if last.diff else None,
            "schema": Markdown(f"~~~yaml\n{schema_body(shape)}~~~"),
            "columns": Columns(columns(schema)),
        },
        checks=[
            Check("schema_reviewed", bool(schema.reviewed), review(schema, pinned.path), "WARN"),
            Check("change_explained", last.is_explained, explanation(last, pinned.name), "WARN"),
        ],
    )
