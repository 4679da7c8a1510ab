"""`to_pandera`: the schema as a pandera `DataFrameSchema`, which judges single rows.

Its checks bear the names of the schema's rules: ``type``, ``domain`` and ``range``, beside pandera's own
``not_nullable`` and ``field_uniqueness``.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandas.api import types as pt

from ml_assets.schema.model import Feature, Schema

NOT_NULLABLE = "not_nullable"


def to_pandera(
    schema: Schema,
    environment: str | None = None,
    *,
    columns: Collection[str] | None = None,
    types: bool = True,
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
    types : bool
        Whether the types of the columns are checked as well.

    Returns
    -------
    pandera.DataFrameSchema
        Call its ``validate(frame, lazy=True)``, which raises ``SchemaErrors`` with all failure cases.
    """
    features = schema.expected_in(environment)
    wanted = [f for f in features if columns is None or f.name in columns]
    return pandera.DataFrameSchema({f.name: _column(f, types) for f in wanted})


def has_row_rule(feature: Feature) -> bool:
    """Whether a single value can break what the schema says of a feature."""
    has_range = feature.min is not None or feature.max is not None
    must_be_finite = feature.type == "float" and not feature.allow_inf
    return not feature.allows_null or feature.domain is not None or has_range or must_be_finite


def is_in_range(values: Any, feature: Feature) -> Any:
    """Whether each number is inside a feature's range; infinity is, where it is allowed."""
    inside = np.ones(len(values), bool)
    if feature.min is not None:
        inside &= np.asarray(values >= feature.min, bool)
    if feature.max is not None:
        inside &= np.asarray(values <= feature.max, bool)
    if feature.type != "float":
        return inside
    infinite = np.isinf(np.asarray(values, np.float64))
    return (inside | infinite) if feature.allow_inf else (inside & ~infinite)


def _column(feature: Feature, types: bool) -> Any:
    checks = _value_checks(feature)
    if types:
        checks.append(_check("type", lambda column: _has_type(column, feature)))
    return pandera.Column(
        checks=checks,
        nullable=feature.allows_null,
        required=feature.required,
        unique=feature.unique,
    )


def _value_checks(feature: Feature) -> list[Any]:
    """Of values that are there: pandera leaves out the missing ones."""
    if feature.domain is not None:
        domain = list(feature.domain)
        return [_check("domain", lambda column: column.isin(domain))]
    if feature.type in ("int", "float") and has_row_rule(feature):
        return [_check("range", lambda column: pd.Series(_in_range(column, feature), column.index))]
    return []


def _in_range(column: Any, feature: Feature) -> Any:
    # A column of another type fails the check of its type; comparing it would only raise.
    return is_in_range(column, feature) if pt.is_numeric_dtype(column.dtype) else True


def _check(name: str, test: Any) -> Any:
    return pandera.Check(test, name=name, error=name)


def _has_type(column: Any, feature: Feature) -> bool:
    dtype = column.dtype
    match feature.type:
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
            return bool(pt.is_datetime64_any_dtype(dtype)) or _holds_dates(column)


def _holds_whole_numbers(column: Any) -> bool:
    """Whether floats are whole: pandas turns ints into floats where some are missing."""
    return bool(pt.is_float_dtype(column.dtype)) and bool((column % 1 == 0).all())


def _holds_dates(column: Any) -> bool:
    return bool(pd.api.types.infer_dtype(column, skipna=True) in ("date", "datetime", "empty"))
