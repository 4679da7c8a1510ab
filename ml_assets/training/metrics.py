"""The metric that a search improves, computed from a model's predictions on the eval split."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from ml_assets.errors import DataError
from ml_assets.training.data import Labels, Task

Predictions = npt.NDArray[np.float64]

_TUNED: dict[Task, tuple[str, ...]] = {
    "binary": ("log_loss", "roc_auc", "average_precision", "brier"),
    "multiclass": ("log_loss", "roc_auc"),
    "regression": ("rmse", "mae", "r2", "median_absolute_error"),
}
_LOWER_IS_BETTER = {"log_loss", "brier", "rmse", "mae", "median_absolute_error"}


def tuned_metric(task: Task, wanted: str) -> str:
    """Give the metric to tune by: the wanted one, unless it hangs on a decision threshold.

    Accuracy, precision, recall and f1 stand still while probabilities improve, and some are best for a
    model that always says the same; the log loss stands in for them.
    """
    tuned = _TUNED[task]
    return wanted if wanted in tuned else tuned[0]


def direction(metric: str) -> str:
    """Whether a search must ``minimize`` or ``maximize`` a metric."""
    return "minimize" if metric in _LOWER_IS_BETTER else "maximize"


def improvement(metric: str, value: float, other: float) -> float:
    """How much better `value` is than `other`, in the metric's own unit; negative if it is worse."""
    return other - value if metric in _LOWER_IS_BETTER else value - other


def measure_metric(metric: str, label: Labels, predictions: Predictions) -> float:
    """Compute a metric.

    Parameters
    ----------
    metric : str
        One of those that `tuned_metric` gives.
    label : ndarray
        Class codes, or numbers for a regression.
    predictions : ndarray
        P(class 1) for two classes, one column for each class for more, values for a regression.

    Raises
    ------
    DataError
        If the label has one class only where the metric compares classes.
    """
    if metric in ("roc_auc", "average_precision") and len(np.unique(label)) < 2:
        raise DataError(
            f"{metric} cannot be measured: all {len(label):,} eval rows have the same class; look at "
            f"ingest.split."
        )
    return float(_compute(metric, label, predictions))


def _compute(metric: str, label: Labels, predictions: Predictions) -> Any:
    match metric:
        case "log_loss":
            classes = list(range(2 if predictions.ndim == 1 else predictions.shape[1]))
            return metrics.log_loss(label, predictions, labels=classes)
        case "roc_auc" if predictions.ndim == 2:
            return _one_against_rest(label, predictions)
        case "roc_auc":
            return metrics.roc_auc_score(label, predictions)
        case "average_precision":
            return metrics.average_precision_score(label, predictions)
        case "brier":
            return np.mean((predictions - label) ** 2)
        case "rmse":
            return metrics.root_mean_squared_error(label, predictions)
        case "mae":
            return metrics.mean_absolute_error(label, predictions)
        case "r2":
            return metrics.r2_score(label, predictions)
        case _:
            return metrics.median_absolute_error(label, predictions)


def _one_against_rest(label: Labels, predictions: Predictions) -> float:
    """The mean over the classes that occur: scikit-learn's needs every class to occur."""
    present = np.unique(label)
    return float(np.mean([metrics.roc_auc_score(label == k, predictions[:, k]) for k in present]))
