"""Names the rows in which a value became frequent: one airport whose delays are stuck at 0."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.statistics.arrow_input import record_batches
from ml_assets.statistics.plain_arrow import as_floats, is_text, plain
from ml_assets.statistics.points import Array

# So many rows are looked at, in columns with at most so many different texts.
_MOST_ROWS, _MOST_VALUES = 500_000, 500
_IN_NEARLY_ALL, _EXPLAINS = 0.95, 0.8


def group_text(current: Any, feature: str, value: float | None, before: float, now: float) -> str:
    """Say which rows have the value now, where one value of another column tells; else give nothing.

    Parameters
    ----------
    current : Table, pandas.DataFrame, pyarrow.Table, ...
        The current rows.
    feature : str
        The column with the value.
    value : float, optional
        The number that became frequent; None stands for missing values.
    before, now : float
        Its share of the rows.
    """
    table = _first_rows(current)
    if feature not in table.column_names:
        return ""
    column = plain(table[feature].combine_chunks())
    missing = column.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    # The statistics hold numbers as floats, so they are compared as floats.
    has_value = missing if value is None else ~missing & (_floats(column) == value)
    text = ""
    least = _EXPLAINS * (now - before)
    for name in table.column_names:
        other = plain(table[name].combine_chunks())
        if name == feature or not (is_text(other.type) or pt.is_dictionary(other.type)):
            continue
        group = _group(other, has_value, least)
        if group:
            text, least = f"in {group[0]:.0%} of the rows where {name} is {group[1]!r}", group[2]
    return text


def _floats(column: Any) -> Array:
    return np.asarray(as_floats(column).to_numpy(zero_copy_only=False), np.float64)


def _group(other: Any, has_value: Array, least: float) -> tuple[float, str, float] | None:
    """The share of the group's rows with the value, the group, and its share of all rows."""
    coded = other if pt.is_dictionary(other.type) else pc.dictionary_encode(other)
    if len(coded.dictionary) > _MOST_VALUES:
        return None
    codes = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)
    size = len(coded.dictionary) + 1
    rows, hits = np.bincount(codes, minlength=size), np.bincount(codes[has_value], minlength=size)
    shares = hits / np.maximum(rows, 1)
    fits = (shares >= _IN_NEARLY_ALL) & (hits >= least * len(has_value))
    fits[-1] = False
    if not fits.any():
        return None
    most = int(np.argmax(np.where(fits, hits, -1)))
    name = str(coded.dictionary[most].as_py())[:40]
    return float(shares[most]), name, float(hits[most]) / len(has_value)


def _first_rows(data: Any) -> Any:
    batches, rows = [], 0
    for batch in record_batches(data):
        batches.append(batch)
        rows += batch.num_rows
        if rows >= _MOST_ROWS:
            break
    return pa.Table.from_batches(batches)
