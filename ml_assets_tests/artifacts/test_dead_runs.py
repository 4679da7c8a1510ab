"""A run whose process is gone is closed as failed when the next run begins."""

import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.events import EngineEventData
from dagster._core.origin import JobPythonOrigin

from ml_assets.artifacts import dead_runs
from ml_assets.artifacts.dead_runs import (
    GRACE,
    PROCESS_TAG,
    close_dead_runs,
    creation_tag,
    is_running,
    process_name,
)
from ml_assets.artifacts.store import Store

PROJECT = Path(__file__).resolve().parents[2]


def child(home: Path, end: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "ml_assets_tests.artifacts.killed_run", str(home), end],
        cwd=PROJECT,
        env={
            **os.environ,
            "ML_ASSETS_HOME": str(home),
            "DAGSTER_HOME": str(home / "dagster"),
            "PYTHONWARNINGS": "ignore",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home whose Dagster keeps its runs."""
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


def statuses(home: Path) -> list[str]:
    """Give the status of each run, the last first."""
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        return [run.status.value for run in instance.get_runs()]


def test_a_killed_run_is_closed_and_swept_at_the_next_beginning(home: Path) -> None:
    with child(home, "die") as killed:
        assert killed.wait() == -signal.SIGKILL
    store = Store(home / "pipelines" / "toy")
    assert statuses(home) == ["STARTED"]
    assert list((store.root / "objects" / "first").glob(".*.staging"))
    with child(home, "live") as alive:
        assert alive.wait() == 0
    assert statuses(home) == ["SUCCESS", "FAILURE"]
    assert not list(store.root.rglob(".*"))
    assert store.current("first") is not None


def test_a_run_that_still_runs_is_left_alone(home: Path) -> None:
    with child(home, "sleep") as sleeping:
        assert sleeping.stdout is not None
        assert sleeping.stdout.readline() == "running\n"
        with child(home, "live") as alive:
            assert alive.wait() == 0
        assert statuses(home) == ["SUCCESS", "STARTED"]
        sleeping.kill()
        sleeping.wait()
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert len(close_dead_runs(instance)) == 1
        assert close_dead_runs(instance) == []
    assert statuses(home) == ["SUCCESS", "FAILURE"]


@dg.job
def work() -> None:
    """Nothing."""


HERE = os.uname().nodename
GONE = f"{HERE}:{2**22 + 1}:1.00"
# The tag of a run that has begun, with "{id}" for the run's own id, and whether the run is dead.
TAGS = [
    (None, False),
    (f"{{id}} {HERE}:{2**22 + 1}:1.00", True),
    (f"another-run {HERE}:{2**22 + 1}:1.00", False),
    (f"{{id}} another-host:{2**22 + 1}:1.00", False),
    (f"{{id}} {process_name(os.getpid())}", False),
    (f"{{id}} {HERE}:{os.getpid()}:1.00", True),
    (f"created-by {GONE}", True),
    (creation_tag(), False),
]


@pytest.mark.parametrize(
    ("tag", "dead"),
    TAGS,
    ids=[
        "none",
        "gone",
        "of another run",
        "of another host",
        "this one",
        "an older one",
        "of a dead creator",
        "of this creator",
    ],
)
def test_only_runs_of_dead_processes_of_this_machine_are_closed(
    tag: str | None, dead: bool
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(work)
        instance.handle_new_event(_started(run))
        if tag:
            instance.add_run_tags(run.run_id, {PROCESS_TAG: tag.format(id=run.run_id)})
        assert close_dead_runs(instance) == ([run.run_id] if dead else [])
        closed = instance.get_run_by_id(run.run_id)
    assert closed is not None
    assert closed.is_failure_or_canceled == dead


STATUS = dg.DagsterRunStatus
UNFINISHED = [STATUS.NOT_STARTED, STATUS.STARTING, STATUS.STARTED, STATUS.CANCELING]


@pytest.mark.parametrize("status", UNFINISHED, ids=lambda status: str(status.value))
def test_a_run_of_a_dead_creator_is_closed_however_far_it_came(status: STATUS) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {PROCESS_TAG: f"created-by {GONE}"}
        run = instance.create_run_for_job(work, tags=tags, status=status)
        assert close_dead_runs(instance) == [run.run_id]
        closed = instance.get_run_by_id(run.run_id)
    assert closed is not None
    assert closed.is_failure


def test_a_repeated_run_is_not_its_dead_parent() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        parent = instance.create_run_for_job(work)
        instance.create_run_for_job(
            work,
            tags={PROCESS_TAG: f"created-by {GONE}"},
            parent_run_id=parent.run_id,
            root_run_id=parent.run_id,
        )
        assert close_dead_runs(instance) == []


# Whose the run is, the process that Dagster noted, after how long, and whether it counts as dead.
UNTAGGED = [
    ("ml_assets.definitions", None, GRACE * 2, True),
    ("ml_assets.definitions", None, GRACE / 2, False),
    ("ml_assets.definitions", 2**22 + 1, GRACE * 2, True),
    ("ml_assets.definitions", os.getpid(), GRACE * 2, False),
    ("another.definitions", None, GRACE * 2, False),
    (None, None, GRACE * 2, False),
]


@pytest.mark.parametrize(("module", "pid", "after", "dead"), UNTAGGED, ids=range(len(UNTAGGED)))
def test_a_run_of_ours_that_never_said_its_process_is_dead_after_a_while(
    module: str | None, pid: int | None, after: timedelta, dead: bool
) -> None:
    origin = ReconstructableRepository.for_module(module or "", "defs").get_python_origin()
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(
            work, job_code_origin=JobPythonOrigin("work", origin) if module else None
        )
        instance.handle_new_event(_started(run, datetime.now(UTC).timestamp()))
        if pid is not None:
            noted = EngineEventData.in_process(pid)
            instance.report_engine_event("Executing steps in process", run, noted)
        now = datetime.now(UTC) + after
        assert close_dead_runs(instance, now) == ([run.run_id] if dead else [])


def _started(run: dg.DagsterRun, at: float = 1.0) -> dg.EventLogEntry:
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level="info",
        user_message="",
        run_id=run.run_id,
        timestamp=at,
        dagster_event=dg.DagsterEvent("PIPELINE_START", run.job_name),
    )


def test_the_process_of_a_single_step_names_the_one_that_drives_the_run() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as steps:
        assert steps.submit(dead_runs._driving_process).result() == os.getpid()
    assert dead_runs._driving_process() == os.getpid()


def test_a_process_that_waits_to_be_reaped_does_not_run() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = process_name(process.pid)
        assert is_running(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_running(name)
    assert not is_running(name)


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a process keeps its time of the clock"
)
def test_a_process_runs_on_when_the_clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system then says that everything began at another time, the machine itself too."""
    name = process_name(os.getpid())
    booted = psutil.boot_time()
    for moved in (-3600.0, 86_400.0):
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda moved=moved: booted + moved)
        assert is_running(name)


def test_a_process_of_before_the_machine_was_booted_again_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "boot_id").write_text("0f0f0f0f-0000-4000-8000-000000000000")
    with monkeypatch.context() as before:
        before.setattr(dead_runs, "_BOOT", tmp_path / "boot_id")
        name = process_name(os.getpid())
        assert is_running(name)
    assert not is_running(name)
