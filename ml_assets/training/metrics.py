"""The metric that a search improves, computed from a model's predictions on the eval split."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from ml_assets.errors import DataError
from ml_assets.spec import Task
from ml_assets.training.data import Labels
from ml_assets.training.row_facts import Weights

Predictions = npt.NDArray[np.float64]

_TUNED: dict[Task, tuple[str, ...]] = {
    "binary": ("log_loss", "roc_auc", "average_precision", "brier"),
    "multiclass": ("log_loss", "roc_auc"),
    "regression": ("rmse", "mae", "r2", "median_absolute_error"),
}
_LOWER_IS_BETTER = {"log_loss", "brier", "rmse", "mae", "median_absolute_error"}


def tuned_metric(task: Task, main_metric: str) -> str:
    """Give the metric to tune by: the main one, unless it depends on a decision threshold.

    Accuracy, precision, recall and f1 stand still while probabilities improve, and some are best for a
    model that always predicts the same; the log loss stands in for them.
    """
    tuned = _TUNED[task]
    return main_metric if main_metric in tuned else tuned[0]


def direction(metric: str) -> str:
    """Whether a search must ``minimize`` or ``maximize`` a metric."""
    return "minimize" if metric in _LOWER_IS_BETTER else "maximize"


def improvement(metric: str, value: float, other: float) -> float:
    """How much better `value` is than `other`, in the metric's own unit; negative if it is worse."""
    return other - value if metric in _LOWER_IS_BETTER else value - other


def measure_metric(
    metric: str, label: Labels, predictions: Predictions, weight: Weights | None = None
) -> float:
    """Compute a metric.

    Parameters
    ----------
    metric : str
        One of those that `tuned_metric` gives.
    label : ndarray
        Class codes, or numbers for a regression.
    predictions : ndarray
        P(class 1) for two classes, one column for each class for more, values for a regression.
    weight : ndarray, optional
        How much each row counts, >= 0.

    Raises
    ------
    DataError
        As `refuse_unmeasurable`.
    """
    refuse_unmeasurable(metric, label, weight)
    return float(_compute(metric, label, predictions, weight))


def refuse_unmeasurable(metric: str, label: Labels, weight: Weights | None = None) -> None:
    """Refuse rows on which a metric is not defined.

    Raises
    ------
    DataError
        If the label has one class only where the metric compares classes.
    """
    counted = label if weight is None else label[weight > 0]
    if metric in ("roc_auc", "average_precision") and len(np.unique(counted)) < 2:
        raise DataError(
            f"{metric} cannot be measured: all {len(counted):,} eval rows have the same class; look at "
            f"ingest.split."
        )


def _compute(metric: str, label: Labels, predictions: Predictions, weight: Weights | None) -> Any:
    match metric:
        case "log_loss":
            classes = list(range(2 if predictions.ndim == 1 else predictions.shape[1]))
            return metrics.log_loss(label, predictions, labels=classes, sample_weight=weight)
        case "roc_auc" if predictions.ndim == 2:
            return _one_against_rest(label, predictions, weight)
        case "roc_auc":
            return metrics.roc_auc_score(label, predictions, sample_weight=weight)
        case "average_precision":
            return metrics.average_precision_score(label, predictions, sample_weight=weight)
        case "brier":
            return np.average((predictions - label) ** 2, weights=weight)
        case "rmse":
            return metrics.root_mean_squared_error(label, predictions, sample_weight=weight)
        case "mae":
            return metrics.mean_absolute_error(label, predictions, sample_weight=weight)
        case "r2":
            return metrics.r2_score(label, predictions, sample_weight=weight)
        case _:
            return metrics.median_absolute_error(label, predictions, sample_weight=weight)


def _one_against_rest(label: Labels, predictions: Predictions, weight: Weights | None) -> float:
    """The mean over the classes that occur: scikit-learn's needs every class to occur."""
    present = np.unique(label if weight is None else label[weight > 0])
    areas = [
        metrics.roc_auc_score(label == code, predictions[:, code], sample_weight=weight)
        for code in present
    ]
    return float(np.mean(areas))
