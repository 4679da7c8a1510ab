"""Nothing half-built after a kill or a lock, and one version however many processes register at once."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from ml_assets import durable
from ml_assets.registry.promotion import ledger_of
from ml_assets.registry.registry import (
    challenger,
    champion,
    register,
    registered_version,
)
from ml_assets.registry.run import local_path
from ml_assets_tests.registry import children as child
from ml_assets_tests.registry.children import candidate_in, registry_in
from ml_assets_tests.registry.contents import half_built, held, statuses, uri_of, versions

# After which step of a registration another process locks the database for good, and what is said then.
LOCKED = {
    "start": r"mlflow\.db was locked by another process for 30 s\. End the process that holds it, then",
    "probe": r"mlflow\.db was locked by another process for 30 s\. End the process that holds it, then",
    "create_experiment": r"failed at registering .*is locked\. .* End the process that holds the data",
    "log_model_artifacts": r"failed at registering .*is locked\. .* End the process that holds the data",
    "create_model_version": r"failed at registering .*is locked\. .* End the process that holds the data",
    "set_registered_model_alias": r"failed at registering .*is locked\. .* End the process that holds",
}


@dataclass(frozen=True)
class LockedOut:
    """A registration in a process of its own, whose database this one holds."""

    home: Path
    line: Connection
    holder: sqlite3.Connection


@pytest.fixture(scope="module", autouse=True)
def locked_out(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, children: ForkServerContext
) -> Iterator[dict[str, LockedOut]]:
    """Registrations that are locked out: they wait for half a minute, in which the other tests run."""
    begun = {}
    for step in LOCKED:
        home = tmp_path_factory.mktemp(step) / "home"
        home.mkdir()
        shutil.copy(empty_database, home / "mlflow.db")
        line, child_line = children.Pipe()
        children.Process(
            target=child.register_before_a_lock, args=(home, step, child_line), daemon=True
        ).start()
        child_line.close()
        begun[step] = (home, line)
    with ExitStack() as stack:
        processes = {}
        for step, (home, line) in begun.items():
            assert line.recv() == "done"
            processes[step] = LockedOut(home, line, stack.enter_context(held(home)))
            line.send("go on")
        yield processes


STEPS = (
    "create_experiment",
    "create_run",
    "log_batch",
    "create_logged_model",
    "log_model_artifacts",
    "finalize_logged_model",
    "create_registered_model",
    "create_model_version",
    "set_terminated",
    "set_registered_model_alias",
    "set_model_version_tag",
    "delete_registered_model_alias",
)


@pytest.mark.parametrize("step", [*STEPS, "copying"])
def test_after_a_kill_the_next_run_leaves_one_version_and_nothing_half_built(
    home: Path, children: ForkServerContext, step: str
) -> None:
    target, args = (
        (child.die_while_copying, (home,)) if step == "copying" else (child.die_after, (home, step))
    )
    process = children.Process(target=target, args=args)
    process.start()
    process.join(60)
    assert process.exitcode == -9

    child.register_and_promote(home)

    current = champion(uri_of(home), "flights")
    assert current is not None
    assert (versions(home), current.version) == ([1], 1)
    entries = ledger_of(registry_in(home), "flights").entries()
    assert [(e.action, e.to_version) for e in entries] == [("promotion", 1)]
    assert ledger_of(registry_in(home), "flights").intent() is None
    assert challenger(uri_of(home), "flights") is None
    assert "RUNNING" not in statuses(home)
    assert len(list(home.rglob("MLmodel"))) == 1
    folder = local_path(current.source)
    assert folder is not None
    assert durable.directory_digest(folder) == durable.directory_digest(
        candidate_in(home).directory
    )


def test_a_kill_while_the_database_is_made_leaves_none(
    tmp_path: Path, children: ForkServerContext
) -> None:
    home = tmp_path / "home"
    process = children.Process(target=child.die_while_making_the_database, args=(home,))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert not (home / "mlflow.db").exists()
    assert (home / ".mlflow.db.begun").exists()

    child.register_and_promote(home)

    assert versions(home) == [1]
    assert not (home / ".mlflow.db.begun").exists()


def test_twenty_processes_with_the_same_content_make_one_version(
    home: Path, children: ForkServerContext
) -> None:
    barrier = children.Barrier(20)
    processes = [
        children.Process(target=child.at_once, args=(home, barrier, "a")) for _ in range(20)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)

    assert [process.exitcode for process in processes] == [0] * 20
    assert (versions(home), statuses(home)) == ([1], ["FINISHED"])


def test_of_two_promotions_at_once_one_wins(home: Path, children: ForkServerContext) -> None:
    registry = registry_in(home)
    for model in ("a", "b"):
        register(registry, candidate_in(home, model))
    barrier = children.Barrier(2)
    processes = [
        children.Process(target=child.promote_at_once, args=(home, barrier, version))
        for version in (1, 2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)

    assert [process.exitcode for process in processes] == [0, 0]
    verdicts = [
        version.tags["promotion"]
        for number in (1, 2)
        if (version := registered_version(uri_of(home), "flights", number))
    ]
    assert sorted(verdicts) == ["promoted", "refused: somebody was first"]
    current = champion(uri_of(home), "flights")
    assert current is not None
    assert current.tags["promotion"] == "promoted"
    entries = ledger_of(registry, "flights").entries()
    assert [(entry.sequence, entry.to_version) for entry in entries] == [(1, current.version)]


@pytest.mark.parametrize("step", LOCKED)
def test_a_database_that_stays_locked_is_given_up_and_nothing_is_half_registered(
    locked_out: dict[str, LockedOut], step: str
) -> None:
    process = locked_out[step]

    assert process.line.poll(120), "still waiting"
    assert re.search(LOCKED[step], process.line.recv())

    process.holder.rollback()
    assert champion(uri_of(process.home), "flights") is None
    was_registered = step in ("create_model_version", "set_registered_model_alias")
    assert versions(process.home) == [1] * was_registered

    process.line.send("the lock is gone")  # the same process mends what it left
    assert process.line.recv() == "registered"
    current = champion(uri_of(process.home), "flights")
    assert current is not None
    assert (versions(process.home), current.version) == ([1], 1)
    assert half_built(uri_of(process.home), "flights") == []
    entries = ledger_of(registry_in(process.home), "flights").entries()
    assert [(e.action, e.to_version) for e in entries] == [("promotion", 1)]
