"""Mean and spread of numbers, mergeable without loss.

Of whole numbers the sum and the sum of squares are kept exactly, as integers, so that every cut of the
data gives the same mean and standard deviation to the last digit. Of others they are merged in floating
point by the formula of Chan, Golub and LeVeque (1979): no sum of squares is formed, so nothing cancels.
"""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.points import Array, Points

_PROBE = 64
_MOST = 2**62


@dataclass(frozen=True)
class Moments:
    """Count (or weight), mean and sum of squared deviations of finite numbers.

    Attributes
    ----------
    count : int or float
        How many there are, or their weight.
    mean, squares : float
        Their mean, and the sum of the squared deviations from it.
    sums : tuple of int, optional
        Of whole numbers the exact sum, and the exact sum of squares.
    """

    count: int | float = 0
    mean: float = 0.0
    squares: float = 0.0
    sums: tuple[int, int] | None = (0, 0)


def moments_of(points: Points) -> Moments:
    """Give the moments of the numbers that points stand for."""
    if not len(points.values):
        return Moments()
    sums = _integer_sums(points)
    if sums is not None:
        return _exact_moments(points.total, sums)
    count = points.total
    values = points.values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond 1e154 squares overflow to inf
        mean = _weighted_sum(values, points) / count
        values -= mean
        values *= values
        return Moments(count, mean, _weighted_sum(values, points), None)


def merge_moments(first: Moments, second: Moments) -> Moments:
    """Give the moments of both together."""
    count = first.count + second.count
    if not first.count or not second.count:
        return first if first.count else second
    if first.sums is not None and second.sums is not None:
        total, squares = (one + two for one, two in zip(first.sums, second.sums, strict=True))
        return _exact_moments(int(count), (total, squares))
    share = second.count / count
    with np.errstate(over="ignore", invalid="ignore"):
        step = np.float64(second.mean) - first.mean
        deviations = first.squares + second.squares + step * step * first.count * share
        return Moments(count, float(first.mean + step * share), float(deviations), None)


def _exact_moments(count: int, sums: tuple[int, int]) -> Moments:
    """Python divides integers of any size to the nearest float."""
    total, squares = sums
    return Moments(count, total / count, (count * squares - total * total) / count, sums)


def _integer_sums(points: Points) -> tuple[int, int] | None:
    """The exact sum and sum of squares of whole numbers that are small enough for 64 bits."""
    values, counts = points.values, points.counts
    if counts.dtype.kind == "f":
        return None
    size = max(abs(values[0].item()), abs(values[-1].item()))
    if not size * size * points.total < _MOST:
        return None
    whole = _as_integers(values)
    if whole is None:
        return None
    weighted = whole * counts
    return int(weighted.sum()), int((weighted * whole).sum())


def _as_integers(values: Array) -> Array | None:
    if values.dtype.kind != "f":
        return values
    probe = values[:_PROBE]
    if (probe != np.rint(probe)).any():
        return None
    whole = values.astype(np.int64)
    return whole if (whole == values).all() else None


def _weighted_sum(values: Array, points: Points) -> float:
    # Not a dot product: BLAS would start threads, which cost more CPU seconds than they save.
    return float(values.sum() if points.all_different else (values * points.counts).sum())
