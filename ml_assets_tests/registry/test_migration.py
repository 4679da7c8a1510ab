"""A database that an older MLflow made is kept as it was before the installed one changes it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ml_assets.registry import database
from ml_assets.registry.client import connect, quiet
from ml_assets_tests.registry import children as child
from ml_assets_tests.registry.contents import uri_of, versions

TEN_AGO = 10


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as MLflow made it ten migrations ago, with a registered model in it."""
    path = tmp_path_factory.mktemp("older") / "mlflow.db"
    with quiet():
        from alembic import command
        from alembic.script import ScriptDirectory
        from mlflow.store.db.utils import _get_alembic_config, create_sqlalchemy_engine_with_retry
        from mlflow.store.tracking.dbmodels.initial_models import Base

        engine = create_sqlalchemy_engine_with_retry(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        config = _get_alembic_config(f"sqlite:///{path}")
        revisions = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revisions[TEN_AGO])
        engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "insert into registered_models (name, creation_time) values ('others', 0)"
        )
    return path


def test_an_older_database_is_kept_as_it_was_and_goes_on_in_the_installed_version(
    tmp_path: Path, older: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(older, home / "mlflow.db")
    child.register_and_promote(home)

    (backup,) = home.glob("mlflow.db.before-migration-*")
    assert backup.name.endswith(_revision(older))
    assert _models(backup) == ["others"]
    assert _revision(backup) == _revision(older) != _revision(home / "mlflow.db")
    assert _models(home / "mlflow.db") == ["flights", "others"]
    assert versions(home) == [1]
    assert [*home.glob(".mlflow*")] == []


def test_a_copy_that_is_there_is_not_replaced(tmp_path: Path, older: Path) -> None:
    path = Path(shutil.copy(older, tmp_path / "mlflow.db"))
    backup = database.keep_before_migration(path)
    assert backup is not None
    backup.write_bytes(b"the first")
    assert database.keep_before_migration(path) == backup
    assert backup.read_bytes() == b"the first"


def test_of_a_database_of_the_installed_version_no_copy_is_kept(home: Path) -> None:
    with connect(uri_of(home), "looking") as client:
        client.search_registered_models()
    assert [*home.glob("*migration*")] == []
    assert database.keep_before_migration(home / "none.db") is None


def _revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("select version_num from alembic_version").fetchone()[0])


def _models(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(name for (name,) in connection.execute("select name from registered_models"))
