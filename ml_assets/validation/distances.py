"""Distances between two distributions.

Over counts in the same bins: L-infinity, Jensen-Shannon and the normalised absolute difference are TFDV's
(``metrics.cc``), the population stability index is that of credit scoring (Siddiqi 2006). Over points on
one axis: Kolmogorov-Smirnov and Wasserstein (Ramdas, Garcia Trillos and Cuturi 2017,
doi:10.3390/e19020047). With p and q the shares of the reference and of the current rows:

- L-infinity: ``max |p - q|``.
- Jensen-Shannon: ``(KL(p, m) + KL(q, m)) / 2``, ``m = (p + q) / 2``, ``KL(p, m) = sum p log2(p / m)``.
- normalised absolute difference: ``max |x - y| / (sum x + sum y)`` of the counts x and y themselves.
- PSI: ``sum (q - p) ln(q / p)``; half a row is added to each bin, so that an empty one stays finite.
- Kolmogorov-Smirnov: ``max |F - G|`` of the distribution functions.
- Wasserstein: the area between F and G; divided by the reference's standard deviation it has no unit.
"""

import numpy as np

from ml_assets.statistics.points import Array

_TINY = 1e-300


def jensen_shannon(reference: Array, current: Array) -> float:
    """Give the Jensen-Shannon divergence of counts, base 2: 0 is equal, 1 is disjoint (TFDV's)."""
    p, q = _shares(reference), _shares(current)
    # In one go: the terms of p, then those of q. What is added makes 0 log 0 a 0, and changes no other.
    middle = (p + q) / 2 + _TINY
    both = np.concatenate((p, q))
    terms = both @ np.log2((both + _TINY) / np.concatenate((middle, middle)))
    return min(max(float(terms) / 2, 0.0), 1.0)


def population_stability(reference: Array, current: Array) -> float:
    """Give the population stability index of counts, >= 0; half a row is added to each bin."""
    p, q = _shares(reference + 0.5), _shares(current + 0.5)
    return float((q - p) @ np.log(q / p))


def l_infinity(reference: Array, current: Array) -> float:
    """Give the largest change of one bin's share, 0 to 1 (TFDV's)."""
    return float(share_changes(reference, current).max(initial=0.0))


def normalized_abs_difference(reference: Array, current: Array) -> float:
    """Give the largest change of one bin's count over the sum of all counts, 0 to 1 (TFDV's)."""
    return float(count_changes(reference, current).max(initial=0.0))


def share_changes(reference: Array, current: Array) -> Array:
    """Give how much each bin's share changed, 0 to 1."""
    changes: Array = np.abs(_shares(reference) - _shares(current))
    return changes


def count_changes(reference: Array, current: Array) -> Array:
    """Give how much each bin's count changed, over the sum of all counts of both, 0 to 1."""
    changes: Array = np.abs(reference - current) / ((reference.sum() + current.sum()) or 1)
    return changes


def kolmogorov_smirnov(gap: Array) -> float:
    """Give the largest difference of two distribution functions, 0 to 1.

    Parameters
    ----------
    gap : ndarray
        Their difference at each value of either side.
    """
    return float(np.abs(gap).max(initial=0.0))


def wasserstein(gap: Array, grid: Array) -> float:
    """Give the area between two distribution functions, >= 0, in the unit of the values.

    Parameters
    ----------
    gap : ndarray
        As in `kolmogorov_smirnov`.
    grid : ndarray
        Every value of either side, ascending.
    """
    if len(grid) < 2:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        return float((np.abs(gap[:-1]) * (grid[1:] - grid[:-1])).sum())


def _shares(counts: Array) -> Array:
    shares: Array = counts / (counts.sum() or 1)
    return shares
