"""Cuts a column of numbers or times at its quantiles, and names the ends of each bin."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NULL = "(null)"


def ordered_values(column: "pd.Series[Any]") -> NDArray[Any] | None:
    """Give the values of a column of numbers or times, in an order; None for any other column."""
    kind = column.dtype
    if (
        pd.api.types.is_object_dtype(kind)
        and pd.api.types.infer_dtype(column, skipna=True) == "date"
    ):
        return pd.to_datetime(column).astype("int64").to_numpy()
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
        return column.astype("int64").to_numpy()
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return None


def quantile_bins(
    column: "pd.Series[Any]", values: NDArray[Any], most: int
) -> tuple[NDArray[np.intp], list[tuple[str, str]]]:
    """Cut a column into bins of about equal size.

    Parameters
    ----------
    column : Series
        Numbers or times.
    values : array
        What `ordered_values` gave of it.
    most : int
        How many bins, at most; a column of fewer values has a bin for each.

    Returns
    -------
    array of int, list of (str, str)
        The bin of each row, and the lowest and the highest value in each bin, as text. Bins ascend; where
        nulls occur, the last bin is theirs, and both of its ends are `NULL`.
    """
    is_null = column.isna().to_numpy()
    present = values[~is_null]
    distinct = np.unique(present) if len(present) else present
    levels = np.linspace(0, 1, most + 1)[1:-1]
    # Values that occur, not means of two: the text says what is in the bin.
    edges = (
        np.unique(np.quantile(present, levels, method="inverted_cdf")) if len(present) else present
    )
    if len(distinct) <= most:
        edges = distinct[:-1]
    codes = np.where(is_null, len(edges) + 1, np.searchsorted(edges, values, "left"))
    used, codes = np.unique(codes, return_inverse=True)
    ends = _ends(column, values, codes, len(used) - int(is_null.any()))
    return codes, [*ends, (NULL, NULL)] if is_null.any() else ends


def _ends(
    column: "pd.Series[Any]", values: NDArray[Any], codes: NDArray[Any], count: int
) -> list[tuple[str, str]]:
    order = np.lexsort((values, codes))
    last = np.cumsum(np.bincount(codes, minlength=count))[:count]
    first = np.concatenate(([0], last[:-1])).astype(int)
    pairs = zip(order[first], order[last - 1], strict=True) if count else ()
    return [(_text(column.iloc[low]), _text(column.iloc[high])) for low, high in pairs]


def _text(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return f"{plain:.6g}"
    return str(plain.isoformat() if hasattr(plain, "isoformat") else plain)
