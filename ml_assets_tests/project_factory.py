"""Makes a project of one's own in a folder: this package, and one small pipeline."""

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ml_assets.registry.client import locked

PROJECT = Path(__file__).resolve().parents[1]

CHURN = """\
type: ml_assets.component.MLPipeline
attributes:
  description: Will the customer leave?
  task: binary
  ingest:
    source: {csv: data}
    key: [customer]
  labels: churned
  training: {tuning: {trials: 2}}
  evaluation:
    thresholds: {roc_auc: {min: 0.6}}
    slices: [plan]
"""


def make_project(folder: Path, pipeline: str = CHURN, name: str = "churn") -> Path:
    """Copy the package into `folder` and give it one pipeline, with 2,000 customers as its data."""
    # With the bytecode that is there: each process of a test would compile the package again.
    ignored = shutil.ignore_patterns("flights", ".ml_assets")
    shutil.copytree(PROJECT / "ml_assets", folder / "ml_assets", ignore=ignored)
    for file in ("pyproject.toml", "workspace.yaml"):
        shutil.copy(PROJECT / file, folder)
    (folder / "ml_assets" / "defs" / name).mkdir(parents=True)
    (folder / "ml_assets" / "defs" / name / "defs.yaml").write_text(pipeline)
    write_customers(folder / "data" / "2026-01.csv", seed=1)
    (folder / ".ml_assets" / "mlflow").mkdir(parents=True)
    shutil.copy(_empty_database(), folder / ".ml_assets" / "mlflow")
    return folder


@functools.cache
def _empty_database() -> Path:
    """MLflow's database without a model: it takes seconds to make, and is the same for every project."""
    folder = Path(tempfile.mkdtemp(prefix="ml_assets-mlflow-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / "mlflow.db"
    with locked(folder, f"sqlite:///{path}"):
        return path


def write_customers(path: Path, seed: int, rows: int = 2000, shift: float = 0.0) -> None:
    """Write customers who leave in the middle of their lives, which no line can tell, and by their plan.

    `shift` moves their ages.
    """
    rng = np.random.default_rng(seed)
    age = rng.normal(40 + shift, 12, rows).round(1)
    plan = rng.choice(["basic", "plus", "pro"], rows)
    spend = rng.gamma(2.0, 30.0, rows).round(2)
    middle = np.where(np.abs(age - 40) < 10, 1.5, -1.5)
    odds = middle + np.where(plan == "basic", 1.0, -0.5) - 0.5
    churned = rng.random(rows) < 1 / (1 + np.exp(-odds))
    frame = pd.DataFrame(
        {
            "customer": [f"c{seed}-{i:05d}" for i in range(rows)],
            "age": age,
            "plan": plan,
            "spend": spend,
            "churned": np.where(churned, "yes", "no"),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)


def project_environment(folder: Path) -> dict[str, str]:
    """Give the environment of a process in a project: its own home, one thread, no other settings."""
    other = ("ML_ASSETS", "DAGSTER", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(other)}
    home = folder / ".ml_assets"
    return kept | {
        "ML_ASSETS_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "PYTHONPATH": str(folder),
        "OMP_NUM_THREADS": "1",
    }


def run_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m ml_assets`` in a project and give what it printed."""
    return run_python(folder, ["-m", "ml_assets", *arguments])


def run_python(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run Python in a project and give what it printed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=project_environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def free_port() -> int:
    """Give a port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
