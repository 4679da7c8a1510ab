"""The mergeable state of a column of numbers: counts, extremes and moments, exact, and the sketches."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.distinct_sketch import (
    bottom,
    estimate_distinct,
    hash_numbers,
    merge_bottoms,
)
from ml_assets.statistics.moments import Moments, merge_moments, moments_of
from ml_assets.statistics.number_counts import count_numbers
from ml_assets.statistics.points import Array, Points
from ml_assets.statistics.quantile_sketch import QuantileSketch, merge_sketches, sketch_of


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
    extremes = [*(first.extremes or ()), *(second.extremes or ())]
    return NumericState(
        num_nan=first.num_nan + second.num_nan,
        num_inf=first.num_inf + second.num_inf,
        num_zeros=first.num_zeros + second.num_zeros,
        extremes=(min(extremes), max(extremes)) if extremes else None,
        moments=merge_moments(first.moments, second.moments),
        sketch=sketch,
        hashes=None if sketch.is_exact else merge_bottoms(_hashes(first), _hashes(second)),
    )


def _hashes(state: NumericState) -> Array:
    if state.hashes is not None:
        return state.hashes
    return bottom(hash_numbers(state.sketch.points().values))
