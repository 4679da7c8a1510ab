"""The points of the pictures: the ROC curve and the calibration of probabilities."""

from dataclasses import dataclass

import numpy as np

from ml_assets.evaluation.bootstrap import wilson_interval
from ml_assets.evaluation.ranking import Floats


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


def roc_points(y_true: Floats, score: Floats, most: int = 400) -> tuple[Floats, Floats]:
    """Give false and true positive rates, ascending, thinned to about `most` points.

    Both classes must occur.
    """
    order = np.argsort(-score, kind="stable")
    hits, last = np.cumsum(y_true[order]), len(score) - 1
    # Rows with the same score pass a threshold together: only the last of them is a point.
    ends = np.append(np.flatnonzero(np.diff(score[order])), last)
    kept = ends[np.unique(np.linspace(0, len(ends) - 1, most).astype(int))]
    true = np.concatenate(([0.0], hits[kept] / hits[-1]))
    false = np.concatenate(([0.0], (kept + 1 - hits[kept]) / (last + 1 - hits[-1])))
    return false, true


def calibration_bins(
    y_true: Floats, score: Floats, bins: int = 10, confidence: float = 0.95
) -> list[CalibrationBin]:
    """Cut rows into at most `bins` of about equal size by probability, equal ones together."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, bins + 1)[1:-1]))
    at = np.searchsorted(edges, score, "right")
    groups = [np.flatnonzero(at == i) for i in range(len(edges) + 1)]
    return [_bin(y_true[rows], score[rows], confidence) for rows in groups if len(rows)]


def _bin(y_true: Floats, score: Floats, confidence: float) -> CalibrationBin:
    observed = float(y_true.mean())
    low, high = wilson_interval(observed, len(y_true), confidence)
    return CalibrationBin(len(y_true), float(score.mean()), observed, low, high)
