"""What a registry holds, as MLflow says; and a lock on its database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ml_assets.registry.client import connect


def uri_of(home: Path) -> str:
    return f"sqlite:///{home / 'mlflow.db'}"


@contextmanager
def mlflow_in(home: Path) -> Iterator[Any]:
    with connect(uri_of(home), "a test") as client:
        yield client


@contextmanager
def held(home: Path) -> Iterator[sqlite3.Connection]:
    """Hold the database as a process does that writes and does not come to an end."""
    with closing(sqlite3.connect(home / "mlflow.db")) as holder:
        holder.execute("begin exclusive")
        yield holder


def statuses(home: Path) -> list[str]:
    with mlflow_in(home) as client:
        experiments = [e.experiment_id for e in client.search_experiments()]
        return sorted(run.info.status for run in client.search_runs(experiments))


def versions(home: Path) -> list[int]:
    with mlflow_in(home) as client:
        return sorted(int(v.version) for v in client.search_model_versions("name = 'flights'"))


def half_built(uri: str, name: str) -> list[str]:
    """What a registration left that is neither a version nor closed."""
    with connect(uri, "a test") as client:
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            return []
        ids = [experiment.experiment_id]
        running = client.search_runs(ids, "attributes.status = 'RUNNING'")
        sources = {v.run_id for v in client.search_model_versions(f"name = '{name}'")}
        models = [m for m in client.search_logged_models(ids) if m.source_run_id not in sources]
        return [*(run.info.run_id for run in running), *(model.model_id for model in models)]
