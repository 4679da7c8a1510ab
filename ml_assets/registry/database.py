"""MLflow's SQLite file: made in one step, and read without importing MLflow.

Importing MLflow takes seconds of CPU, a question such as "which version is the champion?" none. So this
module reads MLflow's tables itself, read-only, and gives `UNKNOWN` where they look different from
those that it knows; the caller then asks MLflow.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.registry.version import PREFIX, RegisteredVersion, own_tags

_Answer = TypeVar("_Answer")
_SQLITE = "sqlite:///"
_LOCKED_SECONDS = 30.0
_BY_ALIAS = """
    select v.version, v.creation_time, v.source from registered_model_aliases a
    join model_versions v on v.workspace = a.workspace and v.name = a.name and v.version = a.version
    where a.workspace = 'default' and a.name = ? and a.alias = ?
        and v.current_stage <> 'Deleted_Internal'
"""
_BY_NUMBER = """
    select version, creation_time, source from model_versions
    where workspace = 'default' and name = ? and version = ? and current_stage <> 'Deleted_Internal'
"""
_TAGS = """
    select key, value from model_version_tags where workspace = 'default' and name = ? and version = ?
"""
_REVISION = "select version_num from alembic_version"
_RUNNING = """
    select t.value from runs r join tags t on t.run_uuid = r.run_uuid
    where r.status = 'RUNNING' and t.key = ?
"""


class Unknown(Enum):
    """The answer where MLflow's tables are not those that this module knows."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


def sqlite_path(tracking_uri: str) -> Path | None:
    """Give the database file that an MLflow URI names, or None if it names something else."""
    if not tracking_uri.startswith(_SQLITE):
        return None
    return Path(tracking_uri.removeprefix(_SQLITE).split("?", 1)[0])


def version_with_alias(path: Path, name: str, alias: str) -> RegisteredVersion | Unknown | None:
    """Read the version of model `name` that bears `alias` from the database file `path`."""
    return _read(
        path, lambda connection: _read_version(connection, name, _BY_ALIAS, (name, alias)), None
    )


def version_with_number(path: Path, name: str, version: int) -> RegisteredVersion | Unknown | None:
    """Read one version of model `name` from the database file `path`."""
    return _read(
        path, lambda connection: _read_version(connection, name, _BY_NUMBER, (name, version)), None
    )


def running_processes(path: Path) -> list[str] | Unknown:
    """Give the names of the processes that own the runs which the database says are running."""
    query = (PREFIX + "process",)
    return _read(
        path, lambda connection: [row[0] for row in connection.execute(_RUNNING, query)], []
    )


def create_database(path: Path) -> None:
    """Make MLflow's database file, if there is none. The caller holds the registry's lock.

    MLflow makes its tables in some fifty migrations that cannot be taken up again half way. So they
    are made in a file beside it that is renamed when whole.
    """
    if path.is_file():
        return
    from mlflow.db import upgrade

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.begun")
    unfinished.unlink(missing_ok=True)
    upgrade.callback(url=f"{_SQLITE}{unfinished}")
    durable.publish_file(unfinished, path)


def keep_before_migration(path: Path) -> Path | None:
    """Keep a copy of the database file, if another version of MLflow made it.

    MLflow changes the tables of an older version in place as soon as it opens them, in steps that cannot
    be taken up again half way.

    Returns
    -------
    Path or None
        The copy beside it, made once for each version of the tables; None if none is needed.
    """
    revision = _read(path, lambda connection: connection.execute(_REVISION).fetchone(), None)
    if revision is None or revision is UNKNOWN or revision[0] == _installed_revision():
        return None
    backup = path.with_name(f"{path.name}.before-migration-{revision[0]}")
    if not backup.is_file():
        unfinished = path.with_name(f".{path.name}.copy")
        unfinished.unlink(missing_ok=True)
        with _connect(path, "ro") as connection, closing(sqlite3.connect(unfinished)) as copy:
            connection.backup(copy)
        durable.publish_file(unfinished, backup)
    return backup


@cache
def _installed_revision() -> str | None:
    """The version of the tables that the installed MLflow wants."""
    from alembic.script import ScriptDirectory

    spec = find_spec("mlflow")  # not imported, which takes seconds
    origin = spec.origin if spec else None
    assert origin is not None
    migrations = Path(origin).parent / "store" / "db_migrations"
    return ScriptDirectory(str(migrations)).get_current_head()


def wait_until_writable(path: Path) -> None:
    """Wait until no other process holds the database file, and see that it can be written.

    Raises
    ------
    ModelError
        If it is held for longer than `_LOCKED_SECONDS`, is damaged, or cannot be written.
    """
    try:
        with _connect(path, "rw") as connection:
            connection.execute("begin immediate")
            # Only a write opens the journal, for which the folder must be writable too.
            connection.execute("create table ml_assets_was_here (x)")
            connection.rollback()
    except sqlite3.OperationalError as error:
        raise ModelError(
            f"MLflow's database {path} cannot be written: {error}. See that the disk has room and that "
            "its folder may be written, then run again."
        ) from error


def _read(
    path: Path, question: Callable[[sqlite3.Connection], _Answer], without_tables: _Answer
) -> _Answer | Unknown:
    if not path.is_file():
        return without_tables
    try:
        with _connect(path, "ro") as connection:
            return question(connection)
    except sqlite3.OperationalError as error:
        return without_tables if "no such table" in str(error) else UNKNOWN


@contextmanager
def _connect(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    try:
        if not path.stat().st_size:
            raise sqlite3.DatabaseError("it is empty")
        with closing(sqlite3.connect(address, uri=True, timeout=_LOCKED_SECONDS)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        raise ModelError(
            f"MLflow's database {path} was locked by another process for {_LOCKED_SECONDS:g} s. "
            f"End the process that holds it, then run again."
        ) from error
    except sqlite3.DatabaseError as error:
        raise ModelError(
            f"MLflow's database {path} is damaged: {error}. Restore it from a backup, or move it away to "
            f"begin anew with version 1."
        ) from error


def _read_version(
    connection: sqlite3.Connection, name: str, query: str, values: tuple[Any, ...]
) -> RegisteredVersion | None:
    row = connection.execute(query, values).fetchone()
    if row is None:
        return None
    number, created, source = row
    tags: Mapping[str, str] = dict(connection.execute(_TAGS, (name, number)).fetchall())
    return RegisteredVersion(
        name=name,
        version=int(number),
        tags=own_tags(tags),
        created_at=datetime.fromtimestamp(created / 1000, UTC),
        source=source or "",
    )
