import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from ml_assets.errors import DataError
from ml_assets.training.metrics import direction, improvement, measure_metric, tuned_metric

LABEL = np.array([0, 1, 1, 0, 1, 0])
SCORE = np.array([0.1, 0.8, 0.4, 0.3, 0.9, 0.5])
CLASSES = np.array([0, 1, 2, 0, 1, 2])
SCORES = np.random.default_rng(0).dirichlet([1, 1, 1], size=6)


@pytest.mark.parametrize(
    ("task", "main_metric", "tuned"),
    [
        ("binary", "roc_auc", "roc_auc"),
        ("binary", "f1", "log_loss"),
        ("multiclass", "accuracy", "log_loss"),
        ("multiclass", "roc_auc", "roc_auc"),
        ("regression", "r2", "r2"),
        ("regression", "rmse", "rmse"),
    ],
)
def test_what_hangs_on_a_threshold_is_not_tuned_by(task: str, main_metric: str, tuned: str) -> None:
    assert tuned_metric(task, main_metric) == tuned  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("roc_auc", metrics.roc_auc_score(LABEL, SCORE)),
        ("average_precision", metrics.average_precision_score(LABEL, SCORE)),
        ("log_loss", metrics.log_loss(LABEL, SCORE)),
        ("brier", metrics.brier_score_loss(LABEL, SCORE)),
        ("rmse", metrics.mean_squared_error(LABEL, SCORE) ** 0.5),
        ("mae", metrics.mean_absolute_error(LABEL, SCORE)),
        ("r2", metrics.r2_score(LABEL, SCORE)),
        ("median_absolute_error", metrics.median_absolute_error(LABEL, SCORE)),
    ],
)
def test_metrics_are_scikit_learns(metric: str, expected: float) -> None:
    assert measure_metric(metric, LABEL, SCORE) == pytest.approx(expected)


def test_metrics_of_many_classes_are_scikit_learns() -> None:
    auc = metrics.roc_auc_score(CLASSES, SCORES, multi_class="ovr")
    assert measure_metric("roc_auc", CLASSES, SCORES) == pytest.approx(auc)
    loss = metrics.log_loss(CLASSES, SCORES)
    assert measure_metric("log_loss", CLASSES, SCORES) == pytest.approx(loss)


def test_a_class_may_be_absent_from_the_eval_rows() -> None:
    label = np.array([0, 1, 1, 0, 1, 0])
    assert 0 <= measure_metric("roc_auc", label, SCORES) <= 1
    assert measure_metric("log_loss", label, SCORES) > 0


def test_one_class_cannot_be_ranked() -> None:
    with pytest.raises(
        DataError, match="roc_auc cannot be measured: all 6 eval rows have the same"
    ):
        measure_metric("roc_auc", np.zeros(6), SCORE)


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_an_improvement_points_in_the_direction_of_the_metric(value: float, other: float) -> None:
    for metric in ("rmse", "roc_auc"):
        better = value < other if direction(metric) == "minimize" else value > other
        assert (improvement(metric, value, other) > 0) == better
