"""Numbers where the other side has none, or hardly any: beyond its ends, and in its gaps."""

from collections.abc import Iterator

import numpy as np

from ml_assets.statistics.model import NumericStatistics
from ml_assets.statistics.points import Array
from ml_assets.validation.evidence import p_value_of_shares, p_value_outside
from ml_assets.validation.moves.move import HARDLY, Move, Pair, share_text
from ml_assets.validation.side import EXACT_SHARE, POINT_SHARE, Numbers, Side, between

# Into so many bins, of equal weight on both sides together, a closer look at the inside is taken.
_REGIONS = 64
_REGION_RANKS = np.arange(1, _REGIONS + 1) / _REGIONS
_LEAST_REGION = 0.004
# In new limits: ends of a range come and go more easily than texts.
_GONE = 2.5


def outside_share(numbers: Numbers, reference: Side, current: Side) -> float:
    """Give the share of the current rows beyond the reference's ends."""
    return _beyond(numbers.grid, numbers.current_ends, reference) / max(1, current.rows)


def range_moves(pair: Pair, outside: float) -> Iterator[Move]:
    """Current numbers outside the reference's range, and reference ones outside the current's.

    Parameters
    ----------
    pair : Pair
        Of numbers.
    outside : float
        As `outside_share` gives it.
    """
    numbers, reference, current = pair.numbers, pair.reference, pair.current
    before, now = reference.feature.numeric, current.feature.numeric
    if numbers is None or not before or not now or before.min is None or now.min is None:
        return
    if outside > 0:
        p_value = p_value_outside(outside * current.rows, current.there, reference.there)
        reach = [
            *([f"down to {now.min:.6g}"] if now.min < before.min else []),
            *([f"up to {now.max:.6g}"] if (now.max or 0) > (before.max or 0) else []),
        ]
        text = (
            f"{outside:.1%} of the rows lie outside the reference's range of {before.min:.6g} to "
            f"{before.max:.6g}, {' and '.join(reach)}"
        )
        yield Move("new values", text, outside / pair.new_limit, p_value)
    gone = _beyond(numbers.grid, numbers.reference_ends, current)
    if gone:
        share = gone / max(1, reference.rows)
        p_value = p_value_outside(gone, reference.there, current.there)
        kind, text = _gone_text(pair, numbers, now)
        yield Move(kind, text, share / (_GONE * pair.new_limit), p_value)


def region_moves(pair: Pair) -> Iterator[Move]:
    """Stretches within the reference's range that it hardly fills, and the current numbers do.

    Single numbers with a share of their own are left to `spikes`.
    """
    numbers, old_rows, new_rows = pair.numbers, pair.reference.there, pair.current.there
    if numbers is None or len(numbers.grid) < _REGIONS or not old_rows or not new_rows:
        return
    shares = numbers.reference / old_rows, numbers.current / new_rows
    is_light = np.maximum(*shares) < EXACT_SHARE
    before, now = np.zeros(len(is_light) + 1), np.zeros(len(is_light) + 1)
    np.cumsum(shares[0] * is_light, out=before[1:])
    np.cumsum(shares[1] * is_light, out=now[1:])
    pooled = before + now
    places = np.zeros(_REGIONS + 1, np.int64)
    places[1:] = pooled.searchsorted(_REGION_RANKS * pooled[-1])
    old, new = between(before, places), between(now, places)
    # A point stands for its neighbours, which may lie beyond the region's ends.
    blur = sum(0.0 if side.is_exact else POINT_SHARE for side in (pair.reference, pair.current))
    # What lies beyond the reference's ends is reported by `range_moves`.
    only = (new - blur - old >= _LEAST_REGION) & (old <= HARDLY * new) & (old > 0)
    if only.any():
        sure = new[only] - blur
        p_value = (
            float(
                p_value_of_shares(old[only] * old_rows, sure * new_rows, old_rows, new_rows).min()
            )
            * _REGIONS
        )
        size = float((sure - old[only]).sum()) / pair.new_limit
        text = _region_text(numbers.grid, places, only, (old, new))
        yield Move("new values", text, size, min(1.0, p_value))


def _region_text(grid: Array, places: Array, only: Array, shares: tuple[Array, Array]) -> str:
    """Name the region that changed most."""
    before, now = shares
    most = int(np.argmax(np.where(only, np.abs(now - before), -1)))
    low, high = grid[places[most]], grid[max(places[most], places[most + 1] - 1)]
    where = f"the value {low:.6g}" if low >= high else f"values from {low:.6g} to {high:.6g}"
    return share_text(where, before[most], now[most], "values")


def _beyond(grid: Array, ends: Array, other: Side) -> float:
    """How many rows of one side lie beyond the ends of the other."""
    return sum(_beyond_each(grid, ends, other))


def _beyond_each(grid: Array, ends: Array, other: Side) -> tuple[float, float]:
    """How many rows of one side lie below, and above, all of the other."""
    limits = other.feature.numeric
    if limits is None or limits.min is None or limits.max is None:
        return 0.0, 0.0
    first, last = grid.searchsorted(limits.min), grid.searchsorted(limits.max, "right")
    return float(ends[first]), float(ends[-1] - ends[last])


def _gone_text(pair: Pair, numbers: Numbers, now: NumericStatistics) -> tuple[str, str]:
    """Whether the numbers beyond an end are gone, or were all set to that end."""
    old_rows, new_rows = max(1, pair.reference.rows), max(1, pair.current.rows)
    beyond = _beyond_each(numbers.grid, numbers.reference_ends, pair.current)
    parts, clipped = [], []
    for end, count, way in ((now.min, beyond[0], "below"), (now.max, beyond[1], "above")):
        if end is None or count / old_rows <= sum(beyond) / old_rows / 10:
            continue
        parts.append(f"{way} {end:.6g} any more, where {count / old_rows:.1%} of the rows were")
        place = int(numbers.grid.searchsorted(end))
        if place < len(numbers.grid) and numbers.grid[place] == end:
            before, at_end = numbers.reference[place] / old_rows, numbers.current[place] / new_rows
            if at_end - before > pair.new_limit / 2 and before <= HARDLY * at_end:
                clipped.append(f"{end:.6g} itself rose from {before:.1%} to {at_end:.1%}")
    text = f"nothing is {', nor '.join(parts)}"
    if clipped:
        return "clipped", f"{text}, and {' and '.join(clipped)}: cut off at a limit?"
    return "gone values", text
