"""The asset `evaluation`, run on a candidate that is in the store."""

from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.evaluation.assets import build_assets
from ml_assets.evaluation.pictures import new_figure
from ml_assets.pages.figure import save_figure
from ml_assets.pipeline import PipelineSpec
from ml_assets.spec import Task
from ml_assets.statistics.generate import generate_statistics
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.evaluation.trained import examples, write_bundle, write_frame

UPSTREAM = (
    "model", "baseline_model", "validated_examples", "statistics", "best_hyperparameters",
)  # fmt: skip


# What takes the longest, and is looked at by one test.
QUICK = {"weak_slices": {"enabled": False}, "explanation": False}


def shop_pipeline(task: Task, **evaluation: Any) -> PipelineSpec:
    return shop_pipeline_with({}, task, **QUICK, **evaluation)


def shop_pipeline_with(parts: dict[str, Any], task: Task, **evaluation: Any) -> PipelineSpec:
    ingest = {"source": {"csv": "a.csv"}, "key": "id", "time": "when"}
    given = {"name": "shop", "task": task, "ingest": ingest, "labels": "paid"}
    return PipelineSpec.model_validate({**given, "evaluation": evaluation, **parts})


def shop_store(home: Path) -> Store:
    return Store(Home(home).pipeline("shop"))


def prepare(
    home: Path,
    task: Task,
    seed: int = 0,
    champion: str | None = None,
    email: bool = False,
    **more_of_champion: str,
) -> Artifact:
    store = shop_store(home)
    frame = examples(task, seed=7)
    if email:
        # The model does worse for one of them.
        is_ann = (frame["amount"] > 40) & (frame["_label"] == 1)
        frame["email"] = np.where(is_ann, "ann@x.org", "bob@x.org")
    put_artifact(
        store, "validated_examples", lambda path: write_frame(path / "examples.parquet", frame)
    )
    described = generate_statistics(frame).to_json()
    put_artifact(
        store,
        "statistics",
        lambda path: durable.write_json(path / "statistics.json", {"all": described}),
    )
    put_artifact(
        store, "best_hyperparameters", lambda path: draw_nothing(path / "tuning_history.png")
    )
    model = put_artifact(store, "model", lambda path: write_bundle(path, task, seed))
    baseline = {"version": 1, "model_digest": champion, **more_of_champion} if champion else {}
    put_artifact(
        store, "baseline_model", lambda path: durable.write_json(path / "baseline.json", baseline)
    )
    return model


def draw_nothing(path: Path) -> None:
    figure, _ = new_figure(1, 1, 1)
    save_figure(figure, path)


def evaluate_in(home: Path, pipeline: PipelineSpec) -> tuple[Artifact, dict[str, Any]]:
    keys = [dg.AssetKey(["shop", name]) for name in UPSTREAM]
    upstream = [dg.AssetSpec(key).with_io_manager_key("artifacts") for key in keys]
    result = dg.materialize(
        [*upstream, *build_assets(pipeline)],
        resources={"artifacts": ArtifactIOManager(home=str(home))},
        instance=dg.DagsterInstance.ephemeral(tempdir=str(home)),
    )
    assert result.success
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    return shop_store(home).current_artifact("evaluation"), checks
