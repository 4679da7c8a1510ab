"""What is known of one column: `FeatureStatistics` and its parts, frozen, with a JSON form.

Names and meanings are TFDV's (tensorflow_metadata's ``statistics.proto``) where it has one. JSON has no
word for NaN and infinity, so an unknown number is null.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ml_assets.statistics.points import Array

FeatureType = Literal["int", "float", "string", "bool", "date", "timestamp", "null", "nested"]
Number = int | float

# The shares of the rows at which quantiles are kept: 0, 5 %, ..., 100 %.
QUANTILE_RANKS = tuple(step / 20 for step in range(21))


@dataclass(frozen=True)
class Bucket:
    """How many numbers lie in ``(low, high]``; the first bucket of a histogram includes its low end."""

    low: Number
    high: Number
    count: int


@dataclass(frozen=True)
class NumericStatistics:
    """Statistics of the finite values of an int or float column; without any, only counts are set.

    Attributes
    ----------
    num_nan, num_inf, num_zeros : int
        How many values are NaN, infinite (either sign), and zero.
    mean, std_dev : float, optional
        The mean and the population standard deviation.
    min, median, max : int or float, optional
        The extremes are exact; the median is exact if `rank_error` is 0.
    unique : int
        How many different values there are.
    unique_is_exact : bool
        Whether `unique` was counted; otherwise it is an estimate with a standard error of 2.2 %.
    rank_error : float
        The most by which the rank, 0 to 1, of the median, of a quantile or of a bucket's edge may be
        wrong.
    quantiles : tuple of numbers
        At the ranks 0, 0.05, ..., 1 (`QUANTILE_RANKS`).
    histogram, quantile_histogram : tuple of Bucket
        In buckets of equal width, and of about equal count.
    distribution : tuple of (value, count)
        At most about 500 weighted values that stand for all, ascending: every value with its exact count
        where there are few. Drift is computed from these.
    """

    num_nan: int
    num_inf: int
    num_zeros: int
    mean: float | None
    std_dev: float | None
    min: Number | None
    median: Number | None
    max: Number | None
    unique: int
    unique_is_exact: bool
    rank_error: float
    quantiles: tuple[Number, ...]
    histogram: tuple[Bucket, ...]
    quantile_histogram: tuple[Bucket, ...]
    distribution: tuple[tuple[Number, int], ...]

    @cached_property
    def points(self) -> tuple[Array, Array]:
        """The stored distribution as arrays of float64, made once: values, ascending, and counts."""
        values, counts = zip(*self.distribution, strict=True) if self.distribution else ((), ())
        return _read_only(values), _read_only(counts)


@dataclass(frozen=True)
class NumbersInText:
    """Statistics of the texts that are numbers.

    Attributes
    ----------
    num_int, num_float : int
        How many texts are an int, and how many are an int or a float (NaN and infinity are none).
    min, max : int or float, optional
        The extremes of those numbers; None where there is none.
    """

    num_int: int
    num_float: int
    min: Number | None
    max: Number | None


@dataclass(frozen=True)
class StringStatistics:
    """Statistics of the values of a string column, or of a bool column (as ``"true"`` and ``"false"``).

    Attributes
    ----------
    unique : int
        How many different values there are.
    unique_is_exact : bool
        Whether `unique` was counted; otherwise it is an estimate with a standard error of 2.2 %.
    top_values : tuple of (value, count)
        The most frequent values, most frequent first.
    value_counts : tuple of (value, count)
        The same for up to 1,000 values. Values are cut to 1,000 characters.
    count_error : int
        The most by which a count may be too small; 0 for up to 8,192 different values.
    min_length, max_length : int, optional
        In characters.
    avg_length : float, optional
        In characters.
    num_empty : int
        How many values are the empty string; it is not a missing value.
    invalid_utf8_count : int
        How many values of a binary column are not UTF-8.
    numbers : NumbersInText, optional
        Of the texts that are numbers; None where it was not looked at.
    """

    unique: int
    unique_is_exact: bool
    top_values: tuple[tuple[str, int], ...]
    value_counts: tuple[tuple[str, int], ...]
    count_error: int
    min_length: int | None
    max_length: int | None
    avg_length: float | None
    num_empty: int
    invalid_utf8_count: int
    numbers: NumbersInText | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The same as `value_counts`, by value, made once."""
        return dict(self.value_counts)

    @cached_property
    def columns(self) -> tuple[tuple[str, ...], Array]:
        """The same as the values, and an array of float64 with their counts, made once."""
        values, counts = zip(*self.value_counts, strict=True) if self.value_counts else ((), ())
        return values, _read_only(counts)

    @property
    def is_complete(self) -> bool:
        """Whether `value_counts` has every value."""
        return self.unique_is_exact and self.unique == len(self.value_counts)


@dataclass(frozen=True)
class TimeStatistics:
    """Statistics of the values of a date or timestamp column; None where there is none.

    Attributes
    ----------
    min, median, max : str, optional
        In ISO 8601.
    timezone : str, optional
        Of the column's type; None is local time without a zone.
    unique : int
        How many different values there are, as in `NumericStatistics`.
    unique_is_exact : bool
        Whether `unique` was counted.
    histogram : tuple of Bucket
        In ten or so buckets of equal width; the edges are microseconds since 1970-01-01.
    hours : tuple of int
        How many values lie in each hour of the day, 0 to 23; empty for dates.
    weekdays : tuple of int
        How many values lie on each day of the week, Monday to Sunday.
    granularity : {"year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond"}
        The greatest unit that every value is a multiple of: days and greater units by the column's own
        time zone, others by UTC. None where there is no value.
    step : int
        How many units of the granularity lie from one value to the next, where it is mostly the same
        number of them, and else a multiple of it: 15 minutes, or 7 days; otherwise 1.
    num_gaps, num_absent : int, optional
        How many gaps there are between the first and the last value, and how many steps lie in them.
        None where that is not known: below a second, and where the values form more than 8,192 runs
        without a gap.
    gaps : tuple of (first, last)
        The first and the last absent unit of the ten largest gaps, in ISO 8601, largest first.
    """

    min: str | None
    median: str | None
    max: str | None
    timezone: str | None
    unique: int
    unique_is_exact: bool
    histogram: tuple[Bucket, ...]
    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    granularity: str | None = None
    num_gaps: int | None = None
    num_absent: int | None = None
    gaps: tuple[tuple[str, str], ...] = ()
    step: int = 1


@dataclass(frozen=True)
class WeightedStatistics:
    """Statistics of a column with weights in place of counts; TFDV's ``weighted_*`` statistics.

    Attributes
    ----------
    num_non_missing, num_missing : float
        The weight of the rows with a value, and of those without.
    mean, std_dev, median : float, optional
        Of the finite numbers; the median is the smallest one up to which at least half the weight lies.
        None for other columns, and where no number has a weight.
    histogram, quantile_histogram : tuple of Bucket
        Of the finite numbers with a weight, in buckets of equal width, and of about equal weight; a
        bucket's count is its weight.
    rank_error : float
        As in `NumericStatistics`, of the weights.
    top_values : tuple of (value, weight)
        The values of a column of texts or bools with the greatest weight.
    weight_error : float
        The most by which a weight in `top_values` may be too small.
    """

    num_non_missing: float
    num_missing: float
    mean: float | None = None
    std_dev: float | None = None
    median: float | None = None
    histogram: tuple[Bucket, ...] = ()
    quantile_histogram: tuple[Bucket, ...] = ()
    rank_error: float = 0.0
    top_values: tuple[tuple[str, float], ...] = ()
    weight_error: float = 0.0


@dataclass(frozen=True)
class FeatureStatistics:
    """The statistics of one column.

    Attributes
    ----------
    name : str
        The column's name.
    type : str
        ``int``, ``float``, ``string``, ``bool``, ``date``, ``timestamp``, ``null`` (no value and no
        type) or ``nested`` (lists and structs, which are only counted).
    num_rows, num_missing : int
        All rows, and those without a value. NaN is a value, unless it came from pandas.
    numeric, string, time : optional
        What is known of the values: the one that fits the type.
    semantic_type : {"identifier", "email", "url", "int", "float", "date"}, optional
        What nearly all values are by their form; see `semantic_type` (the module) for the rules.
    weighted : WeightedStatistics, optional
        The same with weights, where a weight column was named.
    """

    name: str
    type: FeatureType
    num_rows: int
    num_missing: int
    numeric: NumericStatistics | None = None
    string: StringStatistics | None = None
    time: TimeStatistics | None = None
    semantic_type: str | None = None
    weighted: WeightedStatistics | None = None

    @property
    def num_non_missing(self) -> int:
        """How many rows have a value."""
        return self.num_rows - self.num_missing

    @property
    def missing_fraction(self) -> float:
        """The share of rows without a value, 0 to 1; 0 where there are no rows."""
        return self.num_missing / self.num_rows if self.num_rows else 0.0

    @property
    def unique(self) -> int | None:
        """How many different values there are, where that is known."""
        described = self.numeric or self.string or self.time
        return described.unique if described else None

    @property
    def is_constant(self) -> bool:
        """Whether every value that is there is the same one."""
        return self.unique == 1


_PARTS = {
    "numeric": NumericStatistics,
    "string": StringStatistics,
    "time": TimeStatistics,
    "weighted": WeightedStatistics,
}
_BUCKETS = {"histogram", "quantile_histogram"}


def feature_to_json(feature: FeatureStatistics) -> dict[str, Any]:
    """Give the statistics of a column as plain JSON types."""
    scalars = {key: value for key, value in vars(feature).items() if key not in _PARTS}
    parts = {key: _part_to_json(getattr(feature, key)) for key in _PARTS if getattr(feature, key)}
    return {**scalars, **parts}


def _part_to_json(part: Any) -> dict[str, Any]:
    # Not `vars`, which has what was derived once as well.
    return {field.name: _value_to_json(getattr(part, field.name)) for field in fields(part)}


def _value_to_json(value: Any) -> Any:
    if isinstance(value, Bucket):
        return [value.low, value.high, value.count]
    if isinstance(value, NumbersInText):
        return vars(value)
    return [_value_to_json(item) for item in value] if isinstance(value, tuple) else value


def feature_from_json(value: Mapping[str, Any]) -> FeatureStatistics:
    """Read what `feature_to_json` gave."""
    parts = {key: cls(**_arguments(value[key])) for key, cls in _PARTS.items() if key in value}
    return FeatureStatistics(**{**value, **parts})


def _arguments(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value_from_json(key, item) for key, item in value.items()}


def _value_from_json(key: str, value: Any) -> Any:
    if key in _BUCKETS:
        return tuple(Bucket(*bucket) for bucket in value)
    if key == "numbers":
        return None if value is None else NumbersInText(**value)
    if isinstance(value, list):
        return tuple(map(tuple, value)) if value and isinstance(value[0], list) else tuple(value)
    return value


def _read_only(numbers: Sequence[Number]) -> Array:
    array = np.array(numbers, np.float64)
    array.setflags(write=False)
    return array
