"""Distances between two distributions over the same bins, and how likely chance alone makes them."""

import numpy as np
from scipy.special import betainc, gammaincc

from ml_assets.statistics.points import Array

# Bins with fewer rows than this on both sides together share one.
MIN_POOLED = 10


def jensen_shannon(reference: Array, current: Array) -> float:
    """Give the Jensen-Shannon divergence of counts, base 2: 0 is equal, 1 is disjoint (TFDV's)."""
    p, q = _shares(reference), _shares(current)
    middle = (p + q) / 2
    return float(np.clip((_kullback_leibler(p, middle) + _kullback_leibler(q, middle)) / 2, 0, 1))


def population_stability(reference: Array, current: Array) -> float:
    """Give the population stability index of counts, >= 0; half a row is added to each bin."""
    p, q = _shares(reference + 0.5), _shares(current + 0.5)
    return float(((q - p) * np.log(q / p)).sum())


def l_infinity(reference: Array, current: Array) -> float:
    """Give the largest change of one bin's share, 0 to 1."""
    return float(np.abs(_shares(reference) - _shares(current)).max(initial=0.0))


def p_value_of_bins(reference: Array, current: Array) -> float:
    """Give the p-value of Pearson's chi-squared test that both counts have one distribution.

    Bins are joined by what both sides have together, so that the choice favours neither.
    """
    pooled = reference + current
    is_small = pooled < MIN_POOLED
    table = np.array([_joined(reference, is_small), _joined(current, is_small)], np.float64)
    table = table[:, table.sum(axis=0) > 0]
    freedom = table.shape[1] - 1
    if freedom < 1 or not table.sum(axis=1).all():
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    return float(gammaincc(freedom / 2, statistic / 2))


def p_value_outside(outside: int, reference_rows: int, current_rows: int) -> float:
    """Bound the p-value of so many current numbers outside the reference's range.

    Were both samples of one distribution, the k largest of all would be current ones with a probability
    of at most ``(m / (n + m)) ** k``; the k can be spread over both ends in k + 1 ways.
    """
    if not outside:
        return 1.0
    share = current_rows / (current_rows + reference_rows)
    return float(min(1.0, (outside + 1) * share**outside))


def p_value_unseen(unseen: int, current_rows: int, singletons: int, reference_rows: int) -> float:
    """Give the p-value of so many current rows with values that the reference does not have.

    By Good and Turing the values not seen yet have a share of about singletons / rows (Good 1953,
    doi:10.1093/biomet/40.3-4.237); three of its standard errors are added, and a row.
    """
    if not unseen:
        return 1.0
    expected = (singletons + 3 * np.sqrt(singletons + 1) + 1) / max(1, reference_rows)
    if expected >= 1:
        return 1.0
    return float(betainc(unseen, current_rows - unseen + 1, expected))


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
    return np.append(counts[~is_small], counts[is_small].sum())


def _shares(counts: Array) -> Array:
    shares: Array = counts / max(counts.sum(), 1)
    return shares


def _kullback_leibler(p: Array, q: Array) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())
