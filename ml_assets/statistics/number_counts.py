"""Counts the different numbers of an array, by the cheapest way that their range allows.

Whole numbers in a narrow range are tallied, which takes a nanosecond each; others are sorted.
"""

import numpy as np

from ml_assets.statistics.points import NO_POINTS, Array, Points, points_of_sorted

_PROBE = 64


def count_numbers(values: Array) -> tuple[Points, int, int]:
    """Give the points of the finite numbers, and how many others are NaN and infinite.

    Parameters
    ----------
    values : ndarray of any integer or float type
        In any order; it is left as it is. -0.0 counts as 0.0.
    """
    if not len(values):
        return NO_POINTS, 0, 0
    if values.dtype.kind != "f":
        return _count_whole(values), 0, 0
    whole = _as_whole(values)
    if whole is None:
        return _count_floats(values)
    points = _count_whole(whole)
    return Points(points.values.astype(np.float64), points.counts), 0, 0


def _count_whole(values: Array) -> Points:
    low, high = int(values.min()), int(values.max())
    if high - low <= len(values):
        counts = np.bincount(values - low)
        offsets = np.flatnonzero(counts)
        return Points(offsets + low, counts if len(offsets) == len(counts) else counts[offsets])
    if high - low < 2**32:  # numbers of half the size are sorted in half the time
        points = points_of_sorted(np.sort((values - low).astype(np.uint32)))
        return Points(points.values.astype(np.int64) + low, points.counts)
    return points_of_sorted(np.sort(values))


def _as_whole(values: Array) -> Array | None:
    """Floats as integers, where all are whole and in a narrow range."""
    probe = values[:_PROBE]
    if not (probe == np.rint(probe)).all():
        return None
    low, high = float(values.min()), float(values.max())  # NaN if there is any
    if not (high - low <= len(values) and abs(low) < 2**52):
        return None
    whole = values.astype(np.int64)
    return whole if (whole == values).all() else None


def _count_floats(values: Array) -> tuple[Points, int, int]:
    """NumPy sorts NaN to the end."""
    ordered = np.sort(values)
    start = int(np.searchsorted(ordered, -np.inf, "right"))
    end, nan = (int(place) for place in np.searchsorted(ordered, [np.inf, np.nan]))
    finite = ordered[start:end]
    if np.searchsorted(finite, 0, "right") > np.searchsorted(finite, 0):
        finite = finite + 0.0  # no -0.0
    points = points_of_sorted(finite)
    values = points.values.astype(np.float64, copy=False)
    return Points(values, points.counts), len(ordered) - nan, start + nan - end
