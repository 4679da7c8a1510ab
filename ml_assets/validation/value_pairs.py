"""Compares the values of one column on two sides, row by row."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.statistics.plain_arrow import is_number, is_text
from ml_assets.statistics.points import Array
from ml_assets.validation.moves.units import factor_hint
from ml_assets.validation.python_values import python_values, shown_text

_MOST_LETTERS = 40
# So many different pairs are counted; the rarest are dropped from time to time.
_MOST_COUNTED = 10_000
# All but this share of the mismatches must agree with one factor, or one offset.
_CONSTANT = 0.99
_MIN_CONSTANT = 10
# Of so many parts, some of the mismatched numbers are kept to look for a constant.
_MOST_CHUNKS = 20


class ColumnPairs:
    """What was found so far of one column.

    Parameters
    ----------
    tolerance : tuple of (float, float)
        The relative and the absolute one.
    max_samples : int
        How many mismatches are kept as samples.
    """

    def __init__(self, tolerance: tuple[float, float], max_samples: int) -> None:
        self.tolerance, self.max_samples = tolerance, max_samples
        self.rows = self.mismatches = self.only_first = self.only_second = 0
        self.types = ("", "")
        self.confusion: Counter[tuple[str | None, str | None]] = Counter()
        self.samples: list[dict[str, Any]] = []
        self._numbers: list[tuple[Array, Array]] = []

    def add(self, first: Any, second: Any, keys: Any) -> None:
        """Compare the next rows.

        Parameters
        ----------
        first, second : pyarrow.ChunkedArray
            The column on both sides, row by row.
        keys : pyarrow.Table
            The key of the rows.
        """
        one, other = (_decoded(side) for side in (first, second))
        self.types = (str(one.type), str(other.type))
        differs, only_first, only_second = _compare(one, other, self.tolerance)
        self.rows += len(differs)
        self.mismatches += int(differs.sum())
        self.only_first += int(only_first.sum())
        self.only_second += int(only_second.sum())
        places = np.flatnonzero(differs)
        if not len(places):
            return
        wrong = one.take(pa.array(places)), other.take(pa.array(places))
        self._sample(places, wrong, keys)
        if is_number(one.type) and is_number(other.type):
            if len(self._numbers) < _MOST_CHUNKS:
                one, other = (side.slice(0, _MOST_COUNTED) for side in wrong)
                self._numbers.append((_floats(one), _floats(other)))
        else:
            self._count(wrong)

    def explanation(self) -> str:
        """Say what differs; empty where nothing does."""
        if not self.mismatches:
            return ""
        parts = [
            f"{self.mismatches:,} of {self.rows:,} rows differ ({self.mismatches / self.rows:.1%})"
        ]
        if self.types[0] != self.types[1] and not _related(self.types):
            parts.append(f"the type is {self.types[0]} in training and {self.types[1]} at serving")
        if self.only_first:
            parts.append(f"{self.only_first:,} have no value at serving")
        if self.only_second:
            parts.append(f"{self.only_second:,} have a value at serving only")
        parts += self._constant()
        if self.confusion:
            (first, second), count = self.confusion.most_common(1)[0]
            if first is not None and second is not None:
                parts.append(f"{first!r} became {second!r} in {count:,} rows")
        return "; ".join(parts)

    def _constant(self) -> list[str]:
        """The factor or the offset between the sides, where one fits."""
        if not self._numbers:
            return []
        training, serving = (np.concatenate(side) for side in zip(*self._numbers, strict=True))
        finite = np.isfinite(training) & np.isfinite(serving)
        training, serving = training[finite], serving[finite]
        if len(training) < _MIN_CONSTANT:
            return []
        nonzero = training != 0
        if nonzero.any():
            factor = float(np.median(serving[nonzero] / training[nonzero]))
            if factor != 1 and _fits(training * factor, serving):
                hint = factor_hint(factor)
                return [f"the serving values are {factor:.4g} times those of training: {hint}"]
        offset = float(np.median(serving - training))
        if offset and _fits(training + offset, serving):
            way = "higher" if offset > 0 else "lower"
            return [f"the serving values are {abs(offset):.4g} {way}"]
        return [f"the mean difference is {float(np.abs(serving - training).mean()):.4g}"]

    def _count(self, wrong: tuple[Any, Any]) -> None:
        sides = ([_shown(value) for value in python_values(side)] for side in wrong)
        self.confusion.update(zip(*sides, strict=True))
        if len(self.confusion) > 2 * _MOST_COUNTED:
            self.confusion = Counter(dict(self.confusion.most_common(_MOST_COUNTED)))

    def _sample(self, places: Array, wrong: tuple[Any, Any], keys: Any) -> None:
        missing = max(0, self.max_samples - len(self.samples))
        if not missing:
            return
        near = keys.take(pa.array(places[:missing]))
        named = zip(*(python_values(column) for column in near.columns), strict=True)
        sides = (python_values(side.slice(0, missing)) for side in wrong)
        for key, first, second in zip(named, *sides, strict=True):
            values = map(_plain, key)
            shown = dict(zip(near.column_names, values, strict=True))
            self.samples.append(
                {"key": shown, "training": _plain(first), "serving": _plain(second)}
            )


def _compare(one: Any, other: Any, tolerance: tuple[float, float]) -> tuple[Array, Array, Array]:
    """Which rows differ, and which of them have a value on the first, and on the second side only."""
    missing = [side.is_null().to_numpy(zero_copy_only=False) for side in (one, other)]
    only_first, only_second = ~missing[0] & missing[1], missing[0] & ~missing[1]
    both = ~missing[0] & ~missing[1]
    if pt.is_null(one.type) or pt.is_null(other.type):
        equal = np.zeros(len(both), bool)
    elif pt.is_integer(one.type) and pt.is_integer(other.type):
        equal = _filled(pc.equal(one, other))
    elif is_number(one.type) and is_number(other.type):
        equal = _close(_floats(one), _floats(other), tolerance)
    elif one.type == other.type and not pt.is_nested(one.type):
        equal = _filled(pc.equal(one, other))
    elif all(pt.is_date(side.type) or pt.is_timestamp(side.type) for side in (one, other)):
        equal = _filled(
            pc.equal(*(side.cast(pa.timestamp("us"), safe=False) for side in (one, other)))
        )
    elif is_text(one.type) and is_text(other.type):
        equal = _filled(pc.equal(one.cast(pa.large_binary()), other.cast(pa.large_binary())))
    else:
        pairs = zip(python_values(one), python_values(other), strict=True)
        equal = np.array(
            [type(first) is type(second) and first == second for first, second in pairs], bool
        )
    return only_first | only_second | (both & ~equal), only_first, only_second


def _close(one: Array, other: Array, tolerance: tuple[float, float]) -> Array:
    relative, absolute = tolerance
    with np.errstate(invalid="ignore", over="ignore"):
        limit = np.maximum(relative * np.maximum(np.abs(one), np.abs(other)), absolute)
        near = np.abs(one - other) <= limit
    finite = np.isfinite(one) & np.isfinite(other)
    equal: Array = np.where(finite, near, (one == other) | (np.isnan(one) & np.isnan(other)))
    return equal


def _fits(expected: Array, found: Array) -> bool:
    return bool(np.isclose(expected, found, rtol=1e-3, atol=1e-9).mean() >= _CONSTANT)


def _filled(equal: Any) -> Array:
    filled: Array = pc.fill_null(equal, False).to_numpy(zero_copy_only=False)
    return filled


def _decoded(column: Any) -> Any:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.dictionary_decode() if pt.is_dictionary(array.type) else array


def _floats(array: Any) -> Array:
    numbers = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, np.float64)


def _related(types: tuple[str, str]) -> bool:
    """Whether the types are but widths of one kind."""
    kinds = [
        "text" if "string" in name else name.rstrip("0123456789").lstrip("u") for name in types
    ]
    numbers = {"int", "float", "double", "halffloat"}
    return kinds[0] == kinds[1] or set(kinds) <= numbers


def _shown(value: Any) -> str | None:
    return None if value is None else shown_text(value)[:_MOST_LETTERS]


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    return shown_text(value)[:_MOST_LETTERS]
