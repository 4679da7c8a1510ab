"""The search for weak slices: every group of every column, and every pair of them, scored at once.

The rows are counted into a table for each column and each pair of columns; sums over ranges of bins are
then products with small matrices, so that what a slice costs does not depend on the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.slice_bins import Bins
from ml_assets.evaluation.surprise import Surprise

# Where pairs of all columns would be too many, those of the columns that say most alone are searched.
MOST_PAIRED_COLUMNS = 60
_KEPT_OF_A_TABLE = 4
# How many times the excess of each of its two halves a pair must have, to be told beside them.
_NOTABLY = 1.5

Place = tuple[int, ...]


@dataclass(frozen=True)
class Limits:
    """What a slice must be like.

    Attributes
    ----------
    min_rows, max_rows : float
        How many rows it may have.
    min_excess : float
        The least mean excess, in the loss's unit.
    """

    min_rows: float
    max_rows: float
    min_excess: float


@dataclass(frozen=True)
class Candidate:
    """A slice that may be weak.

    Attributes
    ----------
    columns : tuple of int
        One column or two, by their place among the cut ones.
    groups : tuple of int
        The group of each.
    evidence : float
        About how improbable it is, in nats, after the correction for all that were looked at.
    """

    columns: Place
    groups: Place
    evidence: float


class Tables:
    """The sums of rows, of the tested statistic, its moments and the excess, in every cell.

    Parameters
    ----------
    bins : sequence of Bins
        The columns.
    surprise : Surprise
        What the rows lose.
    limits : Limits
        What a slice must be like.
    """

    def __init__(self, bins: Sequence[Bins], surprise: Surprise, limits: Limits) -> None:
        self.bins, self.limits = bins, limits
        self._groups = [column.groups for column in bins]
        self._paired_groups = [column.groups[column.paired] for column in bins]
        found = (surprise.tested, surprise.variance, surprise.third)
        same = surprise.excess is surprise.tested
        self.weights = [*found, *([] if same else [surprise.excess])]
        rows = np.arange(len(surprise.loss))
        self.cells: dict[Place, Floats] = {(a,): self._count((a,), rows) for a in range(len(bins))}
        self.pairs = list(combinations(self._paired(), 2))
        self.cells |= {pair: self._count(pair, rows) for pair in self.pairs}
        self.looked_at = {1: self._tested(1), 2: self._tested(2) + self._left_out()}

    def set_aside(self, rows: Indices) -> None:
        """Take rows out of every table."""
        for place, table in self.cells.items():
            table -= self._count(place, rows)

    def candidates(self) -> list[Candidate]:
        """Give the most striking slices of every table, the most striking of all first."""
        found = [one for place in self.cells for one in self._of(place)]
        return sorted(found, key=lambda one: -one.evidence)

    def over_groups(self, place: Place, cells: Floats) -> Floats:
        """Sum cells over each group of one column, or each pair of groups of two."""
        if len(place) == 1:
            return np.asarray(cells @ self._groups[place[0]].T)
        one, other = (self._paired_groups[a] for a in place)
        return np.asarray(one @ (cells @ other.T))

    def groups_at(self, place: Place, at: Sequence[np.intp]) -> Place:
        """Give the groups that belong to an entry of what `over_groups` gives."""
        if len(place) == 1:
            return (int(at[0]),)
        return tuple(int(self.bins[a].paired[i]) for a, i in zip(place, at, strict=True))

    def _paired(self) -> list[int]:
        """The columns whose pairs are searched, in their order."""
        if len(self.bins) <= MOST_PAIRED_COLUMNS:
            return list(range(len(self.bins)))
        best = [float(self._evidence((a,)).max(initial=-np.inf)) for a in range(len(self.bins))]
        chosen = np.argsort(-np.array(best), kind="stable")[:MOST_PAIRED_COLUMNS]
        return sorted(int(a) for a in chosen)

    def _count(self, place: Place, rows: Indices) -> Floats:
        """Sums over the rows at these places, in each cell of one or two columns."""
        codes, sizes = cells_of(self.bins, place, rows)
        cells = int(np.prod(sizes))
        sums = [np.bincount(codes, w[rows], cells) for w in self.weights]
        counts = np.bincount(codes, minlength=cells).astype(np.float64)
        return np.stack([counts, *sums]).reshape(-1, *sizes)

    def _sums(self, place: Place) -> Floats:
        return self.over_groups(place, self.cells[place])

    def _evidence(self, place: Place) -> Floats:
        """Nats against the promise, for each group or pair of groups; -inf where none is to be told."""
        rows, total, variance, third, *rest = self._sums(place)
        excess = rest[0] if rest else total
        known = (rows >= self.limits.min_rows) & (rows <= self.limits.max_rows) & (variance > 0)
        weak = known & (total > 0) & (excess >= self.limits.min_excess * rows)
        if len(place) == 2:
            mean = excess / np.maximum(rows, 1)
            weak &= mean >= _NOTABLY * np.maximum(self._mean(place[0])[:, None], 0)
            weak &= mean >= _NOTABLY * np.maximum(self._mean(place[1])[None, :], 0)
        nats = np.full(rows.shape, -np.inf)
        nats[weak] = _bernstein(total[weak], variance[weak], third[weak])
        return nats

    def _mean(self, column: int) -> Floats:
        """The mean excess of each group that is looked at in pairs."""
        rows, total, _, _, *rest = self._sums((column,))[:, self.bins[column].paired]
        return np.asarray((rest[0] if rest else total) / np.maximum(rows, 1))

    def _of(self, place: Place) -> Iterator[Candidate]:
        nats = self._evidence(place)
        flat = nats.ravel()
        if not flat.size or not np.isfinite(flat.max()):
            return
        price = np.log(2 * max(self.looked_at[len(place)], 1))
        for at in np.argsort(-flat, kind="stable")[:_KEPT_OF_A_TABLE]:
            if np.isfinite(flat[at]):
                groups = self.groups_at(place, np.unravel_index(at, nats.shape))
                yield Candidate(place, groups, float(flat[at] - price))

    def _tested(self, columns: int) -> int:
        """How many slices are large enough to be tested; the labels have no say in it."""
        rows = (self._sums(place)[0] for place in self.cells if len(place) == columns)
        limits = self.limits
        return sum(int(((r >= limits.min_rows) & (r <= limits.max_rows)).sum()) for r in rows)

    def _left_out(self) -> int:
        """Slices of pairs that were not searched count as tested: the labels chose among them."""
        sizes = np.array([len(column.paired) for column in self.bins], dtype=np.float64)
        every = (sizes.sum() ** 2 - (sizes**2).sum()) / 2
        return int(every - sum(sizes[a] * sizes[b] for a, b in self.pairs))


def _bernstein(total: Floats, variance: Floats, third: Floats) -> Floats:
    """Nats of a one-sided tail, with the skewness in the place of the largest jump."""
    z = total / np.sqrt(variance)
    skewness = np.maximum(third, 0) / variance**1.5
    return np.asarray(z**2 / (2 * (1 + skewness * z / 3)))


def rows_of(bins: Sequence[Bins], candidate: Candidate) -> NDArray[np.bool_]:
    """Whether each row lies in a slice."""
    inside = [bins[a].holds(g) for a, g in zip(candidate.columns, candidate.groups, strict=True)]
    return np.asarray(np.logical_and.reduce(inside))


def cells_of(bins: Sequence[Bins], place: Place, rows: Indices) -> tuple[Indices, list[int]]:
    """The cell of each row in the table of one column or two, and the table's shape."""
    sizes = [bins[a].size for a in place]
    codes = bins[place[0]].codes[rows].astype(np.intp)
    if len(place) == 2:
        codes = codes * sizes[1] + bins[place[1]].codes[rows]
    return codes, sizes
