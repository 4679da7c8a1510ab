"""Which columns follow from which: what was given, and approximate dependencies mined from the sample.

A pair of columns is taken if the values of the first, where three rows or more share one, agree on the
second in `MIN_AGREEMENT` of their rows (one minus the error g3 of Kivinen and Mannila 1995,
doi:10.1016/0304-3975(95)00028-U), and if that is no mere habit of the second: of the rows that do not
have its most frequent value, `MIN_GAIN` at least must agree (the lambda of Goodman and Kruskal 1954,
doi:10.1080/01621459.1954.10501231).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.validation.cells.codes import codes_of
from ml_assets.validation.cells.counts import ColumnCounts

MIN_AGREEMENT, MIN_GAIN, MIN_COVERED, MIN_GROUP = 0.95, 0.3, 0.2, 3
MAX_DETERMINANTS = 5
# Beyond this many columns none are mined; the sample shrinks so that all pairs cost about a second.
MAX_COLUMNS = 200
_PAIR_ROWS, _MIN_ROWS = 40_000_000, 1_000


@dataclass(frozen=True)
class Dependency:
    """That a column follows from others.

    Attributes
    ----------
    determinant : tuple of str
        One or more columns.
    dependent : str
        The column that follows.
    given : bool
        Whether someone said so; a mined one weighs less.
    agreement : float
        The share of the rows that obey it, 0 to 1.
    """

    determinant: tuple[str, ...]
    dependent: str
    given: bool = False
    agreement: float = 1.0

    @property
    def name(self) -> str:
        """The dependency as a text."""
        return f"{', '.join(self.determinant)} -> {self.dependent}"


@dataclass(frozen=True)
class Fit:
    """How well rows obey a dependency: see the module."""

    agreement: float
    gain: float
    covered: float


def fit_of(totals: Any, agreeing: Any, dependents: Any, rows: int) -> Fit:
    """Give the fit of a dependency.

    Parameters
    ----------
    totals, agreeing : ndarray
        By group of rows that share a determinant: the rows, and those with the most frequent value.
    dependents : ndarray
        How often each value of the dependent column occurs in groups of `MIN_GROUP` rows or more.
    rows : int
        All rows with both values.
    """
    large = totals >= MIN_GROUP
    covered = int(totals[large].sum())
    if not covered:
        return Fit(0.0, 0.0, 0.0)
    agreement = float(np.where(agreeing > 1, agreeing, 0)[large].sum() / covered)
    habit = float(dependents.max() / covered)
    gain = (agreement - habit) / (1 - habit) if habit < 1 else 0.0
    return Fit(agreement, gain, covered / max(1, rows))


def mine_dependencies(columns: Sequence[ColumnCounts]) -> list[Dependency]:
    """Find which columns roughly follow from which single other one; at most `MAX_DETERMINANTS` each."""
    usable = [
        column
        for column in columns
        if column.is_complete and len(column.values) > 1 and column.rows
    ]
    if len(usable) > MAX_COLUMNS or not usable:
        return []
    rows = max(_MIN_ROWS, _PAIR_ROWS // len(usable) ** 2)
    codes = {column.name: codes_of(column.sample[:rows], column) for column in usable}
    dependencies: list[Dependency] = []
    for dependent in usable:
        fits = [
            (fit, len(determinant.values), determinant.name)
            for determinant in usable
            if determinant is not dependent and _can_determine(determinant)
            for fit in [_fit(codes[determinant.name], codes[dependent.name], len(dependent.values))]
            if fit.agreement >= MIN_AGREEMENT
            and fit.gain >= MIN_GAIN
            and fit.covered >= MIN_COVERED
        ]
        fits.sort(
            key=lambda candidate: (-round(candidate[0].agreement, 2), candidate[1], candidate[2])
        )
        dependencies += [
            Dependency((name,), dependent.name, agreement=fit.agreement)
            for fit, _, name in fits[:MAX_DETERMINANTS]
        ]
    return dependencies


def _can_determine(column: ColumnCounts) -> bool:
    """Whether its values repeat and none is that of most rows, from which only habits would follow."""
    return column.rows >= 2 * len(column.values) and 2 * column.counts[0] <= column.rows


def _fit(determinants: Any, dependents: Any, size: int) -> Fit:
    both = (determinants >= 0) & (dependents >= 0)
    if not both.any():
        return Fit(0.0, 0.0, 0.0)
    pairs, counts = np.unique(determinants[both] * size + dependents[both], return_counts=True)
    starts, totals, agreeing = groups_of(pairs // size, counts)
    large = np.repeat(totals >= MIN_GROUP, np.diff([*starts, len(pairs)]))
    weights = np.bincount(pairs[large] % size, weights=counts[large], minlength=1)
    return fit_of(totals, agreeing, weights, int(both.sum()))


def groups_of(keys: Any, counts: Any) -> tuple[Any, Any, Any]:
    """Give where each group of equal keys starts, its rows, and its greatest count; `keys` is sorted."""
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return starts, np.add.reduceat(counts, starts), np.maximum.reduceat(counts, starts)
