"""A run whose process is gone is closed as failed when the next run begins."""

import multiprocessing
import os
from typing import TYPE_CHECKING

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store

if TYPE_CHECKING:
    import dagster as dg

PROCESS_TAG = "ml_assets/process"
_SAME_START_SECONDS = 2.0


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
    tag = f"{run.run_id} {process_name(_owner())}"
    if run.tags.get(PROCESS_TAG) != tag:
        context.instance.add_run_tags(run.run_id, {PROCESS_TAG: tag})
    close_dead_runs(context.instance)
    registry.close_dead_runs(home.tracking_uri, is_running)
    for root in sorted((home.root / "pipelines").glob("*")):
        Store(root).sweep()


def close_dead_runs(instance: "dg.DagsterInstance") -> list[str]:
    """Mark as failed every run of this machine that began and whose process is gone; give their ids."""
    import dagster as dg

    status = dg.DagsterRunStatus
    begun = dg.RunsFilter(statuses=[status.STARTING, status.STARTED, status.CANCELING])
    dead = [run for run in instance.get_runs(filters=begun) if _is_dead(run)]
    for run in dead:
        process = run.tags[PROCESS_TAG].split(" ")[-1]
        instance.report_run_failed(run, f"The process {process} of this run is gone.")
    return [run.run_id for run in dead]


def _is_dead(run: "dg.DagsterRun") -> bool:
    run_id, _, process = run.tags.get(PROCESS_TAG, "").partition(" ")
    return run_id == run.run_id and not is_running(process)


def _owner() -> int:
    """The process that drives the run: the parent's, where this one was started for a single step."""
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None or parent.pid is None else parent.pid


def process_name(pid: int) -> str:
    """Name a process so that a later one with the same id is not taken for it."""
    import psutil

    return f"{os.uname().nodename}:{pid}:{psutil.Process(pid).create_time():.2f}"


def is_running(name: str) -> bool:
    """Whether the process that `process_name` named still runs; one of another machine counts as such."""
    import psutil

    host, pid, began = name.rsplit(":", 2)
    if host != os.uname().nodename:
        return True
    try:
        process = psutil.Process(int(pid))
        # The time of a process's start moves a little when the machine's clock is set.
        is_same = abs(process.create_time() - float(began)) < _SAME_START_SECONDS
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
