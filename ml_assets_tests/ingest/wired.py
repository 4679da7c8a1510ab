"""Materializes the assets of ingest and labels as Dagster does, for tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.ingest.assets import build_assets as build_ingest
from ml_assets.labels.assets import build_assets as build_labels
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.pipeline_factory import write_pipeline


@dataclass(frozen=True)
class Shop:
    """A pipeline `shop` in a folder, with a home in it; the environment must name that home."""

    folder: Path

    @property
    def store(self) -> Store:
        return Store(Home(self.folder / "home").pipeline("shop"))

    def artifact(self, asset: str) -> Artifact:
        return self.store.current_artifact(asset)

    def run(self, *, raise_on_error: bool = True, **attributes: Any) -> "Ran":
        """Write the YAML and materialize raw_data, labels and examples."""
        ingest = {"source": {"csv": "../shop.csv"}, **attributes.pop("ingest", {})}
        path = write_pipeline(self.folder, ingest=ingest, **attributes)
        spec = read_pipeline_file(path).spec
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                [*build_ingest(spec), *build_labels(spec)],
                resources={"artifacts": ArtifactIOManager(home=str(self.folder / "home"))},
                instance=instance,
                raise_on_error=raise_on_error,
            )
            return Ran(result)


@dataclass(frozen=True)
class Ran:
    """A run of the assets."""

    result: dg.ExecuteInProcessResult

    @property
    def reasons(self) -> dict[str, str]:
        """Why each asset was made, or "cached"."""
        events = self.result.get_asset_materialization_events()
        return {
            event.materialization.asset_key.path[-1]: str(
                event.materialization.metadata["reason"].value
            )
            for event in events
        }

    @property
    def checks(self) -> dict[str, tuple[bool, str]]:
        """Whether each check passed, and what it says."""
        return {
            check.check_name: (check.passed, check.description or "")
            for check in self.result.get_asset_check_evaluations()
        }

    @property
    def error(self) -> str:
        """What the failed step's own error says."""
        failures = [event for event in self.result.all_events if event.is_step_failure]
        info = failures[0].step_failure_data.error
        while info is not None and info.cause is not None:
            info = info.cause
        return "" if info is None else info.message
