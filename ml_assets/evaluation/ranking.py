"""Areas under the ROC and the precision-recall curve, for rows that may be weighted.

The rows are sorted by score once; each further set of weights (a bootstrap resample) then costs two
running sums. Tied scores count half, as in the trapezoidal rule.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Ranking:
    """Rows in ascending order of their score.

    Attributes
    ----------
    at : array of int
        For each rank, the row's place among the weights.
    positive : array of int
        The ranks of the positive rows.
    start, end : array of int
        For each positive row, the first rank of the rows with its score, and one past the last.
    before : array of int
        For each positive row, how many positive rows have a lower score.
    """

    at: Indices
    positive: Indices
    start: Indices
    end: Indices
    before: Indices


def rank(scores: Floats, is_positive: NDArray[Any], rows: Indices) -> Ranking:
    """Sort rows by score.

    Parameters
    ----------
    scores : array of float
        One for each row; no NaN.
    is_positive : array of bool
        One for each row.
    rows : array of int
        Each row's place among the weights that will be given.
    """
    order = np.argsort(scores, kind="stable")
    ascending = scores[order]
    positive = np.flatnonzero(np.asarray(is_positive, bool)[order])
    start = np.searchsorted(ascending, ascending[positive], "left")
    end = np.searchsorted(ascending, ascending[positive], "right")
    return Ranking(rows[order], positive, start, end, np.searchsorted(positive, start))


def roc_auc(ranking: Ranking, weights: Floats) -> float:
    """Give the area under the ROC curve; NaN where a class has no weight."""
    positive, negatives = _running(ranking, weights)
    return _auc(ranking, positive, negatives)


def both_areas(ranking: Ranking, weights: Floats) -> tuple[float, float]:
    """Give the area under the ROC curve and the average precision; NaN where undefined."""
    positive, negatives = _running(ranking, weights)
    positives = np.concatenate(([0.0], np.cumsum(positive)))
    hits = positives[-1] - positives[ranking.before]
    misses = negatives[-1] - negatives[ranking.start]
    # Where nothing at or above a score has weight, its own weight is 0 too: any divisor will do.
    precision = hits / np.maximum(hits + misses, np.finfo(float).tiny)
    area = float(positive @ precision / positives[-1]) if positives[-1] else np.nan
    return _auc(ranking, positive, negatives), area


def _running(ranking: Ranking, weights: Floats) -> tuple[Floats, Floats]:
    """The weights of the positives, and the running sum of the negatives' weights, from 0."""
    weight = weights[ranking.at]
    positive = weight[ranking.positive]
    negatives = np.empty(len(weight) + 1)
    negatives[0] = 0.0
    weight[ranking.positive] = 0.0
    np.cumsum(weight, out=negatives[1:])
    return positive, negatives


def _auc(ranking: Ranking, positive: Floats, negatives: Floats) -> float:
    total = positive.sum() * negatives[-1]
    if not total:
        return float("nan")
    below = negatives[ranking.start] + negatives[ranking.end]
    return float(positive @ below / (2 * total))
