"""The mergeable state of a column of numbers: counts, extremes and moments, exact, and the sketches."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.distinct_sketch import (
    bottom,
    estimate_distinct,
    hash_numbers,
    merge_bottoms,
)
from ml_assets.statistics.number_counts import count_numbers
from ml_assets.statistics.points import Array, Points
from ml_assets.statistics.quantile_sketch import QuantileSketch, merge_sketches, sketch_of


@dataclass(frozen=True)
class Moments:
    """Count (or weight), mean and sum of squared deviations of finite numbers."""

    count: int | float = 0
    mean: float = 0.0
    squares: float = 0.0


@dataclass(frozen=True)
class NumericState:
    """What is known of the numbers seen so far.

    Attributes
    ----------
    num_nan, num_inf, num_zeros : int
        How many are NaN, infinite, and zero.
    extremes : tuple of numbers, optional
        The least and the greatest finite one.
    moments : Moments
        Of the finite ones.
    sketch : QuantileSketch
        Of the finite ones.
    hashes : ndarray, optional
        The sketch of different values; None as long as `sketch` knows them all.
    """

    num_nan: int
    num_inf: int
    num_zeros: int
    extremes: tuple[int | float, int | float] | None
    moments: Moments
    sketch: QuantileSketch
    hashes: Array | None = None

    @property
    def unique(self) -> int:
        """How many different finite values there are; counted while `hashes` is None."""
        if self.hashes is not None:
            return estimate_distinct(self.hashes)
        return len(self.sketch.points().values)


def numeric_state(values: Array) -> NumericState:
    """Give the state of an array of numbers, in any order, without nulls."""
    return points_state(*count_numbers(values))


def points_state(points: Points, num_nan: int = 0, num_inf: int = 0) -> NumericState:
    """Give the state of finite numbers that were counted, and of those that are not finite."""
    values, sketch = points.values, sketch_of(points)
    zero = np.flatnonzero(values == 0)
    return NumericState(
        num_nan=num_nan,
        num_inf=num_inf,
        num_zeros=int(points.counts[zero].sum()),
        extremes=(values[0].item(), values[-1].item()) if len(values) else None,
        moments=moments_of(points),
        sketch=sketch,
        hashes=None if sketch.is_exact else bottom(hash_numbers(values)),
    )


def merge_numeric(first: NumericState, second: NumericState) -> NumericState:
    """Give the state of both sets of numbers together."""
    sketch = merge_sketches(first.sketch, second.sketch)
    both = [*(first.extremes or ()), *(second.extremes or ())]
    return NumericState(
        num_nan=first.num_nan + second.num_nan,
        num_inf=first.num_inf + second.num_inf,
        num_zeros=first.num_zeros + second.num_zeros,
        extremes=(min(both), max(both)) if both else None,
        moments=merge_moments(first.moments, second.moments),
        sketch=sketch,
        hashes=None if sketch.is_exact else merge_bottoms(_hashes(first), _hashes(second)),
    )


def moments_of(points: Points) -> Moments:
    """Give the moments of the numbers that points stand for."""
    if not len(points.values):
        return Moments()
    count = points.total
    values = points.values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond 1e154 squares overflow to inf
        mean = _weighted_sum(values, points) / count
        values -= mean
        values *= values
        return Moments(count, mean, _weighted_sum(values, points))


def _weighted_sum(values: Array, points: Points) -> float:
    # Not a dot product: BLAS would start threads, which cost more CPU seconds than they save.
    return float(values.sum() if points.all_different else (values * points.counts).sum())


def merge_moments(first: Moments, second: Moments) -> Moments:
    """Give the moments of both together: Chan, Golub and LeVeque (1979).

    No sum of squares is formed, so nothing cancels.
    """
    count = first.count + second.count
    if not first.count or not second.count:
        return first if first.count else second
    share = second.count / count
    with np.errstate(over="ignore", invalid="ignore"):
        step = np.float64(second.mean) - first.mean
        squares = first.squares + second.squares + step * step * first.count * share
        return Moments(count, float(first.mean + step * share), float(squares))


def _hashes(state: NumericState) -> Array:
    if state.hashes is not None:
        return state.hashes
    return bottom(hash_numbers(state.sketch.points().values))
