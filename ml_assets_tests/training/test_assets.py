from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Store
from ml_assets.errors import DataError, ModelError
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry import registry
from ml_assets.registry.version import RegisteredVersion
from ml_assets.spec import Task
from ml_assets.table import Table
from ml_assets.training.assets import build_assets
from ml_assets.training.bundle import load_model
from ml_assets.training.data import read_training_data
from ml_assets.training.row_facts import RowFacts
from ml_assets.training.train import decide_thresholds, train_models
from ml_assets.transform.build import build_features
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.training.datasets import held_out, raw

CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"], "regression": None}
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def pipeline(task: Task, parts: dict[str, Any] | None = None, **training: Any) -> PipelineSpec:
    return PipelineSpec.model_validate(
        {
            "name": "shop",
            "task": task,
            "ingest": {"source": {"csv": "shop.csv"}},
            "labels": "paid",
            "training": {"tuning": {"trials": 3}} | training,
        }
        | (parts or {})
    )


def put_inputs(
    home: Path, task: Task, rows_and_label: tuple[pd.DataFrame, Any] | None = None
) -> Store:
    """Put what the rooms before this one give into the store."""
    frame, label = rows_and_label or raw(task)
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

    def write_examples(folder: Path) -> None:
        ranks = np.arange(len(frame))
        facts: dict[str, Any] = {"when": pd.Timestamp("2026-01-01") + pd.to_timedelta(ranks, "h"),
                 "shop": ranks % 17, "counts": 1.0 + ranks % 3}  # fmt: skip
        examples.assign(**facts).to_parquet(folder / "examples.parquet")

    store = Store(Home(home).pipeline("shop"))
    put_artifact(store, "validated_features", write)
    put_artifact(store, "validated_examples", write_examples)
    labels = {"task": task, "classes": CLASSES[task], "positive": "yes"}
    put_artifact(store, "labels", lambda folder: durable.write_json(folder / "labels.json", labels))
    return store


def run(home: Path, spec: PipelineSpec) -> dict[str, Any]:
    """Materialize both assets; give the metadata of each."""
    upstream = [
        dg.AssetSpec(dg.AssetKey(["shop", name])).with_io_manager_key("artifacts")
        for name in ("validated_features", "validated_examples", "labels")
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [*build_assets(spec), *upstream],
            resources={"artifacts": ArtifactIOManager(home=str(home))},
            instance=instance,
        )
    assert all(check.passed for check in result.get_asset_check_evaluations())
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
    hyperparameters = best.json("best_hyperparameters.json")
    assert hyperparameters["trials"] == len(best.json("trials.json")) == 3
    assert hyperparameters["parameters"]["max_iter"] > 0
    assert hyperparameters["metric"] == {"binary": "roc_auc", "regression": "rmse"}.get(
        task, "log_loss"
    )
    assert best.summary["value"] == hyperparameters["value"]
    picture = (best.path / "tuning_history.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 60_000
    assert metadata["best_hyperparameters"]["trials"].value == 3
    count = metadata["model"]["training_rows"].value
    for asset, name, rows_fitted in (
        ("best_hyperparameters", "search_seconds", 3 * count),
        ("model", "fit_seconds", count),
    ):
        shown = metadata[asset]
        assert shown["rows_per_second"].value == pytest.approx(
            rows_fitted / shown[name].value, rel=0.05
        )
        assert shown["peak_memory_mb"].value >= 0
    model = store.current_artifact("model")
    assert model.summary["estimator"] == "hist_gradient_boosting"
    loaded = load_model(model.path)
    assert loaded.manifest["parameters"] == hyperparameters["parameters"]
    assert loaded.classes == CLASSES[task]
    rows, _ = held_out(task)
    assert len(loaded.predict(rows)) == len(rows)


@pytest.mark.parametrize(
    ("rows", "ones", "message"),
    [
        (300, 0, r"^all 180 training rows have the same class, so there is nothing to learn"),
        (300, 1, r"^the class with the code 1 has one training row, and a class needs at least 2"),
        (50, 20, r"^there are fewer training rows \(30\) than features \(31\)"),
    ],
    ids=["one class", "one sample", "fewer rows than features"],
)
def test_what_cannot_be_learnt_from_stops_the_run_before_the_search(
    home: Path, rows: int, ones: int, message: str
) -> None:
    frame, _ = raw("binary")
    label = (np.arange(rows) < ones).astype("int8")
    store = put_inputs(home, "binary", (frame[:rows], label))

    with pytest.raises(DataError, match=message):
        run(home, pipeline("binary"))
    assert store.current("best_hyperparameters") is None
    assert not (store.root / "studies").exists()


def test_nothing_changed_is_a_cache_hit(home: Path) -> None:
    put_inputs(home, "regression")
    spec = pipeline("regression", estimator="ridge")
    run(home, spec)
    again = run(home, spec)
    assert {metadata["cache"].value for metadata in again.values()} == {"hit"}


def test_a_new_champion_is_no_reason_to_search_again_but_the_next_search_begins_with_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = put_inputs(home, "binary")
    spec = pipeline("binary", estimator="logistic")
    run(home, spec)
    champion, best = (store.current_artifact(name) for name in ("model", "best_hyperparameters"))
    before = best.json("best_hyperparameters.json")
    tags = {"model_digest": champion.digest}
    version = RegisteredVersion("shop", 1, tags, datetime.now(UTC), "")
    monkeypatch.setattr(registry, "champion", lambda uri, name: version)
    assert {metadata["cache"].value for metadata in run(home, spec).values()} == {"hit"}
    run(home, pipeline("binary", estimator="logistic", seed=1))
    best = store.current_artifact("best_hyperparameters")
    assert best.json("trials.json")[0]["parameters"] == before["parameters"]
    assert best.json("best_hyperparameters.json")["champion_value"] is not None
    cold = {"trials": 3, "warm_start": False}
    run(home, pipeline("binary", estimator="logistic", seed=1, tuning=cold))
    best = store.current_artifact("best_hyperparameters")
    assert best.json("best_hyperparameters.json")["champion_value"] is None


def test_a_registry_that_does_not_answer_stops_no_search(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put_inputs(home, "binary")

    def down(uri: str, name: str) -> None:
        raise ModelError("MLflow does not answer")

    monkeypatch.setattr(registry, "champion", down)
    run(home, pipeline("binary", estimator="logistic", tuning={"trials": 1}))
    message = "best_hyperparameters: begins without the champion, which cannot be told: MLflow does"
    assert message in capfd.readouterr().err


FOLDED = [
    ({"by": "time"}, {"time": "when"}),
    ({"by": "group", "group": "shop"}, {}),
]


@pytest.mark.parametrize(("split", "ingest"), FOLDED)
def test_everything_that_the_yaml_asks_of_a_fit_reaches_the_model(
    home: Path, split: dict[str, Any], ingest: dict[str, Any]
) -> None:
    store = put_inputs(home, "binary")
    parts = {
        "ingest": {"source": {"csv": "shop.csv"}, "split": split, **ingest},
        "statistics": {"weight": "counts"},
    }
    spec = pipeline(
        "binary",
        parts,
        estimator="logistic",
        tuning={"trials": 2, "folds": 3},
        class_weight="balanced",
        calibration="sigmoid",
        decision={"costs": {"false_negative": 20}},
    )
    metadata = run(home, spec)
    model = load_model(store.current_artifact("model").path)
    cut = model.decision_threshold()
    assert metadata["model"]["decision_threshold"].value == cut
    assert cut != 0.5
    assert (model.manifest["class_weight"], model.manifest["calibration"]) == (
        "balanced",
        "sigmoid",
    )
    assert type(model.pipeline[-1]).__name__ == "CalibratedClassifierCV"
    # The same by hand.
    facts = RowFacts(
        Table((store.current_artifact("validated_examples").path / "examples.parquet",)),
        "counts", split["by"], split.get("group", ingest.get("time")),
    )  # fmt: skip
    features = store.current_artifact("validated_features").path
    data, _ = read_training_data(features, "binary", 2, facts)
    thresholds = decide_thresholds(
        train_models(
            data, FunctionTransformer(), "logistic", model.manifest["parameters"], seed=0, threads=1,
            class_weight="balanced", calibration="sigmoid",
        ),
        data,
        spec.training.decision,
    )  # fmt: skip
    assert thresholds == model.manifest["decision_thresholds"]


def test_the_yaml_of_what_is_made_of_scores_makes_a_model_and_no_search(home: Path) -> None:
    put_inputs(home, "binary")
    run(home, pipeline("binary", estimator="logistic"))
    again = run(home, pipeline("binary", estimator="logistic", decision={"metric": "f1"}))
    assert again["best_hyperparameters"]["cache"].value == "hit"
    assert again["model"]["reason"].value == "training.decision in the YAML changed"


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
    assert {metadata["cache"].value for metadata in run(home, judged).values()} == {"hit"}
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
