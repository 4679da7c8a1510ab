"""The mergeable state of a column of dates or timestamps, in microseconds since 1970-01-01."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.number_counts import count_numbers
from ml_assets.statistics.numeric_state import NumericState, merge_numeric, points_state
from ml_assets.statistics.points import Array
from ml_assets.statistics.time_grid import TimeGrid, merge_grids, time_grid

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
    grid : TimeGrid
        How regular they are.
    """

    moments: NumericState
    hours: Array
    weekdays: Array
    timezone: str | None
    grid: TimeGrid


def time_state(microseconds: Array, timezone: str | None) -> TimeState:
    """Give the state of an array of int64."""
    points, _, _ = count_numbers(microseconds)
    hours = (points.values // HOUR) % 24
    weekdays = (points.values // DAY + _WEEKDAY_OF_1970) % 7
    return TimeState(
        points_state(points),
        _count(hours, points.counts, 24),
        _count(weekdays, points.counts, 7),
        timezone,
        time_grid(points.values, timezone),
    )


def merge_time(first: TimeState, second: TimeState) -> TimeState:
    """Give the state of both sets of moments together."""
    return TimeState(
        merge_numeric(first.moments, second.moments),
        first.hours + second.hours,
        first.weekdays + second.weekdays,
        first.timezone if first.timezone == second.timezone else None,
        merge_grids(first.grid, second.grid, first.timezone),
    )


def _count(values: Array, counts: Array, size: int) -> Array:
    return np.bincount(values, weights=counts, minlength=size).astype(np.int64)
