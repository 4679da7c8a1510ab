"""Recognises numbers that were all multiplied by, or moved by, one constant: a change of unit."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.model import NumericStatistics
from ml_assets.statistics.points import Array

# A constant must explain all but this share of the difference between the quantiles.
_MAX_REST = 0.1
# With fewer different quantiles than this, any change looks like one constant.
_MIN_DIFFERENT = 4
_KNOWN_FACTORS = {
    1.609344: "miles to kilometres", 0.621371: "kilometres to miles", 0.3048: "feet to metres",
    3.28084: "metres to feet", 2.54: "inches to centimetres", 0.453592: "pounds to kilograms",
    2.20462: "kilograms to pounds", 60.0: "minutes to seconds", 1 / 60: "seconds to minutes",
    3600.0: "hours to seconds", 1 / 3600: "seconds to hours", 100.0: "a hundredfold",
    0.01: "a hundredth", 1000.0: "a thousandfold", 0.001: "a thousandth",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One constant by which all quantiles differ.

    Attributes
    ----------
    size : float
        The mean difference of the quantiles, in standard deviations of the reference.
    text : str
        The change in words.
    """

    size: float
    text: str


def shift_of(reference: NumericStatistics, current: NumericStatistics) -> float | None:
    """Give the mean difference of the quantiles, in standard deviations of the reference."""
    if not reference.quantiles or not current.quantiles or not reference.std_dev:
        return None
    before, after = _quantiles(reference), _quantiles(current)
    with np.errstate(over="ignore"):
        shift = float(np.abs(after - before).mean() / reference.std_dev)
    return shift if np.isfinite(shift) else None


def constant_change(reference: NumericStatistics, current: NumericStatistics) -> Change | None:
    """Give the constant factor or offset that explains the change of the quantiles, if one does."""
    size = shift_of(reference, current)
    if not size:
        return None
    before, after = _quantiles(reference), _quantiles(current)
    if len(np.unique(before)) < _MIN_DIFFERENT:
        return None
    offset = float(np.median(after - before))
    factor = float((before * after).sum() / (before * before).sum())
    moved_to = {"offset": before + offset, "factor": before * factor}
    rests = {way: _rest(before, after, expected) for way, expected in moved_to.items()}
    best = min(rests, key=lambda way: rests[way])
    if rests[best] > _MAX_REST:
        return None
    if best == "factor":
        return Change(size, _factor_text(factor))
    way = "higher" if offset > 0 else "lower"
    return Change(size, f"all quantiles are about {abs(offset):.4g} {way}: a constant offset")


def _rest(before: Array, after: Array, expected: Array) -> float:
    """The share of the change that a constant leaves unexplained, of the best three quarters.

    Where there are few different numbers, chance moves a quantile from one to the next.
    """
    moved = float(np.abs(after - before).mean())
    explained = float(np.abs(expected - before).mean())
    if explained < moved / 2:
        return np.inf
    return float(np.quantile(np.abs(after - expected), 0.75)) / moved


def _quantiles(statistics: NumericStatistics) -> Array:
    """Those between 5 % and 95 %: the extremes say little of the whole."""
    return np.array(statistics.quantiles[1:-1], np.float64)


def _factor_text(factor: float) -> str:
    known = [text for value, text in _KNOWN_FACTORS.items() if abs(factor / value - 1) < 0.01]
    hint = f"{known[0]}?" if known else "a change of unit?"
    return f"all quantiles are about {factor:.4g} times as large: {hint}"
