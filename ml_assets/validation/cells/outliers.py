"""Outliers by robust scores, in columns whose tails may be heavy.

A number is measured from the median in units of the spread of its own side (the median of the distances
there), so that a skewed column has two spreads. It is an outlier if it is `MIN_SPREADS` away and lies
where the column's own tail does not reach: a power law through the 5 % and the 0.5 % quantile (of few
numbers, less extreme ones; Weissman 1978, doi:10.1080/01621459.1978.10480104) expects fewer than
`EXPECTED` of all rows there; or if it is cut off: with a power-law tail the spacings between the
logarithms of the largest numbers are exponential (Rényi 1953, doi:10.1007/BF02127580), and one of them
is too long for that.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

MIN_SPREADS = 6.0
EXPECTED = 0.01
MIN_NUMBERS = 50
# A tail that ends at once is taken to reach on like this ratio of the two quantiles.
MIN_TAIL = 1.25
# The longest of this many spacings may be as long as chance makes one of a thousand.
MAX_CUT_OFF = 32
_CHANCE = 0.001
_SCORE = 0.9
# What the median distance from the median must be multiplied by to estimate a standard deviation.
_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class Limits:
    """Beyond which numbers are outliers; infinite where there is no limit.

    Attributes
    ----------
    low, high : float
        Numbers below `low` and above `high` are outliers.
    median, low_spread, high_spread : float
        What they are measured by.
    """

    low: float
    high: float
    median: float
    low_spread: float
    high_spread: float

    def spreads(self, number: float) -> float:
        """Give how many spreads a number is from the median."""
        side = self.high_spread if number > self.median else self.low_spread
        return abs(number - self.median) / side if side else float("inf")

    def scores(self, numbers: Any) -> Any:
        """Give the score of each number: 0 within the limits and for NaN, more the farther beyond."""
        with np.errstate(invalid="ignore", over="ignore"):
            above = np.where(
                numbers > self.high, (numbers - self.median) / (self.high - self.median), 0
            )
            below = np.where(
                numbers < self.low, (self.median - numbers) / (self.median - self.low), 0
            )
        beyond = np.nan_to_num(np.maximum(above, below), posinf=10.0)
        return np.where(beyond > 0, np.minimum(1 - (1 - _SCORE) / np.maximum(beyond, 1), 0.99), 0.0)


@np.errstate(over="ignore", invalid="ignore")
def limits_of(sample: Any, lows: Any, highs: Any, rows: int) -> Limits | None:
    """Give the limits of a column; None where it has too few numbers, or hardly any that differ.

    Parameters
    ----------
    sample : ndarray of float64
        Numbers picked at random. The one number that more than half of them are, if there is one, is
        left out: the others are then a distribution of their own.
    lows, highs : ndarray of float64
        The least and the greatest of all different numbers, most extreme first.
    rows : int
        How many numbers there are.
    """
    mode = _mode(sample)
    if mode is not None:
        rows = int(rows * np.mean(sample != mode))
        sample, lows, highs = (part[part != mode] for part in (sample, lows, highs))
    if len(sample) < MIN_NUMBERS:
        return None
    median = float(np.median(sample))
    high, high_spread = _side(sample - median, highs - median, rows)
    low, low_spread = _side(median - sample, median - lows, rows)
    return Limits(median - low, median + high, median, low_spread, high_spread)


def _mode(sample: Any) -> float | None:
    if not len(sample):
        return None
    middle = float(np.median(sample))
    return middle if np.mean(sample == middle) > 0.5 else None


def _side(excess: Any, extremes: Any, rows: int) -> tuple[float, float]:
    """How far from the median numbers of one side may be, and the side's spread."""
    beyond = excess[excess > 0]
    if len(beyond) < MIN_NUMBERS / 5 or not np.isfinite(beyond).all():
        return float("inf"), 0.0
    spread = float(np.median(beyond)) * _TO_DEVIATION
    share = len(beyond) / len(excess)
    reach = _reach(beyond, max(1.0, rows * share))
    cut = _cut_off(extremes[(extremes > 0) & np.isfinite(extremes)])
    return max(MIN_SPREADS * spread, min(reach, cut)), spread


def _reach(beyond: Any, rows: float) -> float:
    """Where a power law through two quantiles of the tail expects `EXPECTED` of so many rows."""
    if len(beyond) < MIN_NUMBERS:
        return float("inf")
    tail = max(0.005, 5 / len(beyond))
    near, far = np.quantile(beyond, [1 - 10 * tail, 1 - tail])
    ratio = max(far / near, MIN_TAIL)
    return float(far * (tail * rows / EXPECTED) ** (np.log(ratio) / np.log(10)))


def _cut_off(extremes: Any) -> float:
    """The number above the longest spacing, if that is too long; just below it all numbers are usual."""
    if len(extremes) < 2 * MAX_CUT_OFF:
        return float("inf")
    ordered = np.sort(extremes)[::-1]
    logs = np.log(ordered)
    ranks = np.arange(1, len(logs))
    spacings = (logs[:-1] - logs[1:]) * ranks
    scale = spacings[MAX_CUT_OFF:].mean()
    is_long = spacings[:MAX_CUT_OFF] > -np.log(_CHANCE / MAX_CUT_OFF) * scale
    too_long = np.flatnonzero(is_long)
    if not len(too_long):
        return float("inf")
    last = int(too_long.max())
    return float(np.exp((logs[last] + logs[last + 1]) / 2))
