"""A run whose process is gone is closed as failed when the next run begins."""

import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store, process_is_alive

if TYPE_CHECKING:
    import dagster as dg
    import psutil
    from dagster import RunRecord

PROCESS_TAG = "ml_assets/process"
# A run that does not say which process it is may still be on its way there.
GRACE = timedelta(minutes=10)
_CREATED = "created-by"
_MODULE = "ml_assets.definitions"
_SAME_START_SECONDS = 2.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def creation_tag() -> str:
    """Give the tag for a run that this process creates and drives; its id is not known yet."""
    return f"{_CREATED} {process_name(os.getpid())}"


def begin_run(context: "dg.InitResourceContext", home: Home) -> None:
    """Mark this run with its process; close dead runs, and remove what they left half-built.

    Parameters
    ----------
    context : dagster.InitResourceContext
        Of the run that begins.
    home : Home
        Whose pipelines are swept.
    """
    from ml_assets.registry import registry

    if context.instance is None or context.run is None:
        return
    run = context.run
    # A tag that was copied from the run that this one repeats names another run.
    tag = f"{run.run_id} {process_name(_driving_process())}"
    if run.tags.get(PROCESS_TAG) != tag:
        context.instance.add_run_tags(run.run_id, {PROCESS_TAG: tag})
    close_dead_runs(context.instance)
    registry.close_dead_runs(home.tracking_uri, is_running)
    for folder in (home.root, home.root / "logs", home.dagster):
        durable.sweep_staging(folder, process_is_alive)
    for root in sorted((home.root / "pipelines").glob("*")):
        Store(root).sweep()


def close_dead_runs(instance: "dg.DagsterInstance", now: datetime | None = None) -> list[str]:
    """Mark as failed every run of this machine that began and whose process is gone; give their ids.

    Parameters
    ----------
    instance : dagster.DagsterInstance
        Where the runs are.
    now : datetime, optional
        By default the moment. A run of ours that never said which process it is counts as dead after
        `GRACE`, unless Dagster noted a process and that one runs.
    """
    import dagster as dg

    status, moment = dg.DagsterRunStatus, now or datetime.now(UTC)
    unfinished = [status.NOT_STARTED, status.STARTING, status.STARTED, status.CANCELING]
    records = instance.get_run_records(filters=dg.RunsFilter(statuses=unfinished))
    dead = [record.dagster_run for record in records if _is_dead(instance, record, moment)]
    for run in dead:
        process = run.tags.get(PROCESS_TAG, "unknown").split(" ")[-1]
        instance.report_run_failed(run, f"The process of this run is gone ({process}).")
    return [run.run_id for run in dead]


def _is_dead(instance: "dg.DagsterInstance", record: "RunRecord", now: datetime) -> bool:
    run = record.dagster_run
    tagged_run, _, process = run.tags.get(PROCESS_TAG, "").partition(" ")
    # Dagster copies tags to a run that repeats another, and those name that one's process.
    if tagged_run == run.run_id or (tagged_run == _CREATED and run.parent_run_id is None):
        return not is_running(process)
    is_late = now - record.update_timestamp.replace(tzinfo=UTC) > GRACE
    return is_late and _is_ours(run) and not _noted_process_runs(instance, run)


def _is_ours(run: "dg.DagsterRun") -> bool:
    """Whether a run is of these definitions: the instance may hold those of other projects."""
    origin = run.job_code_origin
    pointer = origin.repository_origin.code_pointer if origin else None
    return getattr(pointer, "module", None) == _MODULE


def _noted_process_runs(instance: "dg.DagsterInstance", run: "dg.DagsterRun") -> bool:
    import psutil
    from dagster import DagsterEventType

    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        pid = event.engine_event_data.metadata.get("pid") if event else None
        try:
            process = psutil.Process(int(str(pid.value))) if pid else None
        except (ValueError, psutil.NoSuchProcess):
            continue
        if process and process.create_time() <= entry.timestamp + _SAME_START_SECONDS:
            return True
    return False


def _driving_process() -> int:
    """The process that drives the run: the parent's, where this one was started for a single step."""
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None or parent.pid is None else parent.pid


def process_name(pid: int) -> str:
    """Name a process so that a later one with the same id is not taken for it."""
    import psutil

    boot, seconds = _start_of(psutil.Process(pid))
    return f"{os.uname().nodename}:{pid}:{boot}+{seconds:.2f}"


def is_running(name: str) -> bool:
    """Whether the process that `process_name` named still runs; one of another machine counts as such."""
    import psutil

    host, pid, start = name.rsplit(":", 2)
    if host != os.uname().nodename:
        return True
    boot, _, seconds = start.rpartition("+")
    try:
        process = psutil.Process(int(pid))
        boot_now, seconds_now = _start_of(process)
        is_same = boot == boot_now and abs(seconds_now - float(seconds)) < _SAME_START_SECONDS
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _start_of(process: "psutil.Process") -> tuple[str, float]:
    """When a process began: which boot of the machine, and the seconds since then.

    Setting the clock moves neither. Where the system does not name its boots, the name is empty and the
    seconds are those of the clock.
    """
    import psutil

    if not _BOOT.is_file():
        return "", process.create_time()
    return _BOOT.read_text()[:8], process.create_time() - psutil.boot_time()
