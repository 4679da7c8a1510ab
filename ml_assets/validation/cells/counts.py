"""The first pass: how often each value occurs, the extremes, and a sample of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.validation.cells.source import (
    ColumnKind,
    Source,
    as_numbers,
    column_kind,
    simplified,
)

# A column with more different values is known by its sample and its extremes only.
CAPACITY = 100_000
SAMPLE_ROWS = 20_000
EXTREMES = 64


@dataclass(frozen=True)
class ColumnCounts:
    """What one column holds.

    Attributes
    ----------
    name : str
        The column.
    kind : str
        ``text``, ``number``, ``time`` or ``bool``.
    values, counts : pyarrow.Array and ndarray of int64
        The different values, most frequent first, and how often each occurs; of the sample only where
        `is_complete` is false.
    rows : int
        How many cells have a value.
    is_complete : bool
        Whether there are at most `CAPACITY` different values, so that all are counted.
    sample : pyarrow.Array
        The column of the sampled rows, null where there is no value.
    lows, highs : ndarray of float64
        The `EXTREMES` least and greatest different numbers, most extreme first; empty for texts.
    """

    name: str
    kind: ColumnKind
    values: Any
    counts: Any
    rows: int
    is_complete: bool
    sample: Any
    lows: Any
    highs: Any


@dataclass
class _State:
    """What is gathered of one column while its batches are read."""

    counted: list[Any] = field(default_factory=list)
    waiting: int = 0
    rows: int = 0
    is_complete: bool = True
    sample: list[Any] = field(default_factory=list)
    lows: Any = field(default_factory=lambda: np.empty(0))
    highs: Any = field(default_factory=lambda: np.empty(0))


def count_columns(source: Source, columns: Sequence[str]) -> list[ColumnCounts]:
    """Count the values of the columns, which must all be of a kind that is judged."""
    states = {name: _State() for name in columns}
    picked = sampled_rows(source.num_rows)
    first_row = 0
    for batch in source.batches(columns):
        places = picked[(picked >= first_row) & (picked < first_row + batch.num_rows)] - first_row
        for name in columns:
            _add(states[name], simplified(batch.column(name)), pa.array(places))
        first_row += batch.num_rows
    types = {name: source.schema.field(name).type for name in columns}
    return [_counts(name, types[name], state) for name, state in states.items()]


def sampled_rows(num_rows: int) -> Any:
    """Give the positions of the rows that are sampled, in order; the same for the same number."""
    if num_rows <= SAMPLE_ROWS:
        return np.arange(num_rows)
    picked = np.random.default_rng(0).choice(num_rows, SAMPLE_ROWS, replace=False)
    return np.sort(picked)


def _add(state: _State, array: Any, places: Any) -> None:
    state.sample.append(array.take(places))
    values = array.drop_null()
    state.rows += len(values)
    if column_kind(array.type) in ("number", "time"):
        numbers = as_numbers(values)
        state.lows = _least(np.concatenate([state.lows, numbers]))
        state.highs = -_least(-np.concatenate([state.highs, numbers]))
    if state.is_complete and len(values):
        counted = pc.value_counts(values)
        state.counted.append(pa.table({"value": counted.field(0), "count": counted.field(1)}))
        state.waiting += len(counted)
        if state.waiting > 2 * CAPACITY:
            _compact(state)


def _least(numbers: Any) -> Any:
    return np.unique(numbers)[:EXTREMES]


def _compact(state: _State) -> None:
    table = pa.concat_tables(state.counted)
    summed = table.group_by("value", use_threads=False).aggregate([("count", "sum")])
    summed = summed.rename_columns({"count_sum": "count"}).select(["value", "count"])
    state.is_complete = summed.num_rows <= CAPACITY
    state.counted = [summed] if state.is_complete else []
    state.waiting = summed.num_rows


def _counts(name: str, arrow: Any, state: _State) -> ColumnCounts:
    kind = column_kind(arrow)
    if kind is None:
        raise AssertionError(f"column {name!r} is not of a kind that is judged")
    sample = pa.concat_arrays(state.sample)
    if state.counted:
        _compact(state)
    if not state.is_complete or not state.counted:
        counted = pc.value_counts(sample.drop_null())
        state.counted = [pa.table({"value": counted.field(0), "count": counted.field(1)})]
    by_count = [("count", "descending"), ("value", "ascending")]
    table = state.counted[0].sort_by(by_count).combine_chunks()
    values = table["value"].chunk(0) if table.num_rows else pa.array([], sample.type)
    counts = table["count"].to_numpy()
    return ColumnCounts(
        name, kind, values, counts, state.rows, state.is_complete, sample, state.lows, state.highs
    )
