"""One column of one data set as arrays, so that two of them are compared without loops."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
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
        Of numbers: the finite ones, ascending, and how many rows each stands for.
    listed : mapping of str to int
        Of texts: the most frequent ones with their counts.
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
    listed: Mapping[str, int]
    unlisted: int

    @property
    def is_exact(self) -> bool:
        """Whether the points of the numbers are all different values, or the texts are all listed."""
        numeric = self.feature.numeric
        return not self.unlisted and (numeric is None or numeric.unique <= len(self.values))


_NONE = np.empty(0)


def side_of(feature: FeatureStatistics) -> Side:
    """Give a column's statistics as arrays."""
    kind: Kind = next((k for name, k in _PARTS.items() if getattr(feature, name)), "nothing")
    nan = feature.numeric.num_nan if feature.numeric else 0
    missing = feature.num_missing + nan
    values, counts = points(feature.numeric) if feature.numeric else (_NONE, _NONE)
    string = feature.string
    listed = dict(string.value_counts) if string else {}
    unlisted = 0
    if string and not string.is_complete:
        unlisted = string.count_error + min(listed.values(), default=0)
    there = feature.num_rows - missing
    return Side(feature, kind, feature.num_rows, missing, there, values, counts, listed, unlisted)


def points(numeric: NumericStatistics) -> tuple[Array, Array]:
    """Give the stored distribution of numbers: values, ascending, and counts."""
    size = len(numeric.distribution)
    flat = np.fromiter(chain.from_iterable(numeric.distribution), np.float64, 2 * size)
    return flat[::2], flat[1::2]


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

    def bins(self, edges: Array) -> tuple[Array, Array]:
        """Give both sides' rows up to the first edge, between the edges, and above the last one."""
        places = np.concatenate(([0], self.grid.searchsorted(edges, "right"), [len(self.grid)]))
        before, now = self.reference_ends[places], self.current_ends[places]
        return before[1:] - before[:-1], now[1:] - now[:-1]

    def gap(self) -> Array:
        """Give the difference of the distribution functions at each value of the grid."""
        before, now = self.reference_ends, self.current_ends
        gap: Array = now[1:] / max(now[-1], 1) - before[1:] / max(before[-1], 1)
        return gap


def numbers_of(reference: Side, current: Side) -> Numbers:
    """Put two sides' numbers on one grid."""
    both = np.concatenate((reference.values, current.values))
    both.sort(kind="stable")
    if len(both) > 1:
        both = both[np.concatenate(([True], both[1:] != both[:-1]))]
    sides = []
    for side in (reference, current):
        at = np.zeros(len(both))
        at[both.searchsorted(side.values)] = side.counts
        ends = np.zeros(len(both) + 1)
        np.cumsum(at, out=ends[1:])
        sides.append((at, ends))
    (before, before_ends), (now, now_ends) = sides
    return Numbers(both, before, now, before_ends, now_ends)


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
    """

    names: list[str]
    reference: Array
    current: Array
    num_known: int


def texts_of(reference: Side, current: Side) -> Texts:
    """Put two sides' texts into one order."""
    known, now = reference.listed, current.listed
    new = [name for name in now if name not in known]
    names = [*known, *new]
    before = np.full(len(names), float(reference.unlisted))
    before[: len(known)] = np.fromiter(known.values(), np.float64, len(known))
    get, unlisted = now.get, current.unlisted
    here = np.fromiter((get(name, unlisted) for name in names), np.float64, len(names))
    return Texts(names, before, here, len(known))
