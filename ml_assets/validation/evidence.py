"""How likely chance alone makes a difference between two samples."""

import numpy as np
from scipy.special import betainc, gammaincc, ndtr

from ml_assets.statistics.points import Array

# Bins with fewer rows than this on both sides together share one.
MIN_POOLED = 10
_TINY = 1e-300


def p_value_of_bins(reference: Array, current: Array) -> float:
    """Give the p-value of Pearson's chi-squared test that both counts have one distribution.

    Bins are joined by what both sides have together, so that the choice favours neither.
    """
    pooled = reference + current
    is_small = pooled < MIN_POOLED
    if is_small.any():
        reference, current = _joined(reference, is_small), _joined(current, is_small)
        pooled = reference + current
    freedom = int(np.count_nonzero(pooled)) - 1
    reference_rows, current_rows = float(reference.sum()), float(current.sum())
    if freedom < 1 or not reference_rows or not current_rows:
        return 1.0
    expected = pooled * (reference_rows / (reference_rows + current_rows))
    away = reference - expected
    # Of two samples, the second one's deviations are the first one's turned round.
    statistic = (
        float(away @ (away / np.maximum(expected, _TINY)))
        * (reference_rows + current_rows)
        / current_rows
    )
    return float(gammaincc(freedom / 2, statistic / 2))


def p_value_outside(outside: float, sample_rows: float, other_rows: float) -> float:
    """Bound the p-value of so many numbers of a sample outside the other sample's range.

    Were both samples of one distribution, the k largest of all would be of the one sample with a
    probability of at most ``(m / (n + m)) ** k``; the k can be spread over both ends in k + 1 ways.
    """
    if not outside:
        return 1.0
    share = sample_rows / (sample_rows + other_rows)
    return float(min(1.0, (outside + 1) * share**outside))


def p_value_unseen(unseen: float, rows: float, singletons: float, other_rows: float) -> float:
    """Give the p-value of so many rows of a sample with values that the other sample does not have.

    By Good and Turing the values not seen yet have a share of about singletons / rows (Good 1953,
    doi:10.1093/biomet/40.3-4.237); three of its standard errors are added, and a row.
    """
    if not unseen:
        return 1.0
    expected = (singletons + 3 * np.sqrt(singletons + 1) + 1) / max(1, other_rows)
    if expected >= 1:
        return 1.0
    return float(betainc(unseen, rows - unseen + 1, expected))


def p_value_of_shares(
    reference: Array, current: Array, reference_rows: float, current_rows: float
) -> Array:
    """Give, for each value, the p-value (two sides, normal) that its share did not change.

    Parameters
    ----------
    reference, current : ndarray
        The rows with each value.
    reference_rows, current_rows : float
        All rows of each side, > 0.
    """
    pooled = (reference + current) / (reference_rows + current_rows)
    error = np.sqrt(
        np.maximum(pooled * (1 - pooled), 1e-300) * (1 / reference_rows + 1 / current_rows)
    )
    result: Array = 2 * ndtr(-np.abs(current / current_rows - reference / reference_rows) / error)
    return result


def adjusted(p_values: Array) -> Array:
    """Give p-values adjusted for their number (Benjamini and Hochberg 1995)."""
    if not len(p_values):
        return p_values
    order = np.argsort(p_values)[::-1]
    ranks = np.arange(len(p_values), 0, -1)
    result = np.empty(len(p_values))
    result[order] = np.minimum.accumulate(p_values[order] * len(p_values) / ranks)
    return np.minimum(result, 1.0)


def _joined(counts: Array, is_small: Array) -> Array:
    joined: Array = np.concatenate((counts[~is_small], [counts[is_small].sum()]))
    return joined
