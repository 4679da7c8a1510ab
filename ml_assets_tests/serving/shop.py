"""A small pipeline whose champion can score, for tests of the rooms that serve and watch it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.ingest.snapshots import take_snapshots
from ml_assets.ingest.sources import open_source, source_fingerprint
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry.ledger import Entry, ledger_in
from ml_assets.registry.promotion import ledger_folder
from ml_assets.registry.version import RegisteredVersion
from ml_assets.spec import Task
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.evaluation.trained import write_bundle


def shop(folder: Path, task: Task = "binary", span: str = "day", **parts: Any) -> PipelineSpec:
    """The pipeline: orders of a shop by day or month, from a Parquet file."""
    ingest = {"source": {"parquet": "*.parquet"}, "key": "id", "time": "when", "span": span}
    required = {"name": "shop", "task": task, "ingest": ingest, "labels": "paid"}
    return PipelineSpec.model_validate({**required, "directory": folder, **parts})


def store_of(home: Path) -> Store:
    """The pipeline's artifacts."""
    return Store(Home(home).pipeline("shop"))


def put_raw_data(pipeline: PipelineSpec, home: Path, rows: pd.DataFrame) -> Artifact:
    """Write rows as the pipeline's source, and ingest it."""
    pipeline.directory.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(pipeline.directory / "orders.parquet")
    store, scratch = store_of(home), home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    source = open_source(pipeline.ingest.source, pipeline.directory, scratch)
    taken = take_snapshots(
        source, source.types(), "when", pipeline.ingest.span, store.root / "spans"
    )
    manifest = taken.manifest(source_fingerprint(pipeline.ingest.source, pipeline.directory))
    return put_artifact(
        store, "raw_data", lambda path: durable.write_json(path / "manifest.json", manifest)
    )


def put_champion(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    task: Task = "binary",
    version: int = 1,
    **tags: str,
) -> Artifact:
    """Make a model, seeded by its version, the champion that registry and ledger name."""
    store = store_of(home)
    model = put_artifact(store, "model", lambda path: write_bundle(path, task, version))
    put_artifact(store, "registered_model", lambda path: (path / "registered_model.json").touch())
    crown(home, monkeypatch, version, {"model_digest": model.digest, **tags})
    return model


def crown(
    home: Path, monkeypatch: pytest.MonkeyPatch, version: int, tags: Mapping[str, str]
) -> None:
    """Make a version the champion, as a promotion does."""
    registered = RegisteredVersion("shop", version, tags, datetime.now(UTC), "file:///m")
    digest = registered.model_digest
    entry = Entry("promotion", None, version, digest, None, "ada", "good", "", "2026-01-01")
    ledger_in(ledger_folder(Home(home).mlflow, "shop")).append(entry)
    name_champion(monkeypatch, registered)


def name_champion(monkeypatch: pytest.MonkeyPatch, version: RegisteredVersion | None) -> None:
    """Give a version the alias champion, as anybody can who has MLflow."""
    monkeypatch.setattr("ml_assets.registry.registry.champion", lambda uri, name: version)


def materialize(
    assets: list[dg.AssetsDefinition], home: Path, raise_on_error: bool = True
) -> dg.ExecuteInProcessResult:
    """Materialize assets; those that they need and that are not among them are read from the store."""
    made = {key for asset in assets for key in asset.keys}
    needed = {key for asset in assets for key in asset.dependency_keys} - made
    upstream = [
        dg.AssetSpec(key).with_io_manager_key("artifacts") for key in sorted(needed, key=str)
    ]
    return dg.materialize(
        [*upstream, *assets],
        resources={"artifacts": ArtifactIOManager(home=str(home))},
        # A folder of its own would be removed by the garbage collector, with a warning.
        instance=dg.DagsterInstance.ephemeral(tempdir=str(home)),
        raise_on_error=raise_on_error,
    )


def checks_of(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """The verdicts of the checks of a run, by name."""
    return {check.check_name: check for check in result.get_asset_check_evaluations()}
