"""The points of the pictures: ROC and precision-recall curves, and the calibration of probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from ml_assets.evaluation.bootstrap import wilson_interval
from ml_assets.evaluation.ranking import Floats

_MOST_POINTS = 400
_BINS = 10


@dataclass(frozen=True)
class CalibrationBin:
    """Rows with similar probabilities.

    Attributes
    ----------
    rows : int
        How many.
    predicted : float
        The mean of their probabilities.
    observed, low, high : float
        The share of them that is positive, and the ends of its interval.
    """

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


def roc_points(y_true: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Give false and true positive rates, ascending, thinned to a few hundred points.

    Both classes must occur.
    """
    false, true, _ = roc_curve(y_true, score, drop_intermediate=False)
    kept = _thinned(len(false))
    return false[kept], true[kept]


def precision_recall_points(y_true: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Give recall, descending from 1 to 0, and precision, thinned to a few hundred points.

    A row must be positive.
    """
    precision, recall, _ = precision_recall_curve(y_true, score)
    kept = _thinned(len(recall))
    return recall[kept], precision[kept]


def _thinned(points: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, points - 1, _MOST_POINTS).astype(np.int64))


def calibration_bins(y_true: Floats, score: Floats, confidence: float) -> list[CalibrationBin]:
    """Cut rows into at most ten bins of about equal size by probability, equal ones together."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, _BINS + 1)[1:-1]))
    bin_of_row = np.searchsorted(edges, score, "right")
    groups = [np.flatnonzero(bin_of_row == index) for index in range(len(edges) + 1)]
    return [_calibration_bin(y_true[rows], score[rows], confidence) for rows in groups if len(rows)]


def _calibration_bin(y_true: Floats, score: Floats, confidence: float) -> CalibrationBin:
    observed = float(y_true.mean())
    low, high = wilson_interval(observed, len(y_true), confidence)
    return CalibrationBin(len(y_true), float(score.mean()), observed, low, high)
