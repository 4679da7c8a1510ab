"""The mergeable state of a column whose rows have weights.

It holds what the unweighted states hold, with weights in place of counts. A row of weight zero counts for
nothing. Sums of weights are sums of floats: cut differently, the last digits may differ.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.errors import DataError
from ml_assets.statistics.category_state import (
    CategoryState,
    merge_category,
    weighted_category_state,
)
from ml_assets.statistics.moments import Moments, merge_moments, moments_of
from ml_assets.statistics.plain_arrow import is_number
from ml_assets.statistics.points import Array, Points, points_of_sorted
from ml_assets.statistics.quantile_sketch import QuantileSketch, merge_sketches, sketch_of

# The sum of as many as there can be is finite.
MOST_WEIGHT = 1e280


@dataclass(frozen=True)
class WeightFaults:
    """How many weights are no weights: null, NaN or too large (infinity too), and negative."""

    num_null: int = 0
    num_not_finite: int = 0
    num_negative: int = 0

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return bool(self.num_null or self.num_not_finite or self.num_negative)


NO_FAULTS = WeightFaults()


@dataclass(frozen=True)
class WeightedState:
    """What is known of the rows seen so far.

    Attributes
    ----------
    non_missing, missing : float
        The weight of the rows with a value, and of those without.
    moments : Moments
        Of the finite numbers, with weights for counts.
    sketch : QuantileSketch
        Of the finite numbers; empty for other columns.
    texts : CategoryState, optional
        The values of a column of texts or bools, with weights for counts.
    """

    non_missing: float
    missing: float
    moments: Moments
    sketch: QuantileSketch
    texts: CategoryState | None


def read_weights(column: Any, name: str) -> tuple[Array, WeightFaults]:
    """Give a column as weights, with zero for an invalid one, and the faults.

    Raises
    ------
    DataError
        If the column does not hold numbers.
    """
    type_ = column.type
    if not is_number(type_):
        raise DataError(
            f"the weight column '{name}' is {type_}; weights are numbers from 0 on. Name another "
            "column, or convert it."
        )
    weights = np.array(column.cast(pa.float64(), safe=False).fill_null(0.0))
    not_finite, negative = ~(np.abs(weights) <= MOST_WEIGHT), weights < 0
    faults = WeightFaults(
        int(column.null_count),
        int(not_finite.sum()),
        int((negative & ~not_finite).sum()),
    )
    if faults.any:
        weights[not_finite | negative] = 0.0
    return weights, faults


def merge_faults(first: WeightFaults, second: WeightFaults) -> WeightFaults:
    """Give the faults of both parts together."""
    return WeightFaults(
        first.num_null + second.num_null,
        first.num_not_finite + second.num_not_finite,
        first.num_negative + second.num_negative,
    )


def refuse_faults(faults: WeightFaults, name: str, num_rows: int) -> None:
    """Refuse invalid weights.

    Raises
    ------
    DataError
        With the number of each kind, if there is any.
    """
    if not faults.any:
        return
    kinds = (
        (faults.num_null, "missing"),
        (faults.num_not_finite, f"NaN or above {MOST_WEIGHT:g}"),
        (faults.num_negative, "negative"),
    )
    listed = ", ".join(f"{count:,} {kind}" for count, kind in kinds if count)
    raise DataError(
        f"the weight column '{name}' has weights that are none: {listed}, of {num_rows:,} rows. "
        "A weight is a finite number from 0 on; give such rows a weight, or leave them out."
    )


def weighted_numbers(values: Array, weights: Array, missing: float) -> WeightedState:
    """Give the state of numbers with their weights, and of the weight of missing ones."""
    kept = np.isfinite(values) & (weights > 0)
    points = _weighted_points(values[kept], weights[kept])
    moments, sketch = moments_of(points), sketch_of(points)
    return WeightedState(float(weights.sum()), missing, moments, sketch, None)


def weighted_texts(array: Any, weights: Array, missing: float) -> WeightedState:
    """Give the state of an Arrow array of texts or bools, without nulls, with their weights."""
    texts = weighted_category_state(array, weights)
    return WeightedState(float(weights.sum()), missing, Moments(), QuantileSketch(), texts)


def weighted_counts(weights: Array, missing: float) -> WeightedState:
    """Give the state of other values: only the weights."""
    return WeightedState(float(weights.sum()), missing, Moments(), QuantileSketch(), None)


def merge_weighted(first: WeightedState, second: WeightedState) -> WeightedState:
    """Give the state of both parts together."""
    texts = first.texts and second.texts and merge_category(first.texts, second.texts)
    return WeightedState(
        first.non_missing + second.non_missing,
        first.missing + second.missing,
        merge_moments(first.moments, second.moments),
        merge_sketches(first.sketch, second.sketch),
        texts or first.texts or second.texts,
    )


def _weighted_points(values: Array, weights: Array) -> Points:
    order = np.argsort(values, kind="stable")
    ordered, weights = values[order] + 0, weights[order]  # no -0.0
    points = points_of_sorted(ordered)
    if not len(ordered):
        return points
    starts = np.cumsum(points.counts) - points.counts
    return Points(points.values, np.add.reduceat(weights, starts))
