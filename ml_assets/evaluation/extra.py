"""The metrics that are measured only where they are asked for, by name.

A name is one of `names_of`, or one with a value, ``recall_at_precision@0.9``, or a function of one's own,
``module:function``. Such a function takes labels, predictions and the rows' weights (the keyword
``sample_weight``), and gives a number; where lower is better it has the attribute ``lower_is_better``
set to True. It runs once for every bootstrap resample.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation import averages, confusion
from ml_assets.evaluation.binned import BINNED_ABOVE, bin_scores, cell_means, weight_in
from ml_assets.evaluation.confusion import Counts
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.ingest.user_function import load_function

_PLAIN: Mapping[str, Mapping[str, Any]] = {
    "binary": confusion.PLAIN,
    "multiclass": averages.MULTICLASS,
    "regression": averages.REGRESSION,
}
_AT: Mapping[str, Mapping[str, Any]] = {
    "binary": confusion.AT,
    "multiclass": averages.MULTICLASS_AT,
    "regression": averages.REGRESSION_AT,
}


def names_of(task: str) -> tuple[str, ...]:
    """Give the names of a task; those that need a value end with ``@``."""
    return (*_PLAIN[task], *(f"{name}@" for name in _AT[task]))


def lower_is_better(name: str) -> bool:
    """Whether a metric that is asked for by name is better where it is lower."""
    if ":" in name:
        return bool(getattr(_own(name), "lower_is_better", False))
    base = name.partition("@")[0]
    return base in confusion.LOWER_IS_BETTER or base in averages.LOWER_IS_BETTER


def check_extra(task: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Check that every name can be measured.

    Raises
    ------
    DataError
        If a name is unknown, lacks its value or has one that cannot be.
    PipelineFileError
        If a function of one's own cannot be imported.
    """
    for name in names:
        if ":" in name:
            _own(name)
        elif name not in known and name not in _PLAIN[task]:
            _check_value(task, name, known)


def extra_measure(
    task: str,
    names: Sequence[str],
    y_true: NDArray[Any],
    y_pred: Floats,
    rows: Indices,
    cut: float,
) -> Callable[[Floats], Floats]:
    """Give the function from weights to the values of `names`, NaN where undefined."""
    functions = [_function(task, name) for name in names]
    own = [":" in name for name in names]
    count = _counting(y_true, y_pred, cut) if task == "binary" and not all(own) else None

    def measure(weights: Floats) -> Floats:
        weight = weights[rows]
        if not weight.any():
            return np.full(len(names), np.nan)
        counts = count(weight) if count else None
        return np.array(
            [
                function(counts)
                if counts is not None and not is_own
                else function(y_true, y_pred, weight)
                for function, is_own in zip(functions, own, strict=True)
            ],
            dtype=np.float64,
        )

    return measure


def _counting(y_true: Floats, score: Floats, cut: float) -> Callable[[Floats], Counts]:
    if len(score) > BINNED_ABOVE:
        codes, size = bin_scores(score, cut, 0.0)
        values = cell_means(codes, score, size)
    else:
        values, codes = np.unique(score, return_inverse=True)
        size = len(values)
    cells = codes * 2 + (y_true == 1)

    def count(weights: Floats) -> Counts:
        negative, positive = weight_in(cells, weights, 2 * size).reshape(size, 2).T
        return Counts(values, positive, negative, cut)

    return count


def _function(task: str, name: str) -> Callable[..., float]:
    if ":" in name:
        own = _own(name)
        return lambda y_true, y_pred, weight: float(own(y_true, y_pred, sample_weight=weight))
    base, _, value = name.partition("@")
    number = float(value) if value else 0.0
    found = _AT[task][base] if value else _PLAIN[task][base]
    return lambda *given: float(found(*given, number))


def _check_value(task: str, name: str, known: Sequence[str]) -> None:
    base, at, value = name.partition("@")
    if base not in _AT[task]:
        allowed = (*known, *names_of(task), "module:function")
        raise DataError(
            f"{name}: not a metric of a {task} task; allowed are {', '.join(allowed)}."
            f"{did_you_mean(name, allowed)}"
        )
    whole = base == "top_k_accuracy"
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    fits = (number >= 1 and number == int(number)) if whole else 0 <= number <= 1
    if not (at and fits):
        kind, example = ("a whole number >= 1", "3") if whole else ("a number from 0 to 1", "0.9")
        raise DataError(f"{name}: {base} needs {kind} after @, such as {base}@{example}.")


def _own(name: str) -> Callable[..., Any]:
    return load_function(name, f"metrics.{name}")
