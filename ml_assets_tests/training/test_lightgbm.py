import re
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from ml_assets.errors import MissingExtraError, ModelError, PipelineFileError
from ml_assets.spec import Task
from ml_assets.training.contest import Contest
from ml_assets.training.estimators import default_parameters, make_estimator, unknown_parameters
from ml_assets.training.lightgbm_model import LightGBMClassifier, LightGBMRegressor
from ml_assets.training.lightgbm_text import check_text
from ml_assets.training.metrics import improvement, measure_metric
from ml_assets.training.trial import run_trial
from ml_assets.training.trusted import MODEL_TYPES
from ml_assets.transform.bundle import read_skops, write_skops
from ml_assets_tests.training.datasets import fitted

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
LIBRARY = {"binary": lightgbm.LGBMClassifier, "multiclass": lightgbm.LGBMClassifier,
           "regression": lightgbm.LGBMRegressor}  # fmt: skip
SMALL = {"n_estimators": 12, "num_leaves": 6, "min_child_samples": 5}
SURE = {"deterministic": True, "force_row_wise": True, "verbosity": -1, "n_jobs": 1}


def contest(task: Task, metric: str = "log_loss", **options: Any) -> Contest:
    return Contest(fitted(task)[1], "lightgbm", metric, seed=0, **options)


def model(task: Task, **parameters: Any) -> Any:
    shared = contest(task)
    estimator = make_estimator("lightgbm", shared.data.form, {**SMALL, **parameters}, seed=0)
    return estimator.fit(shared.data.train.features, shared.data.train.label)


def library(task: Task, **parameters: Any) -> Any:
    data = fitted(task)[1]
    estimator = LIBRARY[task](**SURE, random_state=0, **{**SMALL, **parameters})
    return estimator.fit(
        data.train.features, data.train.label, categorical_feature=list(data.categorical)
    )


@pytest.mark.parametrize("task", TASKS)
def test_it_predicts_what_lightgbm_predicts(task: Task) -> None:
    ours, theirs, rows = model(task), library(task), fitted(task)[1].eval.features
    method = "predict" if task == "regression" else "predict_proba"
    np.testing.assert_array_equal(getattr(ours, method)(rows), getattr(theirs, method)(rows))
    if task != "regression":
        np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)


@pytest.mark.parametrize("task", TASKS)
def test_its_file_holds_a_text_and_reads_back(task: Task, tmp_path: Path) -> None:
    estimator, rows = model(task), fitted(task)[1].eval.features
    before = estimator.predict(rows)
    write_skops(estimator, tmp_path / "m.skops", MODEL_TYPES)
    read = read_skops(tmp_path / "m.skops", MODEL_TYPES)
    assert isinstance(read, LightGBMRegressor if task == "regression" else LightGBMClassifier)
    np.testing.assert_array_equal(read.predict(rows), before)
    assert "_booster" not in estimator.__getstate__()
    assert not re.search(r"tree_sizes|parameters|pandas", read.text_)
    # Asked before or not, the file is the same.
    write_skops(read, tmp_path / "again.skops", MODEL_TYPES)
    assert (tmp_path / "again.skops").read_bytes() == (tmp_path / "m.skops").read_bytes()


def test_it_grows_until_the_eval_metric_stands_still() -> None:
    shared = contest("binary")
    measured = run_trial(shared, {"num_leaves": 6}, lambda step, value: None)
    trees_learnt, data = measured.learnt["n_estimators"], shared.data
    theirs = library("binary", num_leaves=6, min_child_samples=20, n_estimators=trees_learnt + 30)
    curve = [
        measure_metric(
            "log_loss",
            data.eval.label,
            theirs.predict_proba(data.eval.features, num_iteration=trees)[:, 1],
        )
        for trees in range(10, trees_learnt + 31, 10)
    ]
    best = max(range(len(curve)), key=lambda i: (improvement("log_loss", curve[i], 0.0), -i))
    assert trees_learnt == 10 * (best + 1)
    assert measured.value == pytest.approx(curve[best])


@pytest.mark.parametrize("estimator", ["lightgbm", "hist_gradient_boosting"])
def test_a_class_that_was_never_trained_on_does_not_stop_the_growth(estimator: str) -> None:
    data = fitted("multiclass")[1]
    is_kept = data.train.label != 1
    held_out = data.hold_out(np.flatnonzero(is_kept), np.arange(len(is_kept)))
    shared = Contest(held_out, estimator, "log_loss", seed=0)
    measured = run_trial(shared, default_parameters(estimator, "multiclass"), lambda *_: None)
    # Of 3 classes the one in the middle always has the probability 0, and so the loss of that.
    assert measured.value > 5


def test_its_parameters_are_checked_by_name() -> None:
    assert unknown_parameters("lightgbm", "binary", ["num_leaves", "reg_alpha"]) == {}
    with pytest.raises(PipelineFileError, match=r"'num_leafs' is not a .* Did you mean 'num_leave"):
        make_estimator("lightgbm", contest("binary").data.form, {"num_leafs": 3}, seed=0)


def test_without_the_library_it_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = model("binary")
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    message = r"lightgbm is not installed\. Install it: pip install 'ml_assets\[lightgbm\]'"
    with pytest.raises(MissingExtraError, match=message):
        make_estimator("lightgbm", contest("binary").data.form, {}, seed=0)
    estimator.__dict__.pop("_booster", None)
    with pytest.raises(MissingExtraError, match=message):
        estimator.predict(fitted("binary")[1].eval.features)


def test_threads_make_the_same_model() -> None:
    one, many = (model("binary", n_jobs=threads) for threads in (1, 2))
    assert one.text_ == many.text_


@pytest.mark.parametrize("task", TASKS)
def test_what_lightgbm_writes_is_sound(task: Task) -> None:
    options: list[dict[str, Any]] = [
        {},
        {"num_leaves": 40, "min_child_samples": 1},
        {"min_child_samples": 10_000},  # one leaf for each tree
        {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1},
    ]
    if task == "regression":
        options += [{"objective": "quantile"}, {"objective": "tweedie"}]
    texts = [model(task, **parameters).text_ for parameters in options]
    for text in texts:
        check_text(text)
    assert len({*texts}) == len(options)


def swapped(text: str, key: str, position: int, value: str) -> str:
    """Put another number into the first line of that key."""
    line = re.search(rf"^{key}=(.*)$", text, re.MULTILINE)
    assert line is not None
    numbers = line[1].split(" ")
    numbers[position] = value
    return text.replace(line[0], f"{key}={' '.join(numbers)}", 1)


SWAPS = [
    ("left_child", 0, "0"),  # a circle
    ("left_child", -1, "77"),
    ("right_child", -1, "-77"),
    ("right_child", 0, "1.5"),
    ("split_feature", 0, "31"),
    ("split_feature", 0, "-1"),
    ("decision_type", 0, "300"),
    ("decision_type", 0, "nan"),
    ("cat_boundaries", 1, "9"),
    ("cat_boundaries", 0, "1"),
    ("cat_threshold", 0, "-1"),
    ("cat_threshold", 0, "4294967296"),
    ("num_cat", 0, "0"),
    ("num_cat", 0, "5"),
    ("num_leaves", 0, "5"),
    ("num_leaves", 0, "999999999"),
    ("num_leaves", 0, "0"),
    ("is_linear", 0, "1"),
    ("num_class", 0, "2"),
    ("num_tree_per_iteration", 0, "5"),
    ("max_feature_idx", 0, "1"),
    ("max_feature_idx", 0, "-1"),
    ("objective", 0, "multiclass"),
    ("objective", 1, "num_class:7"),
    ("feature_names", 0, ""),
    ("leaf_value", 0, "1 1"),
    ("left_child", 0, "0_1"),  # Python reads 1, LightGBM 0
    ("left_child", 0, "1e0"),
    ("left_child", 0, "\u0661"),
    ("num_cat", 0, "0_1"),
    ("threshold", 0, "1_0"),
]  # fmt: skip


@pytest.fixture(scope="module")
def text() -> str:
    data = fitted("binary")[1]
    shared = contest("binary")
    codes = data.train.features[:, data.categorical[0]]
    text: str = (
        make_estimator(
            "lightgbm",
            shared.data.form,
            {**SMALL, "min_child_samples": 1, "num_leaves": 8},
            seed=0,
        )
        .fit(data.train.features, (np.nan_to_num(codes) == 1).astype(int))
        .text_
    )
    assert "cat_threshold" in text.split("Tree=1")[0]
    return text


@pytest.mark.parametrize(("key", "position", "value"), SWAPS)
def test_a_crafted_text_is_refused(text: str, key: str, position: int, value: str) -> None:
    with pytest.raises(ModelError, match="damaged or of another kind"):
        check_text(swapped(text, key, position, value))


@pytest.mark.parametrize(
    "craft",
    [
        lambda text: text.replace("feature_infos=", "tree_sizes=1 1\nfeature_infos=", 1),
        lambda text: text.replace("left_child=", "\nleft_child=", 1),
        lambda text: text.replace("\n\n\nTree=1\n", "\nTree=1\n", 1),
        lambda text: text.replace("shrinkage=", "left_child=0\nshrinkage=", 1),
        lambda text: text.removesuffix("end of trees\n"),
        lambda text: text + "parameters:\n[machines: example.org]\n",
        lambda text: text.replace("tree\n", "", 1),
        lambda text: text.replace("binary sigmoid:1", "binary\tsigmoid:1", 1),
        lambda text: "",
        lambda text: 3,
    ],
)
def test_other_lines_than_ours_are_refused(text: str, craft: Any) -> None:
    with pytest.raises(ModelError, match="damaged or of another kind"):
        check_text(craft(text))


def test_a_file_with_a_crafted_text_is_refused_when_it_is_read(tmp_path: Path, text: str) -> None:
    estimator = model("binary")
    estimator.text_ = swapped(text, "left_child", 0, "0")
    write_skops(estimator, tmp_path / "m.skops", MODEL_TYPES)
    with pytest.raises(ModelError, match="holds a LightGBM text that is damaged"):
        read_skops(tmp_path / "m.skops", MODEL_TYPES)
