"""More metrics of a multiclass task (averages, top k, single classes) and of a regression.

Each function takes labels, predictions and weights of the rows, and gives a number, NaN where it is
undefined.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation.binary import quotient
from ml_assets.evaluation.binned import weight_in
from ml_assets.evaluation.ranking import Floats, both_areas, rank, roc_auc

_NAN = float("nan")
_CALIBRATION_BINS = 10
_Function = Callable[[NDArray[Any], Floats, Floats, float], float]


def _mean(values: Floats, weights: Floats) -> float:
    total = weights.sum()
    return float(values @ weights / total) if total else _NAN


def _matrix(codes: NDArray[Any], table: Floats, weights: Floats) -> Floats:
    classes = table.shape[1]
    cells = codes.astype(np.intp) * classes + table.argmax(axis=1)
    return weight_in(cells, weights, classes**2).reshape(classes, classes)


def _weighted(kind: str) -> _Function:
    """Precision, recall or f1, averaged over classes by how often they occur."""

    def measure(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
        matrix = _matrix(codes, table, weights)
        hits, true, called = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
        whole = {"precision": called, "recall": true, "f1": (true + called) / 2}[kind]
        shares = np.divide(hits, whole, out=np.zeros_like(hits), where=whole > 0)
        return _mean(shares, true)

    return measure


def _micro(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    """Where each row has one class, precision, recall and f1 over all classes are all the accuracy."""
    return _mean((table.argmax(axis=1) == codes).astype(np.float64), weights)


def _roc_auc_weighted(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    rows = np.arange(len(codes))
    classes = range(table.shape[1])
    areas = [roc_auc(rank(table[:, k], codes == k, rows), weights) for k in classes]
    shares = weight_in(codes, weights, table.shape[1])
    return _mean(np.array(areas), shares)


def _average_precision(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    """The mean over the classes, each against the rest; undefined where one of them does not occur."""
    areas = [_areas(codes, table, weights, k)[1] for k in range(table.shape[1])]
    return float(np.mean(areas))


def _areas(codes: NDArray[Any], table: Floats, weights: Floats, k: int) -> tuple[float, float]:
    return both_areas(rank(table[:, k], codes == k, np.arange(len(codes))), weights)


def _calibration_error(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    """The mean distance of the called class's probability from how often it is right, in 10 bins."""
    called = table.argmax(axis=1)
    sure = table[np.arange(len(codes)), called]
    bin_of_row = np.minimum((sure * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    gap = np.bincount(bin_of_row, weights * ((called == codes) - sure), _CALIBRATION_BINS)
    total = weights.sum()
    return float(np.abs(gap).sum() / total) if total else _NAN


def _of_class(measure: Callable[[Floats, int], float]) -> _Function:
    """A measure of one class against the rest, called where it is the most probable one."""

    def class_metric(codes: NDArray[Any], table: Floats, weights: Floats, value: float) -> float:
        return measure(_matrix(codes, table, weights), _class(value, table))

    return class_metric


def _area_of_class(index: int) -> _Function:
    def class_metric(codes: NDArray[Any], table: Floats, weights: Floats, value: float) -> float:
        return _areas(codes, table, weights, _class(value, table))[index]

    return class_metric


def _class(value: float, table: Floats) -> int:
    classes = table.shape[1]
    if value >= classes:
        raise DataError(
            f"There is no class {value:g}: the {classes} classes are 0 to {classes - 1}."
        )
    return int(value)


def _top_k(codes: NDArray[Any], table: Floats, weights: Floats, k: float) -> float:
    """The share of rows whose class is among the `k` most probable; of ties the later one wins."""
    true_class = table[np.arange(len(codes)), codes][:, None]
    is_later = np.arange(table.shape[1]) > codes[:, None]
    ranked_before = ((table > true_class) | ((table == true_class) & is_later)).sum(axis=1)
    return _mean((ranked_before < k).astype(np.float64), weights)


def _brier(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    hot = np.eye(table.shape[1])[codes]
    return _mean(((table - hot) ** 2).sum(axis=1), weights)


def _mcc(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    matrix = _matrix(codes, table, weights)
    true, called, total = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    spread = (total**2 - called @ called) * (total**2 - true @ true)
    return float((matrix.trace() * total - true @ called) / np.sqrt(spread)) if spread > 0 else _NAN


def _kappa(codes: NDArray[Any], table: Floats, weights: Floats, _: float) -> float:
    matrix = _matrix(codes, table, weights)
    total = matrix.sum()
    if not total:
        return _NAN
    chance = matrix.sum(axis=1) @ matrix.sum(axis=0) / total**2
    return float((matrix.trace() / total - chance) / (1 - chance)) if chance < 1 else _NAN


def _msle(y_true: Floats, y_pred: Floats, weights: Floats, _: float) -> float:
    """Undefined where a label or a prediction is -1 or less."""
    if min(y_true.min(initial=0), y_pred.min(initial=0)) <= -1:
        return _NAN
    return _mean((np.log1p(y_true) - np.log1p(y_pred)) ** 2, weights)


def _mape(y_true: Floats, y_pred: Floats, weights: Floats, _: float) -> float:
    """As scikit-learn's: a label of 0 counts as the smallest number, and makes it huge."""
    least = np.finfo(np.float64).eps
    return _mean(np.abs(y_true - y_pred) / np.maximum(np.abs(y_true), least), weights)


def _pinball(y_true: Floats, y_pred: Floats, weights: Floats, level: float) -> float:
    error = y_true - y_pred
    return _mean(np.maximum(level * error, (level - 1) * error), weights)


def _spread(values: Floats, weights: Floats) -> float:
    centre = _mean(values, weights)
    return _mean((values - centre) ** 2, weights)


def _explained_variance(y_true: Floats, y_pred: Floats, weights: Floats, _: float) -> float:
    whole = _spread(y_true, weights)
    return 1 - _spread(y_true - y_pred, weights) / whole if whole > 0 else _NAN


def _squared_pearson(y_true: Floats, y_pred: Floats, weights: Floats, _: float) -> float:
    left, right = y_true - _mean(y_true, weights), y_pred - _mean(y_pred, weights)
    spread = _mean(left**2, weights) * _mean(right**2, weights)
    return _mean(left * right, weights) ** 2 / spread if spread > 0 else _NAN


def _max_error(y_true: Floats, y_pred: Floats, weights: Floats, _: float) -> float:
    counted = weights > 0
    return float(np.abs(y_true - y_pred)[counted].max()) if counted.any() else _NAN


def _residual_quantile(y_true: Floats, y_pred: Floats, weights: Floats, level: float) -> float:
    """The smallest residual (true less predicted) that at least this share of rows do not exceed."""
    residual = y_true - y_pred
    order = np.argsort(residual, kind="stable")
    running = np.cumsum(weights[order])
    if not len(running) or not running[-1]:
        return _NAN
    index = int(np.searchsorted(running, level * running[-1] * (1 - 1e-12), "left"))
    return float(residual[order][min(index, len(order) - 1)])


MULTICLASS: dict[str, _Function] = {
    **{f"{kind}_micro": _micro for kind in ("precision", "recall", "f1")},
    **{f"{kind}_weighted": _weighted(kind) for kind in ("precision", "recall", "f1")},
    "roc_auc_weighted": _roc_auc_weighted,
    "average_precision": _average_precision,
    "expected_calibration_error": _calibration_error,
    "brier": _brier,
    "matthews_correlation": _mcc,
    "cohen_kappa": _kappa,
}
MULTICLASS_AT: dict[str, _Function] = {
    "top_k_accuracy": _top_k,
    "precision_of_class": _of_class(lambda matrix, k: quotient(matrix[k, k], matrix[:, k].sum())),
    "recall_of_class": _of_class(lambda matrix, k: quotient(matrix[k, k], matrix[k].sum())),
    "f1_of_class": _of_class(
        lambda matrix, k: quotient(2 * matrix[k, k], matrix[k].sum() + matrix[:, k].sum())
    ),
    "roc_auc_of_class": _area_of_class(0),
    "average_precision_of_class": _area_of_class(1),
}
REGRESSION: dict[str, _Function] = {
    "mse": lambda y_true, y_pred, weights, _: _mean((y_true - y_pred) ** 2, weights),
    "mape": _mape,
    "msle": _msle,
    "max_error": _max_error,
    "explained_variance": _explained_variance,
    "squared_pearson": _squared_pearson,
    "mean_residual": lambda y_true, y_pred, weights, _: _mean(y_true - y_pred, weights),
    "residual_standard_deviation": lambda y_true, y_pred, weights, _: float(
        np.sqrt(_spread(y_true - y_pred, weights))
    ),
    "mean_label": lambda y_true, y_pred, weights, _: _mean(y_true, weights),
    "mean_prediction": lambda y_true, y_pred, weights, _: _mean(y_pred, weights),
}
REGRESSION_AT: dict[str, _Function] = {
    "quantile_loss": _pinball,
    "residual_quantile": _residual_quantile,
}
