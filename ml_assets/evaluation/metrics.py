"""The metrics of each task: vectorised, equal to scikit-learn's, and never NaN.

A metric that is undefined for the rows at hand is `Value(None, reason)`. Classes are predicted as
scikit-learn's ``predict`` does: above 0.5, or the most probable one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation import binary, multiclass, regression
from ml_assets.evaluation.ranking import Floats, Indices

Task = Literal["binary", "multiclass", "regression"]
Measure = Callable[[Floats], Floats]

METRICS: dict[Task, tuple[str, ...]] = {
    "binary": binary.NAMES,
    "multiclass": multiclass.NAMES,
    "regression": regression.NAMES,
}
_RANK_METRICS = ("roc_auc", "average_precision")
_WHY = {
    "roc_auc": "a class does not occur among the rows",
    "average_precision": "no row is positive",
    "balanced_accuracy": "a class does not occur among the rows",
    "precision": "no row is predicted positive",
    "recall": "no row is positive",
    "f1": "no row is positive or predicted positive",
    "r2": "all labels are equal",
}


@dataclass(frozen=True)
class Value:
    """The value of a metric, or None and the reason why it is undefined."""

    value: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Predictions:
    """Labels and the predictions for the same rows, checked by `check_predictions`.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    y_true : array
        binary: 0 or 1 as float; multiclass: codes 0 to K - 1 as int; regression: float.
    y_pred : array of float
        binary: the probability of 1; multiclass: (rows, K) probabilities; regression: values.
    """

    task: Task
    y_true: NDArray[Any]
    y_pred: Floats


def compute_metrics(
    task: Task, y_true: ArrayLike, y_pred: ArrayLike, names: Iterable[str] | None = None
) -> dict[str, Value]:
    """Compute metrics of predictions.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    y_true : array-like
        binary: 0 or 1 (or bool); multiclass: class codes 0 to K - 1; regression: numbers. No nulls.
    y_pred : array-like
        binary: the probability of 1; multiclass: shape (rows, K), the probability of each class;
        regression: values.
    names : iterable of str, optional
        Which metrics of `METRICS[task]`; all by default.

    Returns
    -------
    dict of str to Value
        In the order of `names`. Predictions that are NaN, infinite or (for probabilities) outside
        0 to 1 leave undefined what they spoil.

    Raises
    ------
    DataError
        If lengths or shapes do not fit together, or a label is not one of the task's.

    Examples
    --------
    >>> compute_metrics("binary", [0, 1, 1], [0.2, 0.7, 0.4], ["accuracy", "recall"])
    {'accuracy': Value(value=0.6666666666666666, reason=None), 'recall': Value(value=0.5, reason=None)}
    >>> compute_metrics("binary", [1, 1], [0.2, 0.7], ["roc_auc"])
    {'roc_auc': Value(value=None, reason='a class does not occur among the rows')}
    """
    predictions = check_predictions(task, y_true, y_pred)
    wanted = _check_names(task, METRICS[task] if names is None else names)
    values = values_of(predictions, measure(predictions)(np.ones(len(predictions.y_true))))
    return {name: values[name] for name in wanted}


def check_predictions(task: Task, y_true: ArrayLike, y_pred: ArrayLike) -> Predictions:
    """Check labels and predictions, and give them in the form that the metrics need.

    Raises
    ------
    DataError
        If lengths or shapes do not fit together, or a label is not one of the task's.
    """
    if task not in METRICS:
        raise DataError(f"task must be one of {', '.join(METRICS)}; found {task!r}.")
    predicted = np.asarray(y_pred, dtype=np.float64)
    labels = np.asarray(y_true)
    dimensions = 2 if task == "multiclass" else 1
    if labels.ndim != 1 or predicted.ndim != dimensions or len(labels) != len(predicted):
        shape = "(rows, classes)" if dimensions == 2 else "(rows,)"
        raise DataError(
            f"{task}: y_true must have the shape (rows,) and y_pred {shape} with as many rows; "
            f"found {labels.shape} and {predicted.shape}."
        )
    return Predictions(task, _check_labels(task, labels, predicted), predicted)


def measure(predictions: Predictions, rows: Indices | None = None) -> Measure:
    """Give the function from weights to the values of all metrics of the task, NaN where undefined.

    Parameters
    ----------
    predictions : Predictions
        The rows.
    rows : array of int, optional
        Each row's place among the weights that the function will be given; 0, 1, ... by default.
    """
    y_true, y_pred = predictions.y_true, predictions.y_pred
    blocked = [name in spoilt(predictions) for name in METRICS[predictions.task]]
    if all(blocked):
        return lambda weights: np.full(len(blocked), np.nan)
    at = np.arange(len(y_true)) if rows is None else rows
    match predictions.task:
        case "binary":
            function = binary.binary_measure(y_true, y_pred, at)
        case "multiclass":
            function = multiclass.multiclass_measure(y_true, y_pred, at)
        case "regression":
            function = regression.regression_measure(y_true, y_pred, at)
    if not any(blocked):
        return function
    return lambda weights: np.where(blocked, np.nan, function(weights))


def values_of(predictions: Predictions, numbers: Floats) -> dict[str, Value]:
    """Name what `measure` gave, with the reason for each metric that is undefined."""
    why = {**_WHY, **spoilt(predictions)}
    names = METRICS[predictions.task]
    return {
        name: _value(number, why.get(name)) for name, number in zip(names, numbers, strict=True)
    }


def trials(predictions: Predictions) -> dict[str, int]:
    """Give, for each metric that is a share of rows, how many rows it is a share of."""
    match predictions.task:
        case "binary":
            return binary.binary_trials(predictions.y_true, predictions.y_pred)
        case "multiclass":
            return multiclass.multiclass_trials(predictions.y_true, predictions.y_pred)
        case "regression":
            return {}


def spoilt(predictions: Predictions) -> dict[str, str]:
    """Give the metrics that the predictions themselves leave undefined, each with the reason."""
    names, y_pred = METRICS[predictions.task], predictions.y_pred
    if not len(y_pred):
        return dict.fromkeys(names, "there are no rows")
    broken = int((~np.isfinite(y_pred)).reshape(len(y_pred), -1).any(axis=1).sum())
    if broken:
        reason = f"{broken:,} of {len(y_pred):,} predictions are NaN or infinite"
        return dict.fromkeys(names, reason)
    outside = (y_pred < 0) | (y_pred > 1)
    if predictions.task == "regression" or not outside.any():
        return {}
    reason = f"{int(outside.sum()):,} probabilities lie outside 0 to 1"
    return {name: reason for name in names if name not in _RANK_METRICS}


def _value(number: float, why: str | None) -> Value:
    if np.isfinite(number):
        return Value(float(number))
    return Value(None, why or "the result is too large for a number")


def _check_labels(task: Task, labels: NDArray[Any], predicted: Floats) -> NDArray[Any]:
    try:
        numbers = labels.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{task}: y_true must hold numbers; found {labels.dtype}.") from error
    match task:
        case "binary":
            wrong, allowed = ~np.isin(numbers, (0.0, 1.0)), "0 and 1"
        case "multiclass":
            classes = predicted.shape[1]
            wrong = ~np.isin(numbers, np.arange(classes))
            allowed = f"the codes 0 to {classes - 1}, as y_pred has {classes} columns"
        case "regression":
            wrong, allowed = ~np.isfinite(numbers), "finite numbers"
    if wrong.any():
        raise DataError(
            f"{task}: {int(wrong.sum()):,} of {len(labels):,} labels are not allowed; "
            f"y_true must hold {allowed}. For another kind of label, set task."
        )
    return numbers.astype(np.intp) if task == "multiclass" else numbers


def _check_names(task: Task, names: Iterable[str]) -> list[str]:
    wanted, known = list(names), METRICS[task]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise DataError(
            f"{', '.join(unknown)}: not metrics of a {task} task; allowed are {', '.join(known)}."
            f"{did_you_mean(unknown[0], known)}"
        )
    return wanted
