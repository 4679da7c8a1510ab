"""Single numbers whose share moved, such as a sensor stuck at 0, or a placeholder within the range."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.points import Array
from ml_assets.validation.evidence import p_value_of_shares
from ml_assets.validation.moves.move import HARDLY, THINNED_SHARE, Move, Pair, Stuck, share_text
from ml_assets.validation.side import EXACT_SHARE, Numbers

# A number with such a share is one value; of lighter ones, only those that the other side hardly has.
HEAVY = 0.05
# In new limits: a value within the range that the other side hardly has.
_ONLY = 1.5
# In thresholds: a value that rose by so much, and much more than so many around it on each side did.
_OUT, _MORE, _AROUND = 0.2, 3.0, 10


@dataclass(frozen=True)
class Single:
    """One number and its share of the rows on both sides."""

    value: float
    before: float
    now: float

    @property
    def change(self) -> float:
        """By how much the share moved, without its sign."""
        return abs(self.now - self.before)

    @property
    def stuck(self) -> Stuck | None:
        """The value, where it became more frequent."""
        return Stuck(self.value, self.before, self.now) if self.now > self.before else None


def heaviest_change(pair: Pair) -> Single:
    """Give the number whose share changed most, of those with a share of at least `HEAVY`."""
    numbers = pair.numbers
    if numbers is None or not len(numbers.grid):
        return Single(0.0, 0.0, 0.0)
    before = numbers.reference / max(1, pair.reference.rows)
    now = numbers.current / max(1, pair.current.rows)
    change = np.where(np.maximum(before, now) >= HEAVY, np.abs(now - before), -1.0)
    most = int(change.argmax())
    if change[most] < 0:
        return Single(0.0, 0.0, 0.0)
    return Single(float(numbers.grid[most]), float(before[most]), float(now[most]))


def spike_moves(pair: Pair, heaviest: Single, p_value: float) -> Iterator[Move]:
    """A heavy number whose share changed; and a lighter one that the other side hardly has.

    Parameters
    ----------
    pair : Pair
        Of numbers.
    heaviest : Single
        As `heaviest_change` gives it.
    p_value : float
        Of the bins: heavy numbers have their own.
    """
    if heaviest.change >= HEAVY:
        size = heaviest.change / pair.threshold
        yield Move("single value", _text(heaviest), size, p_value, heaviest.stuck)
    numbers = pair.numbers
    if numbers is None or not len(numbers.grid):
        return
    old_rows, new_rows = max(1, pair.reference.rows), max(1, pair.current.rows)
    before, now = numbers.reference / old_rows, numbers.current / new_rows
    if pair.current.feature.unique == 1 and (pair.reference.feature.unique or 0) > 1:
        value = pair.current.values[0]
        share = before[numbers.grid.searchsorted(value)]
        text = f"every value is {value:.6g} now, which {share:.1%} of the rows had"
        yield Move("constant", text, (1 - share) / pair.threshold, p_value)
    floor = 0.0 if pair.reference.is_exact else THINNED_SHARE
    rose = (now >= EXACT_SHARE) & (np.maximum(before, floor) <= HARDLY * now)
    single = _largest_change(numbers, before, now, rose)
    if single:
        yield _spike(
            single, single.change / (_ONLY * pair.new_limit), len(numbers.grid), old_rows, new_rows
        )
    single = _largest_change(numbers, before, now, _stands_out(before, now, pair.threshold))
    if single:
        yield _spike(
            single, single.change / (_OUT * pair.threshold), len(numbers.grid), old_rows, new_rows
        )


def _largest_change(numbers: Numbers, before: Array, now: Array, chosen: Array) -> Single | None:
    places = np.flatnonzero(chosen)
    if not len(places):
        return None
    place = int(places[np.abs(now - before)[places].argmax()])
    return Single(float(numbers.grid[place]), float(before[place]), float(now[place]))


def _stands_out(before: Array, now: Array, threshold: float) -> Array:
    """The values that became much more frequent than those around them did.

    What is expected of a value is its old share times the ratio of the numbers around it.
    """
    enough = _OUT * threshold
    rose = (now - before >= enough) & (now >= _MORE * before) & (before > 0)
    around = np.ones(2 * _AROUND + 1)
    if not rose.any() or len(now) < len(around):
        return np.zeros(len(now), bool)
    wide = (np.convolve(side, around, "same") - side for side in (now, before))
    expected = before * (next(wide) + 1e-3) / (next(wide) + 1e-3)
    result: Array = rose & (now - expected >= enough) & (now >= _MORE * expected)
    return result


def _spike(single: Single, size: float, tries: int, old_rows: int, new_rows: int) -> Move:
    counts = np.array([single.before * old_rows]), np.array([single.now * new_rows])
    chance = float(p_value_of_shares(*counts, old_rows, new_rows)[0]) * tries
    return Move("single value", _text(single), size, min(1.0, chance), single.stuck)


def _text(single: Single) -> str:
    return share_text(f"the value {single.value:.6g}", single.before, single.now)
