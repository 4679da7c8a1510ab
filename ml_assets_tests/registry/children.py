"""What the tests run in processes of their own, that are killed or that race each other."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from ml_assets import durable
from ml_assets.artifacts.dead_runs import is_running, process_name
from ml_assets.errors import ModelError
from ml_assets.registry import database
from ml_assets.registry.candidate import Candidate
from ml_assets.registry.gate import Decision
from ml_assets.registry.promotion import Request, promote
from ml_assets.registry.registry import Registry, register

YES = Decision(True, ())
ASKED = Request("a test", "every verdict is positive")


def registry_in(home: Path) -> Registry:
    """The registry of this process in a home folder."""
    uri = f"sqlite:///{home / 'mlflow.db'}"
    return Registry(uri, home, process_name(os.getpid()), is_running)


def candidate_in(home: Path, model: str = "a", **tags: str) -> Candidate:
    """A candidate whose files lie beside the home folder."""
    directory = home.parent / f"model_{model}"
    if not directory.is_dir():
        with durable.staging_directory(home.parent) as staged:
            (staged / "bundle").mkdir()
            (staged / "MLmodel").write_text("flavors: {}\n")
            (staged / "bundle" / "model.json").write_text(f'"{model}"\n')
            with suppress(OSError):  # another process of the test was first
                staged.rename(directory)
    return Candidate(
        name="flights",
        digest=durable.directory_digest(directory / "bundle"),
        directory=directory,
        tags={"pipeline": "flights", **tags},
        params={"max_depth": 3},
        metrics={"roc_auc": 0.75, "roc_auc_low": 0.72},
        description="A model.",
    )


def register_and_promote(home: Path) -> None:
    registry = registry_in(home)
    promote(registry, register(registry, candidate_in(home)), lambda champion, entries: YES, ASKED)


def die_after(home: Path, step: str) -> None:
    """Register and promote, and be killed right after the named call of MLflow's client."""
    original = getattr(MlflowClient, step)

    def then_die(client: MlflowClient, *args: Any, **kwargs: Any) -> None:
        original(client, *args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(MlflowClient, step, then_die)
    register_and_promote(home)


def register_before_a_lock(home: Path, step: str, line: Connection) -> None:
    """Register and promote, while the other end of the line locks the database right after a step.

    Says when the step is done, and goes on when it is answered. Says what became of it; where that is a
    failure, registers and promotes again when it is answered.

    Parameters
    ----------
    home : Path
        The home folder.
    step : str
        A call of MLflow's client; ``probe`` for this package's own look at the database, ``start`` for
        none.
    line : Connection
        The line.
    """

    def wait() -> None:
        line.send("done")
        line.recv()

    if step == "start":
        wait()
    else:
        owner, name = (database, "wait_until_writable") if step == "probe" else (MlflowClient, step)
        _wait_once_after(owner, name, wait)
    try:
        register_and_promote(home)
    except ModelError as error:
        line.send(str(error))
        line.recv()
        register_and_promote(home)
    line.send("registered")


def _wait_once_after(owner: Any, name: str, wait: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def then_wait(*args: Any, **kwargs: Any) -> Any:
        setattr(owner, name, original)
        result = original(*args, **kwargs)
        wait()
        return result

    setattr(owner, name, then_wait)


def die_in_rollback(home: Path, step: str) -> None:
    """Roll back, and be killed right after the named step."""
    from ml_assets.chain import Chain
    from ml_assets.registry.promotion import rollback

    owner, name = (
        (MlflowClient, step)
        if step.startswith("set_")
        else (Chain, {"intent": "begin"}.get(step, step))
    )
    original = getattr(owner, name)

    def then_die(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, then_die)
    rollback(registry_in(home), "flights", ASKED)


def die_while_copying(home: Path) -> None:
    """Register, and be killed when one of the model's files has arrived."""
    import mlflow.store.artifact.local_artifact_repo as repository

    def copy_one_and_die(source: str, target: str) -> None:
        Path(target, "MLmodel").write_bytes(Path(source, "MLmodel").read_bytes())
        os.kill(os.getpid(), signal.SIGKILL)

    repository.shutil_copytree_without_file_permissions = copy_one_and_die
    register_and_promote(home)


def die_while_making_the_database(home: Path) -> None:
    """Register in a new home, and be killed in the middle of MLflow's migrations."""
    from alembic.runtime import migration

    original = migration.HeadMaintainer.update_to_step
    steps = []

    def count(self: Any, step: Any) -> None:
        original(self, step)
        steps.append(step)
        if len(steps) == 10:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(migration.HeadMaintainer, "update_to_step", count)  # noqa: B010
    register_and_promote(home)


def at_once(home: Path, barrier: Barrier, model: str) -> None:
    """Register the moment that all others do."""
    registry, candidate = registry_in(home), candidate_in(home, model)
    barrier.wait(60)
    register(registry, candidate)


def promote_at_once(home: Path, barrier: Barrier, version: int) -> None:
    """Promote, only over the champion that was there before the race, the moment that the other does."""
    from ml_assets.registry.registry import registered_version

    registry = registry_in(home)
    mine = registered_version(registry.tracking_uri, "flights", version)
    assert mine is not None
    barrier.wait(60)
    promote(
        registry,
        mine,
        lambda champion, entries: Decision(champion is None, ("somebody was first",)),
        ASKED,
    )


def start_a_server_and_wait(model: Path, sender: Connection) -> None:
    """Start a scoring server, say its process id, and be killed by whoever asked."""
    from ml_assets.registry.scoring_server import scoring_server

    with scoring_server(model, model.parent / "server.log", 1.0, 2_000.0) as server:
        sender.send(server.process.pid)
        signal.pause()
