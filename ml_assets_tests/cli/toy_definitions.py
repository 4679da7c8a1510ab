"""The definitions of a toy pipeline, whose first stage does what the variable ``TOY`` says."""

import os
import signal
import sqlite3
from pathlib import Path

import dagster as dg

from ml_assets.artifacts.home import current_home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.outcome import Check, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.console import quiet_console
from ml_assets.errors import DataError, PipelineFileError
from ml_assets.pipeline_file import read_pipeline_file

TOLD = os.environ.get("TOY", "")
if TOLD == "definitions":
    raise PipelineFileError(
        "shop/defs.yaml:3: task is missing.\nshop/defs.yaml:4: labels is missing."
    )
SPEC = read_pipeline_file(Path("defs/toy/defs.yaml")).spec


@stage_asset(SPEC, config={"told": TOLD}, blocking_checks=["sound", "round"])
def first(stage: Stage) -> Outcome:
    """The first."""
    (stage.directory / "a.txt").write_text(TOLD)
    if TOLD == "error":
        try:
            Path("nowhere").read_text()
        except OSError as error:
            raise DataError("rows.csv, line 3: a bad row.\nrows.csv, line 7: another.") from error
    if TOLD == "killed_once" and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does where no memory is left
    if TOLD == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    if TOLD == "many_causes":
        raise DataError("no column is left to learn from:\na is constant\nb is constant")
    if TOLD == "disk":
        raise sqlite3.OperationalError("disk I/O error")
    if TOLD == "plain_error":
        raise ZeroDivisionError("by zero")
    more = "\nERROR: a is below 3.\nERROR: b is below 4." if TOLD == "long_gate" else ""
    said = f"roc_auc is 0.61; 0.7 is needed.{more}"
    sound = Check("sound", TOLD not in ("gate", "long_gate"), said)
    return Outcome(checks=[sound, Check("round", True, "Round.")])


@stage_asset(SPEC, ins=["first"], config={})
def second(stage: Stage, first: Artifact) -> Outcome:
    """The second."""
    (stage.directory / "b.txt").write_text((first.path / "a.txt").read_text())
    return Outcome()


@stage_asset(SPEC, ins=["second"], config={})
def third(stage: Stage, second: Artifact) -> Outcome:
    """The third."""
    (stage.directory / "c.txt").write_text((second.path / "b.txt").read_text())
    return Outcome()


defs = dg.Definitions(
    assets=[first, second, third],
    resources={"artifacts": ArtifactIOManager(home=str(current_home().root))},
    executor=dg.multiprocess_executor if TOLD == "killed_once" else dg.in_process_executor,
    loggers={"console": quiet_console},
)
