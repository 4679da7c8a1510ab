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
_ROUNDING = 1e-12
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
    weights = np.ones(len(label)) if weight is None else weight
    if len(np.unique(label[weights > 0])) < 2:
        raise DataError(
            f"training.decision: all {len(label):,} eval rows have the same class, so no threshold can "
            f"be chosen on them; look at ingest.split, or take the key away."
        )
    thresholds = _thresholds(scores)
    confusion = _Confusion(
        hits=_weight_above(thresholds, scores, weights * (label == 1)),
        false_alarms=_weight_above(thresholds, scores, weights * (label == 0)),
        positive=float(weights @ (label == 1)),
        negative=float(weights @ (label == 0)),
    )
    utility = _METRICS[spec.metric](confusion) if spec.metric else -_cost(confusion, spec.costs)
    best = thresholds[utility >= utility.max() - _ROUNDING * (1 + abs(utility.max()))]
    return float(best[np.argmin(np.abs(best - USUAL_THRESHOLD))])


@dataclass(frozen=True)
class _Confusion:
    """The weight of the rows that are called positive at each threshold, and of all rows."""

    hits: _Numbers
    false_alarms: _Numbers
    positive: float
    negative: float


def _thresholds(scores: Predictions) -> _Numbers:
    distinct = np.unique(scores)
    ends = [distinct[0] / 2, (distinct[-1] + 1) / 2]
    # Between two neighbouring floats there is nothing: the middle is one of them, and must be the lower.
    middles = np.minimum((distinct[:-1] + distinct[1:]) / 2, np.nextafter(distinct[1:], 0))
    return np.unique(np.concatenate([ends, middles, [USUAL_THRESHOLD]]))


def _weight_above(thresholds: _Numbers, scores: Predictions, weight: _Numbers) -> _Numbers:
    order = np.argsort(scores, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(weight[order])])
    above: _Numbers = below[-1] - below[np.searchsorted(scores[order], thresholds, side="right")]
    return above


def _cost(confusion: _Confusion, costs: CostsSpec | None) -> _Numbers:
    price = costs or CostsSpec()
    misses = confusion.positive - confusion.hits
    return price.false_positive * confusion.false_alarms + price.false_negative * misses


def _f1(confusion: _Confusion) -> _Numbers:
    return 2 * confusion.hits / (confusion.hits + confusion.false_alarms + confusion.positive)


def _accuracy(confusion: _Confusion) -> _Numbers:
    right = confusion.hits + confusion.negative - confusion.false_alarms
    return right / (confusion.positive + confusion.negative)


def _balanced_accuracy(confusion: _Confusion) -> _Numbers:
    recall = confusion.hits / confusion.positive
    fall_out = confusion.false_alarms / confusion.negative
    return (recall + 1 - fall_out) / 2


_METRICS: dict[DecisionMetric, Callable[[_Confusion], _Numbers]] = {
    "f1": _f1,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
}
