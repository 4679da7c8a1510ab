"""A run whose process is gone is closed as failed when the next run begins."""

import os
from typing import TYPE_CHECKING

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store

if TYPE_CHECKING:
    import dagster as dg

PROCESS_TAG = "ml_assets/process"


def begin_run(context: "dg.InitResourceContext", home: Home) -> None:
    """Mark this run with its process; close dead runs, and remove what they left half-built.

    Parameters
    ----------
    context : dagster.InitResourceContext
        Of the run that begins.
    home : Home
        Whose pipelines are swept.
    """
    if context.instance is None or context.run is None:
        return
    close_dead_runs(context.instance)
    if PROCESS_TAG not in context.run.tags:
        context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: process_name(os.getpid())})
    for root in sorted((home.root / "pipelines").glob("*")):
        Store(root).sweep()


def close_dead_runs(instance: "dg.DagsterInstance") -> list[str]:
    """Mark as failed every started run of this machine whose process is gone; give their ids."""
    import dagster as dg

    started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
    dead = [
        run
        for run in instance.get_runs(filters=started)
        if PROCESS_TAG in run.tags and not is_running(run.tags[PROCESS_TAG])
    ]
    for run in dead:
        instance.report_run_failed(run, f"The process {run.tags[PROCESS_TAG]} of this run is gone.")
    return [run.run_id for run in dead]


def process_name(pid: int) -> str:
    """Name a process so that a later one with the same id is not taken for it."""
    import psutil

    return f"{os.uname().nodename}:{pid}:{psutil.Process(pid).create_time():.2f}"


def is_running(name: str) -> bool:
    """Whether the process that `process_name` named still runs; one of another machine counts as such."""
    import psutil

    host, pid, _ = name.rsplit(":", 2)
    if host != os.uname().nodename:
        return True
    try:
        return process_name(int(pid)) == name
    except psutil.NoSuchProcess:
        return False
