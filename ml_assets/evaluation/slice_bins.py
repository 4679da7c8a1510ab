"""Cuts columns into bins, and bins into groups: the values and the ranges that a slice can be.

A number or a time is cut at its quantiles, and every range of neighbouring bins is a group; in pairs of
columns only the ranges between every fourth edge are. Of other columns each frequent value is a group.
Null is a bin, and a group, of its own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml_assets.evaluation.quantiles import NULL, ordered_values, quantile_bins

_MOST_VALUES = 60
_FINER = 4


@dataclass(frozen=True)
class Bins:
    """One column, cut.

    Attributes
    ----------
    column : str
        Its name.
    codes : array of int16
        The bin of each row.
    spans : array of int, shape (groups, 2)
        The first and the last bin of each group.
    paired : array of int
        The groups that are looked at in pairs of columns.
    is_ordered : bool
        Whether neighbouring bins hold neighbouring values.
    ends : tuple of (str, str)
        The lowest and the highest value of each bin; but of the one that holds all other values.
    size : int
        How many bins there are.
    """

    column: str
    codes: NDArray[np.int16]
    spans: NDArray[np.int64]
    paired: NDArray[np.int64]
    is_ordered: bool
    ends: tuple[tuple[str, str], ...]
    size: int

    @property
    def groups(self) -> NDArray[np.float64]:
        """1 where a bin (column) belongs to a group (row), 0 elsewhere."""
        bins = np.arange(self.size)
        return ((bins >= self.spans[:, :1]) & (bins <= self.spans[:, 1:])).astype(np.float64)

    def name(self, group: int) -> str:
        """A group in words, such as ``hour in 18 to 21``."""
        low, high = (int(end) for end in self.spans[group])
        first, last = self.ends[low][0], self.ends[high][1]
        present = [index for index, end in enumerate(self.ends) if end[0] != NULL]
        if first == last:
            return f"{self.column}={first}"
        if low == present[0]:
            return f"{self.column} at most {last}"
        if high == present[-1]:
            return f"{self.column} at least {first}"
        return f"{self.column} in {first} to {last}"

    def touches(self, one: int, other: int) -> bool:
        """Whether two groups overlap, or lie side by side where bins are ordered."""
        (low, high), (from_, to) = self.spans[one], self.spans[other]
        gap = int(self.is_ordered)
        return bool(low <= to + gap and from_ <= high + gap)

    def holds(self, group: int) -> NDArray[np.bool_]:
        """Whether each row lies in a group."""
        low, high = self.spans[group]
        return np.asarray((self.codes >= low) & (self.codes <= high))


def cut_column(column: "pd.Series[Any]", bins: int, min_rows: int) -> Bins | None:
    """Cut a column.

    Parameters
    ----------
    column : Series
        Of any type; values that are not numbers or times count as categories.
    bins : int
        How many quantile bins to cut numbers and times into for pairs of columns, at most; alone a
        column is cut four times as finely.
    min_rows : int
        Values (not bins) with fewer rows are no group.

    Returns
    -------
    Bins or None
        None where there is nothing to choose from: every row is in one bin.
    """
    values = ordered_values(column)
    cut = _cut_values(column, min_rows) if values is None else _cut_range(column, values, bins)
    has_choice = len(np.unique(cut.codes)) > 1
    return cut if len(cut.spans) and has_choice else None


def _cut_range(column: "pd.Series[Any]", values: NDArray[Any], bins: int) -> Bins:
    codes, ends = quantile_bins(column, values, _FINER * bins)
    count = len(ends) - int(ends[-1:] == [(NULL, NULL)])
    widest = count - 1 if count > 1 else 1
    spans = [
        (first, last) for first in range(count) for last in range(first, min(count, first + widest))
    ]
    spans += [(index, index) for index in range(count, len(ends))]
    return _make_bins(column, codes, spans, -(-count // bins), ends, len(ends))


def _cut_values(column: "pd.Series[Any]", min_rows: int) -> Bins:
    codes, values = pd.factorize(_hashable(column), use_na_sentinel=True)
    codes = np.where(codes < 0, len(values), codes)
    counts = np.bincount(codes, minlength=len(values) + 1)
    frequent = np.flatnonzero(counts >= max(min_rows, 1))
    kept = frequent[np.argsort(-counts[frequent], kind="stable")[:_MOST_VALUES]]
    # All other values share the bin after the last group.
    bin_of_code = np.full(len(values) + 1, len(kept))
    bin_of_code[kept] = np.arange(len(kept))
    texts = [*(str(value) for value in values), NULL]
    ends = [(texts[code], texts[code]) for code in kept]
    spans = [(index, index) for index in range(len(kept))]
    return _make_bins(column, bin_of_code[codes], spans, 0, ends, len(kept) + 1)


def _make_bins(
    column: "pd.Series[Any]",
    codes: NDArray[Any],
    spans: list[tuple[int, int]],
    step: int,
    ends: list[tuple[str, str]],
    size: int,
) -> Bins:
    """Give the bins; ranges that begin and end at a multiple of `step` are for pairs (0: all)."""
    table = np.array(spans, dtype=np.int64).reshape(-1, 2)
    low, high = table.T
    last = max((end for _, end in spans), default=0)
    is_null = low == last if ends and ends[-1][0] == NULL else np.zeros(len(low), bool)
    last_value = last - 1 if is_null.any() else last
    aligned = (low % max(step, 1) == 0) & (((high + 1) % max(step, 1) == 0) | (high == last_value))
    paired = np.flatnonzero(aligned | is_null | (step == 0))
    name = str(column.name)
    return Bins(name, codes.astype(np.int16), table, paired, step > 0, tuple(ends), size)


def _hashable(column: "pd.Series[Any]") -> "pd.Series[Any]":
    try:
        pd.util.hash_array(column.head(1000).to_numpy(dtype=object))
    except TypeError:
        return column.map(str, na_action="ignore")
    return column
