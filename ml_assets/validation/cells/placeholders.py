"""Disguised missing values: texts and numbers that stand for no value."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import Suspicion, quoted, times
from ml_assets.validation.cells.source import as_numbers

# In a larger share of the rows a placeholder is a habit of the source: a matter of the schema.
MAX_TEXT_FRACTION, MAX_NUMBER_FRACTION = 0.01, 0.05
CLEAR = frozenset({
    "n/a", "na", "n.a.", "#n/a", "n\\a", "nan", "nat", "null", "(null)", "<null>", "nil", "missing",
    "undefined", "unspecified", "#null!", "#value!", "#ref!", "?", "??", "???", "-", "--",
    "---", ".", "..", "*", "tbd", "tba", "xxx", "xxxx", "not available", "not applicable",
    "not specified", "no data", "(blank)", "no value",
})  # fmt: skip
DOUBTFUL = frozenset({"unknown", "unk", "none", "not known", "other/unknown", "dummy", "test"})
_CLEAR_SCORE, _DOUBTFUL_SCORE, _NUMBER_SCORE = 0.9, 0.6, 0.95
_NINES = tuple(int("9" * digits) for digits in range(2, 10))
_NUMBERS = frozenset([-1, *_NINES, *(-nines for nines in _NINES), -88, -888, -8888, 888888])
_TIMES = tuple(
    np.datetime64(day, "us").astype(np.int64).item()
    for day in ("1900-01-01", "1970-01-01", "1899-12-30", "1899-12-31", "1904-01-01", "0001-01-01",
                "1753-01-01", "9999-12-31", "2099-12-31", "2999-12-31")
)  # fmt: skip


def placeholders(column: ColumnCounts) -> dict[int, Suspicion]:
    """Find the values that stand for no value, by their place.

    A text is known by its letters; a number or a time must also lie apart from all others: no nearer to
    the next one than half of what the middle 90 % of them span, or be the only negative number.
    """
    if not len(column.values) or column.kind == "bool":
        return {}
    if column.kind == "text":
        return _texts(column)
    return _numbers(column) if column.is_complete else {}


def _texts(column: ColumnCounts) -> dict[int, Suspicion]:
    suspicions = {}
    limit = max(2, MAX_TEXT_FRACTION * column.counts.sum())
    for place in np.flatnonzero(column.counts <= limit).tolist():
        text = column.values[place].as_py()
        if len(text) > 20:
            continue
        folded = text.strip().casefold()
        if folded in CLEAR or folded in DOUBTFUL:
            score = _CLEAR_SCORE if folded in CLEAR else _DOUBTFUL_SCORE
            suspicions[place] = _suspicion(score, quoted(text), int(column.counts[place]))
    return suspicions


def _suspicion(score: float, value: str, count: int) -> Suspicion:
    text = f"{value} occurs {times(count)} and stands for no value"
    return Suspicion(score, "placeholder", text)


def _numbers(column: ColumnCounts) -> dict[int, Suspicion]:
    numbers = as_numbers(column.values)
    is_time = pt.is_timestamp(column.values.type)
    candidates = np.array(sorted(_TIMES if is_time else _NUMBERS), float)
    suspects = np.isin(numbers, candidates) & (
        column.counts <= max(2, MAX_NUMBER_FRACTION * column.counts.sum())
    )
    if not suspects.any() or (~suspects).sum() < 2:
        return {}
    return {
        place: _suspicion(_NUMBER_SCORE, shown_number(column, place), int(column.counts[place]))
        for place in np.flatnonzero(suspects).tolist()
        if _is_apart(numbers[place], numbers[~suspects], column.counts[~suspects])
    }


def _is_apart(number: float, others: Any, counts: Any) -> bool:
    if number < 0 and others.min() >= 0:
        return True
    order = np.argsort(others)
    ranks = np.cumsum(counts[order]) / counts.sum()
    low, high = others[order][np.searchsorted(ranks, [0.05, 0.95])]
    apart = max(others.min() - number, number - others.max())
    return bool(apart > max(0.5 * (high - low), 0.0))


def shown_number(column: ColumnCounts, place: int) -> str:
    """Give a number or a time as a short text."""
    return shown_scalar(column.values[place])


def shown_scalar(scalar: Any) -> str:
    """Give an Arrow scalar as a short text; a time at midnight as a date."""
    if pt.is_timestamp(scalar.type):
        text = str(scalar.cast(pa.timestamp("us")).cast(pa.string()).as_py())
        return text.removesuffix("Z").removesuffix(" 00:00:00.000000")
    return str(scalar.as_py())
