"""Turns a pandas DataFrame into an Arrow table, column by column, whatever its columns hold.

What has an Arrow type gets it. Else numbers become floats (huge integers, fractions, numbers of several
types), and intervals and complex numbers their text. Objects of other types, such as sets, are only
counted. A column that holds texts as well as numbers is refused: only its owner knows what it should be.
"""

import datetime
import decimal
import numbers
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.types as pt

from ml_assets.errors import DataError

_CANNOT_CONVERT = (pa.ArrowException, TypeError, ValueError, ArithmeticError, AttributeError)
_TRUTHS = (bool, np.bool_)
_BYTES = (bytes, bytearray, memoryview)
_CONTAINERS = (list, tuple, dict)
_TIMES = (datetime.date, np.datetime64)
_AS_TEXT = (complex, np.complexfloating, pd.Interval, pd.Period, uuid.UUID)
_SCALARS = (
    str, numbers.Number, np.generic, datetime.time, datetime.timedelta,
    *_TRUTHS, *_BYTES, *_TIMES, *_AS_TEXT,
)  # fmt: skip


def frame_to_arrow(frame: Any) -> Any:
    """Give a DataFrame as an Arrow table without its index; names become strings, NaN a missing value.

    In a column of objects that are floats, only None (and NA) is a missing value.

    Raises
    ------
    DataError
        Naming all columns that hold values of several types.
    """
    names = [column_name(name) for name in frame.columns]
    arrays, mistakes = [], []
    for place, name in enumerate(names):
        try:
            arrays.append(column_to_arrow(frame.iloc[:, place]))
        except DataError as error:
            mistakes.append(f"column '{name}' cannot be described: {error}")
    if mistakes:
        raise DataError("\n".join(mistakes))
    return pa.table(arrays, names=names) if names else rows_without_columns(len(frame))


def column_name(name: Any) -> str:
    """Give a name as a string that can be written as UTF-8."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def rows_without_columns(rows: int) -> Any:
    """Give an Arrow table that has rows but no columns."""
    empty = pa.array([{}] * rows, pa.struct([]))
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(empty)])


def column_to_arrow(series: Any) -> Any:
    """Give a Series as an Arrow array, in one or several chunks; NaN is a missing value.

    Raises
    ------
    DataError
        If it holds values of several types.
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        values = _one_chunk(column_to_arrow(pd.Series(series.cat.categories)))
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), values)
    if isinstance(dtype, pd.SparseDtype):
        return column_to_arrow(series.sparse.to_dense())
    if isinstance(dtype, pd.IntervalDtype) or dtype.kind == "c":
        return _as_text(series)
    try:
        if isinstance(dtype, pd.PeriodDtype):
            series = series.dt.to_timestamp()
        if isinstance(dtype, pd.DatetimeTZDtype):
            return _zoned_moments(series)
        if dtype.kind == "O" and any(isinstance(value, _CONTAINERS) for value in series):
            return _objects_to_arrow(series)  # Arrow ends the process at a list that holds itself.
        array = pa.array(series, from_pandas=True)
    except _CANNOT_CONVERT:
        return _objects_to_arrow(series)
    if dtype.kind == "O" and pt.is_floating(array.type):
        return _floats_with_nan(series)
    # Of dates and moments together Arrow makes dates, and so loses the time of the day.
    return _objects_to_arrow(series) if dtype.kind == "O" and pt.is_date(array.type) else array


def _floats_with_nan(series: Any) -> Any:
    """Floats in a column of objects: there None is a missing value, and NaN is NaN."""
    values = series.tolist()
    floats = [value if isinstance(value, numbers.Real) else None for value in values]
    return pa.array(floats, pa.float64())


def _zoned_moments(series: Any) -> Any:
    moments = pa.array(series.dt.tz_convert(None), from_pandas=True)
    zoned = pa.timestamp(moments.type.unit, pa.lib.tzinfo_to_string(series.dt.tz))
    return moments.cast(pa.int64()).cast(zoned)


def _one_chunk(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _objects_to_arrow(series: Any) -> Any:
    """What Arrow has no type for."""
    kinds = {type(value) for value in _present(series)}
    try:
        array = _array_of_one_kind(series, kinds)
    except _CANNOT_CONVERT:
        array = _as_text(series)
    if array is not None:
        return array
    scalars = [kind for kind in kinds if issubclass(kind, _SCALARS)]
    if len(kinds) > 1 and scalars:
        listed = ", ".join(sorted(kind.__name__ for kind in kinds)[:5])
        raise DataError(f"it holds values of {len(kinds)} types ({listed}). Convert it to one.")
    return _as_text(series) if scalars else _only_counted(series)


def _array_of_one_kind(series: Any, kinds: set[type]) -> Any:
    """The column as Arrow, if all its values are of one kind that has an Arrow type; else None."""

    def all_are(*types: type) -> bool:
        return bool(kinds) and all(issubclass(kind, types) for kind in kinds)

    if all_are(*_TRUTHS):
        return _converted(series, bool, pa.bool_())
    if any(issubclass(kind, _TRUTHS) for kind in kinds):
        return None
    if all_are(numbers.Real, decimal.Decimal):
        return _converted(series, float, pa.float64())
    if all_are(str):  # surrogates, which UTF-8 has no bytes for
        return _converted(series, lambda text: text.encode("utf-8", "surrogatepass"), pa.binary())
    if all_are(*_BYTES):
        return _converted(series, bytes, pa.binary())
    if kinds == {datetime.date}:
        return _converted(series, lambda value: value, pa.date32())
    if all_are(*_TIMES):
        return _converted(series, pd.Timestamp, pa.timestamp("us"))
    if all_are(*_AS_TEXT) or all_are(numbers.Complex, decimal.Decimal):
        return _as_text(series)
    return None


def _present(series: Any) -> list[Any]:
    values: list[Any] = series[~_is_missing(series)].tolist()
    return values


def _is_missing(series: Any) -> Any:
    try:
        return np.asarray(series.isna(), dtype=bool)
    except decimal.InvalidOperation:  # of a signalling NaN
        is_nan = [
            isinstance(value, decimal.Decimal) and value.is_nan() for value in series.tolist()
        ]
        return np.array(is_nan) | _is_missing(series.mask(is_nan))


def _converted(series: Any, convert: Any, type_: Any) -> Any:
    pairs = zip(series.tolist(), _is_missing(series).tolist(), strict=True)
    return pa.array([None if missing else convert(value) for value, missing in pairs], type_)


def _as_text(series: Any) -> Any:
    return _converted(series, lambda value: column_name(str(value)), pa.string())


def _only_counted(series: Any) -> Any:
    return _converted(series, lambda value: [], pa.list_(pa.null()))
