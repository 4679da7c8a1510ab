"""Numbers that were all multiplied by, or moved by, one constant: another unit, sign or offset."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.points import Array
from ml_assets.validation.moves.move import Move, Pair
from ml_assets.validation.side import Side

# A constant must explain all but this share of the difference between the quantiles.
_MAX_REST = 0.1
# With fewer different quantiles than this, any change looks like one constant.
_MIN_DIFFERENT = 4
# Up to so many values, both sides' are compared one by one.
_FEW = 50
_FEW_TOLERANCE = 0.03
KNOWN_FACTORS = {
    1.609344: "miles to kilometres", 0.621371: "kilometres to miles", 0.3048: "feet to metres",
    3.28084: "metres to feet", 2.54: "inches to centimetres", 0.393701: "centimetres to inches",
    0.453592: "pounds to kilograms", 2.20462: "kilograms to pounds",
    3.78541: "gallons to litres", 0.264172: "litres to gallons",
    1.852: "knots to kilometres per hour", 0.514444: "knots to metres per second",
    60.0: "minutes to seconds, or hours to minutes", 1 / 60: "seconds to minutes, or minutes to hours",
    3600.0: "hours to seconds", 1 / 3600: "seconds to hours",
    24.0: "days to hours", 1 / 24: "hours to days",
    100.0: "a hundredfold, as of a share in per cent", 0.01: "a hundredth, as of per cent in a share",
    10.0: "tenfold", 0.1: "a tenth", 1000.0: "a thousandfold", 0.001: "a thousandth",
    1e6: "a millionfold", 1e-6: "a millionth", -1.0: "the sign turned round",
}  # fmt: skip
# after = factor * before + offset
_KNOWN_SCALES = {
    (1.8, 32.0): "degrees Celsius to Fahrenheit",
    (1 / 1.8, -32 / 1.8): "degrees Fahrenheit to Celsius",
    (1.0, 273.15): "degrees Celsius to kelvin",
    (1.0, -273.15): "kelvin to degrees Celsius",
}
# So near, in mean deviations, all quantiles must be to what a known scale makes of them.
_SAME_SCALE = 0.05


@dataclass(frozen=True)
class _Quantiles:
    before: Array
    after: Array


def shift_of(pair: Pair) -> float | None:
    """Give the mean difference of the quantiles, in standard deviations of the reference."""
    quantiles = _quantiles(pair)
    reference = pair.reference.feature.numeric
    if quantiles is None or reference is None or not reference.std_dev:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.abs(quantiles.after - quantiles.before)
        shift = float(moved.sum()) / len(moved) / reference.std_dev
    return shift if np.isfinite(shift) else None


def unit_moves(pair: Pair, shift: float | None, p_value: float) -> Iterator[Move]:
    """The constant factor or offset that explains the change of the quantiles, if one does.

    Parameters
    ----------
    pair : Pair
        Of numbers.
    shift : float, optional
        As `shift_of` gives it.
    p_value : float
        Of the bins.
    """
    quantiles = _few_values(pair.reference, pair.current) or _quantiles(pair)
    if not shift or quantiles is None or shift <= pair.threshold / 4:
        return
    few = quantiles.before is pair.reference.values
    least = 2 if few else _MIN_DIFFERENT
    if min(len(np.unique(quantiles.before)), len(np.unique(quantiles.after))) < least:
        return
    explained = _sign(quantiles) or _scale(quantiles) or _constant(quantiles)
    if explained:
        yield Move("unit", explained, shift / pair.threshold, p_value)


def _quantiles(pair: Pair) -> _Quantiles | None:
    """Those between 5 % and 95 %: the extremes say little of the whole."""
    reference, current = pair.reference.feature.numeric, pair.current.feature.numeric
    if not reference or not current or not reference.quantiles or not current.quantiles:
        return None
    before = np.array(reference.quantiles[1:-1], np.float64)
    return _Quantiles(before, np.array(current.quantiles[1:-1], np.float64))


def _few_values(reference: Side, current: Side) -> _Quantiles | None:
    """Where both sides have the same few shares, their values: an int code that was moved by one."""
    few = 2 <= len(reference.values) == len(current.values) <= _FEW
    if not few or not (reference.is_exact and current.is_exact):
        return None
    shares = (side.counts / max(1, side.there) for side in (reference, current))
    before, now = shares
    if np.abs(before - now).max() > _FEW_TOLERANCE or (reference.values == current.values).all():
        return None
    return _Quantiles(reference.values, current.values)


def _sign(quantiles: _Quantiles) -> str:
    """Whether the values are the same with the other sign."""
    before, mirrored = quantiles.before, -quantiles.after[::-1]
    if (
        not before.any()
        or _unexplained(_Quantiles(before, quantiles.after), -before[::-1]) > _MAX_REST
    ):
        return ""
    moved = np.abs(quantiles.after - before).mean()
    return "all values have the other sign" if np.abs(mirrored - before).mean() < moved / 4 else ""


def _scale(quantiles: _Quantiles) -> str:
    for (factor, offset), text in _KNOWN_SCALES.items():
        spread = float(np.abs(quantiles.after - quantiles.after.mean()).mean()) or 1.0
        if (
            np.abs(factor * quantiles.before + offset - quantiles.after).mean()
            < _SAME_SCALE * spread
        ):
            return f"all quantiles are {factor:.4g} times as large, plus {offset:.4g}: {text}?"
    return ""


def _constant(quantiles: _Quantiles) -> str:
    before, after = quantiles.before, quantiles.after
    with np.errstate(all="ignore"):
        offset = float(np.median(after - before))
        factor = float((before * after).sum() / (before * before).sum()) if before.any() else 1.0
        expected = {"offset": before + offset, "factor": before * factor}
        rests = {way: _unexplained(quantiles, moved) for way, moved in expected.items()}
    best = min(rests, key=lambda way: rests[way])
    if rests[best] > _MAX_REST:
        return ""
    if best == "factor":
        return f"all quantiles are about {factor:.4g} times as large: {factor_hint(factor)}"
    way = "higher" if offset > 0 else "lower"
    return f"all quantiles are about {abs(offset):.4g} {way}: a constant offset"


def factor_hint(factor: float) -> str:
    """Give what a factor may be a change of, as a question."""
    units = [text for value, text in KNOWN_FACTORS.items() if abs(factor / value - 1) < 0.01]
    return f"{units[0]}?" if units else "a change of unit?"


def _unexplained(quantiles: _Quantiles, expected: Array) -> float:
    """The share of the change that a constant leaves unexplained, of the best three quarters.

    Where there are few different numbers, chance moves a quantile from one to the next.
    """
    before, after = quantiles.before, quantiles.after
    moved = float(np.abs(after - before).mean())
    if not moved or not np.isfinite(moved):
        return np.inf
    if float(np.abs(expected - before).mean()) < moved / 2:
        return np.inf
    rest = np.sort(np.abs(after - expected))
    return float(rest[len(rest) * 3 // 4]) / moved
