"""The kernel kills a step, or a whole run, because no memory is left; or it gives a process none."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets_tests.memory_group import memory_group
from ml_assets_tests.project_factory import make_project, project_environment

PIPELINE = """\
type: ml_assets.component.MLPipeline
attributes:
  task: binary
  ingest:
    source: {python: "hungry:rows"}
    key: [n]
  labels: paid
"""
NEEDED = 900_000_000
# Enough for everything else that a run imports.
LIMIT = 800_000_000
SOURCE = f"""\
import numpy as np
import pandas as pd

def rows():
    work = np.ones({NEEDED}, "uint8")  # every page of it is touched
    return pd.DataFrame({{"n": range(300), "paid": [n % 2 for n in range(300)], "x": 1.0 * work[-1]}})
"""
RUN = ("-m", "ml_assets", "run", "hungry", "--select", "raw_data")
# A run of its own process, whose first asset reads the source.
DAGSTERS = (
    "-m", "dagster", "asset", "materialize", "-m", "ml_assets.definitions",
    "--select", "key:hungry/raw_data",
)  # fmt: skip
AGAIN = "Mend that, then: python -m ml_assets run hungry"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = make_project(tmp_path, PIPELINE, "hungry")
    (folder / "hungry.py").write_text(SOURCE)
    home = Home(folder / ".ml_assets")
    home.dagster.mkdir()
    return folder


def run(
    project: Path,
    command: Sequence[str],
    executor: str = "in_process",
    limit: Callable[[], None] | None = None,
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=project,
        env={**project_environment(project), "ML_ASSETS_EXECUTOR": executor},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def statuses(project: Path) -> list[str]:
    """How Dagster's runs stand, the oldest first."""
    with dg.DagsterInstance.from_config(str(Home(project / ".ml_assets").dagster)) as instance:
        return [run.status.value for run in reversed(instance.get_runs())]


def published(project: Path) -> list[str]:
    """What a run has left that another would take for whole."""
    root = Home(project / ".ml_assets").pipeline("hungry")
    record = Store(root).current("raw_data")
    spans = [path.name for path in root.glob("spans/*.parquet")]
    return spans + ([record.asset] if record else [])


def half_written(project: Path) -> list[Path]:
    return [*Home(project / ".ml_assets").pipeline("hungry").rglob(".*")]


def check_that_the_same_command_completes(project: Path, executor: str) -> None:
    done = run(project, [sys.executable, *RUN], executor)
    assert done.returncode == 0, done.stderr
    assert len(published(project)) == 2
    assert half_written(project) == []


def test_a_step_that_the_kernel_kills_for_memory_fails_the_run_with_that_reason(
    project: Path,
) -> None:
    with memory_group(LIMIT) as group:
        done = run(project, group.inside(sys.executable, *RUN), "multiprocess")
        assert group.kills() == 1

    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1] == (
        "Failed: hungry/raw_data: its process was killed, most often because the machine had no memory "
        f"left. {AGAIN}"
    )
    assert (statuses(project), published(project)) == (["FAILURE"], [])
    check_that_the_same_command_completes(project, "multiprocess")
    assert statuses(project) == ["FAILURE", "SUCCESS"]


def test_a_run_that_the_kernel_kills_for_memory_is_closed_by_the_next_which_completes(
    project: Path,
) -> None:
    with memory_group(LIMIT) as group:
        done = run(project, group.inside(sys.executable, *DAGSTERS))
        assert group.kills() == 1

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (statuses(project), published(project)) == (["STARTED"], [])
    assert half_written(project) != []
    check_that_the_same_command_completes(project, "in_process")
    assert statuses(project) == ["FAILURE", "SUCCESS"]


@pytest.mark.parametrize("executor", ["in_process", "multiprocess"])
def test_a_process_that_is_given_no_more_memory_says_so_and_what_to_do(
    project: Path, executor: str
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (NEEDED, NEEDED))

    done = run(project, [sys.executable, *RUN], executor, limit)

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "hungry:rows failed: MemoryError: Unable to allocate 858. MiB" in last
    assert last.endswith(
        ": no memory was left for it. Give it more (a larger machine, or a higher limit: ulimit -v, or "
        f"that of a container), or less data: ingest.window. {AGAIN}"
    )
    assert published(project) == []
