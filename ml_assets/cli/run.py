"""Runs a pipeline: checks its YAML and source, lets Dagster materialize it, and sums it up."""

import sys
import warnings
from pathlib import Path

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.cli.check import source_mistakes
from ml_assets.cli.environment import prepare_environment
from ml_assets.cli.failure import explain_error, explain_run
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.cli.summary import summary_lines
from ml_assets.cli.unchanged import remember_inputs, unchanged_assets
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline_file import PipelineFile

DEFINITIONS = "ml_assets.definitions"


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
    home = prepare_environment()
    cached = unchanged_assets(pipeline, home) if select is None else None
    if cached is not None:
        print(*(f"{asset:<22} {'':>8}  cached" for asset in cached), sep="\n", file=sys.stderr)
    elif not _materialize_checked(pipeline, home, select, traceback):
        return 1
    print(*summary_lines(pipeline, home), sep="\n")
    return 0


def _materialize_checked(
    pipeline: PipelineFile, home: Home, select: str | None, traceback: bool
) -> bool:
    """Check the source, let Dagster run, and explain a failure; give whether all went well."""
    name = pipeline.spec.name
    # A query or function can take long, and `raw_data` asks it anyway: it makes the same checks first.
    mistakes = source_mistakes(pipeline) if _reads_files(pipeline) else []
    if mistakes:
        raise PipelineFileError("\n".join(mistakes))
    try:
        code = materialize(select or f"group:{name}")
    except Exception as error:  # Dagster's own, before a run: of definitions or of the selection
        explain_error(error, home, name, traceback)
        return False
    if code != 0:
        explain_run(home, name, traceback)
        return False
    if select is None:
        remember_inputs(pipeline, home)
    Store(home.pipeline(name)).sweep()
    return True


def _reads_files(pipeline: PipelineFile) -> bool:
    return pipeline.spec.ingest.source.kind not in ("sql", "python")


def materialize(selection: str) -> int:
    """Run Dagster's own command in this process, and give its exit code."""
    command = ["dagster", "asset", "materialize", "-m", DEFINITIONS]
    print(f"$ {' '.join(command)} --select '{selection}'", file=sys.stderr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dagster._cli import main  # the `dagster` command's entry point

        quietly = ["--config-json", '{"loggers": {"console": {"config": {}}}}']
        arguments, sys.argv = sys.argv, [*command, "--select", selection, *quietly]
        try:
            main()  # type: ignore[no-untyped-call]
        except SystemExit as stop:
            return 1 if stop.code else 0
        finally:
            sys.argv = arguments
    return 0
