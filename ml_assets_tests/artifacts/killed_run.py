"""A Dagster run that ends as its arguments say: ``python -m ...killed_run HOME die|live|sleep``."""

import os
import signal
import sys
import time
from pathlib import Path

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.outcome import Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets_tests.artifacts.toys import pipeline


def run(home: Path, end: str) -> dg.ExecuteInProcessResult:
    """Materialize one asset, in whose stage this process may be killed."""

    @stage_asset(pipeline(), config={})
    def first(stage: Stage) -> Outcome:
        (stage.directory / "a.txt").write_text("a")
        if end == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        print("running", flush=True)
        if end == "sleep":
            time.sleep(600)
        return Outcome()

    with dg.DagsterInstance.get() as instance:
        return dg.materialize(
            [first],
            instance=instance,
            resources={"artifacts": ArtifactIOManager(home=str(Home(home).root))},
        )


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
