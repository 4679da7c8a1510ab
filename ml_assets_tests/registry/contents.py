"""What a registry holds, as MLflow says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ml_assets.registry.client import connect


def uri_of(home: Path) -> str:
    return f"sqlite:///{home / 'mlflow.db'}"


@contextmanager
def mlflow_in(home: Path) -> Iterator[Any]:
    with connect(uri_of(home), "a test") as client:
        yield client


def statuses(home: Path) -> list[str]:
    with mlflow_in(home) as client:
        experiments = [e.experiment_id for e in client.search_experiments()]
        return sorted(run.info.status for run in client.search_runs(experiments))


def versions(home: Path) -> list[int]:
    with mlflow_in(home) as client:
        return sorted(int(v.version) for v in client.search_model_versions("name = 'flights'"))
