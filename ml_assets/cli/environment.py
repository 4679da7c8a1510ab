"""Prepares Dagster's home and the environment of a command: quiet, local, without telemetry."""

import os
from pathlib import Path

from ml_assets import durable
from ml_assets.artifacts.home import Home, current_home
from ml_assets.errors import RequestError

_DAGSTER_YAML = """\
# Written once; edit it as you like.
telemetry:
  enabled: false
nux:
  enabled: false
# Consoles show no DEBUG lines; the event log has them.
python_logs:
  python_log_level: INFO
# A run whose process is gone is marked as failed, and gives back its slots.
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 60
"""
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Eight processes beside MLflow's UI for work that nothing here gives them.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "DO_NOT_TRACK": "true",
    "MPLBACKEND": "agg",
    "PYTHONWARNINGS": "ignore",
}


def prepare_environment() -> Home:
    """Create the home folder, and point Dagster and MLflow to it, unless the environment does.

    Returns
    -------
    Home
        The home folder. ``DAGSTER_HOME`` is set, an absolute path, and has a ``dagster.yaml``.

    Raises
    ------
    RequestError
        If one of the folders can neither be found nor made.
    """
    home = current_home()
    dagster = Path(os.environ.get("DAGSTER_HOME") or home.dagster).absolute()
    os.environ |= {"ML_ASSETS_HOME": str(home.root), "DAGSTER_HOME": str(dagster)}
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    try:
        if not (dagster / "dagster.yaml").exists():
            _make_dagster_home(dagster)
        home.mlflow.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(
            f"{error.filename or home.root} cannot be made a folder or a file: {error.strerror}. "
            f"ML_ASSETS_HOME is {home.root}, DAGSTER_HOME is {dagster}: let these name folders that may "
            "be written."
        ) from error
    return home


def _make_dagster_home(folder: Path) -> None:
    """Create Dagster's databases, then its settings, by which others see that both are there.

    Two processes of Dagster that find no databases create them both, and one fails at it.
    """
    with durable.exclusive(folder / "created.lock"):
        if (folder / "dagster.yaml").exists():
            return
        import dagster as dg

        unfinished = folder / "dagster.yaml.new"
        durable.write_bytes(unfinished, _DAGSTER_YAML.encode())
        with dg.DagsterInstance.from_config(str(folder), unfinished.name):
            unfinished.replace(folder / "dagster.yaml")
