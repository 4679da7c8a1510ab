"""One column of one data set as arrays, so that two of them are compared without loops."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, repeat
from typing import Literal

import numpy as np

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.statistics.points import Array

Kind = Literal["numbers", "texts", "times", "nothing"]
# Of the points of a thinned distribution, those with such a share are one value with its exact count.
EXACT_SHARE = 0.008
# The share of the others: each stands for its neighbours too.
POINT_SHARE = 0.004
_PARTS: dict[str, Kind] = {"numeric": "numbers", "string": "texts", "time": "times"}


@dataclass(frozen=True)
class Side:
    """One column of one data set.

    Attributes
    ----------
    feature : FeatureStatistics
        The column.
    kind : {"numbers", "texts", "times", "nothing"}
        What it holds; bools are texts.
    rows, missing, there : int
        All rows, those without a value (NaN is none), and the others.
    values, counts : ndarray of float64
        Of numbers: the finite ones, ascending, and how many rows each stands for. Of texts there are
        counts only.
    names : tuple of str
        Of texts: the most frequent ones, which have the counts.
    unlisted : int
        The most often that a text which is not listed can occur; 0 where all are listed.
    """

    feature: FeatureStatistics
    kind: Kind
    rows: int
    missing: int
    there: int
    values: Array
    counts: Array
    names: tuple[str, ...]
    unlisted: int

    @property
    def listed(self) -> Mapping[str, int]:
        """The most frequent texts with their counts."""
        return self.feature.string.counts if self.feature.string else {}

    @property
    def is_exact(self) -> bool:
        """Whether the points of the numbers are all different values, or the texts are all listed."""
        numeric = self.feature.numeric
        return not self.unlisted and (numeric is None or numeric.unique <= len(self.values))

    def up_to(self, edges: Array) -> Array:
        """Give, for each edge, how many numbers are at most that large.

        Where the points stand for their neighbours as well, half of a point's rows are taken to lie up
        to it, and the rows between two points evenly.
        """
        ends = self.ends
        if self.is_exact:
            steps: Array = ends[self.values.searchsorted(edges, "right")]
            return steps
        values, reached = self.values, ends[1:] - self.counts / 2
        heavy = np.flatnonzero(self.counts >= EXACT_SHARE * ends[-1])
        if len(heavy):
            values = np.concatenate((values, np.nextafter(values[heavy], -np.inf)))
            reached = np.concatenate((reached, ends[heavy]))
            reached[heavy] = ends[heavy + 1]
            order = np.argsort(values, kind="stable")
            values, reached = values[order], reached[order]
        if self.is_whole:
            # Between two whole numbers, so that each is counted on one side of the edge.
            edges = np.floor(edges) + 0.5
        rows: Array = np.interp(edges, values, reached)
        return rows

    @cached_property
    def ends(self) -> Array:
        """The rows up to each number; the first is 0, so it is longer by one."""
        ends = np.zeros(len(self.values) + 1)
        np.cumsum(self.counts, out=ends[1:])
        return ends

    @cached_property
    def is_whole(self) -> bool:
        """Whether the numbers are all whole."""
        return bool((self.values == np.rint(self.values)).all())


_NONE = np.empty(0)


def side_of(feature: FeatureStatistics) -> Side:
    """Give a column's statistics as arrays."""
    kind: Kind = next(
        (holds for part, holds in _PARTS.items() if getattr(feature, part)), "nothing"
    )
    nan = feature.numeric.num_nan if feature.numeric else 0
    missing = feature.num_missing + nan
    values, counts = feature.numeric.points if feature.numeric else (_NONE, _NONE)
    string, unlisted = feature.string, 0
    names: tuple[str, ...] = ()
    if string:
        names, counts = string.columns
    if string and not string.is_complete:
        least = string.value_counts[-1][1] if string.value_counts else 0
        unlisted = string.count_error + least
    there = feature.num_rows - missing
    return Side(feature, kind, feature.num_rows, missing, there, values, counts, names, unlisted)


@dataclass(frozen=True)
class Numbers:
    """Two sides' numbers on one grid.

    Attributes
    ----------
    grid : ndarray of float64
        Every value of either side, ascending.
    reference, current : ndarray of float64
        The rows at each value.
    reference_ends, current_ends : ndarray of float64
        The rows up to each value; the first is 0, so it is longer by one.
    """

    grid: Array
    reference: Array
    current: Array
    reference_ends: Array
    current_ends: Array

    def gap(self) -> Array:
        """Give the difference of the distribution functions at each value of the grid."""
        before, now = self.reference_ends, self.current_ends
        gap: Array = now[1:] / max(now[-1], 1) - before[1:] / max(before[-1], 1)
        return gap


def between(ends: Array, places: Array) -> Array:
    """Give the rows between the given places of a running total."""
    reached = ends[places]
    rows: Array = reached[1:] - reached[:-1]
    return rows


def numbers_of(reference: Side, current: Side) -> Numbers:
    """Put two sides' numbers on one grid."""
    grid = np.concatenate((reference.values, current.values))
    grid.sort(kind="stable")
    if len(grid) > 1:
        is_new = np.empty(len(grid), bool)
        is_new[0] = True
        np.not_equal(grid[1:], grid[:-1], out=is_new[1:])
        grid = grid[is_new]
    sides = []
    for side in (reference, current):
        rows = np.zeros(len(grid))
        rows[grid.searchsorted(side.values)] = side.counts
        ends = np.zeros(len(grid) + 1)
        np.cumsum(rows, out=ends[1:])
        sides.append((rows, ends))
    (before, before_ends), (now, now_ends) = sides
    return Numbers(grid, before, now, before_ends, now_ends)


@dataclass(frozen=True)
class Texts:
    """Two sides' texts in one order: the reference's listed ones, then those that only the current has.

    Attributes
    ----------
    names : list of str
        The texts.
    reference, current : ndarray of float64
        The rows of each; of one that a side does not list, the most it can have.
    num_known : int
        How many of the names the reference lists; they come first.
    is_there : ndarray of bool
        Which of the names the current side lists.
    """

    names: list[str]
    reference: Array
    current: Array
    num_known: int
    is_there: Array


def texts_of(reference: Side, current: Side) -> Texts:
    """Put two sides' texts into one order."""
    num_known = len(reference.names)
    places = dict(zip(reference.names, range(num_known), strict=True))
    positions = np.fromiter(
        map(places.get, current.names, repeat(-1)), np.int64, len(current.names)
    )
    is_new = positions < 0
    names = [*reference.names, *compress(current.names, is_new.tolist())]
    before = np.full(len(names), float(reference.unlisted))
    before[:num_known] = reference.counts
    positions[is_new] = np.arange(num_known, len(names))
    now, is_there = np.full(len(names), float(current.unlisted)), np.zeros(len(names), bool)
    now[positions], is_there[positions] = current.counts, True
    return Texts(names, before, now, num_known, is_there)
