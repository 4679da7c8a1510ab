import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ml_assets import durable
from ml_assets.errors import DataError, ModelError
from ml_assets.spec import Task
from ml_assets.training.bundle import LoadedModel, ModelFacts, load_model, write_model
from ml_assets.training.predict import predict_scores
from ml_assets.training.train import TrainedModels, train_models
from ml_assets.training.trusted import MODEL_TYPES
from ml_assets.transform.bundle import write_skops
from ml_assets_tests.training.datasets import fitted, held_out

OWN = "ml_assets_tests.training.own_models"
NAMES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"], "regression": None}
ESTIMATORS: list[tuple[Task, str, dict[str, Any]]] = [
    ("binary", "hist_gradient_boosting", {"max_iter": 40}),
    ("binary", "logistic", {}),
    ("binary", "random_forest", {"n_estimators": 20}),
    ("multiclass", "hist_gradient_boosting", {"max_iter": 20}),
    ("multiclass", "logistic", {}),
    ("regression", "hist_gradient_boosting", {"max_iter": 40}),
    ("regression", "ridge", {}),
    ("regression", "random_forest", {"n_estimators": 20}),
    ("binary", "lightgbm", {"n_estimators": 40}),
    ("multiclass", "lightgbm", {"n_estimators": 20}),
    ("regression", "lightgbm", {"n_estimators": 40}),
]
CHILD = """
import sys
from pathlib import Path
from ml_assets_tests.training.test_bundle import write_two
write_two(Path(sys.argv[1]))
"""


def write(
    directory: Path,
    task: Task = "binary",
    estimator: str = "hist_gradient_boosting",
    parameters: dict[str, Any] | None = None,
    trusted: tuple[str, ...] = (),
    **options: Any,
) -> TrainedModels:
    transform, data = fitted(task)
    parameters = {"max_iter": 10} if parameters is None else parameters
    models = train_models(
        data, transform.transformer, estimator, parameters, seed=0, threads=1, **options
    )
    facts = ModelFacts(
        task=task,
        classes=NAMES[task],
        positive="yes" if task == "binary" else None,
        estimator=estimator,
        parameters=parameters,
        seed=0,
        rows=len(data.train),
        transform=transform.manifest,
        trusted_types=trusted,
        decision_thresholds={"model": 0.25, "linear": 0.75} if task == "binary" else {},
    )
    write_model(directory, models, facts)
    return models


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    write(folder)
    return folder


@pytest.fixture
def bundle(written: Path, tmp_path: Path) -> Path:
    """A bundle of one's own."""
    return Path(shutil.copytree(written, tmp_path / "bundle"))


@pytest.mark.parametrize(("task", "estimator", "parameters"), ESTIMATORS)
def test_a_model_reads_back_predicts_the_same_and_beats_the_majority(
    tmp_path: Path, task: Task, estimator: str, parameters: dict[str, Any]
) -> None:
    trained = write(tmp_path, task, estimator, parameters)
    model = load_model(tmp_path)
    rows, label = held_out(task)
    predictions = model.predict(rows)
    classes = len(NAMES[task] or ())
    np.testing.assert_array_equal(predictions, predict_scores(trained.model, rows, task, classes))
    assert model.classes == NAMES[task]
    errors = [
        _error(task, scores, label)
        for scores in (predictions, model.predict_baseline("majority", rows))
    ]
    assert errors[0] < 0.85 * errors[1]
    assert model.predict_baseline("linear", rows).shape == predictions.shape


def _error(task: Task, predictions: Any, label: Any) -> float:
    truth = np.eye(3)[label] if task == "multiclass" else label
    return float(np.mean((predictions - truth) ** 2))


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize(
    ("estimator", "parameters"),
    [
        ("hist_gradient_boosting", {"max_iter": 10}),
        ("logistic", {}),
        ("lightgbm", {"n_estimators": 10}),
    ],
)
def test_a_calibrated_model_reads_back_and_predicts_the_same(
    tmp_path: Path, task: Task, estimator: str, parameters: dict[str, Any], method: str
) -> None:
    trained = write(tmp_path, task, estimator, parameters, calibration=method)
    rows = held_out(task)[0]
    expected = predict_scores(trained.model, rows, task, len(NAMES[task] or ()))
    np.testing.assert_array_equal(load_model(tmp_path).predict(rows), expected)
    plain = write(tmp_path / "plain", task, estimator, parameters)
    assert not np.array_equal(
        predict_scores(plain.model, rows, task, len(NAMES[task] or ())), expected
    )


def test_a_tree_within_a_calibrated_model_is_looked_at_too(tmp_path: Path) -> None:
    trained = write(tmp_path, parameters={"max_iter": 3}, calibration="sigmoid")
    inner = trained.model[-1].calibrated_classifiers_[0].estimator.estimator
    inner._predictors[0][0].nodes["left"][0] = 4_000_000
    write_skops(trained.model, tmp_path / "model.skops", MODEL_TYPES)
    _replace(tmp_path, "model.skops", (tmp_path / "model.skops").read_bytes())
    with pytest.raises(ModelError, match="holds a damaged tree in"):
        load_model(tmp_path)


def test_a_model_knows_its_own_threshold_and_those_of_its_baselines(
    bundle: Path, tmp_path: Path
) -> None:
    model = load_model(bundle)
    thresholds = [model.decision_threshold(), model.decision_threshold("linear")]
    assert [*thresholds, model.decision_threshold("majority")] == [0.25, 0.75, 0.5]
    write(tmp_path / "several", "multiclass")
    assert load_model(tmp_path / "several").decision_threshold() == 0.5


def test_only_a_model_of_lightgbms_needs_lightgbm(bundle: Path, tmp_path: Path) -> None:
    write(tmp_path, "binary", "lightgbm", {"n_estimators": 3})
    assert "lightgbm" in load_model(tmp_path).manifest["libraries"]
    assert "lightgbm" not in load_model(bundle).manifest["libraries"]


def test_the_manifest_says_what_the_model_is(bundle: Path) -> None:
    manifest = load_model(bundle).manifest
    assert manifest["task"] == "binary"
    assert manifest["positive"] == "yes"
    assert manifest["rows"] == 341
    assert manifest["input_columns"][-1] == {"name": "size", "type": "string", "nullable": True}
    assert manifest["features"][-1]["kind"] == "category"
    assert set(manifest["files"]) == {
        "model.skops",
        "baselines/linear.skops",
        "baselines/majority.skops",
    }
    assert set(manifest["libraries"]) >= {"scikit-learn", "numpy", "skops"}


def write_two(directory: Path) -> None:
    write(directory, "binary", "hist_gradient_boosting", {"max_iter": 10})
    write(directory / "forest", "multiclass", "random_forest", {"n_estimators": 5})
    write(
        directory / "calibrated", "binary", "lightgbm", {"n_estimators": 5}, calibration="isotonic"
    )


def test_two_processes_train_the_same_bytes(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "here", tmp_path / "there"
    write_two(ours)
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", CHILD, str(theirs)], env=environment, check=True)
    assert durable.directory_digest(ours) == durable.directory_digest(theirs)


def test_another_seed_trains_another_forest(tmp_path: Path) -> None:
    transform, data = fitted("binary")
    rows = held_out("binary")[0]
    probabilities = [
        train_models(
            data, transform.transformer, "random_forest", {"n_estimators": 5}, seed=seed, threads=1
        ).model.predict_proba(rows)
        for seed in (0, 1)
    ]
    assert not np.array_equal(probabilities[0], probabilities[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[rows.columns[::-1]],
        lambda rows: rows.assign(more="x", _label=1),
        lambda rows: rows.astype(object),
        lambda rows: rows.reset_index(drop=True),
    ],
)
def test_order_dtypes_and_further_columns_do_not_matter(bundle: Path, change: Any) -> None:
    model, rows = load_model(bundle), held_out("binary")[0]
    np.testing.assert_array_equal(model.predict(change(rows)), model.predict(rows))


def test_missing_columns_are_named(bundle: Path) -> None:
    rows = held_out("binary")[0].rename(columns={"size": "Size"})
    with pytest.raises(
        DataError, match=r"1 of the 31 columns .* missing:\n  'size'. Did you mean 'S"
    ):
        load_model(bundle).predict(rows)


def test_no_rows_give_no_predictions(bundle: Path) -> None:
    assert load_model(bundle).predict(held_out("binary")[0][:0]).shape == (0,)


def test_a_pickle_in_place_of_the_model_is_refused(bundle: Path) -> None:
    _replace(bundle, "model.skops", pickle.dumps(LogisticRegression()))
    with pytest.raises(ModelError, match=r"model\.skops is not a skops file but a pickle"):
        load_model(bundle)


def _replace(bundle: Path, name: str, content: bytes) -> None:
    """Replace a file and its digest, as someone would who can write into the folder."""
    (bundle / name).write_bytes(content)
    manifest = json.loads((bundle / "model.json").read_text())
    manifest["files"][name] = durable.file_digest(bundle / name)
    (bundle / "model.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("name", ["model.skops", "baselines/linear.skops"])
def test_a_file_that_was_altered_is_refused_before_it_is_read(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} was altered after it was written"):
        load_model(bundle)


def test_everything_that_is_wrong_with_a_bundle_is_named(bundle: Path) -> None:
    (bundle / "baselines/linear.skops").unlink()
    (bundle / "model.skops").write_bytes(b"")
    with pytest.raises(ModelError, match=r"linear\.skops is missing; model\.skops was altered"):
        load_model(bundle)
    with pytest.raises(ModelError, match=r"nothing is not a model bundle: model\.json is missing"):
        load_model(bundle / "nothing")


def test_a_manifest_cannot_leave_out_the_model(bundle: Path) -> None:
    manifest = json.loads((bundle / "model.json").read_text())
    del manifest["files"]["model.skops"]
    (bundle / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"model\.skops is not in model\.json"):
        load_model(bundle)


def test_types_of_ones_own_are_trusted_by_the_yaml_not_by_the_bundle(tmp_path: Path) -> None:
    trusted = (f"{OWN}.fill",)
    write(tmp_path, "binary", f"{OWN}:filled_logistic", {}, trusted)
    assert json.loads((tmp_path / "model.json").read_text())["trusted_types"] == list(trusted)
    with pytest.raises(ModelError, match=r"not trusted: .*own_models\.fill.*trusted_types"):
        load_model(tmp_path)
    assert load_model(tmp_path, trusted).predict(held_out("binary")[0]).ndim == 1


def test_a_type_that_the_yaml_does_not_name_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.skops holds types that are not trusted: .*fill"):
        write(tmp_path, "binary", f"{OWN}:filled_logistic", {})


def test_no_row_of_the_data_is_in_the_manifest(bundle: Path) -> None:
    text = (bundle / "model.json").read_text()
    rows: pd.DataFrame = held_out("binary")[0]
    assert not any(str(value) in text for value in rows["mean_area"].head(20))


def test_a_loaded_model_knows_its_columns(bundle: Path) -> None:
    model: LoadedModel = load_model(bundle)
    assert model.input_columns == [column["name"] for column in model.manifest["input_columns"]]
    assert (model.task, len(model.input_columns)) == ("binary", 31)
