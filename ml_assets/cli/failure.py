"""Explains a failed run: which asset, why, what was not made, and what to do next."""

import os
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


def explain_run(home: Home, name: str, show_traceback: bool) -> None:
    """Print what failed in the run that this process has begun; the traceback goes to a file.

    Parameters
    ----------
    home : Home
        The home folder; ``DAGSTER_HOME`` must be set.
    name : str
        The pipeline's name.
    show_traceback : bool
        Whether to print the traceback too.
    """
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        run = _own_run(instance)
        entries = instance.all_logs(run.run_id) if run else []
    events = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
    kinds = dg.DagsterEventType
    steps = [event for event in events if event.event_type == kinds.STEP_FAILURE]
    failures = steps or [event for event in events if event.event_type == kinds.RUN_FAILURE]
    if run is None or not failures:
        print(f"Failed: {name}: the run ended early; see above. {_again(name)}", file=sys.stderr)
        return
    text = "\n\n".join(_traceback(failure) for failure in failures)
    _keep_traceback(home.root / "logs" / f"{run.run_id}.txt", text, show_traceback)
    for failure in failures:
        print(*failure_lines(failure, home, name, not_made(events)), sep="\n", file=sys.stderr)


def explain_error(error: BaseException, home: Home, name: str, show_traceback: bool) -> None:
    """Print why there was no run: definitions that cannot be loaded, or a selection of nothing."""
    text = "".join(traceback.format_exception(error))
    _keep_traceback(home.root / "logs" / "before_the_run.txt", text, show_traceback)
    chain = list(_chain(error))
    told = next((one for one in chain if isinstance(one, MLAssetsError)), chain[-1])
    lines = str(told).strip().splitlines() or [type(told).__name__]
    print(*_told(name, lines, name), sep="\n", file=sys.stderr)


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
    causes = _failed_gates(failure, home) or cause(failure).splitlines()
    others = [other for other in not_done if other != asset.split("/")[-1]]
    skipped = [f"Not made: {', '.join(others)}."] if others else []
    return [*skipped, *_told(asset, causes, name)]


def _told(what: str, causes: Sequence[str], name: str) -> list[str]:
    first = causes[0].rstrip()
    more = f" (and {len(causes) - 1} more, above)" if len(causes) > 1 else ""
    end = "" if first.endswith((".", "!", "?")) else "."
    last = f"Failed: {what}: {first}{end}{more} {_again(name)}"
    return [*(f"  {line}" for line in causes if more), last]


def _again(name: str) -> str:
    return f"Mend that, then: python -m ml_assets run {name}"


def _own_run(instance: "dg.DagsterInstance") -> "dg.DagsterRun | None":
    """The last run that this process has begun."""
    from ml_assets.artifacts.dead_runs import PROCESS_TAG, process_name

    process = process_name(os.getpid())
    runs = instance.get_runs(limit=20)
    return next((run for run in runs if run.tags.get(PROCESS_TAG, "").endswith(process)), None)


def _failed_gates(failure: "dg.DagsterEvent", home: Home) -> list[str]:
    """What the failed blocking checks of an asset found, if they are what failed."""
    from ml_assets.console import asset_name, error_of

    error = error_of(failure)
    if error is None or error.cls_name != "DagsterAssetCheckFailedError":
        return []
    pipeline, _, asset = asset_name(failure).partition("/")
    record = Store(home.pipeline(pipeline)).current(asset)
    failed = record.failed_checks() if record else []
    gates = [check for check in failed if record and check["name"] in record.blocking]
    return [f"check {check['name']}: {check['description']}" for check in gates]


def _keep_traceback(log: Path, text: str, show: bool) -> None:
    durable.write_bytes(log, text.encode())
    if show:
        print(text, file=sys.stderr)
    print(f"Traceback: {os.path.relpath(log)}", file=sys.stderr)


def _traceback(failure: "dg.DagsterEvent") -> str:
    from ml_assets.console import error_of

    error = error_of(failure)
    return error.to_string() if error is not None else "no error was recorded"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
