"""A home with MLflow's database, made once for all tests here, and processes that start fast."""

import multiprocessing
import shutil
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ml_assets.registry.client import locked

    folder = tmp_path_factory.mktemp("mlflow")
    with locked(folder, f"sqlite:///{folder / 'mlflow.db'}"):
        return folder / "mlflow.db"


@pytest.fixture
def home(tmp_path: Path, empty_database: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    return folder


@pytest.fixture(scope="session")
def children() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ml_assets_tests.registry.children"])
    return context
