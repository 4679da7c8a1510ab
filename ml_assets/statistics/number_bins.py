"""Bins of numbers, each named by its greatest number: chosen from a sketch, counted, made fewer."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.numeric_state import NumericState
from ml_assets.statistics.points import Array, quantiles
from ml_assets.statistics.quantile_sketch import QuantileSketch
from ml_assets.statistics.time_state import TimeState


@dataclass(frozen=True)
class NumberBins:
    """Bins that follow each other.

    Attributes
    ----------
    tops : ndarray of float64
        The greatest number in each bin, increasing; greater ones count into the last bin.
    are_values : bool
        Whether all numbers of a bin are equal.
    """

    tops: Array
    are_values: bool

    def count(self, ordered: Array) -> Array:
        """Give how many of some sorted numbers lie in each bin."""
        if not len(self.tops):
            return np.zeros(0, np.int64)
        ends = np.searchsorted(ordered, self.tops[:-1], side="right")
        return np.diff(ends, prepend=0, append=len(ordered))

    def places_in(self, fewer: "NumberBins") -> Array:
        """Give, for each bin, the one of other bins in which its greatest number lies."""
        return np.searchsorted(fewer.tops[:-1], self.tops)


def number_bins(state: FeatureState, most_values: int, parts: int) -> NumberBins | None:
    """Give a bin for each value where there are few, and else bins of about equal count.

    Parameters
    ----------
    state : FeatureState
        Of the column.
    most_values : int
        So many different values have a bin each.
    parts : int
        Of more, how many bins there are; fewer where one value fills several.

    Returns
    -------
    NumberBins, optional
        None where the column holds neither numbers nor times.
    """
    sketch = _sketch(state)
    if sketch is None:
        return None
    points = sketch.points()
    if sketch.is_exact and len(points.values) <= most_values:
        return NumberBins(points.values.astype(np.float64), True)
    tops = np.unique(quantiles(points, np.arange(1, parts + 1) / parts))
    return NumberBins(tops.astype(np.float64), False)


def _sketch(state: FeatureState) -> QuantileSketch | None:
    match state.described:
        case NumericState() as numbers:
            return numbers.sketch
        case TimeState() as times:
            return times.moments.sketch
        case _:
            return None
