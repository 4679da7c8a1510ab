"""How much worse a model does than it promises: each row's loss beside what was to be expected of it.

For classes the loss is the log loss. Its expectation, and its spread, follow from the probabilities,
after they were calibrated on all rows: a model that is too sure of itself everywhere is weak
everywhere, and no slice of it is. A row whose label is uncertain, and whose probabilities say so, is
expected to lose more. For a regression, which promises nothing, the errors' ranks are looked at: a few
wild errors do not make a slice weak.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.isotonic import isotonic_regression

from ml_assets.evaluation.metrics import Predictions
from ml_assets.evaluation.ranking import Floats, Indices

_SMALLEST = np.finfo(np.float64).eps
_ROWS_OF_A_BIN, _MOST_BINS = 200, 200
_NEWTON_STEPS = 40


@dataclass(frozen=True)
class Surprise:
    """What the rows lose, and what they were to lose.

    Attributes
    ----------
    name : str
        Of the loss: ``log loss`` or ``absolute error``.
    loss : array of float
        Of each row.
    excess : array of float
        The loss over its expectation; for a regression over the mean of all rows.
    tested, variance, third : array of float
        The statistic that is summed up and tested, and its second and third central moment where the
        model keeps its promise. Its mean is then 0.
    chances : array of float, shape (rows, K), or None
        The calibrated probability of each class; None for a regression.
    values : array of float, shape (rows, K), or None
        The statistic if the row's label were that class.
    """

    name: str
    loss: Floats
    excess: Floats
    tested: Floats
    variance: Floats
    third: Floats
    chances: Floats | None = None
    values: Floats | None = None

    @property
    def unit(self) -> float:
        """What an excess is measured in: the mean loss of all rows."""
        return float(self.loss.mean())


def surprise_of(predictions: Predictions) -> Surprise:
    """Give what the rows lose and were to lose; the predictions must be finite."""
    y_true, y_pred = predictions.y_true, predictions.y_pred
    if predictions.task == "regression":
        return _error_surprise(np.abs(y_true - y_pred))
    binary = predictions.task == "binary"
    table = np.column_stack([1 - y_pred, y_pred]) if binary else y_pred
    return _class_surprise(y_true.astype(np.intp), table)


def log_p_value(surprise: Surprise, rows: Indices) -> float:
    """Bound the logarithm of the chance that rows do as badly although the model keeps its promise.

    For classes Chernoff's bound with the exact distribution of each row: it holds for any number of
    rows, and however rare a class is. For a regression the normal tail of a sum of ranks.
    """
    total = float(surprise.tested[rows].sum())
    if total <= 0:
        return 0.0
    if surprise.chances is None or surprise.values is None:
        return float(norm.logsf(total / np.sqrt(surprise.variance[rows].sum())))
    return _chernoff(surprise.chances[rows], surprise.values[rows], total)


def _error_surprise(error: Floats) -> Surprise:
    ranks = rankdata(error) / len(error)
    centred = ranks - ranks.mean()
    spread = np.full(len(error), centred.var())
    excess = error - error.mean()
    return Surprise("absolute error", error, excess, centred, spread, np.zeros(len(error)))


def _class_surprise(codes: Indices, table: Floats) -> Surprise:
    losses = -np.log(np.clip(table, _SMALLEST, 1 - _SMALLEST))
    chances = _calibrated(codes, table)
    centred = losses - (chances * losses).sum(axis=1, keepdims=True)
    rows = np.arange(len(codes))
    tested = centred[rows, codes]
    variance = (chances * centred**2).sum(axis=1)
    third = (chances * centred**3).sum(axis=1)
    return Surprise(
        "log loss", losses[rows, codes], tested, tested, variance, third, chances, centred
    )


def _calibrated(codes: Indices, table: Floats) -> Floats:
    """The share of each class among the rows of all slices with such a probability of it."""
    classes = table.shape[1]
    if classes == 2:
        positive = _calibrated_column(table[:, 1], codes == 1)
        return np.column_stack([1 - positive, positive])
    columns = [_calibrated_column(table[:, k], codes == k) for k in range(classes)]
    shares = np.column_stack(columns)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _calibrated_column(score: Floats, hit: Floats) -> Floats:
    """Isotonic regression on bins of scores, read off between their means."""
    order = np.argsort(score, kind="stable")
    count = max(1, min(_MOST_BINS, len(score) // _ROWS_OF_A_BIN))
    cuts = np.linspace(0, len(score), count + 1).astype(int)
    sizes = np.diff(cuts)
    means = np.add.reduceat(score[order], cuts[:-1]) / sizes
    hits = np.add.reduceat(hit[order].astype(np.float64), cuts[:-1])
    # Half a row of either class: no share of a sample is certain.
    rates = isotonic_regression((hits + 0.5) / (sizes + 1), sample_weight=sizes)
    return np.asarray(np.interp(score, means, rates))


def _chernoff(chances: Floats, values: Floats, total: float) -> float:
    """Minimise K(t) - t * total over t > 0, with K the cumulant generating function of the sum."""
    scale = np.abs(values).max()
    if not scale:
        return 0.0
    x, goal, t, best = values / scale, total / scale, 0.0, 0.0
    for _ in range(_NEWTON_STEPS):
        # exp(t x) is shifted by the row's greatest exponent, so that it cannot overflow.
        shift = (t * x).max(axis=1, keepdims=True)
        tilted = chances * np.exp(t * x - shift)
        mass = tilted.sum(axis=1, keepdims=True)
        best = min(best, float((np.log(mass) + shift).sum()) - t * goal)
        share = tilted / mass
        mean = (share * x).sum(axis=1)
        bend = float(((share * x**2).sum(axis=1) - mean**2).sum())
        step = (goal - float(mean.sum())) / max(bend, 1e-12)
        # Newton runs away where the sum nearly cannot be reached; any t > 0 gives a bound.
        t_next = t + min(step, 2 * t + 1.0)
        if t_next <= 0 or abs(t_next - t) < 1e-9 * (1 + t):
            break
        t = t_next
    return best
