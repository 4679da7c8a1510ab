"""Runs a pipeline: checks its YAML and source, lets Dagster materialize it, and sums it up."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets.artifacts.holding import stale_assets
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.cli.check import (
    check_pipelines,
    mistakes_elsewhere,
    setting_mistakes,
    source_mistakes,
)
from ml_assets.cli.environment import prepare_environment
from ml_assets.cli.failure import INTERRUPTED, explain_error, explain_run, interrupted
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.cli.summary import summary_lines
from ml_assets.cli.unchanged import remember_inputs, unchanged_assets
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline_file import PipelineFile

if TYPE_CHECKING:
    import dagster as dg

    from ml_assets.cli.execute import Definitions

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
        A selection of the pipeline's assets, see `select_assets`; the whole pipeline by default.
    traceback : bool
        Whether to print the traceback of a failure. It is written to a file in any case.

    Returns
    -------
    int
        0; 1 if the YAML is wrong, or a stage or a blocking check failed; 130 if the run was interrupted.
    """
    try:
        pipeline = find_pipeline(defs, name)
    except PipelineFileError:
        # Reports these mistakes together with those about the source.
        return check_pipelines(defs, [name]) or 1
    home = prepare_environment()
    try:
        cached = unchanged_assets(pipeline, home) if select is None else None
        if cached is not None:
            print(*(f"{asset:<22} {'':>8}  cached" for asset in cached), sep="\n", file=sys.stderr)
        elif code := _materialize_checked(defs, pipeline, home, select, traceback):
            return code
    except KeyboardInterrupt:
        print(interrupted(name, name), file=sys.stderr)
        return INTERRUPTED
    print(*summary_lines(pipeline, home), *_stale_lines(pipeline, home), sep="\n")
    return 0


def _materialize_checked(
    defs: Path, pipeline: PipelineFile, home: Home, select: str | None, traceback: bool
) -> int:
    """Check all files and the source, let Dagster run, and explain a failure; give the exit code."""
    name = pipeline.spec.name
    _refuse(mistakes_elsewhere(defs, pipeline.path.parent.name))
    is_file = pipeline.spec.ingest.source.is_file
    _refuse(source_mistakes(pipeline) if is_file else _setting_mistakes(pipeline, home))
    # These import Dagster, which a run that finds nothing changed does without.
    from ml_assets.cli.execute import load_definitions
    from ml_assets.cli.look_ahead import looked_ahead
    from ml_assets.cli.selection import select_assets

    try:
        definitions = load_definitions(DEFINITIONS)
        keys = select_assets(select or f"group:{name}", name, definitions.graph)
        with looked_ahead(pipeline, home, definitions, keys) as mistakes:
            succeeded = not mistakes and _execute(definitions, keys, select, name)
    except Exception as error:  # of definitions, of the selection, or Dagster's own
        explain_error(error, home, name, traceback)
        return 1
    _refuse(mistakes)
    if not succeeded:
        return explain_run(home, name, traceback)
    if select is None:
        remember_inputs(pipeline, home)
    Store(home.pipeline(name)).sweep()
    return 0


def _execute(
    definitions: "Definitions", keys: "Sequence[dg.AssetKey]", select: str | None, name: str
) -> bool:
    from ml_assets.cli.execute import execute
    from ml_assets.cli.selection import describe_selection

    selection = f"group:{name}" if select is None else describe_selection(keys, select, name)
    print(f"$ dagster asset materialize -m {DEFINITIONS} --select '{selection}'", file=sys.stderr)
    return execute(definitions, keys)


def _refuse(mistakes: Sequence[str]) -> None:
    if mistakes:
        raise PipelineFileError("\n".join(mistakes))


def _setting_mistakes(pipeline: PipelineFile, home: Home) -> list[str]:
    """The mistakes of the YAML outside its source; a search that ran with its settings had none."""
    record = Store(home.pipeline(pipeline.spec.name)).last_record("best_hyperparameters")
    training = pipeline.spec.training.model_dump(mode="json")
    return setting_mistakes(
        pipeline, record is not None and record.was_made_with("training", training)
    )


def _stale_lines(pipeline: PipelineFile, home: Home) -> list[str]:
    """A line with the assets that a run of only a part left stale."""
    stale = stale_assets(Store(home.pipeline(pipeline.spec.name)))
    command = f"python -m ml_assets run {pipeline.spec.name}"
    return [f"  stale: {', '.join(stale)} (made before; {command})"] if stale else []
