"""What a person asks of the registry of a home: roll back, approve, look at the ledger."""

import os
from collections.abc import Callable

from ml_assets.artifacts.dead_runs import is_running, process_name
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.sound import is_altered
from ml_assets.artifacts.store import Store
from ml_assets.asking import current_user, needed_reason
from ml_assets.errors import ModelError
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry.ledger import Entry
from ml_assets.registry.promotion import Request, approve, ledger_of, rollback
from ml_assets.registry.registry import Registry, registered_version
from ml_assets.registry.version import RegisteredVersion


def registry_of(home: Home) -> Registry:
    """Give the registry of a home, as this process uses it."""
    return Registry(home.tracking_uri, home.mlflow, process_name(os.getpid()), is_running)


def roll_back_pipeline(
    home: Home, pipeline: PipelineSpec, reason: str, to: int | None = None, run_id: str = ""
) -> str:
    """Make an earlier champion of a pipeline the champion again, and say what was done.

    Raises
    ------
    ModelError
        If there is no earlier champion, or it cannot serve any more.
    """
    name = pipeline.model_name
    request = Request(current_user(), needed_reason(reason), run_id)
    refuse = _why_not_servable(Store(home.pipeline(pipeline.name)))
    entry = rollback(registry_of(home), name, request, to, refuse)
    return (
        f"version {entry.to_version} of {name} is the champion again, no longer version "
        f"{entry.from_version} (entry {entry.sequence} of the ledger). Version "
        f"{entry.from_version} is not promoted again by itself."
    )


def approve_version(
    home: Home, pipeline: PipelineSpec, version: int, reason: str, run_id: str = ""
) -> str:
    """Note that a person approves of a version of a pipeline, and say what comes next.

    Raises
    ------
    ModelError
        If there is no such version.
    """
    name = pipeline.model_name
    registered = registered_version(home.tracking_uri, name, version)
    if registered is None:
        raise ModelError(f"'{name}' has no version {version}, so it cannot be approved.")
    request = Request(current_user(), needed_reason(reason), run_id)
    entry = approve(registry_of(home), registered, request)
    return (
        f"version {version} of {name} is approved (entry {entry.sequence} of the ledger). The next "
        f"run of {pipeline.name} promotes it if every other verdict is positive."
    )


def ledger_entries(home: Home, pipeline: PipelineSpec) -> list[Entry]:
    """Give the ledger of a pipeline's model."""
    return ledger_of(registry_of(home), pipeline.model_name).entries()


def _why_not_servable(store: Store) -> Callable[[RegisteredVersion], str | None]:
    """The model that scores is the store's, so it has to be there as it was made."""

    def why_not(version: RegisteredVersion) -> str | None:
        digest = version.model_digest or "none"
        path = store.object_path("model", digest)
        if not path.is_dir():
            return f"its model is gone from {path}"
        if is_altered(store, "model", digest):
            return f"its model in {path} was altered after it was made"
        return None

    return why_not
