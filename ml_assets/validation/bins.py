"""Puts two columns' statistics into the same bins, with one for missing values.

Numbers: between quantiles of the reference; a value that fills several of them gets a bin of its own.
Texts: the values that are most frequent on both sides together, and one bin for the others. Timestamps:
the hours of the day; dates: the days of the week; a later span always has later times, so their position
on the time line is no drift.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.model import (
    FeatureStatistics,
    NumericStatistics,
    StringStatistics,
    TimeStatistics,
)
from ml_assets.statistics.points import Array, Points, count_up_to
from ml_assets.validation.distances import MIN_POOLED

# Of the quantiles, which are 5 % apart: all inner ones, and those that cut off tails and quarters.
FINE, COARSE = tuple(range(1, 20)), (1, 5, 10, 15, 19)
MAX_CATEGORIES = 50
MISSING, OTHER, INFINITE = "missing", "other values", "infinite"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Bins:
    """The same bins on two sides.

    Attributes
    ----------
    labels : tuple of str
        What is in each bin, for a person.
    reference, current : ndarray of float64
        The rows in each bin.
    """

    labels: tuple[str, ...]
    reference: Array
    current: Array


def bins_of(
    reference: FeatureStatistics, current: FeatureStatistics, places: Sequence[int] = FINE
) -> Bins:
    """Give the bins of two columns of one kind (numbers, texts or times).

    Parameters
    ----------
    reference, current : FeatureStatistics
        The two columns.
    places : sequence of int
        Of the reference's `quantiles`, those between which numbers are put: `FINE` or `COARSE`.
    """
    made: Made = (["a value"], [(reference.num_non_missing, current.num_non_missing)])
    if reference.numeric and current.numeric:
        made = _numeric(reference.numeric, current.numeric, places)
    elif reference.string and current.string:
        made = _categories(reference, current, reference.string, current.string)
    elif reference.time and current.time:
        made = _times(reference.time, current.time)
    table = np.array([*made[1], (num_missing(reference), num_missing(current))], np.float64)
    return Bins((*made[0], MISSING), table[:, 0], table[:, 1])


def num_missing(feature: FeatureStatistics) -> int:
    """How many rows have no value; NaN is none."""
    return feature.num_missing + (feature.numeric.num_nan if feature.numeric else 0)


def points_of(statistics: NumericStatistics) -> Points:
    """Give the stored distribution as weighted points."""
    if not statistics.distribution:
        return Points(np.empty(0), np.empty(0, np.int64))
    values, counts = zip(*statistics.distribution, strict=True)
    return Points(np.array(values, np.float64), np.array(counts, np.int64))


Made = tuple[list[str], list[tuple[float, float]]]


def _numeric(
    reference: NumericStatistics, current: NumericStatistics, places: Sequence[int]
) -> Made:
    edges = _edges(reference, places)
    counts = [_histogram(side, edges) for side in (reference, current)]
    sides: list[float | None] = [None, *edges, None]
    labels = [_interval(low, high) for low, high in itertools.pairwise(sides)]
    rows = list(zip(*counts, strict=True))
    if reference.num_inf or current.num_inf:
        return [*labels, INFINITE], [*rows, (reference.num_inf, current.num_inf)]
    return labels, rows


def _edges(reference: NumericStatistics, places: Sequence[int]) -> list[float]:
    """The inner edges; below a value that fills a bin, one more, so that it stands alone."""
    inner = [float(reference.quantiles[place]) for place in places if reference.quantiles]
    heavy = {edge for edge, following in itertools.pairwise(inner) if edge == following}
    return sorted({*inner, *(float(np.nextafter(edge, -np.inf)) for edge in heavy)})


def _histogram(side: NumericStatistics, edges: list[float]) -> list[int]:
    points = points_of(side)
    ends = count_up_to(points, np.array(edges, np.float64))
    counts: list[int] = np.diff(ends, prepend=0, append=points.total).tolist()
    return counts


def _interval(low: float | None, high: float | None) -> str:
    if low is None:
        return "any number" if high is None else f"up to {high:.6g}"
    if high is None:
        return f"above {low:.6g}"
    return f"{high:.6g}" if np.nextafter(high, -np.inf) == low else f"{low:.6g} to {high:.6g}"


def _categories(
    reference: FeatureStatistics,
    current: FeatureStatistics,
    known: StringStatistics,
    now: StringStatistics,
) -> Made:
    listed = dict(known.value_counts), dict(now.value_counts)
    unlisted = _most_unlisted(known), _most_unlisted(now)
    both = {
        value: (listed[0].get(value, unlisted[0]), listed[1].get(value, unlisted[1]))
        for value in dict.fromkeys([*listed[0], *listed[1]])
    }
    # Chosen by what both sides have together, and not rare: else chance would choose for one side.
    frequent = [value for value in both if sum(both[value]) >= MIN_POOLED]
    shown = sorted(frequent, key=lambda value: (-sum(both[value]), value))[:MAX_CATEGORIES]
    rest = (
        max(0, reference.num_non_missing - sum(both[value][0] for value in shown)),
        max(0, current.num_non_missing - sum(both[value][1] for value in shown)),
    )
    return [*(repr(v[:40]) for v in shown), OTHER], [*(both[v] for v in shown), rest]


def _most_unlisted(side: StringStatistics) -> int:
    """The most often that a value which is not listed can occur: wide columns list the frequent ones."""
    if side.is_complete:
        return 0
    return side.count_error + min((count for _, count in side.value_counts), default=0)


def _times(reference: TimeStatistics, current: TimeStatistics) -> Made:
    if reference.hours and current.hours:
        pairs = list(zip(reference.hours, current.hours, strict=True))
        return [f"{hour}:00 to {hour}:59" for hour in range(24)], [*pairs]
    return list(_DAYS), [*zip(reference.weekdays, current.weekdays, strict=True)]
