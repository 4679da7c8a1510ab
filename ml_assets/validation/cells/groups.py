"""Numbers that depend on a category: how far a number is from what is usual for its group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.validation.cells.codes import codes_of
from ml_assets.validation.cells.counts import EXTREMES, ColumnCounts
from ml_assets.validation.cells.outliers import Limits, limits_of
from ml_assets.validation.cells.source import as_numbers

MIN_GROUP = 10
MAX_GROUPS = 1_000
MIN_COVERED = 0.8
# The category must leave at most this share of the typical distance from the median.
MAX_LEFT = 0.35
MIN_POSITIVE, MAX_OUTLIERS = 0.98, 0.0025
# Beyond so many pairs of a number and a category none is looked for; before, the sample shrinks so that
# all pairs cost about a second.
MAX_PAIRS = 10_000
_PAIR_ROWS, _MIN_ROWS = 40_000_000, 1_000


@dataclass(frozen=True)
class Grouping:
    """The category that says most about a number.

    Attributes
    ----------
    category : str
        The column of the groups.
    medians : ndarray of float64
        By the place of the category's value; NaN where the sample has too few rows of it, and last.
    is_ratio : bool
        Whether a number is compared with its group's median by the logarithm of their ratio, as is done
        where numbers are positive; else by their difference.
    limits : Limits
        Of how far a number is from its group's median.
    """

    category: str
    medians: Any
    is_ratio: bool
    limits: Limits

    def scores(self, numbers: Any, codes: Any) -> Any:
        """Give the score of each number, given the place of its category's value."""
        return self.limits.scores(_away(numbers, self.medians[codes], self.is_ratio))

    def spreads(self, number: float, median: float) -> float:
        """Give how many spreads a number is from its group's median."""
        away = _away(np.array([number]), np.array([median]), self.is_ratio)
        return self.limits.spreads(float(away[0]))


@dataclass(frozen=True)
class Category:
    """A column that can form groups, and the place of each sampled row's value in it; -1 for none."""

    column: ColumnCounts
    codes: Any


def best_grouping(
    number: ColumnCounts, categories: Sequence[Category], rows: int | None = None
) -> Grouping | None:
    """Give the category whose groups' medians leave the least of a number's spread, if little is left.

    None also where more than `MAX_OUTLIERS` of the numbers would be outliers: those are a second habit of
    the groups, such as arrivals after midnight, and no errors.

    Parameters
    ----------
    number : ColumnCounts
        A column of numbers.
    categories : sequence of Category
        The columns to choose from; the number's own column is passed over.
    rows : int, optional
        Of the sample the rows by which the category is chosen; all by default.
    """
    all_numbers = as_numbers(number.sample)
    numbers = all_numbers[:rows]
    is_finite = np.isfinite(numbers)
    spread = _typical(numbers - np.median(numbers[is_finite])) if is_finite.any() else 0.0
    if not spread:
        return None
    order = np.argsort(numbers)[: is_finite.sum()]
    best: tuple[float, Category] | None = None
    for category in categories:
        if category.column.name == number.name:
            continue
        codes = category.codes[:rows]
        residuals = numbers - _medians(codes, numbers, order, len(category.column.values))[codes]
        if np.isfinite(residuals).sum() < MIN_COVERED * is_finite.sum():
            continue
        left = _typical(residuals) / spread
        if left <= MAX_LEFT and (best is None or left < best[0]):
            best = (left, category)
    return None if best is None else _grouping(number, all_numbers, best[1])


def _grouping(number: ColumnCounts, numbers: Any, category: Category) -> Grouping | None:
    order = np.argsort(numbers)[: np.isfinite(numbers).sum()]
    medians = _medians(category.codes, numbers, order, len(category.column.values))
    is_ratio = bool((numbers[np.isfinite(numbers)] > 0).mean() >= MIN_POSITIVE)
    away = _away(numbers, medians[category.codes], is_ratio)
    away = away[np.isfinite(away)]
    ends = np.unique(away)
    limits = limits_of(away, ends[:EXTREMES], ends[::-1][:EXTREMES], number.rows)
    if limits is None or (limits.scores(away) > 0).mean() > MAX_OUTLIERS:
        return None
    return Grouping(category.column.name, medians, is_ratio, limits)


def _away(numbers: Any, medians: Any, is_ratio: bool) -> Any:
    """How far numbers are from medians; NaN where a ratio has no logarithm."""
    if not is_ratio:
        return numbers - medians
    positive = (numbers > 0) & (medians > 0)
    return np.log(np.where(positive, numbers, np.nan)) - np.log(np.where(positive, medians, 1.0))


def categories_of(columns: Sequence[ColumnCounts]) -> list[Category]:
    """Give the columns that can form groups."""
    return [
        Category(column, codes_of(column.sample, column).astype(np.int16))
        for column in columns
        if column.is_complete
        and 1 < len(column.values) <= MAX_GROUPS
        and column.kind in ("text", "number")
    ]


def rows_to_choose_by(pairs: int) -> int:
    """Give how many rows of the sample each of so many pairs of columns is looked at with; 0 is none."""
    return 0 if pairs > MAX_PAIRS else max(_MIN_ROWS, _PAIR_ROWS // max(1, pairs))


def _typical(residuals: Any) -> float:
    sizes = np.abs(residuals[np.isfinite(residuals)])
    return float(np.median(sizes)) if len(sizes) else 0.0


def _medians(codes: Any, numbers: Any, order: Any, size: int) -> Any:
    """The median of each group of the sample, NaN where it has fewer than `MIN_GROUP`; NaN last.

    `order` has the places of the finite numbers, ascending.
    """
    ascending = codes[order]
    has_code = ascending >= 0
    order, ascending = order[has_code], ascending[has_code]
    # Small integers, which NumPy sorts by radix: in each group the numbers stay ascending.
    order = order[np.argsort(ascending, kind="stable")]
    counts = np.bincount(ascending, minlength=size)
    ends = np.cumsum(counts)
    medians = np.full(size + 1, np.nan)
    large = np.flatnonzero(counts >= MIN_GROUP)
    starts = ends[large] - counts[large]
    low, high = starts + (counts[large] - 1) // 2, starts + counts[large] // 2
    medians[large] = numbers[order[low]] / 2 + numbers[order[high]] / 2  # their sum could overflow
    return medians
