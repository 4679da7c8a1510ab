"""Dagster's home is made once, whoever comes first."""

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from ml_assets.cli.environment import prepare_environment
from ml_assets.errors import RequestError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home" / "dagster"))
    return tmp_path / "home" / "dagster"


def _tables(home: Path) -> int:
    with sqlite3.connect(home / "history" / "runs.db") as database:
        count = "SELECT count(*) FROM sqlite_master WHERE name = 'run_tags'"
        return int(database.execute(count).fetchone()[0])


def test_first_commands_at_the_same_moment_create_dagsters_databases_once(home: Path) -> None:
    together = Barrier(4)

    def command(_: int) -> None:
        together.wait()
        prepare_environment()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(command, range(4)))
    assert _tables(home) == 1


def test_who_finds_dagsters_settings_finds_its_databases(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace: Callable[[Path, Path], Path] = Path.replace
    table_counts = []

    def look_and_replace(path: Path, target: Path) -> Path:
        if target.name == "dagster.yaml":
            table_counts.append(_tables(home))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", look_and_replace)
    prepare_environment()
    prepare_environment()
    assert table_counts == [1]


def test_settings_of_ones_own_are_left_alone(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    prepare_environment()
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


def test_an_empty_or_relative_home_of_dagster_becomes_an_absolute_one(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (home, tmp_path / "own"):
        folder.mkdir(parents=True)
        (folder / "dagster.yaml").touch()
    monkeypatch.chdir(tmp_path)
    for value, expected in (("", home), ("own", tmp_path / "own")):
        monkeypatch.setenv("DAGSTER_HOME", value)
        prepare_environment()
        assert os.environ["DAGSTER_HOME"] == str(expected)


@pytest.mark.parametrize("kind", ["file", "link that leads nowhere", "below a file"])
def test_a_home_that_cannot_be_made_is_told(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "there"
    if kind == "link that leads nowhere":
        path.symlink_to("/dev/null/nowhere")
    else:
        path.touch()
    root = path / "below" if kind == "below a file" else path
    monkeypatch.setenv("ML_ASSETS_HOME", str(root))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with pytest.raises(RequestError, match=f"there.* cannot be made .*ML_ASSETS_HOME is {root},"):
        prepare_environment()
