"""Chooses the decision threshold of a binary model: the probability above which a row is called positive.

Only the eval split may choose it. Thresholds lie in the middle between two neighbouring scores; of
equally good ones the nearest to 0.5 is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml_assets.errors import DataError
from ml_assets.training.data import Labels
from ml_assets.training.metrics import Predictions
from ml_assets.training.row_facts import Weights
from ml_assets.training.spec import CostsSpec, DecisionMetric, DecisionSpec

USUAL_THRESHOLD = 0.5
# Sums of weights that differ by less differ by rounding.
_SAME = 1e-12
_Numbers = npt.NDArray[np.float64]


def choose_threshold(
    label: Labels, scores: Predictions, spec: DecisionSpec, weight: Weights | None = None
) -> float:
    """Choose the decision threshold.

    Parameters
    ----------
    label : ndarray
        0 or 1 for each row of the eval split.
    scores : ndarray
        The probability of 1.
    spec : DecisionSpec
        What is to be lowest or highest.
    weight : ndarray, optional
        How much each row counts.

    Returns
    -------
    float
        From 0 to 1. Scores above it are called positive, as everywhere in this package.

    Raises
    ------
    DataError
        If the rows are of one class only.
    """
    rows = np.ones(len(label)) if weight is None else weight
    if len(np.unique(label[rows > 0])) < 2:
        raise DataError(
            f"training.decision: all {len(label):,} eval rows have the same class, so no threshold can "
            f"be chosen on them; look at ingest.split, or take the key away."
        )
    thresholds = _thresholds(scores)
    called = _Called(
        hits=_weight_above(thresholds, scores, rows * (label == 1)),
        false_alarms=_weight_above(thresholds, scores, rows * (label == 0)),
        positive=float(rows @ (label == 1)),
        negative=float(rows @ (label == 0)),
    )
    worth = _METRICS[spec.metric](called) if spec.metric else -_cost(called, spec.costs)
    best = thresholds[worth >= worth.max() - _SAME * (1 + abs(worth.max()))]
    return float(best[np.argmin(np.abs(best - USUAL_THRESHOLD))])


@dataclass(frozen=True)
class _Called:
    """The weight of the rows that are called positive at each threshold, and of all rows."""

    hits: _Numbers
    false_alarms: _Numbers
    positive: float
    negative: float


def _thresholds(scores: Predictions) -> _Numbers:
    known = np.unique(scores)
    ends = [known[0] / 2, (known[-1] + 1) / 2]
    # Between two neighbouring floats there is nothing: the middle is one of them, and must be the lower.
    middles = np.minimum((known[:-1] + known[1:]) / 2, np.nextafter(known[1:], 0))
    return np.unique(np.concatenate([ends, middles, [USUAL_THRESHOLD]]))


def _weight_above(thresholds: _Numbers, scores: Predictions, weight: _Numbers) -> _Numbers:
    order = np.argsort(scores, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(weight[order])])
    above: _Numbers = below[-1] - below[np.searchsorted(scores[order], thresholds, side="right")]
    return above


def _cost(called: _Called, costs: CostsSpec | None) -> _Numbers:
    price = costs or CostsSpec()
    misses = called.positive - called.hits
    return price.false_positive * called.false_alarms + price.false_negative * misses


def _f1(called: _Called) -> _Numbers:
    return 2 * called.hits / (called.hits + called.false_alarms + called.positive)


def _accuracy(called: _Called) -> _Numbers:
    right = called.hits + called.negative - called.false_alarms
    return right / (called.positive + called.negative)


def _balanced_accuracy(called: _Called) -> _Numbers:
    recall, fall_out = called.hits / called.positive, called.false_alarms / called.negative
    return (recall + 1 - fall_out) / 2


_METRICS: dict[DecisionMetric, Callable[[_Called], _Numbers]] = {
    "f1": _f1,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
}
