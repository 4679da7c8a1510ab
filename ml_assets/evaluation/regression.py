"""The metrics of a regression task, for rows that may be weighted."""

from collections.abc import Callable

import numpy as np

from ml_assets.evaluation.names import USUAL
from ml_assets.evaluation.ranking import Floats, Indices


def regression_measure(y_true: Floats, y_pred: Floats, rows: Indices) -> Callable[[Floats], Floats]:
    """Give the function from weights to the values of `names.USUAL`, NaN where undefined.

    Parameters
    ----------
    y_true, y_pred : array of float
        The true and the predicted value of each row.
    rows : array of int
        Each row's place among the weights that the function will be given.
    """
    error = np.abs(y_true - y_pred)
    order = np.argsort(error, kind="stable")
    ascending, places = error[order], rows[order]
    centred = (y_true - y_true.mean())[order]
    noise = len(y_true) * (np.finfo(float).eps * np.abs(y_true).max()) ** 2
    columns = np.stack([np.ones(len(error)), ascending**2, ascending, centred, centred**2])

    def measure(weights: Floats) -> Floats:
        weight = weights[places]
        total, squared, absolute, first, second = columns @ weight
        if not total:
            return np.full(len(USUAL["regression"]), np.nan)
        spread = second - first**2 / total
        # Of equal values only rounding is left.
        r2 = 1 - squared / spread if spread > max(1e-12 * second, noise) else np.nan
        median = _median(ascending, np.cumsum(weight))
        return np.array([np.sqrt(squared / total), absolute / total, r2, median])

    return measure


def _median(ascending: Floats, running: Floats) -> float:
    """The weighted median: where half of the weight lies exactly below, the mean of two values."""
    half = running[-1] / 2
    slack = 1e-12 * half
    low = np.searchsorted(running, half - slack, "left")
    high = min(int(np.searchsorted(running, half + slack, "right")), len(running) - 1)
    return float((ascending[low] + ascending[high]) / 2)
