"""Projects: one to go to, and one with a file of orders."""

from pathlib import Path

import pytest

from ml_assets_tests.cli.orders import ROWS


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project's folder, and go there."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def defs(tmp_path: Path) -> Path:
    """Give the folder of the pipelines of a project that has a file of orders."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "orders.csv").write_text(ROWS)
    return tmp_path / "defs"
