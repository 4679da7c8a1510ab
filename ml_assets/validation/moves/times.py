"""Times: all of them some hours later or earlier, or on other days of the week; another precision."""

from collections.abc import Iterator

import numpy as np

from ml_assets.statistics.points import Array
from ml_assets.validation.moves.move import Move, Pair
from ml_assets.validation.side import Side

# Turned round, the hours must agree so much better than as they are.
_MAX_REST = 0.25
_LEAST = 0.02
_LIMIT = 0.4
# Numbers that are times: up to 24:59 written as 2459, of so many different ones; hours, by their name.
_LAST_CLOCK, _MIN_CLOCK, _MIN_HOURS = 2559, 100, 8
_PLURAL = {"hour": "hours", "day of the week": "days of the week"}
_GRAINS = ("microsecond", "millisecond", "second", "minute", "hour", "day", "month", "year")


def time_moves(pair: Pair, p_value: float) -> Iterator[Move]:
    """A shift of all times by one number of hours, or of days; another time zone; another precision."""
    before, now = pair.reference.feature.time, pair.current.feature.time
    if before is None or now is None:
        return
    has_hours = bool(before.hours and now.hours)
    sides = (before.hours, now.hours) if has_hours else (before.weekdays, now.weekdays)
    before_counts, now_counts = (np.array(side, np.float64) for side in sides)
    yield from _shift(
        before_counts, now_counts, "hour" if has_hours else "day of the week", pair, p_value
    )
    if before.timezone != now.timezone:
        text = f"the time zone changed from {before.timezone or 'none'} to {now.timezone or 'none'}"
        yield Move("type", text, 10.0, 0.0)
    yield from _precision(pair, before.granularity, now.granularity)


def clock_moves(pair: Pair, p_value: float) -> Iterator[Move]:
    """The shift of numbers that are hours of the day, or times of the day written as 1530.

    Parameters
    ----------
    pair : Pair
        Of numbers.
    p_value : float
        Of the bins.
    """
    step = _clock_divisor(pair.reference)
    if step and _clock_divisor(pair.current) == step:
        before_counts, now_counts = (
            np.bincount((side.values // step).astype(int) % 24, side.counts, 24)
            for side in (pair.reference, pair.current)
        )
        yield from _shift(before_counts, now_counts, "hour", pair, p_value)


def _clock_divisor(side: Side) -> int:
    """By what the numbers are divided to give hours: 100, 1, or 0 where they are no times."""
    numeric = side.feature.numeric
    if numeric is None or numeric.min is None or numeric.max is None:
        return 0
    if numeric.min < 0 or not 23 <= numeric.max <= _LAST_CLOCK or numeric.num_inf:
        return 0
    if numeric.max <= 24:
        is_hours = "hour" in side.feature.name.lower() and numeric.unique >= _MIN_HOURS
        return int(is_hours and bool((side.values % 1 == 0).all()))
    if numeric.max < 2000 or numeric.unique < _MIN_CLOCK:
        return 0
    return 100 * int(bool(((side.values % 100 < 60) & (side.values % 1 == 0)).all()))


def _shift(before: Array, now: Array, unit: str, pair: Pair, p_value: float) -> Iterator[Move]:
    turned = _turned(before, now)
    if turned:
        steps, distance = turned
        amount = f"{abs(steps)} {unit}" if abs(steps) == 1 else f"{abs(steps)} {_PLURAL[unit]}"
        way = "later" if steps > 0 else "earlier"
        hint = ": another time zone?" if unit == "hour" else ""
        text = f"all times are {amount} {way}{hint}"
        yield Move("time shift", text, distance / (_LIMIT * pair.threshold), p_value)


def _turned(before: Array, now: Array) -> tuple[int, float] | None:
    """By how many steps the counts are turned round, and how far they are apart as they are."""
    if not len(before) or len(before) != len(now) or not before.sum() or not now.sum():
        return None
    old, new = before / before.sum(), now / now.sum()
    places = np.arange(len(old))
    # One row for each number of steps by which the counts are turned.
    apart = np.abs(new - old[(places - places[:, None]) % len(old)]).sum(axis=1) / 2
    best = int(np.argmin(apart))
    if not best or apart[0] < _LEAST or apart[best] > _MAX_REST * apart[0]:
        return None
    steps = best if best <= len(old) // 2 else best - len(old)
    return steps, float(apart[0])


def _precision(pair: Pair, before: str | None, now: str | None) -> Iterator[Move]:
    if before not in _GRAINS or now not in _GRAINS or before == now:
        return
    if _GRAINS.index(now) < _GRAINS.index(before):
        return
    different = pair.reference.feature.unique or 0
    # Few rows may all lie on the hour by chance; of sixty minutes, fifty rows never do.
    if different >= 50 and pair.current.there >= 50:
        text = f"all times are whole {now}s now, where they had {before}s: cut off?"
        yield Move("precision", text, 10.0, 0.0)
