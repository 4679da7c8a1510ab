import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation.metrics import (
    METRICS,
    Value,
    check_predictions,
    compute_metrics,
    measure,
)

seeds = st.integers(0, 2**32 - 1)


def _binary_oracle(y: NDArray[Any], s: NDArray[Any], w: NDArray[Any] | None) -> dict[str, float]:
    p = s > 0.5
    return {
        "roc_auc": oracle.roc_auc_score(y, s, sample_weight=w),
        "average_precision": oracle.average_precision_score(y, s, sample_weight=w),
        "log_loss": oracle.log_loss(y, s, sample_weight=w, labels=[0, 1]),
        "brier": oracle.brier_score_loss(y, s, sample_weight=w),
        "accuracy": oracle.accuracy_score(y, p, sample_weight=w),
        "balanced_accuracy": oracle.balanced_accuracy_score(y, p, sample_weight=w),
        "precision": oracle.precision_score(y, p, sample_weight=w, zero_division=np.nan),
        "recall": oracle.recall_score(y, p, sample_weight=w),
        "f1": oracle.f1_score(y, p, sample_weight=w),
    }


def _multiclass_oracle(y: NDArray[Any], s: NDArray[Any]) -> dict[str, float]:
    p = s.argmax(axis=1)
    kinds = {"average": "macro", "zero_division": 0}
    return {
        "roc_auc": oracle.roc_auc_score(y, s, multi_class="ovr"),
        "log_loss": oracle.log_loss(y, s),
        "accuracy": oracle.accuracy_score(y, p),
        "balanced_accuracy": oracle.balanced_accuracy_score(y, p),
        "precision": oracle.precision_score(y, p, **kinds),
        "recall": oracle.recall_score(y, p, **kinds),
        "f1": oracle.f1_score(y, p, **kinds),
    }


def _assert_equal(values: dict[str, Value], expected: dict[str, float]) -> None:
    numbers = {
        name: np.nan if value.value is None else value.value for name, value in values.items()
    }
    assert numbers == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@given(seed=seeds, n=st.integers(4, 60), digits=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_binary_metrics_agree_with_scikit_learn_with_and_without_ties(
    seed: int, n: int, digits: int
) -> None:
    random = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], random.integers(0, 2, n - 2)])
    s = np.round(random.random(n), digits)
    _assert_equal(compute_metrics("binary", y, s), _binary_oracle(y, s, None))


@given(seed=seeds, n=st.integers(4, 60), digits=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_weighted_binary_metrics_agree_with_scikit_learn(seed: int, n: int, digits: int) -> None:
    random = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], random.integers(0, 2, n - 2)])
    s = np.round(random.random(n), digits)
    w = np.concatenate([[1, 1], random.integers(0, 4, n - 2)]).astype(float)
    values = measure(check_predictions("binary", y, s))(w)
    assert dict(zip(METRICS["binary"], values, strict=True)) == pytest.approx(
        _binary_oracle(y, s, w), rel=1e-9, abs=1e-12, nan_ok=True
    )


@given(seed=seeds, n=st.integers(8, 60), classes=st.integers(3, 5))
@settings(max_examples=40, deadline=None)
def test_multiclass_metrics_agree_with_scikit_learn(seed: int, n: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), random.integers(0, classes, n)])
    s = random.dirichlet(np.ones(classes), len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = _multiclass_oracle(y, s)
    _assert_equal(compute_metrics("multiclass", y, s), expected)


@given(seed=seeds, n=st.integers(2, 60), digits=st.integers(0, 3), shift=st.floats(-1e6, 1e6))
@settings(max_examples=40, deadline=None)
def test_regression_metrics_agree_with_scikit_learn(
    seed: int, n: int, digits: int, shift: float
) -> None:
    random = np.random.default_rng(seed)
    y = np.round(random.normal(size=n), digits + 1) + 10 * np.arange(n) + shift
    p = y + np.round(random.normal(size=n), digits)
    expected = {
        "rmse": oracle.root_mean_squared_error(y, p),
        "mae": oracle.mean_absolute_error(y, p),
        "r2": oracle.r2_score(y, p),
        "median_absolute_error": oracle.median_absolute_error(y, p),
    }
    values = compute_metrics("regression", y, p)
    numbers = {name: value.value for name, value in values.items()}
    assert numbers == pytest.approx(expected, rel=1e-6, abs=1e-8)


@given(seed=seeds, n=st.integers(2, 40))
@settings(max_examples=40, deadline=None)
def test_whole_number_weights_are_the_same_as_repeated_rows(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    weights = np.concatenate([[1, 1], random.integers(0, 4, n)])
    cases: list[tuple[Any, NDArray[Any], NDArray[Any]]] = [
        ("binary", random.integers(0, 2, n + 2), random.random(n + 2)),
        ("multiclass", random.integers(0, 3, n + 2), random.dirichlet(np.ones(3), n + 2)),
        ("regression", random.normal(size=n + 2), random.normal(size=n + 2)),
    ]
    for task, y, p in cases:
        weighted = measure(check_predictions(task, y, p))(weights.astype(float))
        repeated = check_predictions(task, np.repeat(y, weights), np.repeat(p, weights, axis=0))
        plain = measure(repeated)(np.ones(weights.sum()))
        np.testing.assert_allclose(weighted, plain, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(
    ("task", "y", "p", "metric", "reason"),
    [
        ("binary", [1, 1], [0.2, 0.7], "roc_auc", "a class does not occur among the rows"),
        ("binary", [0, 0], [0.2, 0.7], "average_precision", "no row is positive"),
        ("binary", [0, 0], [0.2, 0.7], "recall", "no row is positive"),
        ("binary", [0, 1], [0.2, 0.3], "precision", "no row is predicted positive"),
        ("binary", [0, 0], [0.2, 0.3], "f1", "no row is positive or predicted positive"),
        ("binary", [1, 1], [0.2, 0.7], "balanced_accuracy", "a class does not occur"),
        ("binary", [0, 1], [np.nan, 0.7], "accuracy", "1 of 2 predictions are NaN or infinite"),
        ("binary", [0, 1], [-0.5, 0.7], "log_loss", "1 probabilities lie outside 0 to 1"),
        ("binary", [], [], "roc_auc", "there are no rows"),
        ("multiclass", [0, 1], [[0.5, 0.3, 0.2]] * 2, "roc_auc", "a class does not occur"),
        (
            "multiclass",
            [0, 0],
            [[0.5, 0.3, 0.2]] * 2,
            "balanced_accuracy",
            "a class does not occur",
        ),
        ("regression", [0.1, 0.1, 0.1], [1, 2, 3], "r2", "all labels are equal"),
        ("regression", [1.0], [2.0], "r2", "all labels are equal"),
        ("regression", [1.0, 2.0], [1e200, -1e200], "rmse", "the result is too large"),
        ("regression", [1.0, 2.0], [np.inf, 1.0], "mae", "1 of 2 predictions are NaN or infinite"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_an_undefined_metric_is_none_with_its_reason(
    task: Any, y: Any, p: Any, metric: str, reason: str
) -> None:
    predicted = np.asarray(p, float).reshape(len(y), -1) if task == "multiclass" else p
    value = compute_metrics(task, y, predicted, [metric])[metric]
    assert value.value is None
    assert value.reason is not None
    assert value.reason.startswith(reason)


def test_scores_that_are_not_probabilities_can_still_be_ranked() -> None:
    values = compute_metrics("binary", [0, 1, 1], [-3.0, 2.0, 5.0])
    assert values["roc_auc"].value == 1.0
    assert values["brier"].value is None


@pytest.mark.parametrize(
    ("task", "y", "p", "message"),
    [
        ("binary", [0, 1, 2], [0.1, 0.2, 0.3], "1 of 3 labels are not allowed; y_true must hold 0"),
        ("binary", [0, 1], [0.1, 0.2, 0.3], r"found \(2,\) and \(3,\)"),
        ("binary", [0, 1], [[0.1, 0.9]] * 2, r"found \(2,\) and \(2, 2\)"),
        ("binary", ["no", "yes"], [0.1, 0.2], "y_true must hold numbers"),
        ("multiclass", [0, 3], [[0.5, 0.5, 0.0]] * 2, "the codes 0 to 2, as y_pred has 3 columns"),
        ("regression", [np.nan, 1], [0.1, 0.2], "1 of 2 labels are not allowed.*finite numbers"),
        ("ranking", [0], [0.1], "task must be one of binary, multiclass, regression"),
    ],
)
def test_what_does_not_fit_is_refused(task: Any, y: Any, p: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        compute_metrics(task, y, p)


def test_an_unknown_metric_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        DataError, match=r"roc_au cannot be measured for a binary task. .*'roc_auc'"
    ):
        compute_metrics("binary", [0, 1], [0.1, 0.9], ["roc_au"])
