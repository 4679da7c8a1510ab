"""The distances that a schema's comparators limit, from stored statistics.

Of texts, bools and ints that hold a category: over the values, as TFDV has it. Of other numbers: over
deciles of both sides together, each side with half of the weight, beside a bin for NaN and one for
infinity. TFDV lays one histogram's equal-width buckets over the other's, so that a single far outlier on
one side makes a large distance of nothing; on shared deciles it weighs what it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.statistics.points import Array
from ml_assets.statistics.semantic_type import may_identify
from ml_assets.validation.distances import (
    count_changes,
    jensen_shannon,
    kolmogorov_smirnov,
    population_stability,
    share_changes,
    wasserstein,
)
from ml_assets.validation.side import numbers_of, side_of

_BINS = 10
_EPSILON = 1e-12
_DIVERGENCES = {"JENSEN_SHANNON_DIVERGENCE": jensen_shannon, "PSI": population_stability}
_CHANGES = {"L_INFTY": share_changes, "NORMALIZED_ABSOLUTE_DIFFERENCE": count_changes}


@dataclass(frozen=True)
class Distance:
    """A distance between two distributions of one column.

    Attributes
    ----------
    metric : str
        ``L_INFTY``, ``JENSEN_SHANNON_DIVERGENCE``, ``NORMALIZED_ABSOLUTE_DIFFERENCE`` (TFDV's names),
        ``PSI``, ``WASSERSTEIN`` (in standard deviations of the control) or ``KS``.
    value : float
        The distance, >= 0.
    moved : str
        What moved most, where it is one value: ``'a' went from 10.0% to 30.0%``.
    """

    metric: str
    value: float
    moved: str = ""


def measure(
    metric: str, treatment: FeatureStatistics, control: FeatureStatistics, feature: Feature
) -> Distance | None:
    """Measure one distance, or give None where it is not defined for these columns.

    Parameters
    ----------
    metric : str
        Its name, as in `Distance`.
    treatment, control : FeatureStatistics
        Of the current (or the training) data, and of the previous (or the serving) data.
    feature : Feature
        What the column must look like.
    """
    sides = [(side, _counts(side, feature)) for side in (treatment, control)]
    (_, treatment_counts), (_, control_counts) = sides
    if metric in _CHANGES:
        if (treatment.type == "string") != (control.type == "string"):
            # Numbers have no value in common with texts, whether they hold a category or not.
            treatment_counts, control_counts = (
                {} if side.numeric else counts or {} for side, counts in sides
            )
        if treatment_counts is None or control_counts is None:
            return None
        change = _largest_change(metric, treatment_counts, control_counts)
        is_hidden = may_identify(treatment) or may_identify(control)
        return replace(change, moved="") if change and is_hidden else change
    if metric in _DIVERGENCES:
        bins = _shared_bins(treatment, control, treatment_counts, control_counts)
        if bins is None or not all(side.sum() for side in bins):
            return None
        return Distance(metric, _DIVERGENCES[metric](*bins))
    if treatment.numeric is None or control.numeric is None:
        return None
    distance = _distribution_distance(metric, treatment, control)
    return None if distance is None else Distance(metric, distance)


def _counts(column: FeatureStatistics, feature: Feature) -> Mapping[Any, float] | None:
    """How often each value occurs; ``None`` stands for the rare ones that are not listed."""
    if (string := column.string) is not None:
        rest = column.num_non_missing - sum(count for _, count in string.value_counts)
        others = {None: float(rest)} if not string.is_complete and rest > 0 else {}
        return {**string.counts, **others}
    if (time := column.time) is not None:
        return dict(enumerate(time.hours or time.weekdays))
    numeric = column.numeric
    if numeric is None:
        return {} if column.type == "null" else None
    is_complete = numeric.unique_is_exact and numeric.unique == len(numeric.distribution)
    return dict(numeric.distribution) if feature.holds == "category" and is_complete else None


def _largest_change(
    metric: str, treatment: Mapping[Any, float], control: Mapping[Any, float]
) -> Distance | None:
    """The value whose share (L-infinity) or count (normalised difference) moved most."""
    names = sorted((name for name in {**treatment, **control} if name is not None), key=str)
    if not names:
        return None
    # The values that are not listed count for the shares; as one value they would be no finding.
    now, before = _in_order([*names, None], treatment, control)
    changes = _CHANGES[metric](before, now)[:-1]
    # The last of equal ones, in order of the names, as TFDV has it.
    place = len(names) - 1 - int(changes[::-1].argmax())
    most = names[place]
    shown = repr(most[:40]) if isinstance(most, str) else str(most)
    first, last = (float(side[place] / (side.sum() or 1)) for side in (before, now))
    return Distance(metric, float(changes[place]), f"{shown} went from {first:.1%} to {last:.1%}")


def _in_order(
    names: Sequence[Any], treatment: Mapping[Any, float], control: Mapping[Any, float]
) -> tuple[Array, Array]:
    first, second = (
        np.array([side.get(name, 0) for name in names], np.float64) for side in (treatment, control)
    )
    return first, second


def _shared_bins(
    treatment: FeatureStatistics,
    control: FeatureStatistics,
    treatment_counts: Mapping[Any, float] | None,
    control_counts: Mapping[Any, float] | None,
) -> tuple[Array, Array] | None:
    """The same bins of both sides."""
    if treatment_counts is not None and control_counts is not None:
        return _in_order(
            list({**treatment_counts, **control_counts}), treatment_counts, control_counts
        )
    if treatment.numeric is None or control.numeric is None:
        return None
    return _deciles(treatment.numeric, control.numeric)


def _deciles(treatment: NumericStatistics, control: NumericStatistics) -> tuple[Array, Array]:
    sides = (treatment.points, control.points)
    values = np.concatenate([numbers for numbers, _ in sides])
    weights = np.concatenate([counts / max(1, counts.sum()) for _, counts in sides])
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    ranks = np.arange(1, _BINS) / _BINS * (cumulated[-1] if len(cumulated) else 0)
    places = np.searchsorted(cumulated, ranks - _EPSILON)
    edges = np.unique(values[order][places]) if len(values) else values
    first, second = (
        np.bincount(np.searchsorted(edges, numbers), weights=counts, minlength=len(edges) + 1)
        for numbers, counts in sides
    )
    not_finite = [[side.num_nan, side.num_inf] for side in (treatment, control)]
    return np.append(first, not_finite[0]), np.append(second, not_finite[1])


def _distribution_distance(
    metric: str, treatment: FeatureStatistics, control: FeatureStatistics
) -> float | None:
    """The largest difference between two distribution functions, or the area between them."""
    before, now = side_of(control), side_of(treatment)
    if not len(before.values) or not len(now.values):
        return None
    numbers = numbers_of(before, now)
    if metric == "KS":
        return kolmogorov_smirnov(numbers.gap())
    area = wasserstein(numbers.gap(), numbers.grid)
    spread = control.numeric.std_dev if control.numeric else None
    if not area:
        return 0.0
    return area / spread if spread else float("inf")
