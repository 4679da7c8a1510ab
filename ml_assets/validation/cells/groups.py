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


def best_grouping(number: ColumnCounts, categories: Sequence[ColumnCounts]) -> Grouping | None:
    """Give the category whose groups' medians leave the least of a number's spread, if little is left.

    None also where more than `MAX_OUTLIERS` of the numbers would be outliers: those are a second habit of
    the groups, such as arrivals after midnight, and no errors.
    """
    numbers = as_numbers(number.sample)
    known = np.isfinite(numbers)
    spread = _typical(numbers - np.median(numbers[known])) if known.any() else 0.0
    if not spread:
        return None
    best: tuple[float, str, Any, Any] | None = None
    for category in categories:
        codes = codes_of(category.sample, category)
        medians = _medians(codes, numbers, len(category.values))
        rest = numbers - medians[codes]
        if np.isfinite(rest).sum() < MIN_COVERED * known.sum():
            continue
        left = _typical(rest) / spread
        if left <= MAX_LEFT and (best is None or left < best[0]):
            best = (left, category.name, medians, codes)
    return None if best is None else _grouping(number, numbers, *best[1:])


def _grouping(
    number: ColumnCounts, numbers: Any, category: str, medians: Any, codes: Any
) -> Grouping | None:
    is_ratio = bool((numbers[np.isfinite(numbers)] > 0).mean() >= MIN_POSITIVE)
    away = _away(numbers, medians[codes], is_ratio)
    away = away[np.isfinite(away)]
    ends = np.unique(away)
    limits = limits_of(away, ends[:EXTREMES], ends[::-1][:EXTREMES], number.rows)
    if limits is None or (limits.scores(away) > 0).mean() > MAX_OUTLIERS:
        return None
    return Grouping(category, medians, is_ratio, limits)


def _away(numbers: Any, medians: Any, is_ratio: bool) -> Any:
    """How far numbers are from medians; NaN where a ratio has no logarithm."""
    if not is_ratio:
        return numbers - medians
    positive = (numbers > 0) & (medians > 0)
    return np.log(np.where(positive, numbers, np.nan)) - np.log(np.where(positive, medians, 1.0))


def categories_of(columns: Sequence[ColumnCounts]) -> list[ColumnCounts]:
    """Give the columns that can form groups."""
    return [
        one
        for one in columns
        if one.is_complete and 1 < len(one.values) <= MAX_GROUPS and one.kind in ("text", "number")
    ]


def _typical(rest: Any) -> float:
    known = np.abs(rest[np.isfinite(rest)])
    return float(np.median(known)) if len(known) else 0.0


def _medians(codes: Any, numbers: Any, size: int) -> Any:
    """The median of each group of the sample, NaN where it has fewer than `MIN_GROUP`; NaN last."""
    known = (codes >= 0) & np.isfinite(numbers)
    codes, numbers = codes[known], numbers[known]
    order = np.lexsort((numbers, codes))
    counts = np.bincount(codes, minlength=size)
    ends = np.cumsum(counts)
    found = np.full(size + 1, np.nan)
    large = np.flatnonzero(counts >= MIN_GROUP)
    starts = ends[large] - counts[large]
    low, high = starts + (counts[large] - 1) // 2, starts + counts[large] // 2
    ordered = numbers[order]
    found[large] = ordered[low] / 2 + ordered[high] / 2  # their sum could overflow
    return found
