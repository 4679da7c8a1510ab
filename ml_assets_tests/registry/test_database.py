"""MLflow's SQLite file: locked, damaged, empty, read-only, or of another version of MLflow."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Timer

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry import database
from ml_assets.registry.promotion import ledger_of
from ml_assets.registry.registry import champion, register
from ml_assets_tests.registry import children as child
from ml_assets_tests.registry.children import candidate_in, registry_in
from ml_assets_tests.registry.contents import uri_of, versions


@contextmanager
def held(home: Path) -> Iterator[sqlite3.Connection]:
    """Hold the database as a process does that writes and does not come to an end."""
    with closing(sqlite3.connect(home / "mlflow.db", check_same_thread=False)) as holder:
        holder.execute("begin exclusive")
        yield holder


def test_a_database_that_stays_locked_is_given_up_and_nothing_is_registered(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LOCKED_SECONDS", 0.1)
    with held(home):
        asked: list[Callable[[], object]] = [
            lambda: champion(uri_of(home), "flights"),
            lambda: register(registry_in(home), candidate_in(home)),
        ]
        for ask in asked:
            with pytest.raises(
                ModelError,
                match=r"mlflow\.db was locked by another process for 0\.1 s\. End the pro",
            ):
                ask()
    assert versions(home) == []
    assert register(registry_in(home), candidate_in(home)).version == 1


def test_a_database_that_is_locked_for_a_while_is_waited_for(home: Path) -> None:
    with held(home) as holder:
        release = Timer(0.3, holder.rollback)
        release.start()
        child.register_and_promote(home)
        release.join()
    assert versions(home) == [1]


def alter(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is damaged: it is empty. Restore it from a"),
    "garbage": (
        lambda path: path.write_bytes(b"no database" * 500),
        "is damaged: file is not a database. Restore it from a backup",
    ),
    "cut off": (
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        "is damaged: database disk image is malformed. Restore it from a backup",
    ),
    "older": (
        lambda path: alter(path, "update alembic_version set version_num = '728d730b5ebd'"),
        "made by another version of MLflow. Copy it, and run `python -m mlflow db upgrade sqlite:",
    ),
    "newer": (
        lambda path: alter(path, "update alembic_version set version_num = 'ffffffffffff'"),
        "or install the version that made it, then run again",
    ),
}


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    folder = tmp_path_factory.mktemp("promoted") / "home"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    child.register_and_promote(folder)
    return folder


@pytest.mark.parametrize("harm", HARM)
def test_a_database_that_is_not_as_it_must_be_is_refused_with_a_hint_and_not_changed(
    promoted: Path, tmp_path: Path, harm: str
) -> None:
    # A home of its own: MLflow looks at the tables of an address once in a process.
    home = Path(shutil.copytree(promoted, tmp_path / "home"))
    path, (alter_it, message) = home / "mlflow.db", HARM[harm]
    alter_it(path)
    before = path.read_bytes()

    with pytest.raises(ModelError) as caught:
        child.register_and_promote(home)

    assert message in str(caught.value)
    assert path.read_bytes() == before
    moves = ledger_of(registry_in(home), "flights").entries()
    assert [entry.to_version for entry in moves] == [1]
