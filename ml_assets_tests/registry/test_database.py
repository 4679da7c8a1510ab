"""MLflow's SQLite file: locked, damaged, empty, read-only, or of another version of MLflow."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry.promotion import ledger_of
from ml_assets_tests.registry import children as child
from ml_assets_tests.registry.children import registry_in
from ml_assets_tests.registry.contents import held, versions


def test_a_database_that_is_locked_for_a_while_is_waited_for(
    home: Path, children: ForkServerContext
) -> None:
    line, other = children.Pipe()
    process = children.Process(target=child.register_before_a_lock, args=(home, "start", other))
    process.start()
    other.close()
    with held(home) as holder:
        assert line.recv() == "done"
        line.send("go on")
        assert not line.poll(1.0)
        holder.rollback()
        assert line.recv() == "registered"
    process.join(60)
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
