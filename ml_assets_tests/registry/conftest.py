"""A home with MLflow's database, made once for all tests here, and processes that start fast."""

import multiprocessing
import shutil
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from ml_assets.artifacts.home import Home
from ml_assets.registry.infra_result import InfraValidation
from ml_assets_tests.registry.shop import PASSED, put_examples, put_model


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


@pytest.fixture
def shop_home(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = Home(tmp_path)
    home.mlflow.mkdir()
    shutil.copy(empty_database, home.mlflow / "mlflow.db")
    put_model(home, seed=0)
    put_examples(home, PASSED)
    return home


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> InfraValidation:
    """The verdict on the candidate's server, without one."""
    verdict = InfraValidation(rows=3, load_seconds=1.0, p50_ms=9.0, p99_ms=12.0, memory_mb=280.0)
    monkeypatch.setattr(
        "ml_assets.registry.infra_validation.validate_infra", lambda *arguments: verdict
    )
    return verdict
