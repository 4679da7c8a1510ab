"""Shares of rows with intervals, and how far two of them are apart.

References
----------
Wilson (1927), doi:10.1080/01621459.1927.10502953: the interval of a share. Newcombe (1998),
doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I: of a difference, from the intervals
of both. Donner and Zou (2012), doi:10.1177/0962280210383756: of a ratio, in the same way.
"""

import math
from dataclasses import dataclass

from ml_assets.evaluation.bootstrap import wilson_interval


@dataclass(frozen=True)
class Rate:
    """A share of rows.

    Attributes
    ----------
    hits, trials : int
        So many of so many rows.
    value : float or None
        The share, 0 to 1; None of no rows.
    low, high : float
        The ends of Wilson's interval; 0 and 1 of no rows.
    """

    hits: int
    trials: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A ratio or a difference of two rates, with its interval."""

    value: float
    low: float
    high: float


def rate(hits: int, trials: int, confidence: float) -> Rate:
    """Give the share `hits` / `trials` with its interval."""
    if not trials:
        return Rate(0, 0, None, 0.0, 1.0)
    share = hits / trials
    return Rate(hits, trials, share, *wilson_interval(share, trials, confidence))


def difference(one: Rate, other: Rate) -> Estimate | None:
    """Give `one` minus `other`, -1 to 1; None where one of them is of no rows."""
    if one.value is None or other.value is None:
        return None
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, max(-1.0, value - below), min(1.0, value + above))


def ratio(one: Rate, other: Rate) -> Estimate | None:
    """Give `one` over `other`, >= 0; None where one of them is of no rows, or `other` is 0."""
    if one.value is None or not other.value:
        return None
    product = one.value * other.value
    low = _end(product, one.value, one.low, other.value, other.high, -1)
    high = _end(product, one.value, one.high, other.value, other.low, 1)
    return Estimate(one.value / other.value, low, high)


def _end(
    product: float, one: float, one_end: float, other: float, other_end: float, sign: int
) -> float:
    divisor = other_end * (2 * other - other_end)
    if divisor <= 0:  # the other rate may be 0, or the interval reaches beyond twice of it
        return math.inf if sign > 0 else 0.0
    inside = product**2 - one_end * other_end * (2 * one - one_end) * (2 * other - other_end)
    return max(0.0, (product + sign * math.sqrt(max(0.0, inside))) / divisor)
