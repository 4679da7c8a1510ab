"""`infer_schema`: TFDV's function of that name, and beyond it ranges, lengths and keys.

What is concluded from one column's values is in `infer_values`.
"""

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any, TypedDict

from ml_assets.schema.infer_values import domain_of, limits_of, looks_like_key
from ml_assets.schema.model import SERVING, TYPES, Feature, Schema
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics

MAX_DOMAIN_SIZE = 100


class InferenceOptions(TypedDict, total=False):
    """The options of `infer_schema`, for functions that pass them on."""

    infer_feature_shape: bool
    max_string_domain_size: int
    range_margin: float | None
    presence_margin: float | None
    leave_out_empty: bool
    absent_in_serving: Collection[str]


def infer_schema(
    statistics: DatasetStatistics,
    *,
    infer_feature_shape: bool = True,
    max_string_domain_size: int = MAX_DOMAIN_SIZE,
    range_margin: float | None = 0.5,
    presence_margin: float | None = None,
    leave_out_empty: bool = False,
    absent_in_serving: Collection[str] = (),
) -> Schema:
    """Infer what data like these must look like.

    As TFDV does: a column that always has a value must have one in every row, another one at least one.
    Ints of 0 and 1, and texts such as ``true`` and ``false``, hold bools; texts that are whole numbers
    hold ints; other texts with few values get them as their domain.

    Beyond TFDV, unless `range_margin` is None: a number gets the range seen with a margin that never
    crosses zero, and may be NaN or infinite only if one was; texts that all are numbers, and have no
    domain, hold floats; other texts without a domain get a range of lengths; dates and timestamps get a
    first year, and no last one, since time goes on; a column whose values look like keys must not repeat
    them, and its numbers get no range, since new rows have keys beyond the known ones. Texts of 20 rows
    or more of which more than half occur once name rows, and get no domain; nor do texts of more than 200
    characters.

    Parameters
    ----------
    statistics : DatasetStatistics
        Of the training data.
    infer_feature_shape : bool
        Whether a column that always has a value gets `fixed_shape`: a row without one then is an anomaly
        twice, as in TFDV.
    max_string_domain_size : int
        A text column with at most this many values gets a domain, >= 0.
    range_margin : float, optional
        How far beyond what was seen a number, a length or a date may lie, as a share of the range seen,
        >= 0. None infers only what TFDV does.
    presence_margin : float, optional
        Of a column that sometimes lacks a value, how many more rows may lack one than did, as a share of
        those, >= 0: 1 allows twice as many. None asks for a single value, as TFDV does.
    leave_out_empty : bool
        Whether a column without a single value is left out, with the reason. By default it is a feature
        that may be absent; a string where its type is not known.
    absent_in_serving : collection of str
        The columns that do not exist yet at the moment of prediction, such as the label.

    Returns
    -------
    Schema
        Not yet reviewed. The data that it was inferred from have no anomaly. Lists and structs are left
        out, with the reason.
    """
    reasons = [
        (column, _reason_to_leave_out(column, leave_out_empty)) for column in statistics.features
    ]
    described = [column for column, reason in reasons if not reason]
    features = (
        replace(
            _feature(column, max_string_domain_size, range_margin),
            fixed_shape=infer_feature_shape and not column.num_missing and column.num_rows > 0,
            not_in=(SERVING,) if column.name in absent_in_serving else (),
            **_presence(column, presence_margin),
        )
        for column in described
    )
    left_out = tuple((column.name, reason) for column, reason in reasons if reason)
    return Schema(features=tuple(features), left_out=left_out)


def _reason_to_leave_out(column: FeatureStatistics, leave_out_empty: bool) -> str:
    if leave_out_empty and not column.num_non_missing:
        return _without_values(column)
    return "" if column.type in (*TYPES, "null") else f"{column.type} values are not supported"


def _without_values(column: FeatureStatistics) -> str:
    return f"all {column.num_rows:,} rows are without a value"


def _presence(column: FeatureStatistics, margin: float | None) -> dict[str, Any]:
    """How many rows must have a value: at least one, unless the column is empty."""
    if not column.num_non_missing:
        return {"required": False, "min_fraction": 0.0}
    if not column.num_missing:
        return {"min_fraction": 1.0}
    share = 0.0 if margin is None else 1 - (1 + margin) * column.missing_fraction
    min_fraction = max(0, math.floor(100 * share)) / 100
    return {"min_fraction": min_fraction, "min_count": 0 if min_fraction else 1}


def _feature(column: FeatureStatistics, max_domain_size: int, margin: float | None) -> Feature:
    type_: Any = "string" if column.type == "null" else column.type
    feature = Feature(column.name, type_, note=_note(column))
    feature = replace(feature, **domain_of(column, max_domain_size, only_as_tfdv=margin is None))
    if margin is None:
        is_float = "float" in (type_, feature.holds)
        return replace(feature, allow_nan=is_float, allow_inf=is_float)
    feature = replace(feature, unique=looks_like_key(column))
    return replace(feature, **limits_of(column, feature, margin))


def _note(column: FeatureStatistics) -> str:
    if not column.num_non_missing:
        return _without_values(column)
    if not column.is_constant:
        return ""
    return f"constant: {column.numeric.min}" if column.numeric is not None else "constant"
