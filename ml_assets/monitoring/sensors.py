"""The sensor of each pipeline: checks whether there is a reason to retrain, and starts a run."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from ml_assets.artifacts.home import Home, current_home
from ml_assets.artifacts.store import Record, Store
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.monitoring.retraining import (
        Alarm,
        AlarmKind,
        Champion,
        Decision,
        NewSpans,
        State,
    )

REASON_TAG = "ml_assets/retrain_reason"
WHY_TAG = "ml_assets/retrain_why"
CHAMPION_TAG = "ml_assets/retrain_champion"
_MAX_TAG = 300
# The new spans in a window, by the digest of `raw_data` and the fingerprint of the source.
SpanCache = dict[tuple[str, str], tuple[str, ...]]
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def build_retraining(
    pipeline: PipelineSpec,
) -> tuple[list[dg.JobDefinition], list[dg.SensorDefinition]]:
    """Give the retraining job and its sensor.

    Parameters
    ----------
    pipeline : PipelineSpec
        The pipeline.

    Returns
    -------
    list of JobDefinition, list of SensorDefinition
        The job ``<pipeline>_retrain`` over all assets of the pipeline, and the sensor
        ``<pipeline>_retraining``, which is on by default.
    """
    name, spec = pipeline.name, pipeline.monitoring.retraining
    job = dg.define_asset_job(
        f"{name}_retrain",
        selection=dg.AssetSelection.groups(name),
        description=f"Take {name} through its whole lifecycle; what has not changed is not made again.",
    )

    span_cache: SpanCache = {}

    @dg.sensor(
        name=f"{name}_retraining",
        job=job,
        minimum_interval_seconds=spec.check_every_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Retrains {name} when new spans arrive, skew, drift or performance alarms, or the champion "
            "is too old."
        ),
    )
    def retraining(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from ml_assets.monitoring.retraining import decide_retraining

        running = _is_running(context, job.name)
        state = read_state(pipeline, current_home(), running, context.cursor, span_cache)
        decision = decide_retraining(state, datetime.now(UTC), spec)
        if not decision.retrain:
            return dg.SensorResult(skip_reason=decision.message, cursor=decision.cursor)
        _refuse_broken_files(pipeline, decision)
        context.log.info(decision.message)
        request = dg.RunRequest(run_key=decision.run_key, tags=_tags(decision, state))
        return dg.SensorResult(run_requests=[request], cursor=decision.cursor)

    return [job], [retraining]  # type: ignore[list-item]


def read_state(
    pipeline: PipelineSpec,
    home: Home,
    is_running: bool,
    cursor: str | None,
    span_cache: SpanCache,
) -> "State":
    """Read the present state from the store, the registry and the source.

    Parameters
    ----------
    pipeline : PipelineSpec
        The pipeline.
    home : Home
        The home folder.
    is_running : bool
        Whether a retraining is queued or running.
    cursor : str or None
        The cursor of the last decision.
    span_cache : dict
        The new spans of the source as it was read last; updated when the source has changed.

    Raises
    ------
    MLAssetsError
        If the source or the registry cannot be read; the sensor's tick then fails and says so.
    """
    from ml_assets.monitoring.retraining import State

    store = Store(home.pipeline(pipeline.name))
    raw_data = store.current("raw_data")
    is_trained = raw_data is not None and store.current("model") is not None
    return State(
        pipeline=pipeline.name,
        is_trained=is_trained,
        champion=_champion(pipeline, home) if is_trained else None,
        new_spans=(
            _new_spans(pipeline, store, raw_data, span_cache) if is_trained and raw_data else None
        ),
        alarms=tuple(_alarms(store)),
        max_age_days=pipeline.max_model_age_days,
        is_running=is_running,
        cursor=cursor,
    )


def _champion(pipeline: PipelineSpec, home: Home) -> "Champion | None":
    from ml_assets.monitoring.retraining import Champion
    from ml_assets.registry.registry import champion

    registered = champion(home.tracking_uri, pipeline.model_name)
    return None if registered is None else Champion(registered.version, registered.created_at)


def _new_spans(
    pipeline: PipelineSpec, store: Store, raw_data: Record, span_cache: SpanCache
) -> "NewSpans | None":
    """The spans that are new in the source; None also where the source has no cheap fingerprint."""
    from ml_assets import durable
    from ml_assets.ingest.sources import source_fingerprint
    from ml_assets.monitoring.new_spans import find_new_spans
    from ml_assets.monitoring.retraining import NewSpans

    spec = pipeline.monitoring.retraining
    if not spec.on_new_spans:
        return None
    manifest = durable.read_json(store.artifact(raw_data).path / "manifest.json")
    fingerprint = source_fingerprint(pipeline.ingest.source, pipeline.directory)
    if fingerprint is None or fingerprint == manifest["source_fingerprint"]:
        return None
    key = (raw_data.digest, fingerprint)
    if key not in span_cache:
        # A changed source is read once for each content, not at every tick.
        windows = [pipeline.ingest.window, pipeline.serving.window]
        span_cache.clear()
        span_cache[key] = find_new_spans(pipeline.ingest, pipeline.directory, manifest, windows)
    return NewSpans(span_cache[key], fingerprint)


def _alarms(store: Store) -> "list[Alarm]":
    from ml_assets.monitoring.retraining import Alarm

    kinds: tuple[AlarmKind, ...] = ("skew", "drift", "performance")
    records = {kind: store.current(kind) for kind in kinds}
    return [
        Alarm(kind, record.digest, record.summary["model_version"], failed["description"])
        for kind, record in records.items()
        if record is not None
        for failed in record.failed_checks()
        if failed["name"] == kind
    ]


def _refuse_broken_files(pipeline: PipelineSpec, decision: "Decision") -> None:
    """Refuse a run that could not load the pipelines: it would fail, and its reasons count as handled."""
    from ml_assets.errors import PipelineFileError
    from ml_assets.pipeline_file import pipeline_files, read_pipeline_file

    for path in pipeline_files(pipeline.directory.parent):
        try:
            read_pipeline_file(path)
        except PipelineFileError as error:
            raise PipelineFileError(
                f"{pipeline.name} is to be retrained ({decision.message}), but no run can load the "
                f"pipelines. It starts when this is mended:\n{error}"
            ) from error


def _is_running(context: dg.SensorEvaluationContext, job: str) -> bool:
    unfinished = dg.RunsFilter(job_name=job, statuses=_UNFINISHED)
    return bool(context.instance.get_runs(filters=unfinished, limit=1))


def _tags(decision: "Decision", state: "State") -> dict[str, str]:
    return {
        REASON_TAG: ",".join(reason.kind for reason in decision.reasons),
        WHY_TAG: decision.message[:_MAX_TAG],
        CHAMPION_TAG: str(state.champion.version) if state.champion else "none",
    }
