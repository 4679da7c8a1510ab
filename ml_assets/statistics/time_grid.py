"""The mergeable state of how regular moments are: their granularity, and which of its units they fill.

The granularity is the greatest of `UNITS` that every moment is a multiple of. Years, months and days are
those of the column's own time zone, finer units those of UTC, so that a change of the clocks is no gap.
Which units there are is kept as runs without a gap. As long as moments form at most `MOST_RUNS` runs
the gaps are exact; beyond, a column has no rhythm that gaps would break, and they are not known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.statistics.points import Array

UNITS = ("year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond")
_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, _SECOND, _MILLISECOND, _MICROSECOND = range(8)
# Microseconds in a unit, for those that always have as many.
_SIZES = {_DAY: 86_400_000_000, _HOUR: 3_600_000_000, _MINUTE: 60_000_000, _SECOND: 1_000_000,
          _MILLISECOND: 1000, _MICROSECOND: 1}  # fmt: skip
_LETTERS = {_YEAR: "Y", _MONTH: "M", _DAY: "D", _HOUR: "h", _MINUTE: "m", _SECOND: "s"}
MOST_RUNS = 8192
_PROBE = 64
# So many distances at least show a step.
_REGULAR = 8


@dataclass(frozen=True)
class TimeGrid:
    """The units that moments fill.

    Attributes
    ----------
    unit : int, optional
        The granularity, a position in `UNITS`; None as long as there is no moment.
    first, last : ndarray of int64, optional
        Where each run of units begins and ends, ascending, counted from 1970; None where there are too
        many, and for granularities below a second.
    """

    unit: int | None = None
    first: Array | None = None
    last: Array | None = None


@dataclass(frozen=True)
class Gaps:
    """What a grid lacks.

    Attributes
    ----------
    count, units : int
        How many gaps there are, and how many steps lie in them.
    largest : tuple of (first, last)
        The first and the last missing unit of the largest gaps, in ISO 8601.
    step : int
        How many units lie from one moment to the next.
    """

    count: int
    units: int
    largest: tuple[tuple[str, str], ...]
    step: int = 1


def time_grid(moments: Array, timezone: str | None) -> TimeGrid:
    """Give the grid of ascending different moments, in microseconds since 1970 (UTC where zoned)."""
    if not len(moments):
        return TimeGrid()
    local = _to_local(moments, timezone)
    unit = _granularity(local, moments)
    if unit > _SECOND:
        return TimeGrid(unit)
    return _runs(unit, _units(local if unit <= _DAY else moments, unit))


def merge_grids(one: TimeGrid, other: TimeGrid, timezone: str | None) -> TimeGrid:
    """Give the grid of both sets of moments together."""
    if one.unit is None or other.unit is None:
        return other if one.unit is None else one
    unit = max(one.unit, other.unit)
    first, second = (_refined(grid, unit, timezone) for grid in (one, other))
    if first.first is None or second.first is None or first.last is None or second.last is None:
        return TimeGrid(unit)
    starts = np.concatenate([first.first, second.first])
    order = np.argsort(starts, kind="stable")
    starts = starts[order]
    ends = np.maximum.accumulate(np.concatenate([first.last, second.last])[order])
    return _unite_runs(unit, starts, ends)


def gaps_of(grid: TimeGrid, limit: int) -> Gaps | None:
    """Give the gaps between runs, the largest first; None where they are not known."""
    if grid.unit is None or grid.first is None or grid.last is None:
        return None
    step = _step(grid.first, grid.last)
    begin, end = grid.last[:-1] + step, grid.first[1:] - step
    is_gap = begin <= end
    begin, end = begin[is_gap], end[is_gap]
    sizes = (end - begin) // step + 1
    order = np.argsort(-sizes, kind="stable")[:limit].tolist()
    type_ = f"datetime64[{_LETTERS[grid.unit]}]"
    lows, highs = (units[order].astype(type_).astype(str).tolist() for units in (begin, end))
    return Gaps(len(sizes), int(sizes.sum()), tuple(zip(lows, highs, strict=True)), step)


def _step(first: Array, last: Array) -> int:
    """Every how many units there is a moment: 15 minutes, or 7 days; 1 unless most are so far apart."""
    apart = np.diff(first)
    if len(apart) < _REGULAR or (first != last).any():
        return 1
    step = int(np.gcd.reduce(apart))
    return step if np.count_nonzero(apart == step) > len(apart) / 2 else 1


def _granularity(local: Array, utc: Array) -> int:
    """The greatest unit that all moments are multiples of."""
    for unit, size in _SIZES.items():
        moments = local if unit == _DAY else utc
        # Most columns show it by their first values.
        if not (moments[:_PROBE] % size).any() and not (moments % size).any():
            break
    if unit > _DAY:
        return unit
    days = _days(local)
    if (days != days.astype("datetime64[M]").astype(days.dtype)).any():
        return _DAY
    is_year = (days == days.astype("datetime64[Y]").astype(days.dtype)).all()
    return _YEAR if is_year else _MONTH


def _days(moments: Array) -> Array:
    return (moments // _SIZES[_DAY]).astype("datetime64[D]")


def _units(moments: Array, unit: int) -> Array:
    if unit < _DAY:
        return _days(moments).astype(f"datetime64[{_LETTERS[unit]}]").astype(np.int64)
    return moments // _SIZES[unit]


def _runs(unit: int, units: Array) -> TimeGrid:
    """The runs of ascending different units."""
    return _unite_runs(unit, units, units)


def _unite_runs(unit: int, starts: Array, ends: Array) -> TimeGrid:
    """Unite runs, in order of their start, that touch or overlap."""
    is_new = np.flatnonzero(starts[1:] > ends[:-1] + 1) + 1
    if len(is_new) >= MOST_RUNS:
        return TimeGrid(unit)
    first = starts[np.concatenate(([0], is_new))]
    last = ends[np.concatenate((is_new - 1, [len(ends) - 1]))]
    return TimeGrid(unit, first, last)


def _refined(grid: TimeGrid, unit: int, timezone: str | None) -> TimeGrid:
    """The same moments as multiples of a finer unit."""
    if grid.unit == unit or grid.unit is None:
        return grid
    if unit > _SECOND or grid.first is None or grid.last is None:
        return TimeGrid(unit)
    if (grid.last - grid.first + 1).sum() > MOST_RUNS:
        return TimeGrid(unit)
    runs = zip(grid.first.tolist(), grid.last.tolist(), strict=True)
    units = np.concatenate([np.arange(first, last + 1) for first, last in runs])
    if grid.unit <= _DAY:
        days = units.astype(f"datetime64[{_LETTERS[grid.unit]}]").astype("datetime64[D]")
        if unit <= _DAY:
            return _runs(unit, days.astype(f"datetime64[{_LETTERS[unit]}]").astype(np.int64))
        moments = _to_utc(days.astype(np.int64) * _SIZES[_DAY], timezone)
    else:
        moments = units * _SIZES[grid.unit]
    return _runs(unit, np.sort(moments // _SIZES[unit]))


def _to_local(moments: Array, timezone: str | None) -> Array:
    """What the clocks of a zone show; UTC where Arrow does not know the zone."""
    if timezone in (None, "UTC"):
        return moments
    try:
        zoned = pa.array(moments).cast(pa.timestamp("us", timezone))
        local: Array = pc.local_timestamp(zoned).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return moments
    return np.sort(local)


def _to_utc(local: Array, timezone: str | None) -> Array:
    """The inverse of `_to_local`."""
    if timezone in (None, "UTC"):
        return local
    naive: Any = pa.array(local).cast(pa.timestamp("us"))
    try:
        zoned = pc.assume_timezone(naive, timezone, ambiguous="earliest", nonexistent="earliest")
    except pa.ArrowInvalid:
        return local
    moments: Array = zoned.cast(pa.int64()).to_numpy()
    return moments
