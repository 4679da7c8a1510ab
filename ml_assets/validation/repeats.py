"""Which rows repeat the value of an earlier one, in columns whose values must all differ."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ml_assets.statistics.arrow_input import record_batches
from ml_assets.statistics.feature_state import feature_type
from ml_assets.statistics.plain_arrow import is_text

Rows = NDArray[np.int64]


def repeated_rows(table: Any, column: str, batch_rows: int) -> Rows:
    """Give the positions of the rows that repeat an earlier row's value, ascending.

    Missing values, NaN and infinity repeat nothing. Needs sixteen bytes of memory for each row.

    Parameters
    ----------
    table : Table or pyarrow.Table
        The rows.
    column : str
        The column.
    batch_rows : int
        About how many rows are read at a time, >= 1.
    """
    keys: list[Any] = []
    places: list[Rows] = []
    first_row = 0
    for batch in record_batches(table, [column], batch_rows):
        array = batch.column(0)
        rows, batch_keys = _keys(array)
        keys.append(batch_keys)
        places.append(first_row + rows)
        first_row += batch.num_rows
    key, place = np.concatenate(keys), np.concatenate(places)
    order = np.argsort(key, kind="stable")
    again = order[1:][key[order][1:] == key[order][:-1]]
    return np.sort(place[again])


def _keys(array: Any) -> tuple[Rows, NDArray[Any]]:
    """The positions of the values that are there, and 64 bits for each: equal ones for equal values."""
    if feature_type(array.type) == "nested":
        return np.empty(0, np.int64), np.empty(0, np.uint64)
    if pa.types.is_duration(array.type) or pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())  # a column has one unit
    elif pa.types.is_date(array.type):
        array = array.cast(pa.int32() if pa.types.is_date32(array.type) else pa.int64())
    elif is_text(array.type):
        array = array.cast(pa.large_binary())  # some may not be UTF-8
    is_present = array.is_valid().to_numpy(zero_copy_only=False)
    values = pd.Series(array.drop_null().to_pandas(), dtype=None)
    if feature_type(array.type) == "float":
        numbers = values.astype("float64").to_numpy() + 0.0  # -0.0 is 0.0
        finite = np.isfinite(numbers)
        return np.flatnonzero(is_present)[finite], pd.util.hash_array(numbers[finite])
    hashed = pd.util.hash_pandas_object(values, index=False).to_numpy()
    return np.flatnonzero(is_present), hashed
