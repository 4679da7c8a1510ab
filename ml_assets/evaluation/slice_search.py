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
# How many times the excess of each of its two halves a pair must have, to be reported beside them.
_NOTABLY = 1.5

Columns = tuple[int, ...]
"""One column or two, by their place among the cut ones."""


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

    columns: Columns
    groups: tuple[int, ...]
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
        statistics = (surprise.tested, surprise.variance, surprise.third)
        is_same = surprise.excess is surprise.tested
        self.weights = [*statistics, *([] if is_same else [surprise.excess])]
        rows = np.arange(len(surprise.loss))
        self.cells: dict[Columns, Floats] = {
            (column,): self._count((column,), rows) for column in range(len(bins))
        }
        self.pairs = list(combinations(self._paired(), 2))
        self.cells |= {pair: self._count(pair, rows) for pair in self.pairs}
        self.looked_at = {
            1: self._count_tested(1),
            2: self._count_tested(2) + self._untested_pairs(),
        }

    def set_aside(self, rows: Indices) -> None:
        """Take rows out of every table."""
        for columns, table in self.cells.items():
            table -= self._count(columns, rows)

    def candidates(self) -> list[Candidate]:
        """Give the most striking slices of every table, the most striking of all first."""
        candidates = [
            candidate for columns in self.cells for candidate in self._candidates_of(columns)
        ]
        return sorted(candidates, key=lambda candidate: -candidate.evidence)

    def over_groups(self, columns: Columns, cells: Floats) -> Floats:
        """Sum cells over each group of one column, or each pair of groups of two."""
        if len(columns) == 1:
            return np.asarray(cells @ self._groups[columns[0]].T)
        one, other = (self._paired_groups[column] for column in columns)
        return np.asarray(one @ (cells @ other.T))

    def groups_at(self, columns: Columns, entry: Sequence[np.intp]) -> tuple[int, ...]:
        """Give the groups that belong to an entry of what `over_groups` gives."""
        if len(columns) == 1:
            return (int(entry[0]),)
        return tuple(
            int(self.bins[column].paired[index])
            for column, index in zip(columns, entry, strict=True)
        )

    def _paired(self) -> list[int]:
        """The columns whose pairs are searched, in their order."""
        if len(self.bins) <= MOST_PAIRED_COLUMNS:
            return list(range(len(self.bins)))
        best = [
            float(self._evidence((column,)).max(initial=-np.inf))
            for column in range(len(self.bins))
        ]
        chosen = np.argsort(-np.array(best), kind="stable")[:MOST_PAIRED_COLUMNS]
        return sorted(int(column) for column in chosen)

    def _count(self, columns: Columns, rows: Indices) -> Floats:
        """Sums over the rows at these places, in each cell of one or two columns."""
        codes, sizes = cells_of(self.bins, columns, rows)
        cells = int(np.prod(sizes))
        sums = [np.bincount(codes, weight[rows], cells) for weight in self.weights]
        counts = np.bincount(codes, minlength=cells).astype(np.float64)
        return np.stack([counts, *sums]).reshape(-1, *sizes)

    def _sums(self, columns: Columns) -> Floats:
        return self.over_groups(columns, self.cells[columns])

    def _evidence(self, columns: Columns) -> Floats:
        """Nats against the promise, for each group or pair of groups; -inf where none is weak."""
        rows, total, variance, third, *rest = self._sums(columns)
        excess = rest[0] if rest else total
        testable = (rows >= self.limits.min_rows) & (rows <= self.limits.max_rows) & (variance > 0)
        weak = testable & (total > 0) & (excess >= self.limits.min_excess * rows)
        if len(columns) == 2:
            mean = excess / np.maximum(rows, 1)
            weak &= mean >= _NOTABLY * np.maximum(self._mean(columns[0])[:, None], 0)
            weak &= mean >= _NOTABLY * np.maximum(self._mean(columns[1])[None, :], 0)
        nats = np.full(rows.shape, -np.inf)
        nats[weak] = _bernstein(total[weak], variance[weak], third[weak])
        return nats

    def _mean(self, column: int) -> Floats:
        """The mean excess of each group that is looked at in pairs."""
        rows, total, _, _, *rest = self._sums((column,))[:, self.bins[column].paired]
        return np.asarray((rest[0] if rest else total) / np.maximum(rows, 1))

    def _candidates_of(self, columns: Columns) -> Iterator[Candidate]:
        nats = self._evidence(columns)
        flat = nats.ravel()
        if not flat.size or not np.isfinite(flat.max()):
            return
        price = np.log(2 * max(self.looked_at[len(columns)], 1))
        for entry in np.argsort(-flat, kind="stable")[:_KEPT_OF_A_TABLE]:
            if np.isfinite(flat[entry]):
                groups = self.groups_at(columns, np.unravel_index(entry, nats.shape))
                yield Candidate(columns, groups, float(flat[entry] - price))

    def _count_tested(self, n_columns: int) -> int:
        """How many slices are large enough to be tested; the labels have no say in it."""
        rows = (self._sums(columns)[0] for columns in self.cells if len(columns) == n_columns)
        limits = self.limits
        return sum(
            int(((counts >= limits.min_rows) & (counts <= limits.max_rows)).sum())
            for counts in rows
        )

    def _untested_pairs(self) -> int:
        """Slices of pairs that were not searched count as tested: the labels chose among them."""
        sizes = np.array([len(column.paired) for column in self.bins], dtype=np.float64)
        all_pairs = (sizes.sum() ** 2 - (sizes**2).sum()) / 2
        return int(all_pairs - sum(sizes[first] * sizes[second] for first, second in self.pairs))


def _bernstein(total: Floats, variance: Floats, third: Floats) -> Floats:
    """Nats of a one-sided tail, with the skewness in the place of the largest jump."""
    z = total / np.sqrt(variance)
    skewness = np.maximum(third, 0) / variance**1.5
    return np.asarray(z**2 / (2 * (1 + skewness * z / 3)))


def rows_of(bins: Sequence[Bins], candidate: Candidate) -> NDArray[np.bool_]:
    """Whether each row lies in a slice."""
    inside = [
        bins[column].holds(group)
        for column, group in zip(candidate.columns, candidate.groups, strict=True)
    ]
    return np.asarray(np.logical_and.reduce(inside))


def cells_of(bins: Sequence[Bins], columns: Columns, rows: Indices) -> tuple[Indices, list[int]]:
    """The cell of each row in the table of one column or two, and the table's shape."""
    sizes = [bins[column].size for column in columns]
    codes = bins[columns[0]].codes[rows].astype(np.intp)
    if len(columns) == 2:
        codes = codes * sizes[1] + bins[columns[1]].codes[rows]
    return codes, sizes
