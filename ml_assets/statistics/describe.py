"""Turns mergeable states into the statistics that are stored and shown."""

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np

from ml_assets.statistics.category_state import CategoryState
from ml_assets.statistics.dataset_state import DatasetState
from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.model import (
    QUANTILE_RANKS,
    Bucket,
    DatasetStatistics,
    FeatureStatistics,
    FeatureType,
    Number,
    NumbersInText,
    NumericStatistics,
    StringStatistics,
    TimeStatistics,
    WeightedStatistics,
)
from ml_assets.statistics.moments import Moments
from ml_assets.statistics.numeric_state import NumericState
from ml_assets.statistics.points import Array, Points, count_up_to, median, quantiles, thin
from ml_assets.statistics.semantic_type import semantic_type_of_ints, semantic_type_of_texts
from ml_assets.statistics.text_kinds import TextKinds
from ml_assets.statistics.time_grid import UNITS, gaps_of
from ml_assets.statistics.time_state import TimeState
from ml_assets.statistics.weighted_state import WeightedState

# How many weighted values of a numeric column, and how many values of a text column, are stored.
DISTRIBUTION_BUCKETS = 256
VALUE_COUNTS = 1000
MOST_GAPS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def describe(state: DatasetState, top_values: int, histogram_buckets: int) -> DatasetStatistics:
    """Give the statistics of a state.

    Parameters
    ----------
    state : DatasetState
        What is known.
    top_values : int
        How many frequent values of a text column are shown, >= 1.
    histogram_buckets : int
        The buckets of each histogram, >= 1.
    """
    features = (
        _feature(name, feature, top_values, histogram_buckets)
        for name, feature in state.features.items()
    )
    return DatasetStatistics(state.num_rows, tuple(features))


def _feature(
    name: str, state: FeatureState, top_values: int, histogram_buckets: int
) -> FeatureStatistics:
    numeric = string = time = semantic = None
    match state.described:
        case NumericState() as numbers:
            numeric = _numeric(numbers, histogram_buckets)
            semantic = semantic_type_of_ints(numbers) if state.type == "int" else None
        case CategoryState() as texts:
            string = _string(texts, top_values)
            semantic = semantic_type_of_texts(texts) if state.type == "string" else None
        case TimeState() as times:
            time = _time(times, state.type, histogram_buckets)
    weighted = state.weighted and _weighted(state.weighted, top_values, histogram_buckets)
    counts = state.num_rows, state.num_missing
    return FeatureStatistics(
        name, state.type, *counts, numeric, string, time, semantic, weighted or None
    )


def _numeric(state: NumericState, buckets: int) -> NumericStatistics:
    points = state.sketch.points()
    low, high = state.extremes or (None, None)
    return NumericStatistics(
        num_nan=state.num_nan,
        num_inf=state.num_inf,
        num_zeros=state.num_zeros,
        mean=_finite(state.moments.mean) if state.moments.count else None,
        std_dev=_std_dev(state.moments),
        min=low,
        median=median(points) if low is not None else None,
        max=high,
        unique=state.unique,
        unique_is_exact=state.hashes is None,
        rank_error=state.sketch.rank_error,
        quantiles=_quantiles(points, low, high),
        histogram=_histogram(points, low, high, buckets),
        quantile_histogram=_quantile_histogram(points, low, buckets),
        distribution=_pairs(thin(points, DISTRIBUTION_BUCKETS)),
    )


def _string(state: CategoryState, top_values: int) -> StringStatistics:
    values = state.most_frequent(max(VALUE_COUNTS, top_values))
    shortest, longest = state.lengths or (None, None)
    return StringStatistics(
        unique=state.unique,
        unique_is_exact=state.hashes is None,
        top_values=values[:top_values],
        value_counts=values,
        count_error=state.error,
        min_length=shortest,
        max_length=longest,
        avg_length=state.characters / state.num_values if state.num_values else None,
        num_empty=state.num_empty,
        invalid_utf8_count=state.num_invalid_utf8,
        numbers=_numbers_in_text(state.kinds),
    )


def _numbers_in_text(kinds: TextKinds) -> NumbersInText:
    low, high = kinds.extremes or (None, None)
    return NumbersInText(kinds.num_int, kinds.num_float, low, high)


def _time(state: TimeState, type_: FeatureType, buckets: int) -> TimeStatistics:
    moments = state.moments
    points = moments.sketch.points()
    low, high = moments.extremes or (None, None)
    middle = None if low is None else int(quantiles(points, np.array([0.5]))[0])
    gaps = gaps_of(state.grid, MOST_GAPS)
    return TimeStatistics(
        min=_iso(low, type_),
        median=_iso(middle, type_),
        max=_iso(high, type_),
        timezone=state.timezone,
        unique=moments.unique,
        unique_is_exact=moments.hashes is None,
        histogram=_histogram(points, low, high, buckets),
        hours=tuple(state.hours.tolist()) if type_ == "timestamp" else (),
        weekdays=tuple(state.weekdays.tolist()),
        granularity=None if state.grid.unit is None else UNITS[state.grid.unit],
        num_gaps=gaps.count if gaps else None,
        num_absent=gaps.units if gaps else None,
        gaps=gaps.largest if gaps else (),
        step=gaps.step if gaps else 1,
    )


def _weighted(state: WeightedState, top_values: int, buckets: int) -> WeightedStatistics:
    points = state.sketch.points()
    low, high = points.values[[0, -1]].tolist() if len(points.values) else (None, None)
    texts = state.texts
    return WeightedStatistics(
        num_non_missing=state.non_missing,
        num_missing=state.missing,
        mean=_finite(state.moments.mean) if state.moments.count else None,
        std_dev=_std_dev(state.moments),
        median=None if low is None else quantiles(points, np.array([0.5]))[0].item(),
        histogram=_histogram(points, low, high, buckets),
        quantile_histogram=_quantile_histogram(points, low, buckets),
        rank_error=state.sketch.rank_error,
        top_values=() if texts is None else texts.most_frequent(top_values),
        weight_error=0.0 if texts is None else float(texts.error),
    )


def _std_dev(moments: Moments) -> float | None:
    return _finite(math.sqrt(moments.squares / moments.count)) if moments.count else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _quantiles(points: Points, low: Number | None, high: Number | None) -> tuple[Number, ...]:
    """The quantiles; the first and the last are exact even where the sketch has lost them."""
    if low is None or high is None:
        return ()
    inner = quantiles(points, np.array(QUANTILE_RANKS[1:-1])).tolist()
    return (low, *inner, high)


def _histogram(
    points: Points, low: Number | None, high: Number | None, buckets: int
) -> tuple[Bucket, ...]:
    """Buckets of equal width; one bucket where there is only one value."""
    if low is None or high is None:
        return ()
    if low == high or not math.isfinite(float(high) - float(low)):
        return (Bucket(low, high, points.total),)
    return _buckets(points, np.linspace(float(low), float(high), buckets + 1))


def _quantile_histogram(points: Points, low: Number | None, buckets: int) -> tuple[Bucket, ...]:
    """Buckets of about equal count; fewer where one value fills several."""
    if low is None:
        return ()
    edges = np.unique(quantiles(points, np.arange(buckets + 1) / buckets))
    if len(edges) == 1:
        return (Bucket(low, low, points.total),)
    return _buckets(points, edges)


def _buckets(points: Points, edges: Array) -> tuple[Bucket, ...]:
    ends = count_up_to(points, edges[1:])
    ends[-1] = points.total
    counts = np.diff(ends, prepend=0).tolist()
    sides = edges.tolist()
    return tuple(Bucket(*bucket) for bucket in zip(sides[:-1], sides[1:], counts, strict=True))


def _pairs(points: Points) -> tuple[tuple[Number, int], ...]:
    return tuple(zip(points.values.tolist(), points.counts.tolist(), strict=True))


def _iso(microseconds: Number | None, type_: FeatureType) -> str | None:
    """A moment in ISO 8601; as a number of microseconds where the calendar does not reach."""
    if microseconds is None:
        return None
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return f"{microseconds} microseconds after 1970"
    if type_ == "date":
        return date.isoformat(moment.date())
    return moment.replace(tzinfo=None).isoformat()
