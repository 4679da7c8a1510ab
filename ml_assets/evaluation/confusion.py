"""What follows from counts of a binary task: the confusion family, operating points, calibration.

Each function takes `Counts` and gives a number, NaN where it is undefined. The names are TFMA's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml_assets.evaluation.binary import quotient
from ml_assets.evaluation.names import FURTHER
from ml_assets.evaluation.ranking import Floats

_NAN = float("nan")
_NEWTON_STEPS = 30


@dataclass(frozen=True)
class Counts:
    """Weights of positives and negatives for each score.

    Attributes
    ----------
    score : array of float
        Ascending.
    positive, negative : array of float
        The weight of the rows with that score.
    cut : float
        A score above it is called positive.
    """

    score: Floats
    positive: Floats
    negative: Floats
    cut: float

    def matrix(self, cut: float) -> tuple[float, float, float, float]:
        """True and false positives, true and false negatives, where scores above `cut` are called."""
        called = self.score > cut
        tp, fp = float(self.positive[called].sum()), float(self.negative[called].sum())
        tn, fn = float(self.negative[~called].sum()), float(self.positive[~called].sum())
        return tp, fp, tn, fn

    @cached_property
    def above(self) -> tuple[Floats, Floats]:
        """True and false positives if rows with at least each score were called, from the highest."""
        return np.cumsum(self.positive[::-1]), np.cumsum(self.negative[::-1])

    @property
    def total(self) -> float:
        """The weight of all rows."""
        return float(self.positive.sum() + self.negative.sum())


def _at_cut(function: "_Cells") -> "_Function":
    return lambda counts, _: function(*counts.matrix(counts.cut))


def _at_value(function: "_Cells") -> "_Function":
    return lambda counts, cut: function(*counts.matrix(cut))


def _mcc(tp: float, fp: float, tn: float, fn: float) -> float:
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return quotient(tp * tn - fp * fn, float(np.sqrt(margins)))


def _markedness(tp: float, fp: float, tn: float, fn: float) -> float:
    return quotient(tp, tp + fp) + quotient(tn, tn + fn) - 1


def _informedness(tp: float, fp: float, tn: float, fn: float) -> float:
    return quotient(tp, tp + fn) + quotient(tn, tn + fp) - 1


def _fowlkes_mallows(tp: float, fp: float, _: float, fn: float) -> float:
    return float(np.sqrt(quotient(tp, tp + fp) * quotient(tp, tp + fn)))


def _kappa(tp: float, fp: float, tn: float, fn: float) -> float:
    total = tp + fp + tn + fn
    chance = quotient((tp + fp) * (tp + fn) + (tn + fp) * (tn + fn), total**2)
    return quotient(quotient(tp + tn, total) - chance, 1 - chance)


def _prevalence_threshold(tp: float, fp: float, tn: float, fn: float) -> float:
    """The prevalence above which a positive call is more often right than wrong."""
    recall, fall_out = quotient(tp, tp + fn), quotient(fp, fp + tn)
    return quotient(float(np.sqrt(recall * fall_out)) - fall_out, recall - fall_out)


def _recall_at_precision(counts: Counts, least: float) -> float:
    """The highest recall at any score whose precision is at least that; 0 where there is none."""
    hits, misses = counts.above
    enough = (hits >= least * (hits + misses) * (1 - 1e-12)) & (hits + misses > 0)
    return quotient(float(hits[enough].max(initial=0)), float(counts.positive.sum()))


def _precision_at_recall(counts: Counts, least: float) -> float:
    hits, misses = counts.above
    enough = (hits >= least * hits[-1] * (1 - 1e-12)) & (hits + misses > 0)
    if not hits[-1]:
        return _NAN
    return float((hits[enough] / (hits + misses)[enough]).max(initial=0))


def _sensitivity_at_specificity(counts: Counts, least: float) -> float:
    """The highest recall at any score whose true negative rate is at least that."""
    return _recall_at_fall_out(counts, 1 - least)


def _recall_at_fall_out(counts: Counts, most: float) -> float:
    hits, misses = counts.above
    if not (hits[-1] and misses[-1]):
        return _NAN
    few = misses <= most * misses[-1] + 1e-12 * misses[-1]
    return float(hits[few].max(initial=0) / hits[-1])


def _specificity_at_sensitivity(counts: Counts, least: float) -> float:
    hits, misses = counts.above
    if not (hits[-1] and misses[-1]):
        return _NAN
    enough = hits >= least * hits[-1] * (1 - 1e-12)
    return float(1 - misses[enough].min(initial=misses[-1]) / misses[-1])


def _threshold_at_recall(counts: Counts, least: float) -> float:
    """The highest score such that calling it and all above reaches the recall."""
    hits, _ = counts.above
    if not hits[-1]:
        return _NAN
    index = int(np.argmax(hits >= least * hits[-1] * (1 - 1e-12)))
    return float(counts.score[::-1][index])


def _max_recall(counts: Counts, _: float) -> float:
    """The recall if every row with a score above 0 were called."""
    return quotient(float(counts.positive[counts.score > 0].sum()), float(counts.positive.sum()))


def _calibration_error(counts: Counts, bins: float) -> float:
    """The mean distance of the score from the share of positives, over bins of equal width."""
    bin_of_score = np.minimum((counts.score * bins).astype(int), int(bins) - 1)
    weight = counts.positive + counts.negative
    gap = np.bincount(bin_of_score, counts.positive - weight * counts.score, int(bins))
    return quotient(float(np.abs(gap).sum()), counts.total)


def _calibration_ratio(counts: Counts, _: float) -> float:
    """The mean score over the share of positives: TFMA's ``Calibration``."""
    weight = counts.positive + counts.negative
    return quotient(float(weight @ counts.score), float(counts.positive.sum()))


def _recalibrated(counts: Counts) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of the label on the score's log odds."""
    score = np.clip(counts.score, 1e-12, 1 - 1e-12)
    log_odds = np.log(score / (1 - score))
    weight = counts.positive + counts.negative
    counted = log_odds[weight > 0]
    if not (counts.positive.sum() and counts.negative.sum()) or np.ptp(counted) == 0:
        return _NAN, _NAN
    # Started flat: from the score itself Newton's steps can run away.
    design, beta = np.column_stack([np.ones_like(log_odds), log_odds]), np.zeros(2)
    beta[0] = np.log(counts.positive.sum() / counts.negative.sum())
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -700, 700)))
        gradient = design.T @ (counts.positive - weight * chance)
        hessian = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        if not np.isfinite(hessian).all() or np.linalg.cond(hessian) > 1e14:
            return _NAN, _NAN
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-10 * (1 + np.abs(beta).max()):
            return float(beta[0]), float(beta[1])
    return _NAN, _NAN


def _tjur(counts: Counts, _: float) -> float:
    """The mean score of positives less that of negatives: the coefficient of discrimination."""
    positive, negative = _mean_scores(counts)
    return positive - negative


def _relative_tjur(counts: Counts, _: float) -> float:
    """The mean score of positives over that of negatives."""
    return quotient(*_mean_scores(counts))


def _mean_scores(counts: Counts) -> tuple[float, float]:
    """The mean score of positives, and that of negatives."""
    positive = quotient(float(counts.positive @ counts.score), float(counts.positive.sum()))
    return positive, quotient(float(counts.negative @ counts.score), float(counts.negative.sum()))


_Function = Callable[[Counts, float], float]
_Cells = Callable[[float, float, float, float], float]

# From true and false positives, true and false negatives.
MATRIX: dict[str, _Cells] = {
    "accuracy": lambda tp, fp, tn, fn: quotient(tp + tn, tp + fp + tn + fn),
    "balanced_accuracy": lambda tp, fp, tn, fn: (_informedness(tp, fp, tn, fn) + 1) / 2,
    "precision": lambda tp, fp, tn, fn: quotient(tp, tp + fp),
    "recall": lambda tp, fp, tn, fn: quotient(tp, tp + fn),
    "f1": lambda tp, fp, tn, fn: quotient(2 * tp, 2 * tp + fp + fn),
    "true_positives": lambda tp, fp, tn, fn: tp,
    "false_positives": lambda tp, fp, tn, fn: fp,
    "true_negatives": lambda tp, fp, tn, fn: tn,
    "false_negatives": lambda tp, fp, tn, fn: fn,
    "specificity": lambda tp, fp, tn, fn: quotient(tn, tn + fp),
    "false_positive_rate": lambda tp, fp, tn, fn: quotient(fp, fp + tn),
    "false_negative_rate": lambda tp, fp, tn, fn: quotient(fn, fn + tp),
    "negative_predictive_value": lambda tp, fp, tn, fn: quotient(tn, tn + fn),
    "false_discovery_rate": lambda tp, fp, tn, fn: quotient(fp, fp + tp),
    "false_omission_rate": lambda tp, fp, tn, fn: quotient(fn, fn + tn),
    "prevalence": lambda tp, fp, tn, fn: quotient(tp + fn, tp + fp + tn + fn),
    "prevalence_threshold": _prevalence_threshold,
    "predicted_positive_rate": lambda tp, fp, tn, fn: quotient(tp + fp, tp + fp + tn + fn),
    "threat_score": lambda tp, fp, tn, fn: quotient(tp, tp + fn + fp),
    "matthews_correlation": _mcc,
    "cohen_kappa": _kappa,
    "fowlkes_mallows": _fowlkes_mallows,
    "informedness": _informedness,
    "markedness": _markedness,
    "positive_likelihood_ratio": lambda tp, fp, tn, fn: quotient(
        quotient(tp, tp + fn), quotient(fp, fp + tn)
    ),
    "negative_likelihood_ratio": lambda tp, fp, tn, fn: quotient(
        quotient(fn, tp + fn), quotient(tn, fp + tn)
    ),
    "diagnostic_odds_ratio": lambda tp, fp, tn, fn: quotient(tp * tn, fp * fn),
}
PLAIN: dict[str, _Function] = {
    **{name: _at_cut(function) for name, function in MATRIX.items() if name in FURTHER["binary"]},
    "max_recall": _max_recall,
    "expected_calibration_error": lambda counts, _: _calibration_error(counts, 10),
    "calibration_ratio": _calibration_ratio,
    "calibration_intercept": lambda counts, _: _recalibrated(counts)[0],
    "calibration_slope": lambda counts, _: _recalibrated(counts)[1],
    "coefficient_of_discrimination": _tjur,
    "relative_coefficient_of_discrimination": _relative_tjur,
    "mean_prediction": lambda counts, _: quotient(
        float((counts.positive + counts.negative) @ counts.score), counts.total
    ),
}
# The metrics that are requested at a value, such as ``recall_at_precision@0.9`` or ``precision@0.7``.
AT: dict[str, _Function] = {
    **{name: _at_value(function) for name, function in MATRIX.items()},
    "recall_at_precision": _recall_at_precision,
    "precision_at_recall": _precision_at_recall,
    "sensitivity_at_specificity": _sensitivity_at_specificity,
    "specificity_at_sensitivity": _specificity_at_sensitivity,
    "recall_at_false_positive_rate": _recall_at_fall_out,
    "threshold_at_recall": _threshold_at_recall,
}
