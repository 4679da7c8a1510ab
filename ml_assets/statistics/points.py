"""Weighted points: sorted distinct numbers with how often each occurs, and what can be read off them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Points:
    """Sorted distinct finite numbers and their counts.

    Attributes
    ----------
    values : ndarray of int64 or float64
        Strictly increasing.
    counts : ndarray of int64, or of float64
        How often each value occurs, >= 1; or its weight, > 0.
    """

    values: Array
    counts: Array

    @property
    def total(self) -> Any:
        """How many numbers the points stand for, or their weight."""
        return self.counts.sum().item()

    @property
    def all_different(self) -> bool:
        """Whether every number occurs once."""
        return self.counts.dtype.kind != "f" and self.total == len(self.values)


NO_POINTS = Points(np.empty(0, np.int64), np.empty(0, np.int64))


def points_of_sorted(values: Array) -> Points:
    """Give the points of sorted finite numbers, repeated ones included."""
    if not len(values):
        return NO_POINTS
    is_new = values[1:] != values[:-1]
    if is_new.all():
        return Points(values, np.ones(len(values), np.int64))
    starts = np.concatenate(([0], np.flatnonzero(is_new) + 1))
    return Points(values[starts], np.diff(starts, append=len(values)))


def unite(parts: Sequence[Points]) -> Points:
    """Give the points of all parts together: equal values become one, counts are added."""
    parts = [part for part in parts if len(part.values)]
    if len(parts) <= 1:
        return parts[0] if parts else NO_POINTS
    if len(parts) == 2 and _same_values(*parts):
        return Points(parts[0].values, parts[0].counts + parts[1].counts)
    values = np.concatenate([part.values for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    order = np.argsort(values, kind="stable")
    values, counts = values[order], counts[order]
    starts = np.concatenate(([0], np.flatnonzero(values[1:] != values[:-1]) + 1))
    return Points(values[starts], np.add.reduceat(counts, starts))


def _same_values(first: Points, second: Points) -> bool:
    one, other = first.values, second.values
    return one.dtype == other.dtype and len(one) == len(other) and bool((one == other).all())


def thin(points: Points, buckets: int) -> Points:
    """Give at most ``2 * buckets + 1`` points whose ranks differ from these by at most a bucket's half.

    A value that alone fills a bucket (``total / buckets``) is kept with its exact count. Light
    neighbours are replaced by the one in their middle.

    Parameters
    ----------
    points : Points
        The points to thin.
    buckets : int
        Into how many buckets of equal weight they are put, >= 1.
    """
    if len(points.values) <= buckets:
        return points
    if points.all_different:
        return _thin_different(points.values, buckets)
    counts, ends = points.counts, np.cumsum(points.counts)
    total = ends[-1]
    heavy = counts * buckets >= total
    bucket = ((ends - _half(counts)) / total * buckets).astype(np.int64)
    is_new = (bucket[1:] != bucket[:-1]) | heavy[1:] | heavy[:-1]
    starts = np.concatenate(([0], np.flatnonzero(is_new) + 1))
    sums = np.add.reduceat(counts, starts)
    before = ends[starts] - counts[starts]
    middles = np.searchsorted(ends, before + _half(sums))
    return Points(points.values[middles], sums)


def _half(counts: Array) -> Array:
    half: Array = counts / 2 if counts.dtype.kind == "f" else (counts + 1) // 2
    return half


def _thin_different(values: Array, buckets: int) -> Points:
    starts = np.arange(buckets + 1) * len(values) // buckets
    middles = (starts[:-1] + starts[1:]) // 2
    return Points(values[middles], np.diff(starts))


def count_up_to(points: Points, edges: Array) -> Array:
    """Give, for each edge, how many numbers are at most that large."""
    ends: Array = np.concatenate(([0], np.cumsum(points.counts)))
    return ends[np.searchsorted(points.values, edges, side="right")]


def quantiles(points: Points, ranks: Array) -> Array:
    """Give the smallest value at or below which at least that share of the numbers lies.

    Parameters
    ----------
    points : Points
        At least one point.
    ranks : ndarray
        Shares, 0 (the minimum) to 1 (the maximum).
    """
    ends = np.cumsum(points.counts)
    if points.counts.dtype.kind == "f":
        wanted = ranks * ends[-1] * (1 - 1e-12)
    else:
        wanted = np.clip(np.ceil(ranks * ends[-1] - 1e-9), 1, ends[-1])
    values: Array = points.values[np.searchsorted(ends, wanted)]
    return values


def median(points: Points) -> float:
    """Give the median; of an even number of numbers, the mean of the two in the middle."""
    ends = np.cumsum(points.counts)
    total = int(ends[-1])
    places = np.searchsorted(ends, [(total + 1) // 2, total // 2 + 1])
    low, high = (float(value) for value in points.values[places])
    return low / 2 + high / 2  # their sum could overflow
