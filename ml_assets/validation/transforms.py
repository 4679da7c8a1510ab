"""Recognises numbers that were all multiplied by, or moved by, one constant: a change of unit."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.model import NumericStatistics
from ml_assets.statistics.points import Array

# The constant must explain all but this share of the difference between the quantiles, ...
_MAX_REST = 0.1
# ... and must not be too close to "nothing changed".
_MIN_FACTOR_CHANGE = 0.02
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
    if before[0] == before[-1]:
        return None
    moved = np.abs(after - before).mean()
    offset = float(np.median(after - before))
    factor = _median_ratio(before, after)
    rests = [np.abs(after - before - offset).mean() / moved]
    rests.append(np.abs(after - factor * before).mean() / moved if factor is not None else np.inf)
    best = int(np.argmin(rests))
    if rests[best] > _MAX_REST:
        return None
    if best == 0:
        way = "higher" if offset > 0 else "lower"
        return Change(size, f"all quantiles are about {abs(offset):.4g} {way}: a constant offset")
    return Change(size, _factor_text(float(factor or 1)))


def _quantiles(statistics: NumericStatistics) -> Array:
    """Those between 5 % and 95 %: the extremes say little of the whole."""
    return np.array(statistics.quantiles[1:-1], np.float64)


def _median_ratio(before: Array, after: Array) -> float | None:
    there = before != 0
    if there.sum() < len(before) / 2:
        return None
    factor = float(np.median(after[there] / before[there]))
    return factor if abs(factor - 1) > _MIN_FACTOR_CHANGE else None


def _factor_text(factor: float) -> str:
    known = [text for value, text in _KNOWN_FACTORS.items() if abs(factor / value - 1) < 0.01]
    hint = f"{known[0]}?" if known else "a change of unit?"
    return f"all quantiles are about {factor:.4g} times as large: {hint}"
