"""Everything that Dagster loads: one component for each folder below `defs`."""

import gc
import os
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path

import dagster as dg

from ml_assets.artifacts.home import current_home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.stage import IO_MANAGER
from ml_assets.console import quiet_console

warnings.filterwarnings("ignore", category=dg.BetaWarning)
# What was imported lives as long as the process. To visit it while the definitions are made would take as
# long as making them, and three times that at the end.
gc.freeze()


def _executor() -> dg.ExecutorDefinition:
    """One process by default; ``ML_ASSETS_EXECUTOR=multiprocess`` for one process for each step."""
    if os.environ.get("ML_ASSETS_EXECUTOR", "in_process") == "multiprocess":
        preload = ["dagster", "pandas", "sklearn.ensemble", "pandera.pandas"]
        start = {"forkserver": {"preload_modules": preload}}
        return dg.multiprocess_executor.configured({"start_method": start})
    return dg.in_process_executor


@dg.definitions
def defs() -> dg.Definitions:
    """Give the definitions of all pipelines, with the artifact store and the quiet console."""
    return _read_once()


@cache
def _read_once() -> dg.Definitions:
    """Read the pipelines: Dagster calls five times in a run, and all must see one state of the YAML."""
    package = Path(__file__).parent
    tree = dg.ComponentTree(
        defs_module=import_module("ml_assets.defs"), project_root=package.parent
    )
    # Not `load_from_defs_folder`: that also describes every installed component, at 0.2 CPU seconds.
    return dg.Definitions.merge(
        tree.build_defs(package / "defs"),
        dg.Definitions(
            resources={IO_MANAGER: ArtifactIOManager(home=str(current_home().root))},
            executor=_executor(),
            loggers={"console": quiet_console},
        ),
    )
