"""The metrics of many rows from counts in bins, so that a bootstrap resample costs one pass over them.

Areas and medians, which sort the rows, are read off from counts in up to `BINS` bins of about equal size.
What the bins get wrong is known for the sample itself, and is added to every resample: the value is
exact, and the interval's ends are off by the change of that small difference alone (less than a
fiftieth of the interval's width in the tests). Sums over rows are exact.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_assets.evaluation.binary import quotient
from ml_assets.evaluation.ranking import Floats, Indices

BINS = 2000
# Fewer rows are counted one by one.
BINNED_ABOVE = 20_000
_TINY = np.finfo(np.float64).tiny

Measure = Callable[[Floats], Floats]


def bin_scores(scores: Floats, *cuts: float) -> tuple[NDArray[np.intp], int]:
    """Give each row's bin, in the order of scores, and how many bins there are.

    No bin holds scores on both sides of a cut; a score that is equal to it lies below.
    """
    levels = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.quantile(scores, levels, method="inverted_cdf")
    edges = np.unique(np.concatenate([edges, cuts]))
    codes = np.searchsorted(edges, scores, "left")
    used = np.zeros(len(edges) + 1, dtype=np.intp)
    used[codes] = 1
    return (np.cumsum(used) - 1)[codes], int(used.sum())


def corrected(exact: Measure, binned: Measure, n_weights: int) -> Measure:
    """Give `binned` with its difference from `exact` for unweighted rows taken away."""
    ones = np.ones(n_weights)
    shift = exact(ones) - binned(ones)
    return lambda weights: binned(weights) + shift


def binned_binary(y_true: Floats, score: Floats, rows: Indices | None, cut: float) -> Measure:
    """Give `binary.binary_measure` from bins of scores; no `rows` are all rows."""
    codes, size = bin_scores(score, cut)
    cells = codes * 2 + (y_true == 1)
    eps = np.finfo(np.float64).eps
    loss = -np.log(np.clip(np.where(y_true == 1, score, 1 - score), eps, 1 - eps))
    losses = np.stack([loss, (score - y_true) ** 2])
    called = np.zeros(size, dtype=bool)
    called[codes] = score > cut

    def measure(weights: Floats) -> Floats:
        weight = weights_at(weights, rows)
        table = weight_in(cells, weight, 2 * size)
        log_loss, squared = losses @ weight
        negative, positive = table.reshape(size, 2).T
        total, all_positive = table.sum(), positive.sum()
        hits, false = positive[called].sum(), negative[called].sum()
        all_negative = total - all_positive
        rejected = all_negative - false
        recall, specificity = quotient(hits, all_positive), quotient(rejected, all_negative)
        return np.array(
            [
                binned_auc(positive, negative),
                average_precision(positive, negative),
                quotient(log_loss, total),
                quotient(squared, total),
                quotient(hits + rejected, total),
                (recall + specificity) / 2,
                quotient(hits, hits + false),
                recall,
                quotient(2 * hits, hits + false + all_positive),
            ]
        )

    return measure


def binned_regression(y_true: Floats, y_pred: Floats, rows: Indices | None) -> Measure:
    """Give `regression.regression_measure` from bins of errors; no `rows` are all rows."""
    error = np.abs(y_true - y_pred)
    codes, size = bin_scores(error)
    last = np.zeros(size)
    np.maximum.at(last, codes, error)
    ends = np.concatenate(([float(error.min())], last))
    centred = y_true - y_true.mean()
    moments = np.stack([centred, centred**2, error, error**2])

    def measure(weights: Floats) -> Floats:
        weight = weights_at(weights, rows)
        counts = weight_in(codes, weight, size)
        total = counts.sum()
        if not total:
            return np.full(4, np.nan)
        first, second, absolute, squared = moments @ weight
        spread = second - first**2 / total
        r2 = 1 - squared / spread if spread > 1e-12 * second else np.nan
        running = np.concatenate(([0.0], np.cumsum(counts)))
        median = np.interp(total / 2, running, ends)
        return np.array([np.sqrt(squared / total), absolute / total, r2, median])

    return measure


def binned_multiclass(
    codes: NDArray[Any],
    probabilities: Floats,
    rows: Indices | None,
    from_confusion: Callable[[Floats], list[float]],
) -> Measure:
    """Give `multiclass.multiclass_measure` from bins of each class's probability."""
    classes = probabilities.shape[1]
    confused = codes.astype(np.intp) * classes + probabilities.argmax(axis=1)
    likelihood = probabilities[np.arange(len(codes)), codes]
    eps = np.finfo(np.float64).eps
    loss = -np.log(np.clip(likelihood, eps, 1 - eps))
    tables = []
    for k in range(classes):
        bins, size = bin_scores(probabilities[:, k])
        tables.append((bins * 2 + (codes == k), size))

    def measure(weights: Floats) -> Floats:
        weight = weights_at(weights, rows)
        matrix = weight_in(confused, weight, classes**2).reshape(classes, classes)
        total = matrix.sum()
        if not total:
            return np.full(7, np.nan)
        areas = []
        for cells, size in tables:
            negative, positive = weight_in(cells, weight, 2 * size).reshape(size, 2).T
            areas.append(binned_auc(positive, negative))
        return np.array([np.mean(areas), loss @ weight / total, *from_confusion(matrix)])

    return measure


def binned_auc(positive: Floats, negative: Floats) -> float:
    """Give the area under the ROC curve from counts in ascending bins of scores."""
    total = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / total) if total else float("nan")


def average_precision(positive: Floats, negative: Floats) -> float:
    """Give the average precision from counts in ascending bins of scores."""
    hits, misses = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    precision = hits / np.maximum(hits + misses, _TINY)
    return float(positive[::-1] @ precision / hits[-1]) if hits[-1] else float("nan")


def weight_in(cells: NDArray[Any], weights: Floats, size: int) -> Floats:
    """Give the sum of the weights in each cell."""
    return np.bincount(cells, weights, size).astype(np.float64, copy=False)


def cell_means(cells: NDArray[Any], values: Floats, size: int) -> Floats:
    """Give the mean of the values in each cell, 0 where it is empty."""
    counts = np.bincount(cells, minlength=size)
    return np.asarray(np.bincount(cells, values, size) / np.maximum(counts, 1))


def weights_at(weights: Floats, rows: Indices | None) -> Floats:
    """Give the weights at some places, or all of them."""
    return weights if rows is None else weights[rows]
