"""The mergeable state of one column: rows, missing values, and the state that fits its type."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from ml_assets.errors import DataError
from ml_assets.statistics.category_state import CategoryState, category_state, merge_category
from ml_assets.statistics.model import FeatureType
from ml_assets.statistics.numeric_state import NumericState, merge_numeric, numeric_state
from ml_assets.statistics.plain_arrow import (
    as_floats,
    as_microseconds,
    count_missing,
    is_missing,
    is_text,
    plain,
)
from ml_assets.statistics.points import Array
from ml_assets.statistics.time_state import TimeState, merge_time, time_state
from ml_assets.statistics.weighted_state import (
    WeightedState,
    merge_weighted,
    weighted_counts,
    weighted_numbers,
    weighted_texts,
)

Described = NumericState | CategoryState | TimeState


@dataclass(frozen=True)
class FeatureState:
    """What is known of the rows of one column seen so far."""

    type: FeatureType
    num_rows: int
    num_missing: int
    described: Described | None
    weighted: WeightedState | None = None


def feature_type(arrow: Any) -> FeatureType:
    """Give the feature type of an Arrow type."""
    if pt.is_dictionary(arrow):
        return feature_type(arrow.value_type)
    for type_, tests in _TESTS.items():
        if any(test(arrow) for test in tests):
            return type_
    return "nested"


_TESTS: dict[FeatureType, tuple[Any, ...]] = {
    "null": (pt.is_null,),
    "bool": (pt.is_boolean,),
    "int": (pt.is_integer,),
    "float": (pt.is_floating, pt.is_decimal, pt.is_duration),
    "string": (is_text, pt.is_time),
    "date": (pt.is_date,),
    "timestamp": (pt.is_timestamp,),
}


def feature_state(array: Any, weights: Array | None = None) -> FeatureState:
    """Give the state of an Arrow array of any type, and of its rows' weights where there are any."""
    array = plain(array)
    type_ = feature_type(array.type)
    missing = count_missing(array)
    values = array.drop_null() if missing and type_ != "nested" else array
    return FeatureState(
        type_,
        len(array),
        missing,
        _described(type_, values),
        None if weights is None else _weighted(type_, array, values, weights),
    )


def merge_features(name: str, first: FeatureState, second: FeatureState) -> FeatureState:
    """Give the state of both parts of a column together.

    Raises
    ------
    DataError
        If the column has different types in the two parts. An int and a float part give a float.
    """
    type_ = _common_type(first.type, second.type)
    if type_ is None:
        raise DataError(
            f"column '{name}' is {first.type} in one part of the data and {second.type} in another. "
            "Declare its type in ingest.source.types, or convert one of the parts."
        )
    return FeatureState(
        type_,
        first.num_rows + second.num_rows,
        first.num_missing + second.num_missing,
        _merge(first.described, second.described),
        _merge_weighted(first, second),
    )


def without_values(rows: int, weight: float | None) -> FeatureState:
    """Give the state of rows that have no value, and their weight where they have one."""
    weighted = None if weight is None else weighted_counts(np.empty(0), weight)
    return FeatureState("null", rows, rows, None, weighted)


def _described(type_: FeatureType, values: Any) -> Described | None:
    match type_:
        case "int" | "float":
            return numeric_state(_numbers(type_, values))
        case "bool" | "string":
            return category_state(values)
        case "date" | "timestamp":
            return time_state(_to_numpy(as_microseconds(values)), getattr(values.type, "tz", None))
        case _:
            return None


def _weighted(type_: FeatureType, array: Any, values: Any, weights: Array) -> WeightedState:
    """The state of all rows with their weights; `values` are those of the array that are not missing."""
    missing, missing_weight = is_missing(array), 0.0
    if missing.any():
        missing_weight, weights = float(weights[missing].sum()), weights[~missing]
    match type_:
        case "int" | "float":
            return weighted_numbers(_numbers(type_, values), weights, missing_weight)
        case "bool" | "string":
            return weighted_texts(values, weights, missing_weight)
        case _:
            return weighted_counts(weights, missing_weight)


def _merge_weighted(first: FeatureState, second: FeatureState) -> WeightedState | None:
    if first.weighted is None or second.weighted is None:
        return first.weighted or second.weighted
    return merge_weighted(first.weighted, second.weighted)


def _numbers(type_: FeatureType, values: Any) -> Array:
    arrow = values.type
    if pt.is_uint64(arrow):
        return _unsigned(_to_numpy(values))
    if type_ == "int":
        return _to_numpy(values.cast(pa.int64()))
    return _to_numpy(values if pt.is_float32(arrow) else as_floats(values))


def _unsigned(values: Array) -> Array:
    """As int64 where they fit, else as the nearest floats."""
    fits = not len(values) or values.max() < 2**63
    return values.astype(np.int64) if fits else values.astype(np.float64)


def _to_numpy(values: Any) -> Array:
    array: Array = values.to_numpy(zero_copy_only=False)
    return array


def _common_type(first: FeatureType, second: FeatureType) -> FeatureType | None:
    """The type of both parts together; an all-null part has any type."""
    if first == second or second == "null":
        return first
    if first == "null":
        return second
    wider: dict[frozenset[FeatureType], FeatureType] = {
        frozenset(("int", "float")): "float",
        frozenset(("date", "timestamp")): "timestamp",
    }
    return wider.get(frozenset((first, second)))


def _merge(first: Described | None, second: Described | None) -> Described | None:
    match first, second:
        case NumericState(), NumericState():
            return merge_numeric(first, second)
        case CategoryState(), CategoryState():
            return merge_category(first, second)
        case TimeState(), TimeState():
            return merge_time(first, second)
        case _:
            return first or second
