"""The home folder: where artifacts, MLflow's database and Dagster's home lie."""

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = ".ml_assets"


@dataclass(frozen=True)
class Home:
    """Paths below one home folder. Nothing is created by looking at it."""

    root: Path

    @property
    def dagster(self) -> Path:
        """Dagster's home: runs, events, sensors' cursors."""
        return self.root / "dagster"

    @property
    def mlflow(self) -> Path:
        """MLflow's folder: its SQLite database and model files."""
        return self.root / "mlflow"

    @property
    def tracking_uri(self) -> str:
        """The MLflow tracking and registry URI: ``MLFLOW_TRACKING_URI`` where set, else SQLite here."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.mlflow / 'mlflow.db'}"

    def pipeline(self, name: str) -> Path:
        """The folder of one pipeline's artifacts, spans and studies."""
        return self.root / "pipelines" / name


def current_home() -> Home:
    """Give the home that ``ML_ASSETS_HOME`` names, by default ``.ml_assets`` in the working folder."""
    return Home(Path(os.environ.get("ML_ASSETS_HOME") or DEFAULT_HOME).absolute())
