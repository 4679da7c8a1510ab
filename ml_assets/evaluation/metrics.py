"""The metrics of each task: vectorised, equal to scikit-learn's, and never NaN.

A metric that is undefined for the rows at hand is `Value(None, reason)`. Of two classes the positive one
is predicted above the decision threshold, of more the most probable one. The metrics are computed here,
not by scikit-learn, since each is asked for on hundreds of resamples: what does not depend on the weights
of the rows, such as their order by score, is done once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation import binary, multiclass, regression
from ml_assets.evaluation.binary import CUT
from ml_assets.evaluation.binned import (
    BINNED_ABOVE,
    binned_binary,
    binned_multiclass,
    binned_regression,
    corrected,
    weights_at,
)
from ml_assets.evaluation.extra import check_names, extra_measure
from ml_assets.evaluation.names import USUAL
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.spec import Task

Measure = Callable[[Floats], Floats]

METRICS = USUAL
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
    weight : array of float, optional
        Of each row, >= 0; all count the same without it.
    cut : float
        For a binary task, a row counts as predicted positive above this probability.
    extra : tuple of str
        Metrics that are measured beside the usual ones.
    """

    task: Task
    y_true: NDArray[Any]
    y_pred: Floats
    weight: Floats | None = None
    cut: float = CUT
    extra: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that are measured."""
        return (*METRICS[self.task], *self.extra)

    def decided(self) -> NDArray[Any] | None:
        """Give the class that each row is called; None for a regression."""
        match self.task:
            case "binary":
                return np.asarray(self.y_pred > self.cut)
            case "multiclass":
                return np.asarray(self.y_pred.argmax(axis=1))
            case _:
                return None

    def at(self, rows: Indices) -> "Predictions":
        """Give the rows at these places."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, y_true=self.y_true[rows], y_pred=self.y_pred[rows], weight=weight)


def compute_metrics(
    task: Task,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    names: Iterable[str] | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    decision_threshold: float = CUT,
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
        Which metrics, as `names` has them; the usual ones by default.
    sample_weight : array-like, optional
        The weight of each row, >= 0.
    decision_threshold : float
        For a binary task, a row counts as predicted positive above this probability.

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
    predictions = check_predictions(task, y_true, y_pred, sample_weight, decision_threshold)
    requested = list(METRICS[task] if names is None else names)
    predictions = with_extra(predictions, requested)
    values = values_of(predictions, measure(predictions)(np.ones(len(predictions.y_true))))
    return {name: values[name] for name in requested}


def with_extra(predictions: Predictions, names: Iterable[str]) -> Predictions:
    """Give the predictions with further metrics to measure.

    Raises
    ------
    DataError
        If a name is unknown for the task.
    """
    usual, requested = METRICS[predictions.task], list(dict.fromkeys(names))
    check_names(predictions.task, requested)
    return replace(predictions, extra=tuple(name for name in requested if name not in usual))


def check_predictions(
    task: Task,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None = None,
    decision_threshold: float = CUT,
) -> Predictions:
    """Check labels and predictions, and give them in the form that the metrics need.

    Raises
    ------
    DataError
        If lengths or shapes do not fit together, or a label is not one of the task's, or a weight is
        negative.
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
    checked = _check_labels(task, labels, predicted)
    weight = _check_weights(sample_weight, len(labels))
    return Predictions(task, checked, predicted, weight, decision_threshold)


def measure(predictions: Predictions, rows: Indices | None = None) -> Measure:
    """Give the function from weights to the values of all metrics of the task, NaN where undefined.

    Parameters
    ----------
    predictions : Predictions
        The rows.
    rows : array of int, optional
        Each row's place among the weights that the function will be given; 0, 1, ... by default.
    """
    undefined = undefined_metrics(predictions)
    is_undefined = [name in undefined for name in predictions.names]
    if all(is_undefined):
        return lambda weights: np.full(len(is_undefined), np.nan)
    weight = predictions.weight
    function = _measure(predictions, rows if weight is None else None)
    if weight is not None:
        unweighted = function
        function = lambda weights: unweighted(weights_at(weights, rows) * weight)  # noqa: E731
    if not any(is_undefined):
        return function
    return lambda weights: np.where(is_undefined, np.nan, function(weights))


def _measure(predictions: Predictions, rows: Indices | None) -> Measure:
    places = np.arange(len(predictions.y_true)) if rows is None else rows
    usual = _exact(predictions, places)
    if len(places) > BINNED_ABOVE:
        # Of rows that stand for themselves, the last place tells how many weights there will be.
        usual = corrected(usual, _binned(predictions, rows), int(places.max()) + 1)
    if not predictions.extra:
        return usual
    y_true, y_pred, extra = predictions.y_true, predictions.y_pred, predictions.extra
    extra_values = extra_measure(predictions.task, extra, y_true, y_pred, places, predictions.cut)
    return lambda weights: np.concatenate([usual(weights), extra_values(weights)])


def _exact(predictions: Predictions, places: Indices) -> Measure:
    y_true, y_pred = predictions.y_true, predictions.y_pred
    match predictions.task:
        case "binary":
            return binary.binary_measure(y_true, y_pred, places, predictions.cut)
        case "multiclass":
            return multiclass.multiclass_measure(y_true, y_pred, places)
        case "regression":
            return regression.regression_measure(y_true, y_pred, places)


def _binned(predictions: Predictions, rows: Indices | None) -> Measure:
    y_true, y_pred = predictions.y_true, predictions.y_pred
    match predictions.task:
        case "binary":
            return binned_binary(y_true, y_pred, rows, predictions.cut)
        case "multiclass":
            return binned_multiclass(y_true, y_pred, rows, multiclass.from_confusion)
        case "regression":
            return binned_regression(y_true, y_pred, rows)


def values_of(predictions: Predictions, numbers: Floats) -> dict[str, Value]:
    """Name what `measure` gave, with the reason for each metric that is undefined."""
    reasons = {**_WHY, **undefined_metrics(predictions)}
    names = predictions.names
    return {
        name: _value(number, reasons.get(name)) for name, number in zip(names, numbers, strict=True)
    }


def trials(predictions: Predictions) -> dict[str, int]:
    """Give, for each metric that is a share of rows, how many rows it is a share of."""
    y_true, weight = predictions.y_true, predictions.weight
    match predictions.task:
        case "binary":
            shares = binary.binary_shares(y_true, predictions.y_pred, predictions.cut)
        case "multiclass":
            shares = {"accuracy": np.ones(len(y_true), dtype=bool)}
        case "regression":
            shares = {}
    return {name: effective_rows(rows, weight) for name, rows in shares.items()}


def effective_rows(rows: NDArray[np.bool_], weight: Floats | None) -> int:
    """Give how many rows of the same weight would tell as much (Kish's effective size)."""
    if weight is None:
        return int(rows.sum())
    square = float((weight[rows] ** 2).sum())
    return max(1, int(weight[rows].sum() ** 2 / square)) if square else 0


def undefined_metrics(predictions: Predictions) -> dict[str, str]:
    """Give the metrics that the predictions themselves leave undefined, each with the reason."""
    names, y_pred = predictions.names, predictions.y_pred
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


def _value(number: float, reason: str | None) -> Value:
    if np.isfinite(number):
        return Value(float(number))
    return Value(None, reason or "the result is too large for a number")


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


def _check_weights(sample_weight: ArrayLike | None, n_rows: int) -> Floats | None:
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n_rows,):
        raise DataError(f"sample_weight must have {n_rows:,} numbers; found {weight.shape}.")
    wrong = int((~np.isfinite(weight) | (weight < 0)).sum())
    if wrong:
        raise DataError(f"sample_weight must be finite and >= 0; {wrong:,} of {n_rows:,} are not.")
    return weight
