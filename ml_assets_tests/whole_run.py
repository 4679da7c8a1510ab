"""Runs the pipeline `shop` up to its champion, in forks that meet with a fault or are killed at a write.

`WholeRuns` starts ``python -m ml_assets_tests.whole_run FOLDER``, which imports everything once and then
forks for each fault that it is given, at once for those of one line.
"""

import ctypes
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import dagster as dg
from mlflow import MlflowClient

import ml_assets
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.component import pipeline_definitions
from ml_assets.console import cause
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets.registry import infra_validation
from ml_assets.registry.infra_result import InfraValidation
from ml_assets_tests.clock import SECONDS
from ml_assets_tests.dying import PROJECT

SUCCESS = "success"
KILLED = signal.Signals.SIGKILL.name
MLFLOW = "mlflow."
# Faults: for root too, permissions count; or the clock is so many seconds off.
PERMISSIONS, CLOCK = "permissions", "clock "
_AT_ONCE = "|"
_CAPABILITIES_VERSION = 0x20080522
# What makes a file or folder of ours visible under its name.
_PUBLISHES = ("replace", "rename", "link")


@dataclass(frozen=True)
class WholeRuns:
    """Runs of the pipeline of a folder."""

    process: "subprocess.Popen[str]"

    def run(self, fault: str = "") -> str:
        """Run the pipeline in a process of its own.

        Parameters
        ----------
        fault : str
            Where to be killed: at the write whose target matches this pattern, before it is visible; or
            right after a call of MLflow's client, as ``mlflow.<method> <pattern of an argument>``. Or
            `PERMISSIONS`, or `CLOCK` with seconds.

        Returns
        -------
        str
            `SUCCESS`, `KILLED`, or why it failed, on one line.
        """
        (ended,) = self.run_at_once(fault)
        return ended

    def run_at_once(self, *faults: str) -> list[str]:
        """Run the pipeline in several processes at the same time; give what became of each."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(_AT_ONCE.join(faults), file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip().split(_AT_ONCE)


@contextmanager
def whole_runs(folder: Path, clock: Path | None = None) -> Iterator[WholeRuns]:
    """Give runs of the pipeline in ``folder/shop``, with its home in ``folder/home``.

    With a library that sets the clock, as `clock.py` makes it, `CLOCK` is a fault of these.
    """
    home = Home(folder / "home")
    home.dagster.mkdir(parents=True, exist_ok=True)
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "PYTHONWARNINGS": "ignore",
            "OMP_NUM_THREADS": "1",
            "ML_ASSETS_HOME": str(home.root),
            "DAGSTER_HOME": str(home.dagster),
            **({"LD_PRELOAD": str(clock)} if clock else {}),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield WholeRuns(process)
        assert process.stdin is not None
        process.stdin.close()


def _meet(fault: str) -> None:
    if fault == PERMISSIONS:
        # Of Linux's capabilities none is left, so not that of writing where nobody may.
        header, none = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capset(header, none) == 0
    elif fault.startswith(CLOCK):
        os.environ[SECONDS] = fault.removeprefix(CLOCK)
    elif fault.startswith(MLFLOW):
        method, _, argument = fault.removeprefix(MLFLOW).partition(" ")
        _trap(MlflowClient, method, argument or "*", dies_before=False)
    elif fault:
        for name in _PUBLISHES:
            _trap(os, name, fault, dies_before=True)


def _trap(owner: Any, name: str, pattern: str, dies_before: bool) -> None:
    call: Callable[..., Any] = getattr(owner, name)

    def step(*arguments: Any, **options: Any) -> Any:
        is_it = any(fnmatch(str(one), pattern) for one in (*arguments, *options.values()))
        if is_it and dies_before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*arguments, **options)
        if is_it:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, step)


def _materialize(folder: Path) -> str:
    spec = read_pipeline_file(folder / "shop" / "defs.yaml").spec
    home = Home(folder / "home")
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        result = dg.materialize(
            list(pipeline_definitions(spec).assets or ()),  # type: ignore[arg-type]
            selection=dg.AssetSelection.assets(["shop", "promotion"]).upstream(),
            resources={"artifacts": ArtifactIOManager(home=str(home.root))},
            instance=instance,
            raise_on_error=False,
        )
    failures = [event for event in result.all_events if event.is_step_failure]
    return SUCCESS if result.success else "; ".join(cause(event) for event in failures)


def _begin(folder: Path, fault: str) -> tuple[int, int]:
    """Begin a run in a process of its own; give that, and where it will say what became of it."""
    receiver, sender = os.pipe()
    pid = os.fork()
    if not pid:
        _meet(fault)
        try:
            said = _materialize(folder)
        except Exception as error:  # whatever it says is what the test asks for
            said = f"{type(error).__name__}: {error}"
        os.write(sender, " ".join(said.split()).encode())
        os._exit(0)
    os.close(sender)
    return pid, receiver


def _end(pid: int, receiver: int) -> str:
    """What became of a run."""
    with os.fdopen(receiver, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(pid, 0)
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else said


def _import_everything() -> None:
    """Import what a run imports; the candidate's server is left out, for it writes nothing."""
    for module in pkgutil.walk_packages(ml_assets.__path__, "ml_assets."):
        if not module.name.startswith(("ml_assets.defs", "ml_assets.__main__")):
            importlib.import_module(module.name)
    infra_validation.validate_infra = lambda *_, **__: InfraValidation(rows=5)


if __name__ == "__main__":
    _import_everything()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    for line in sys.stdin:
        begun = [_begin(Path(sys.argv[1]), fault) for fault in line.strip().split(_AT_ONCE)]
        print(_AT_ONCE.join(_end(*one) for one in begun), file=answers, flush=True)
