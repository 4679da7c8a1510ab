"""Whether anything changed since the last complete run, asked without Dagster."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from ml_assets import durable
from ml_assets.artifacts import code, modules
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.cli import unchanged
from ml_assets.cli.unchanged import remember_inputs, unchanged_assets
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.pipeline_factory import write_pipeline


@dataclass(frozen=True)
class Shop:
    """A pipeline that has run, and what it was made from."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def home(self) -> Home:
        """Where its artifacts are."""
        return Home(self.folder / "home")

    @property
    def store(self) -> Store:
        """Its artifacts."""
        return Store(self.home.pipeline("shop"))

    def write(self, **attributes: Any) -> None:
        """Write its YAML."""
        source = {"python": "shop_rows:rows", "fingerprint": "shop_rows:version"}
        write_pipeline(self.folder, "shop", **{"ingest": {"source": source}, **attributes})

    def write_code(self, version: str = "1", helper: str = "1") -> None:
        """Write the user's own modules."""
        (self.folder / "shop_rows.py").write_text(
            f"import shop_help\ndef rows():\n    return 1\ndef version():\n    return {version!r}\n"
        )
        (self.folder / "shop_help.py").write_text(f"HELP = {helper}\n")

    def put(self, asset: str, text: str = "a", **more: Any) -> str:
        """Put an artifact, and give its fingerprint."""
        made = put_artifact(
            self.store, asset, lambda folder: durable.write_json(folder / "a.json", text), **more
        )
        return made.fingerprint

    def remember(self) -> None:
        """End a complete run."""
        remember_inputs(read_pipeline_file(self.folder / "shop" / "defs.yaml"), self.home)

    def unchanged(self) -> list[str] | None:
        """Ask, as a new process would."""
        forget()
        return unchanged_assets(read_pipeline_file(self.folder / "shop" / "defs.yaml"), self.home)


def forget() -> None:
    """Forget what was imported and read, as a new process would."""
    for cached in (code._text, code._behind_door, modules.source_file, modules._spec):
        cached.cache_clear()
    for module in ("shop_rows", "shop_help"):
        sys.modules.pop(module, None)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Give a pipeline with two artifacts, of which `model` was made from `data`."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = Shop(tmp_path, monkeypatch)
    project.write()
    project.write_code()
    forget()
    project.put("model", inputs={"data": project.put("data")})
    project.remember()
    return project


def test_nothing_changed_gives_the_assets_in_the_order_of_their_making(shop: Shop) -> None:
    assert shop.unchanged() == ["data", "model"]


def test_a_pipeline_that_never_ran_has_changed(shop: Shop) -> None:
    shutil.rmtree(shop.home.root)
    assert shop.unchanged() is None


def _upgrade(shop: Shop) -> None:
    version = metadata.version
    shop.monkeypatch.setattr(
        metadata, "version", lambda name: "99" if name == "pandas" else version(name)
    )


def _edit_package(shop: Shop) -> None:
    copy = shop.folder / "copy"
    shutil.copytree(unchanged._PACKAGE / "statistics", copy)
    (copy / "model.py").write_text("edited")
    shop.monkeypatch.setattr(unchanged, "_PACKAGE", copy)


def _fail_a_gate(shop: Shop) -> None:
    failed = {"name": "gate", "passed": False, "severity": "ERROR", "description": ""}
    shop.put("model", checks=[failed], blocking=["gate"], inputs={"data": "made"})


def _file_of(shop: Shop) -> Path:
    (path,) = (shop.store.root / "objects" / "model").glob("*/a.json")
    return path


CHANGES: dict[str, Callable[[Shop], object]] = {
    "artifact_cut_off": lambda shop: _file_of(shop).write_text('"'),
    "artifact_altered": lambda shop: _file_of(shop).write_text('"b"'),
    "artifact_incomplete": lambda shop: _file_of(shop).unlink(),
    "source": lambda shop: shop.write_code(version="2"),
    "users_helper": lambda shop: shop.write_code(helper="2"),
    "yaml": lambda shop: shop.write(statistics={"top_values": 5}),
    "schema_appears": lambda shop: (shop.folder / "shop" / "schema.yaml").write_text("a: 1"),
    "library": _upgrade,
    "package": _edit_package,
    "python": lambda shop: shop.monkeypatch.setattr("platform.python_version", lambda: "4.0"),
    "tracking_uri": lambda shop: shop.monkeypatch.setenv(
        "MLFLOW_TRACKING_URI", f"sqlite:///{shop.folder}/other.db"
    ),
    "artifact_gone": lambda shop: shutil.rmtree(shop.store.root / "objects" / "model"),
    "another_artifact": lambda shop: shop.put("model", "b"),
    "failed_gate": _fail_a_gate,
    "broken_memory": lambda shop: shop.store.root.joinpath("last_run.json").unlink(),
}


# What may be left of the memory, or stand there instead.
BROKEN = ["{", "", "[]", "3", "null", "{}", '{"assets": 3}', '{"assets": [3, [], [4, 5]]}']


@pytest.mark.parametrize("text", BROKEN)
def test_a_memory_that_cannot_be_read_counts_as_absent(shop: Shop, text: str) -> None:
    shop.store.root.joinpath("last_run.json").write_text(text)
    assert shop.unchanged() is None
    shop.remember()
    assert shop.unchanged() == ["data", "model"]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_anything_that_changed_makes_dagster_run(
    shop: Shop, change: Callable[[Shop], object]
) -> None:
    change(shop)
    assert shop.unchanged() is None


def test_a_comment_in_the_users_code_changes_nothing(shop: Shop) -> None:
    path = shop.folder / "shop_help.py"
    path.write_text(f"# A comment.\n{path.read_text()}")
    assert shop.unchanged() == ["data", "model"]


def test_a_source_that_only_reading_can_tell_has_always_changed(shop: Shop) -> None:
    shop.write(ingest={"source": {"python": "shop_rows:rows"}})
    shop.remember()
    assert shop.unchanged() is None


def test_a_file_is_known_by_its_content_not_its_time(shop: Shop) -> None:
    import os

    data = shop.folder / "rows.csv"
    data.write_text("n,paid\n1,0\n")
    shop.write(ingest={"source": {"csv": str(data)}})
    shop.remember()
    os.utime(data, (1, 1))
    assert shop.unchanged() == ["data", "model"]
    data.write_text("n,paid\n2,0\n")
    os.utime(data, (1, 1))
    assert shop.unchanged() is None


def test_a_source_that_is_gone_is_left_to_those_who_know_its_line(shop: Shop) -> None:
    shop.write(ingest={"source": {"csv": "nowhere.csv"}})
    assert shop.unchanged() is None
    shop.remember()
    assert shop.unchanged() is None


def test_a_run_that_finds_nothing_changed_imports_neither_dagster_nor_a_library() -> None:
    heavy = "dagster", "pandas", "sklearn", "mlflow", "psutil"
    told = f"import sys, ml_assets.cli.run; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", told],
        cwd=Path(unchanged.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
