"""Dagster's view of the artifact store: what flows between assets is a path, never rows."""

from pathlib import Path

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Artifact, Store


class ArtifactIOManager(dg.ConfigurableIOManager):
    """Keeps artifacts in the store below `home`, and hands them on as `Artifact` handles.

    Attributes
    ----------
    home : str
        The home folder.
    """

    home: str

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Close runs whose process is gone and remove what they left half-built."""
        from ml_assets.artifacts.dead_runs import begin_run

        begin_run(context, Home(Path(self.home)))

    def handle_output(self, context: dg.OutputContext, obj: Artifact) -> None:
        """Make the artifact the one that holds now. Its files and record are already published."""
        self._store(context.asset_key).point(obj.asset, obj.fingerprint, context.run_id)

    def load_input(self, context: dg.InputContext) -> Artifact:
        """Give the artifact of an upstream asset that holds now."""
        return self._store(context.asset_key).current_artifact(context.asset_key.path[-1])

    def _store(self, key: dg.AssetKey) -> Store:
        return Store(Home(Path(self.home)).pipeline(key.path[0]))
