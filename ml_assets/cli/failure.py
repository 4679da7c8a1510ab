"""Explains a failed run: which asset, why, what was not made, and what to do next."""

import os
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.errors import MLAssetsError

if TYPE_CHECKING:
    import dagster as dg


INTERRUPTED = 130  # the exit code that shells give a command that Ctrl-C ended
_INTERRUPTS = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
_DISK = ("disk I/O error", "disk is full", "No space left", "File too large")
# How Python, NumPy, Arrow and the system say it.
_MEMORY = (
    "MemoryError",
    "Unable to allocate",
    "malloc of size",
    "Cannot allocate memory",
    "bad_alloc",
)


def explain_run(home: Home, name: str, show_traceback: bool) -> int:
    """Print what failed in the run that this process has begun; the traceback goes to a file.

    Parameters
    ----------
    home : Home
        The home folder; ``DAGSTER_HOME`` must be set.
    name : str
        The pipeline's name.
    show_traceback : bool
        Whether to print the traceback too.

    Returns
    -------
    int
        The exit code: `INTERRUPTED` where a person or the system ended the run, else 1.
    """
    import dagster as dg

    from ml_assets.console import asset_name

    with dg.DagsterInstance.get() as instance:
        run = _own_run(instance)
        entries = instance.all_logs(run.run_id) if run else []
    events = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
    kinds = dg.DagsterEventType
    steps = [event for event in events if event.event_type == kinds.STEP_FAILURE]
    failures = steps or [event for event in events if event.event_type == kinds.RUN_FAILURE]
    if run is None or not failures:
        print(
            f"Failed: {name}: the run ended early; see above. {_next_step(name)}",
            file=sys.stderr,
        )
        return 1
    text = "\n\n".join(_traceback(failure) for failure in failures)
    _keep_traceback(home.root / "logs" / f"{run.run_id}.txt", text, show_traceback)
    interrupts = [failure for failure in failures if _is_interrupt(failure)]
    if interrupts:
        where = asset_name(interrupts[0]) if interrupts[0].step_key else name
        print(
            *_not_made_lines(where, not_made(events)),
            interrupted(where, name),
            sep="\n",
            file=sys.stderr,
        )
        return INTERRUPTED
    for failure in failures:
        print(*failure_lines(failure, home, name, not_made(events)), sep="\n", file=sys.stderr)
    return 1


def explain_error(error: BaseException, home: Home, name: str, show_traceback: bool) -> None:
    """Print why there was no run: definitions that cannot be loaded, or a selection of nothing."""
    text = "".join(traceback.format_exception(error))
    _keep_traceback(home.root / "logs" / "before_the_run.txt", text, show_traceback)
    causes = list(_causes_of(error))
    cause = next((link for link in causes if isinstance(link, MLAssetsError)), causes[-1])
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    print(
        *_cause_lines(name, [*lines[:-1], lines[-1] + _resource_hint(lines[-1], home)], name),
        sep="\n",
        file=sys.stderr,
    )


def interrupted(what: str, name: str) -> str:
    """Say that a run was ended from outside, at which asset or pipeline, and how it goes on."""
    return f"Interrupted: {what}. What was made before is kept; to go on: python -m ml_assets run {name}"


def not_made(events: "Sequence[dg.DagsterEvent]") -> list[str]:
    """Name the assets that a run was to make and did not, sorted."""
    import dagster as dg

    kinds = dg.DagsterEventType
    planned, made = (
        {
            event.asset_key.path[-1]
            for event in events
            if event.event_type == kind and event.asset_key
        }
        for kind in (kinds.ASSET_MATERIALIZATION_PLANNED, kinds.ASSET_MATERIALIZATION)
    )
    return sorted(planned - made)


def failure_lines(
    failure: "dg.DagsterEvent", home: Home, name: str, not_done: Sequence[str]
) -> list[str]:
    """Say what failed. The last line names the asset, the cause, and the next command.

    Parameters
    ----------
    failure : DagsterEvent
        The failure of a step, or of a run.
    home : Home
        The home folder.
    name : str
        The pipeline's name.
    not_done : sequence of str
        The assets that were not made because of it.
    """
    from ml_assets.console import asset_name, cause

    asset = asset_name(failure) if failure.step_key else name
    pipeline = asset.split("/")[0]
    gates = _gate_messages(failure, home)
    causes = gates or cause(failure).splitlines()
    causes = [*causes[:-1], causes[-1] + _resource_hint(causes[-1], home)]
    lines = _cause_lines(asset, causes, pipeline)
    # The console has said it already, in full, but for what gates found.
    return [*_not_made_lines(asset, not_done), *(lines if gates else lines[-1:])]


def _not_made_lines(asset: str, not_done: Sequence[str]) -> list[str]:
    others = [other for other in not_done if other != asset.split("/")[-1]]
    return [f"Not made: {', '.join(others)}."] if others else []


def _cause_lines(what: str, causes: Sequence[str], name: str) -> list[str]:
    first = causes[0].splitlines()[0].rstrip().removesuffix(":")
    more = f" (and {len(causes) - 1} more, above)" if len(causes) > 1 else ""
    end = "" if first.endswith((".", "!", "?")) else "."
    last = f"Failed: {what}: {first}{end}{more} {_next_step(name)}"
    is_long = len(causes) > 1 or "\n" in causes[0]
    return [*(f"  {line}" for line in causes if is_long), last]


def _next_step(name: str) -> str:
    return f"Mend that, then: python -m ml_assets run {name}"


def _is_interrupt(failure: "dg.DagsterEvent") -> bool:
    from ml_assets.console import errors_of

    return any(error.cls_name in _INTERRUPTS for error in errors_of(failure))


def _resource_hint(text: str, home: Home) -> str:
    """Where there is no room for what, or nothing may be written: the databases' errors name no file."""
    if any(word in text for word in _MEMORY):
        return (
            ": no memory was left for it. Give it more (a larger machine, or a higher limit: ulimit -v, "
            "or that of a container), or less data: ingest.window"
        )
    if home.root.is_dir() and not os.access(home.root, os.W_OK):
        return f": {home.root} may not be written"
    if not any(word in text for word in _DISK):
        return ""
    free = shutil.disk_usage(home.root).free / 1e6
    return (
        f": the disk below {home.root} has {free:,.0f} MB left, or a limit on the size of files was "
        "reached (ulimit -f)"
    )


def _own_run(instance: "dg.DagsterInstance") -> "dg.DagsterRun | None":
    """The last run that this process has begun."""
    from ml_assets.artifacts.dead_runs import PROCESS_TAG, process_name

    process = process_name(os.getpid())
    runs = instance.get_runs(limit=20)
    return next((run for run in runs if run.tags.get(PROCESS_TAG, "").endswith(process)), None)


def _gate_messages(failure: "dg.DagsterEvent", home: Home) -> list[str]:
    """What the failed blocking checks of an asset found, if they are what failed."""
    from ml_assets.console import asset_name, error_of

    error = error_of(failure)
    if error is None or error.cls_name != "DagsterAssetCheckFailedError":
        return []
    pipeline, _, asset = asset_name(failure).partition("/")
    record = Store(home.pipeline(pipeline)).current(asset)
    failed = record.failed_checks() if record else []
    gates = [check for check in failed if record and check["name"] in record.blocking]
    texts = (f"check {check['name']}: {check['description']}" for check in gates)
    return [line for text in texts for line in text.splitlines()]


def _keep_traceback(log: Path, text: str, show: bool) -> None:
    try:
        durable.write_bytes(log, text.encode())
        where = os.path.relpath(log)
    except OSError as error:  # a full or read-only disk is often what failed in the first place
        where = f"not kept, {error.strerror}; --traceback prints it"
    if show:
        print(text, file=sys.stderr)
    print(f"Traceback: {where}", file=sys.stderr)


def _traceback(failure: "dg.DagsterEvent") -> str:
    from ml_assets.console import error_of

    error = error_of(failure)
    return error.to_string() if error is not None else "no error was recorded"


def _causes_of(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
