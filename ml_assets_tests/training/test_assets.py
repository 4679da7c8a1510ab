from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Store
from ml_assets.pipeline import PipelineSpec
from ml_assets.table import Table
from ml_assets.training.assets import build_assets
from ml_assets.training.bundle import load_model
from ml_assets.training.data import Task
from ml_assets.transform.build import build_features
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.training.datasets import held_out, raw

CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"], "regression": None}
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def pipeline(task: Task, **training: Any) -> PipelineSpec:
    return PipelineSpec.model_validate(
        {
            "name": "shop",
            "task": task,
            "ingest": {"source": {"csv": "shop.csv"}},
            "labels": "paid",
            "training": {"tuning": {"trials": 3}} | training,
        }
    )


def put_inputs(home: Path, task: Task) -> Store:
    """Put what the rooms before this one give into the store."""
    frame, label = raw(task)
    cut, end = int(len(frame) * 0.6), int(len(frame) * 0.8)
    split = ["train"] * cut + ["eval"] * (end - cut) + ["test"] * (len(frame) - end)
    types = {str(name): "string" if name == "size" else "float" for name in frame}
    ids = [f"e{i}" for i in range(len(frame))]
    reserved = pd.DataFrame({"_example_id": ids, "_split": split, "_label": label})
    examples = pd.concat([reserved, frame], axis=1)

    def write(folder: Path) -> None:
        examples.to_parquet(home / "examples.parquet")
        table = Table((home / "examples.parquet",))
        build_features(table, types, {}, TransformSpec(), Roles(), folder)

    store = Store(Home(home).pipeline("shop"))
    put_artifact(store, "validated_features", write)
    told = {"task": task, "classes": CLASSES[task], "positive": "yes"}
    put_artifact(store, "labels", lambda folder: durable.write_json(folder / "labels.json", told))
    return store


def run(home: Path, spec: PipelineSpec) -> dict[str, Any]:
    """Materialize both assets; give the metadata of each."""
    upstream = [
        dg.AssetSpec(dg.AssetKey(["shop", name])).with_io_manager_key("artifacts")
        for name in ("validated_features", "labels")
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [*build_assets(spec), *upstream],
            resources={"artifacts": ArtifactIOManager(home=str(home))},
            instance=instance,
        )
    events = [event.materialization for event in result.get_asset_materialization_events()]
    return {event.asset_key.path[-1]: event.metadata for event in events}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("task", TASKS)
def test_features_become_a_model(home: Path, task: Task) -> None:
    store = put_inputs(home, task)
    metadata = run(home, pipeline(task))
    best = store.current_artifact("best_hyperparameters")
    found = best.json("best_hyperparameters.json")
    assert found["trials"] == len(best.json("trials.json")) == 3
    assert found["parameters"]["max_iter"] > 0
    assert found["metric"] == {"binary": "roc_auc", "regression": "rmse"}.get(task, "log_loss")
    assert best.summary["value"] == found["value"]
    picture = (best.path / "tuning_history.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 60_000
    assert metadata["best_hyperparameters"]["trials"].value == 3
    model = store.current_artifact("model")
    assert model.summary["estimator"] == "hist_gradient_boosting"
    loaded = load_model(model.path)
    assert loaded.manifest["parameters"] == found["parameters"]
    assert loaded.classes == CLASSES[task]
    rows, _ = held_out(task)
    assert len(loaded.predict(rows)) == len(rows)


def test_nothing_changed_is_a_cache_hit(home: Path) -> None:
    put_inputs(home, "regression")
    spec = pipeline("regression", estimator="ridge")
    run(home, spec)
    again = run(home, spec)
    assert {metadata["cache"].value for metadata in again.values()} == {"hit"}


def test_another_home_makes_the_same_artifacts(home: Path, tmp_path: Path) -> None:
    digests = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ML_ASSETS_HOME", str(folder))
            store = put_inputs(folder, "binary")
            run(folder, pipeline("binary"))
        names = ("best_hyperparameters", "model")
        digests.append([store.current_artifact(name).digest for name in names])
    assert digests[0] == digests[1]


def test_other_parameters_search_and_train_again_and_another_threshold_does_not(home: Path) -> None:
    put_inputs(home, "binary")
    spec = pipeline("binary", estimator="logistic")
    run(home, spec)
    limits = {"thresholds": {"roc_auc": {"min": 0.6}}}
    judged = spec.model_validate({**spec.model_dump(by_alias=True), "evaluation": limits})
    assert {m["cache"].value for m in run(home, judged).values()} == {"hit"}
    other = run(home, pipeline("binary", estimator="logistic", parameters={"C": 0.2}))
    assert other["best_hyperparameters"]["reason"].value == "training in the YAML changed"
    assert other["model"]["cache"].value == "miss"


def test_without_trials_there_is_no_picture(home: Path) -> None:
    store = put_inputs(home, "regression")
    run(home, pipeline("regression", estimator="ridge", tuning={"trials": 0}))
    best = store.current_artifact("best_hyperparameters")
    assert sorted(path.name for path in best.path.iterdir()) == [
        "best_hyperparameters.json",
        "trials.json",
    ]
    assert best.json("best_hyperparameters.json")["parameters"] == {"alpha": 1.0}
