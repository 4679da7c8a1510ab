"""Turns raw columns of any dtype into what encoders take: numbers, texts, moments, date parts.

These functions live inside the fitted transform, and so inside the model: they accept whatever dtype
serving hands over (int for float, objects with None, ISO texts for dates) and give the same values as in
training. What cannot be read as the column's type raises `DataError`, never a silent null.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml_assets.errors import DataError

Matrix = npt.NDArray[Any]


def to_numbers(frame: pd.DataFrame) -> Matrix:
    """Give columns of numbers or booleans as float64: null and infinity become NaN, true becomes 1.

    Raises
    ------
    DataError
        If a value is neither a number nor the text of one.
    """
    return _stack(frame, _numbers)


def parse_numbers(frame: pd.DataFrame) -> Matrix:
    """Give columns of text as float64; a text that is not a finite number becomes NaN."""
    return _stack(frame, _parsed_numbers)


def to_seconds(frame: pd.DataFrame) -> Matrix:
    """Give columns of dates or timestamps as seconds since 1970 in UTC; null becomes NaN."""
    return _stack(frame, _seconds)


def to_texts(frame: pd.DataFrame) -> Matrix:
    """Give columns as objects: text, or NaN for null. A whole number reads the same as int and float."""
    return _stack(frame, _texts, dtype=object)


def to_date_parts(frame: pd.DataFrame, parts: Mapping[str, Sequence[str]]) -> Matrix:
    """Give the named parts of each column's moment (UTC, or as written where there is no zone).

    Parameters
    ----------
    frame : DataFrame
        Columns of dates or timestamps.
    parts : mapping of str to sequence of str
        For each column, any of ``month`` (1-12), ``day`` (1-31), ``day_of_week`` (Monday is 0),
        ``hour`` and ``minute``.

    Returns
    -------
    ndarray of float64
        One column for each part, in the order of `parts`; null becomes NaN.
    """
    columns = [_date_part(_moments(frame[name]), part) for name in parts for part in parts[name]]
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _stack(
    frame: pd.DataFrame, convert: Callable[["pd.Series[Any]"], Matrix], dtype: Any = np.float64
) -> Matrix:
    matrix = np.empty(frame.shape, dtype=dtype)
    for position, name in enumerate(frame.columns):
        matrix[:, position] = convert(frame[name])
    return matrix


def _numbers(column: "pd.Series[Any]") -> Matrix:
    if column.dtype.kind not in "biufO":
        raise _wrong_type(column, "numbers")
    try:
        values = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise _wrong_type(column, "numbers") from error
    return np.where(np.isinf(values), np.nan, values)


def _parsed_numbers(column: "pd.Series[Any]") -> Matrix:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isinf(values), np.nan, values)


def _seconds(column: "pd.Series[Any]") -> Matrix:
    moments = _moments(column)
    seconds = moments.to_numpy("datetime64[us]").astype(np.int64) / 1e6
    return np.where(moments.isna(), np.nan, seconds)


def _texts(column: "pd.Series[Any]") -> Matrix:
    values = column.astype(object).to_numpy()
    if _is_text(column):
        return np.where(column.isna(), np.nan, values)
    if column.dtype.kind in "biuf":
        codes, uniques = pd.factorize(column)
        return np.array([*map(_text, uniques), np.nan], dtype=object)[codes]
    missing = column.isna()
    texts = [
        np.nan if is_missing else _text(value)
        for value, is_missing in zip(values, missing, strict=True)
    ]
    return np.array(texts, dtype=object)


def _text(value: Any) -> str:
    # A column of whole numbers with a null arrives as floats.
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _moments(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column as datetime64 without a zone, in UTC where it had one."""
    if column.dtype.kind in "biuf" and not column.isna().all():
        raise _wrong_type(column, "dates or timestamps")
    texts = column.astype(object) if column.dtype.kind in "biuf" else column
    try:
        moments = pd.to_datetime(texts, format="ISO8601", utc=True)
    except (ValueError, TypeError) as error:
        raise _wrong_type(column, "dates or timestamps") from error
    return moments.dt.tz_localize(None)


def _date_part(moments: "pd.Series[Any]", part: str) -> Matrix:
    values = getattr(moments.dt, part)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _is_text(column: "pd.Series[Any]") -> bool:
    return isinstance(column.dtype, pd.StringDtype)


def _wrong_type(column: "pd.Series[Any]", expected: str) -> DataError:
    return DataError(
        f"column '{column.name}' must hold {expected}; found values of dtype {column.dtype} that cannot "
        f"be read as such. Check the column's type in the schema and in the data."
    )
