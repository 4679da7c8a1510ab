"""What a person does with a pipeline's schema: accept what is proposed, go back, look at the history."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.sound import refuse_damaged
from ml_assets.artifacts.store import Store
from ml_assets.asking import current_user, needed_reason
from ml_assets.errors import RequestError
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.history import Version, new_version
from ml_assets.schema.model import TRAINING, Schema
from ml_assets.schema.pinned_file import PinnedSchema, inference_options, pinned_schema
from ml_assets.schema.yaml_edit import edited_text
from ml_assets.schema.yaml_file import read_schema
from ml_assets.schema.yaml_writer import schema_body
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.semantic_type import harmless
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.proposal import PROPOSAL, proposed
from ml_assets.validation.update import update_schema


@dataclass(frozen=True)
class Acceptance:
    """What a person accepts.

    Attributes
    ----------
    reason : str
        Why; needed.
    features, anomalies : tuple of str
        The columns, and the codes of anomalies: of what is named, only these. Without names all that
        fails a check, and new columns; other warnings only where column and code are named.
    by : str
        Who; by default the user of this process.
    run_id : str
        The Dagster run, if in one.
    """

    reason: str
    features: tuple[str, ...] = ()
    anomalies: tuple[str, ...] = ()
    by: str = ""
    run_id: str = ""


def accept_schema(home: Home, pipeline: PipelineSpec, acceptance: Acceptance) -> str:
    """Change a pipeline's schema file so that it allows what `anomalies` found; say what was done.

    The anomalies are those that the asset `anomalies` holds, with the statistics that it was made from;
    the file is taken as it is now. What was accepted before changes nothing.

    Raises
    ------
    RequestError
        If there is no reason, nothing to accept, or a name that no anomaly has.
    PipelineFileError
        If the file has mistakes or cannot be written, or its history is broken.
    """
    acceptance = replace(
        acceptance, reason=needed_reason(acceptance.reason), by=acceptance.by or current_user()
    )
    anomalies, statistics = _anomalies_and_statistics(home, pipeline)
    pinned, at, shown = _pinned(home, pipeline), _now(), harmless(statistics.features)
    with pinned.changing(at, acceptance.run_id, shown) as versions:
        current = _current_schema(pinned, pipeline)
        earlier = next(
            (version for version in reversed(versions) if _is_same_acceptance(version, acceptance)),
            None,
        )
        accepted = _accepted_anomalies(anomalies, acceptance, is_done=earlier is not None)
        inference = inference_options(pipeline.schema_, pipeline.absent_in_serving)
        updated = update_schema(current, statistics, accepted, TRAINING, **inference)
        if updated == current and earlier is not None:
            return f"{pinned.name} is unchanged: this was accepted before, as version {earlier.sequence}."
        if updated == current:
            raise RequestError(_nothing_to_accept(pinned, anomalies, pipeline))
        version = new_version(
            "accepted",
            edited_text(pinned.text(), replace(updated, reason=acceptance.reason), pipeline.name),
            versions,
            at=at,
            harmless=shown,
            **asdict(acceptance),
        )
        return _published_text(pinned, pinned.publish(version), pipeline)


def restore_schema(home: Home, pipeline: PipelineSpec, number: int, reason: str) -> str:
    """Make an older version the schema file again, as a new version; say what was done.

    Raises
    ------
    RequestError
        If there is no reason or no such version, or the file demands the same already.
    PipelineFileError
        As `accept_schema`.
    """
    reason, at, shown = needed_reason(reason), _now(), _harmless(home, pipeline)
    pinned = _pinned(home, pipeline)
    with pinned.changing(at, "", shown) as versions:
        older = next((version for version in versions if version.sequence == number), None)
        if older is None:
            raise RequestError(
                f"{pinned.name} has no version {number}; there are 1 to {len(versions)}."
            )
        if schema_body(older.schema) == schema_body(_current_schema(pinned, pipeline)):
            raise RequestError(f"{pinned.name} demands what version {number} does already.")
        text = edited_text(older.text, replace(older.schema, reason=reason), pipeline.name)
        version = new_version(
            "restored", text, versions, at=at, by=current_user(), reason=reason, harmless=shown
        )
        return _published_text(pinned, pinned.publish(version), pipeline)


def schema_versions(home: Home, pipeline: PipelineSpec) -> list[Version]:
    """Give the history of a pipeline's schema file up to now.

    Raises
    ------
    PipelineFileError
        If the file has mistakes, or its history is broken.
    """
    with _pinned(home, pipeline).changing(_now(), "", _harmless(home, pipeline)) as versions:
        return versions


def proposed_diff(home: Home, pipeline: PipelineSpec) -> str:
    """Give what `anomalies` proposes to change, as `schema_diff` does; empty where that is nothing.

    Raises
    ------
    RequestError
        If the asset `anomalies` was never made.
    """
    store = Store(home.pipeline(pipeline.name))
    record = store.current("anomalies")
    if record is None:
        raise RequestError(_not_run_yet(pipeline))
    path = store.artifact(record).path / PROPOSAL
    return path.read_text("utf-8") if path.is_file() else ""


def _pinned(home: Home, pipeline: PipelineSpec) -> PinnedSchema:
    return pinned_schema(pipeline.directory / pipeline.schema_.file, home.pipeline(pipeline.name))


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _anomalies_and_statistics(
    home: Home, pipeline: PipelineSpec
) -> tuple[list[Anomaly], DatasetStatistics]:
    """What `anomalies` found, and the statistics that it looked at."""
    store = Store(home.pipeline(pipeline.name))
    record = store.current("anomalies")
    statistics_record = store.record("statistics", record.inputs["statistics"]) if record else None
    if record is None or statistics_record is None:
        raise RequestError(_not_run_yet(pipeline))
    judged, described = store.artifact(record), store.artifact(statistics_record)
    refuse_damaged(store, (judged, described))
    anomalies = [Anomaly.from_json(anomaly) for anomaly in judged.json("anomalies.json")]
    return anomalies, DatasetStatistics.from_json(described.json("statistics.json")["all"])


def _not_run_yet(pipeline: PipelineSpec) -> str:
    name = pipeline.name
    return (
        f"Nothing is known of anomalies of {name} yet. Run it first: python -m ml_assets run {name}"
    )


def _harmless(home: Home, pipeline: PipelineSpec) -> set[str]:
    """The columns of which values may be shown; none where there are no statistics yet."""
    store = Store(home.pipeline(pipeline.name))
    record = store.current("statistics")
    if record is None:
        return set()
    stored = store.artifact(record).json("statistics.json")["all"]
    return harmless(DatasetStatistics.from_json(stored).features)


def _current_schema(pinned: PinnedSchema, pipeline: PipelineSpec) -> Schema:
    if not pinned.path.is_file():
        raise RequestError(
            f"{pinned.name} does not exist yet: it is inferred by the first run: "
            f"python -m ml_assets run {pipeline.name}"
        )
    return read_schema(pinned.path)


def _accepted_anomalies(
    anomalies: Sequence[Anomaly], acceptance: Acceptance, is_done: bool
) -> list[Anomaly]:
    """The anomalies to accept; none where all that is named is gone because it was accepted."""
    try:
        return proposed(anomalies, acceptance.features, acceptance.anomalies)
    except RequestError:
        if is_done:
            return []
        raise


def _is_same_acceptance(version: Version, acceptance: Acceptance) -> bool:
    """Whether a version was made by the same acceptance: the same launch of the asset, repeated."""
    theirs = (version.how, version.features, version.anomalies, version.reason)
    return theirs == ("accepted", acceptance.features, acceptance.anomalies, acceptance.reason)


def _nothing_to_accept(
    pinned: PinnedSchema, anomalies: Sequence[Anomaly], pipeline: PipelineSpec
) -> str:
    warnings = {f"{anomaly.feature or 'data set'} {anomaly.code}": None for anomaly in anomalies}
    listed = f"There are: {', '.join(warnings)}. " if warnings else ""
    return (
        f"{pinned.name} was not changed: it allows already what there is to accept. {listed}What only "
        "warns is accepted by its names (--feature COLUMN --anomaly CODE). To look again: "
        f"python -m ml_assets run {pipeline.name}"
    )


def _published_text(pinned: PinnedSchema, version: Version, pipeline: PipelineSpec) -> str:
    return (
        f"{pinned.name} is now version {version.sequence}, {version.how} by {version.by}: "
        f"{version.reason}\n{version.diff}Judge the data by it: python -m ml_assets run {pipeline.name}"
    )
