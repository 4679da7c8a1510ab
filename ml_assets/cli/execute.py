"""Lets Dagster materialize assets in this process, as ``dagster asset materialize`` does.

That command cannot be called for it: it takes an empty selection for all assets, and a run that it makes
bears no mark of its process until its first resource is there.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from ml_assets.artifacts.dead_runs import PROCESS_TAG, creation_tag

_QUIETLY: Any = {"loggers": {"console": {"config": {}}}}
# A worker of the multiprocess executor says at level DEBUG that it starts, before it has our logger; a
# person's own dagster.yaml may let that through. One that does not mention telemetry would print of it.
_SETTINGS: Any = {
    "python_logs": {"python_log_level": "INFO"},
    "telemetry": {"enabled": False},
}


@dataclass(frozen=True)
class Definitions:
    """A module's definitions, and how another process finds them."""

    repository: Any
    loaded: Any

    @property
    def graph(self) -> Any:
        """All assets."""
        return self.loaded.asset_graph

    def run_in_this_process(self, keys: Sequence[dg.AssetKey]) -> bool:
        """Whether a run of these assets starts no process for each of them."""
        job = self.loaded.get_implicit_job_def_for_assets(keys)
        return bool(job.executor_def == dg.in_process_executor)


def load_definitions(module: str) -> Definitions:
    """Load the definitions of a module; whatever is wrong with them is raised."""
    from dagster._core.definitions.reconstruct import ReconstructableRepository

    with _without_warnings():
        repository = ReconstructableRepository.for_module(module, "defs", str(Path.cwd()))
        return Definitions(repository, repository.get_definition())


def execute(definitions: Definitions, keys: Sequence[dg.AssetKey]) -> bool:
    """Materialize assets in one run of this process, and give whether all went well.

    Parameters
    ----------
    definitions : Definitions
        What `load_definitions` gave.
    keys : sequence of AssetKey
        At least one.
    """
    from dagster._core.instance.ref import InstanceRef
    from dagster._utils.interrupts import capture_interrupts

    job = definitions.loaded.get_implicit_job_def_for_assets(keys)
    ref = InstanceRef.from_dir(os.environ["DAGSTER_HOME"], overrides=_SETTINGS)
    with _without_warnings(), capture_interrupts(), dg.DagsterInstance.from_ref(ref) as instance:
        result = dg.execute_job(
            definitions.repository.get_reconstructable_job(job.name),
            instance,
            run_config=_QUIETLY,
            tags={PROCESS_TAG: creation_tag()},
            asset_selection=list(keys),
        )
    return bool(result.success)


def _without_warnings() -> "warnings.catch_warnings[None]":
    return warnings.catch_warnings(action="ignore")
