"""The metrics that are measured only on request, by name.

For the names see `names`. A user's function, ``module:function``, takes labels, predictions and the
rows' weights (the keyword ``sample_weight``), and gives a number; where lower is better it has the
attribute ``lower_is_better`` set to True. It runs once for every bootstrap resample.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation import averages, confusion
from ml_assets.evaluation.binned import BINNED_ABOVE, bin_scores, cell_means, weight_in
from ml_assets.evaluation.confusion import Counts
from ml_assets.evaluation.names import LOWER_IS_BETTER, is_own, metric_mistake
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.ingest.user_function import load_function
from ml_assets.spec import Task

_PLAIN: Mapping[Task, Mapping[str, Any]] = {
    "binary": confusion.PLAIN,
    "multiclass": averages.MULTICLASS,
    "regression": averages.REGRESSION,
}
_AT: Mapping[Task, Mapping[str, Any]] = {
    "binary": confusion.AT,
    "multiclass": averages.MULTICLASS_AT,
    "regression": averages.REGRESSION_AT,
}


def is_lower_better(name: str) -> bool:
    """Whether a metric of any kind is better where it is lower."""
    if is_own(name):
        return bool(getattr(_load_own(name), "lower_is_better", False))
    return name.partition("@")[0] in LOWER_IS_BETTER


def check_names(task: Task, names: Sequence[str]) -> None:
    """Check that every metric can be measured.

    Raises
    ------
    DataError
        If a name is unknown, lacks its value or has one that cannot be.
    PipelineFileError
        If a user's function cannot be imported.
    """
    mistakes = [f"{name} {mistake}" for name in names if (mistake := metric_mistake(name, task))]
    if mistakes:
        raise DataError("\n".join(mistakes))
    for name in filter(is_own, names):
        _load_own(name)


def extra_measure(
    task: Task,
    names: Sequence[str],
    y_true: NDArray[Any],
    y_pred: Floats,
    rows: Indices,
    cut: float,
) -> Callable[[Floats], Floats]:
    """Give the function from weights to the values of `names`, NaN where undefined."""
    functions = [_metric_function(task, name) for name in names]
    is_user_defined = [is_own(name) for name in names]
    cuts = [cut, *(float(name.partition("@")[2]) for name in names if _has_own_cut(name))]
    count_at = (
        _count_function(y_true, y_pred, cuts)
        if task == "binary" and not all(is_user_defined)
        else None
    )

    def measure(weights: Floats) -> Floats:
        weight = weights[rows]
        if not weight.any():
            return np.full(len(names), np.nan)
        counts = count_at(weight) if count_at else None
        return np.array(
            [
                function(counts)
                if counts is not None and not user_defined
                else function(y_true, y_pred, weight)
                for function, user_defined in zip(functions, is_user_defined, strict=True)
            ],
            dtype=np.float64,
        )

    return measure


def _has_own_cut(name: str) -> bool:
    base, separator, _ = name.partition("@")
    return bool(separator) and base in confusion.MATRIX


def _count_function(
    y_true: Floats, score: Floats, cuts: Sequence[float]
) -> Callable[[Floats], Counts]:
    """Give the function from weights to counts; the first of `cuts` is the usual one."""
    if len(score) > BINNED_ABOVE:
        codes, size = bin_scores(score, *cuts, 0.0)
        values = cell_means(codes, score, size)
    else:
        values, codes = np.unique(score, return_inverse=True)
        size = len(values)
    cells = codes * 2 + (y_true == 1)

    def count(weights: Floats) -> Counts:
        negative, positive = weight_in(cells, weights, 2 * size).reshape(size, 2).T
        return Counts(values, positive, negative, cuts[0])

    return count


def _metric_function(task: Task, name: str) -> Callable[..., float]:
    if is_own(name):
        return lambda *arguments: _call_own(name, *arguments)
    base, _, value = name.partition("@")
    number = float(value) if value else 0.0
    function = _AT[task][base] if value else _PLAIN[task][base]
    return lambda *arguments: float(function(*arguments, number))


def _call_own(name: str, y_true: NDArray[Any], y_pred: Floats, weight: Floats) -> float:
    try:
        return float(_load_own(name)(y_true, y_pred, sample_weight=weight))
    except Exception as error:  # the user's code may raise anything
        raise DataError(
            f"evaluation.metrics: {name} failed: {type(error).__name__}: {error}. It is given labels, "
            "predictions and sample_weight, and must give a number."
        ) from error


def _load_own(name: str) -> Callable[..., Any]:
    return load_function(name, "evaluation.metrics")
