"""The distances that a schema's comparators limit, from stored statistics.

Of texts, bools and ints that hold a category: over the values, as TFDV has it. Of other numbers: over
deciles of both sides together, each side with half of the weight, beside a bin for NaN and one for
infinity. TFDV lays one histogram's equal-width buckets over the other's, so that a single far outlier on
one side makes a large distance of nothing; on shared deciles it weighs what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.statistics.points import Array

_BINS = 10
_EPSILON = 1e-12


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
    counts = _counts(treatment, feature), _counts(control, feature)
    here, there = counts
    if metric in ("L_INFTY", "NORMALIZED_ABSOLUTE_DIFFERENCE"):
        return None if here is None or there is None else _largest(metric, here, there)
    if metric in ("JENSEN_SHANNON_DIVERGENCE", "PSI"):
        table = _table(treatment, control, here, there)
        if table is None or not all(side.sum() for side in table):
            return None
        return Distance(metric, _DIVERGENCES[metric](*table))
    numeric = treatment.numeric, control.numeric
    if numeric[0] is None or numeric[1] is None:
        return None
    value = _between(metric, numeric[0], numeric[1])
    return None if value is None else Distance(metric, value)


def _counts(found: FeatureStatistics, feature: Feature) -> Mapping[Any, float] | None:
    """How often each value occurs; ``None`` stands for the rare ones that are not listed."""
    if (string := found.string) is not None:
        rest = found.num_non_missing - sum(count for _, count in string.value_counts)
        others = {None: float(rest)} if not string.is_complete and rest > 0 else {}
        return {**dict(string.value_counts), **others}
    if (time := found.time) is not None:
        return dict(enumerate(time.hours or time.weekdays))
    numeric = found.numeric
    if numeric is None:
        return {} if found.type == "null" else None
    is_complete = numeric.unique_is_exact and numeric.unique == len(numeric.distribution)
    return dict(numeric.distribution) if feature.holds == "category" and is_complete else None


def _largest(metric: str, here: Mapping[Any, float], there: Mapping[Any, float]) -> Distance | None:
    """The value whose share (L-infinity) or count (normalised difference) moved most."""
    totals = sum(here.values()), sum(there.values())
    scales = totals if metric == "L_INFTY" else (sum(totals), sum(totals))
    names = sorted((name for name in {**here, **there} if name is not None), key=str)
    if not names:
        return None
    p, q = (
        {name: side.get(name, 0) / scale if scale else 0.0 for name in names}
        for side, scale in zip((here, there), scales, strict=True)
    )
    # The last of equal ones, in order of the names, as TFDV has it.
    most = max(names, key=lambda name: (abs(p[name] - q[name]), names.index(name)))
    shown = repr(most[:40]) if isinstance(most, str) else str(most)
    before, now = (
        side.get(most, 0) / total if total else 0.0
        for side, total in zip((there, here), totals[::-1], strict=True)
    )
    return Distance(metric, abs(p[most] - q[most]), f"{shown} went from {before:.1%} to {now:.1%}")


def _table(
    treatment: FeatureStatistics,
    control: FeatureStatistics,
    here: Mapping[Any, float] | None,
    there: Mapping[Any, float] | None,
) -> tuple[Array, Array] | None:
    """The same bins of both sides."""
    if here is not None and there is not None:
        names = list({**here, **there})
        both = (np.array([side.get(n, 0) for n in names], np.float64) for side in (here, there))
        first, second = both
        return first, second
    if treatment.numeric is None or control.numeric is None:
        return None
    return _deciles(treatment.numeric, control.numeric)


def _deciles(here: NumericStatistics, there: NumericStatistics) -> tuple[Array, Array]:
    (x, n), (y, m) = _points(here), _points(there)
    values = np.concatenate([x, y])
    weights = np.concatenate([n / max(1, n.sum()), m / max(1, m.sum())])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    ranks = np.arange(1, _BINS) / _BINS * (reached[-1] if len(reached) else 0)
    places = np.searchsorted(reached, ranks - _EPSILON)
    edges = np.unique(values[order][places]) if len(values) else values
    first, second = (
        np.bincount(np.searchsorted(edges, v), weights=w, minlength=len(edges) + 1)
        for v, w in ((x, n), (y, m))
    )
    rest = [[side.num_nan, side.num_inf] for side in (here, there)]
    return np.append(first, rest[0]), np.append(second, rest[1])


def _points(numeric: NumericStatistics) -> tuple[Array, Array]:
    pairs = np.array(numeric.distribution, np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _jensen_shannon(here: Array, there: Array) -> float:
    p, q = here / here.sum(), there / there.sum()
    middle = (p + q) / 2
    halves = [
        float((side[side > 0] * np.log2(side[side > 0] / middle[side > 0])).sum())
        for side in (p, q)
    ]
    return min(max(sum(halves) / 2, 0.0), 1.0)


def _population_stability(here: Array, there: Array) -> float:
    """Half a row is added to each bin, so that an empty one does not make it infinite."""
    p, q = ((side + 0.5) / (side + 0.5).sum() for side in (here, there))
    return float(((p - q) * np.log(p / q)).sum())


_DIVERGENCES = {"JENSEN_SHANNON_DIVERGENCE": _jensen_shannon, "PSI": _population_stability}


def _between(metric: str, here: NumericStatistics, there: NumericStatistics) -> float | None:
    """Between two distribution functions: the largest difference, or the area."""
    (x, n), (y, m) = _points(here), _points(there)
    if not len(x) or not len(y):
        return None
    places = np.unique(np.concatenate([x, y]))
    f, g = (_reached(places, v, w) for v, w in ((x, n), (y, m)))
    if metric == "KS":
        return float(np.abs(f - g).max())
    area = float((np.abs(f - g)[:-1] * np.diff(places)).sum())
    if not area:
        return 0.0
    return area / there.std_dev if there.std_dev else float("inf")


def _reached(places: Array, values: Array, counts: Array) -> Array:
    """The share of the values that are at most as large as each place."""
    order = np.argsort(values, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(counts[order])])
    shares: Array = total[np.searchsorted(values[order], places, side="right")] / total[-1]
    return shares
