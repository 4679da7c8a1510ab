"""The sensor under a real daemon: a new file starts a retraining, and only one."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import dagster as dg
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.monitoring.sensors import REASON_TAG, WHY_TAG
from ml_assets_tests.daily_shop import write_day, write_shop

BIN, ROOT = Path(sys.executable).parent, Path(__file__).resolve().parents[2]
SECONDS = 300.0
DEFINITIONS = """
    from pathlib import Path

    import dagster as dg

    from ml_assets.artifacts.home import current_home
    from ml_assets.artifacts.io_manager import ArtifactIOManager
    from ml_assets.component import pipeline_definitions
    from ml_assets.pipeline_file import read_pipeline_file

    spec = read_pipeline_file(Path(__file__).parent / "shop" / "defs.yaml").spec
    resources = {"artifacts": ArtifactIOManager(home=str(current_home().root))}
    defs = dg.Definitions.merge(
        pipeline_definitions(spec),
        dg.Definitions(resources=resources, executor=dg.in_process_executor),
    )
"""


@pytest.mark.slow
def test_a_new_file_starts_one_retraining_under_a_real_daemon(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    environment = _prepare(tmp_path, home)
    whole = ["asset", "materialize", "-f", "shop_defs.py", "--select", "group:shop"]
    first = subprocess.run(
        [str(BIN / "dagster"), *whole],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert first.returncode == 0, first.stderr[-3000:]
    write_day(tmp_path, 4)
    log = tmp_path / "daemon.log"
    with (
        _daemon(tmp_path, environment, log),
        dg.DagsterInstance.from_config(str(home.dagster)) as instance,
    ):
        assert _comes_true(lambda: any(run.is_finished for run in _retrainings(instance))), _end(
            log
        )
        skipped = "shop_retraining skipped: There is no new reason to retrain."
        assert _comes_true(lambda: skipped in log.read_text()), _end(log)
        (run,) = _retrainings(instance)
    assert run.status == dg.DagsterRunStatus.SUCCESS, _end(log)
    assert run.tags[REASON_TAG] == "new_spans"
    assert run.tags[WHY_TAG] == "1 new or changed span: 2026-01-04"
    predictions = Store(home.pipeline("shop")).current_artifact("predictions")
    assert predictions.summary["last_span"] == "2026-01-04"


def _prepare(folder: Path, home: Home) -> dict[str, str]:
    """Write the pipeline and its definitions; give the environment of the processes."""
    write_shop(folder, days=3)
    (folder / "shop_defs.py").write_text(textwrap.dedent(DEFINITIONS))
    home.dagster.mkdir(parents=True)
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return {
        **os.environ,
        "ML_ASSETS_HOME": str(home.root),
        "DAGSTER_HOME": str(home.dagster),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }


@contextmanager
def _daemon(folder: Path, environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run the daemon in a session of its own, and end it with all that it started."""
    command = [str(BIN / "dagster-daemon"), "run", "-f", "shop_defs.py"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _retrainings(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    return [run for run in instance.get_runs() if REASON_TAG in run.tags]


def _comes_true(condition: Callable[[], bool]) -> bool:
    never, deadline = Event(), time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        never.wait(0.5)
    return True


def _end(log: Path) -> str:
    return log.read_text()[-3000:]
