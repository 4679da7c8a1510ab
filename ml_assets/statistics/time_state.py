"""The mergeable state of a column of dates or timestamps, in microseconds since 1970-01-01."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.numeric_state import NumericState, merge_numeric, numeric_state
from ml_assets.statistics.points import Array, points_of_sorted

HOUR = 3_600_000_000
DAY = 24 * HOUR
_WEEKDAY_OF_1970 = 3  # a Thursday


@dataclass(frozen=True)
class TimeState:
    """What is known of the moments seen so far.

    Attributes
    ----------
    moments : NumericState
        Of the microseconds.
    hours : ndarray of int64
        How many lie in each hour of the day.
    weekdays : ndarray of int64
        How many lie on each day of the week, Monday first.
    timezone : str, optional
        Of the column's type. Hours and days are counted in UTC where there is one.
    """

    moments: NumericState
    hours: Array
    weekdays: Array
    timezone: str | None


def time_state(microseconds: Array, timezone: str | None) -> TimeState:
    """Give the state of an array of int64."""
    points = points_of_sorted(np.sort(microseconds))
    hours = (points.values // HOUR) % 24
    weekdays = (points.values // DAY + _WEEKDAY_OF_1970) % 7
    return TimeState(
        numeric_state(microseconds),
        _count(hours, points.counts, 24),
        _count(weekdays, points.counts, 7),
        timezone,
    )


def merge_time(first: TimeState, second: TimeState) -> TimeState:
    """Give the state of both sets of moments together."""
    return TimeState(
        merge_numeric(first.moments, second.moments),
        first.hours + second.hours,
        first.weekdays + second.weekdays,
        first.timezone if first.timezone == second.timezone else None,
    )


def _count(values: Array, counts: Array, size: int) -> Array:
    return np.bincount(values.astype(np.int64), weights=counts, minlength=size).astype(np.int64)
