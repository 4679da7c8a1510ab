"""Churn: how far two models' predictions for the same rows differ, whichever of them is right.

A model that is as good as the one before, but decides otherwise, surprises who relies on it.

References
----------
Milani Fard et al. (2016), Launch and Iterate: Reducing Prediction Churn. The names are TFMA's.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ml_assets.evaluation.bootstrap import wilson_interval
from ml_assets.evaluation.metrics import Predictions, effective_rows, spoilt
from ml_assets.evaluation.names import CHURN
from ml_assets.evaluation.ranking import Floats
from ml_assets.evaluation.result import Metric

# Predictions below it are both 0, as in TFMA.
_NOTHING = 1e-7
# Of one row nobody can say how far it is from others.
_FEWEST = 2
_MOST = {"model_cosine_similarity": 1.0}


def churn(candidate: Predictions, other: Predictions, confidence: float) -> tuple[Metric, ...]:
    """Measure by how much the candidate's predictions differ from another model's.

    Parameters
    ----------
    candidate, other : Predictions
        Of the same rows, each with its own decision threshold.
    confidence : float
        Of the intervals, 0 to 1, exclusive.

    Returns
    -------
    tuple of Metric
        ``flip_rate``: the share of rows that are decided otherwise; of two classes also
        ``neg_to_pos_flip_rate`` and ``pos_to_neg_flip_rate``, the shares that became positive and
        negative, all from 0 to 1, with Wilson's interval. ``symmetric_prediction_difference``: the mean
        of ``2 |a - b| / |a + b|``, from 0 to 2 where predictions have one sign. Of more classes
        ``model_cosine_similarity``: the mean cosine of the rows' probabilities, from 0 to 1 (the same).
        These two have Student's interval of a mean. Undefined where a prediction is not finite.
    """
    names = CHURN[candidate.task]
    broken = next((why for each in (candidate, other) for why in spoilt(each).values()), None)
    if broken is not None:
        return tuple(Metric(name, None, reason=broken) for name in names)
    rows = _of_each_row(candidate, other)
    weight = np.ones(len(candidate.y_true)) if candidate.weight is None else candidate.weight
    return tuple(_mean(name, rows[name], weight, confidence) for name in names)


def _of_each_row(candidate: Predictions, other: Predictions) -> dict[str, NDArray[np.floating]]:
    ours, theirs, found = candidate.y_pred, other.y_pred, {}
    called, called_before = candidate.decided(), other.decided()
    if called is not None and called_before is not None:
        found["flip_rate"] = (called != called_before).astype(float)
    if candidate.task == "multiclass":
        lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found["model_cosine_similarity"] = (ours * theirs).sum(axis=1) / lengths
        return found
    if called is not None and called_before is not None:
        found["neg_to_pos_flip_rate"] = (called & ~called_before).astype(float)
        found["pos_to_neg_flip_rate"] = (~called & called_before).astype(float)
    found["symmetric_prediction_difference"] = _symmetric_difference(ours, theirs)
    return found


def _symmetric_difference(ours: Floats, theirs: Floats) -> Floats:
    apart, whole = 2 * np.abs(ours - theirs), np.abs(ours + theirs)
    is_same = (apart < _NOTHING) & (whole < _NOTHING)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_same, 0.0, apart / whole)


def _mean(name: str, values: NDArray[np.floating], weight: Floats, confidence: float) -> Metric:
    total = weight.sum()
    if not total:
        return Metric(name, None, reason="all weights are 0")
    value = float(weight @ values / total)
    if not np.isfinite(value):
        return Metric(name, None, reason="predictions of opposite sign, or all 0, have no measure")
    rows = effective_rows(np.ones(len(weight), dtype=bool), weight)
    if name.endswith("flip_rate"):
        return Metric(name, value, *wilson_interval(value, rows, confidence))
    if rows < _FEWEST:
        return Metric(name, value)
    error = float(np.sqrt(weight**2 @ (values - value) ** 2 * rows / (rows - 1)) / total)
    half = float(stdtrit(rows - 1, (1 + confidence) / 2)) * error
    return Metric(name, value, max(0.0, value - half), min(_MOST.get(name, np.inf), value + half))
