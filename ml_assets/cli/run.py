"""Runs a pipeline: checks its YAML and source, lets Dagster materialize it, and sums it up."""

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.cli.check import source_mistakes
from ml_assets.cli.environment import prepare_environment
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.cli.summary import summary_lines
from ml_assets.cli.unchanged import remember_inputs, unchanged_assets
from ml_assets.errors import PipelineFileError

if TYPE_CHECKING:
    import dagster as dg


def run_pipeline(defs: Path, name: str, select: str | None, traceback: bool) -> int:
    """Materialize what changed of a pipeline, and print a line for each asset and a summary.

    Parameters
    ----------
    defs : Path
        The folder of the pipelines.
    name : str
        The pipeline's name.
    select : str, optional
        A Dagster asset selection; the whole pipeline by default.
    traceback : bool
        Whether to print the traceback of a failure. It is written to a file in any case.

    Returns
    -------
    int
        0, or 1 if a stage or a blocking check failed.
    """
    pipeline = find_pipeline(defs, name)
    mistakes = source_mistakes(pipeline)
    if mistakes:
        raise PipelineFileError("\n".join(mistakes))
    home = prepare_environment()
    store = Store(home.pipeline(name))
    cached = unchanged_assets(pipeline, home) if select is None else None
    if cached is not None:
        print(*(f"{asset:<22} {'':>8}  cached" for asset in cached), sep="\n", file=sys.stderr)
        print(*summary_lines(pipeline, home), sep="\n")
        return 0
    code = materialize(select or f"group:{name}")
    if code != 0:
        return _explain(home, name, traceback)
    if select is None:
        remember_inputs(pipeline, home)
    store.sweep()
    print(*summary_lines(pipeline, home), sep="\n")
    return 0


def materialize(selection: str) -> int:
    """Run Dagster's own command in this process, and give its exit code."""
    command = ["dagster", "asset", "materialize", "-m", "ml_assets.definitions"]
    print(f"$ {' '.join(command)} --select '{selection}'", file=sys.stderr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dagster._cli import main  # the `dagster` command's entry point

        arguments, sys.argv = sys.argv, [*command, "--select", selection]
        try:
            main()
        except SystemExit as stop:
            return 1 if stop.code else 0
        finally:
            sys.argv = arguments
    return 0


def _explain(home: Home, name: str, traceback: bool) -> int:
    """Say which asset failed, why, and what to do; the traceback goes to a file."""
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        run = next(iter(instance.get_runs(limit=1)), None)
        if run is None:
            return 1
        events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    failures = [event.dagster_event for event in events if event.dagster_event is not None]
    log = home.root / "logs" / f"{run.run_id}.txt"
    text = "\n\n".join(_traceback(failure) for failure in failures)
    durable.write_bytes(log, text.encode())
    if traceback:
        print(text, file=sys.stderr)
    print(f"Traceback: {os.path.relpath(log)}", file=sys.stderr)
    for failure in failures:
        print(failure_line(failure, home, name), file=sys.stderr)
    return 1


def failure_line(failure: "dg.DagsterEvent", home: Home, name: str) -> str:
    """Name the asset that failed, the cause, and the next command, in one line."""
    from ml_assets.console import asset_name, cause

    asset = asset_name(failure)
    record = Store(home.pipeline(name)).current(asset.split("/")[-1])
    again = f"then: python -m ml_assets run {name}"
    if record is not None and _is_check_failure(failure) and record.blocks():
        failed = [c for c in record.failed_checks() if c["name"] in record.blocking]
        reasons = " ".join(f"check {c['name']}: {c['description']}" for c in failed)
        return f"Failed: {asset}: {reasons} Mend that, {again}"
    return f"Failed: {asset}: {cause(failure)} Mend that, {again}"


def _is_check_failure(failure: "dg.DagsterEvent") -> bool:
    error = failure.step_failure_data.error
    return error is not None and error.cls_name == "DagsterAssetCheckFailedError"


def _traceback(failure: "dg.DagsterEvent") -> str:
    error = failure.step_failure_data.error
    return error.to_string() if error is not None else "no error was recorded"
