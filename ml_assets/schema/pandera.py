"""`to_pandera`: the schema as a pandera `DataFrameSchema`, which judges single rows.

Its checks bear the names of the schema's rules: ``type``, ``domain`` and ``range``, beside pandera's own
``not_nullable`` and ``field_uniqueness``.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pandas.api import types as pt

from ml_assets.errors import DataError
from ml_assets.schema.column_types import fits_type
from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.feature_state import feature_type
from ml_assets.statistics.frame_input import column_to_arrow
from ml_assets.statistics.plain_arrow import as_floats, as_texts, plain

NOT_NULLABLE = "not_nullable"


def to_pandera(
    schema: Schema,
    environment: str | None = None,
    *,
    columns: Collection[str] | None = None,
) -> Any:
    """Give the schema as a pandera `DataFrameSchema`.

    NaN counts as a missing value, as everywhere in pandas. Columns that the schema does not know are
    allowed, and shares of rows (`min_fraction`) are not checked: see `validate_statistics` for both.

    Parameters
    ----------
    schema : Schema
        What rows must look like.
    environment : str, optional
        Only the features that are expected there.
    columns : collection of str, optional
        Only these features.

    Returns
    -------
    pandera.DataFrameSchema
        Call its ``validate(frame, lazy=True)``, which raises ``SchemaErrors`` with all failure cases.
    """
    features = schema.expected_in(environment)
    selected = [feature for feature in features if columns is None or feature.name in columns]
    return pandera.DataFrameSchema({feature.name: _column(feature) for feature in selected})


def has_row_rule(feature: Feature) -> bool:
    """Whether a single value can break what the schema says of a feature."""
    has_range = feature.min is not None or feature.max is not None
    must_be_finite = feature.type == "float" and not feature.allow_inf
    return not feature.allows_null or feature.domain is not None or has_range or must_be_finite


def _is_in_range(numbers: Any, feature: Feature) -> Any:
    """Whether each number is inside a feature's range; infinity is, where it is allowed."""
    inside = np.ones(len(numbers), bool)
    if feature.min is not None:
        inside &= np.asarray(numbers >= feature.min, bool)
    if feature.max is not None:
        inside &= np.asarray(numbers <= feature.max, bool)
    if feature.type != "float":
        return inside
    infinite = np.isinf(np.asarray(numbers, np.float64))
    return (inside | infinite) if feature.allow_inf else (inside & ~infinite)


def _column(feature: Feature) -> Any:
    has_type = _check("type", lambda column: _has_type(column, feature))
    return pandera.Column(
        checks=[*_value_checks(feature), has_type],
        nullable=feature.allows_null,
        required=feature.required,
        unique=feature.unique,
    )


def _value_checks(feature: Feature) -> list[Any]:
    """Of values that are there: pandera leaves out the missing ones."""
    if feature.domain is not None:
        domain = list(feature.domain)
        return [_check("domain", lambda column: _texts(column).isin(domain))]
    if feature.type in ("int", "float") and has_row_rule(feature):
        return [_check("range", lambda column: pd.Series(_in_range(column, feature), column.index))]
    return []


def _check(name: str, test: Any) -> Any:
    return pandera.Check(test, name=name, error=name)


def _in_range(column: Any, feature: Feature) -> Any:
    numbers = _numbers(column)
    # A column of another type fails the check of its type; comparing it would only raise.
    return True if numbers is None else _is_in_range(numbers, feature)


def _numbers(column: Any) -> Any:
    """The numbers of a column, or 0 and 1 of bools, as statistics see them; None where there are none."""
    dtype = column.dtype
    if pt.is_integer_dtype(dtype) or pt.is_float_dtype(dtype):
        # In a shorter float a limit may be infinite.
        return column.astype(np.float64) if dtype.kind == "f" else column
    array = _arrow(column)
    if feature_type(array.type) not in ("int", "float", "bool"):
        return None
    return as_floats(array).to_numpy(zero_copy_only=False)


def _texts(column: Any) -> Any:
    """The texts of a column, as statistics see them."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    array = _arrow(column)
    if feature_type(array.type) not in ("string", "bool"):
        return column
    values = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    return pd.Series(as_texts(values)[0].to_pylist(), column.index, object)


def _has_type(column: Any, feature: Feature) -> bool:
    """Whether a column has the feature's type for pandas, or for statistics, which know more of them."""
    if _has_dtype(column, feature.type):
        return True
    try:
        return fits_type(feature_type(_arrow(column).type), feature)
    except DataError:  # values of several types
        return False


def _has_dtype(column: Any, type_: str) -> bool:
    dtype = column.dtype
    match type_:
        case "int":
            is_whole = pt.is_integer_dtype(dtype) or pt.is_bool_dtype(dtype)
            return bool(is_whole) or _holds_whole_numbers(column)
        case "float":
            return bool(pt.is_numeric_dtype(dtype)) and not pt.is_bool_dtype(dtype)
        case "bool":
            return bool(pt.is_bool_dtype(dtype))
        case "string":
            return bool(pt.is_string_dtype(dtype))
        case _:
            return bool(pt.is_datetime64_any_dtype(dtype))


def _holds_whole_numbers(column: Any) -> bool:
    """Whether floats are whole: pandas turns ints into floats where some are missing."""
    return bool(pt.is_float_dtype(column.dtype)) and bool((column % 1 == 0).all())


def _arrow(column: Any) -> Any:
    array = column_to_arrow(column)
    return plain(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)
