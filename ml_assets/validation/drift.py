"""`detect_drift`: which features' distributions moved, from stored statistics alone.

A feature alarms only if the change is both large and beyond what chance makes of samples of these sizes.

Large means one of these. (1) A Jensen-Shannon divergence (base 2) above the threshold: of numbers, over
the reference's tails and quarters, so that it measures a move of the whole, not of single values. (2) The
share of one category, of one number or of the missing values changed by more than the threshold. (3) Rows
with values that the reference does not know, or outside its range, by more than 8 % of it. (4) A
constant factor or offset that moved all quantiles, by more than the threshold in standard deviations.

Beyond chance means a p-value, adjusted for the number of features (Benjamini and Hochberg 1995), of at
most the significance. It is twice the smaller one of Pearson's test over fine bins, and of that for so
many unknown values.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics
from ml_assets.validation.bins import COARSE, FINE, Bins, bins_of, num_missing
from ml_assets.validation.distances import (
    adjusted,
    jensen_shannon,
    l_infinity,
    p_value_of_bins,
    population_stability,
)
from ml_assets.validation.explain import explain
from ml_assets.validation.single_value import single_value_change
from ml_assets.validation.transforms import constant_change, shift_of
from ml_assets.validation.unknown import unknown_values

Verdict = Literal["alarm", "ok", "cannot tell"]

# Of the threshold: values that were never seen before say more than a share that moved.
UNKNOWN_SHARE = 0.08


@dataclass(frozen=True)
class DriftFinding:
    """Whether one feature's distribution moved.

    Attributes
    ----------
    feature : str
        The column.
    distances : mapping of str to float
        ``jensen_shannon`` (base 2, 0 to 1) and ``psi`` (>= 0) over coarse bins, ``l_infinity`` (0 to 1,
        of one value or the missing ones),
        ``unknown`` (the share of rows with values new to the reference), and for numbers ``shift`` (the
        mean difference of the quantiles in standard deviations). Empty where nothing can be compared.
    p_value : float or None
        How likely chance alone makes such a difference, adjusted for the number of features.
    verdict : {"alarm", "ok", "cannot tell"}
        The conclusion.
    explanation : str
        What moved, or why nothing can be said.
    """

    feature: str
    distances: Mapping[str, float]
    p_value: float | None
    verdict: Verdict
    explanation: str

    def to_json(self) -> dict[str, Any]:
        """Give the finding as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "DriftFinding":
        """Read what `to_json` gave."""
        return cls(**value)


@dataclass(frozen=True)
class _Measured:
    """A comparison before its p-value is adjusted for the number of features."""

    feature: str
    distances: dict[str, float]
    p_value: float
    is_large: bool
    explanation: str


def detect_drift(
    current: DatasetStatistics,
    reference: DatasetStatistics,
    *,
    threshold: float = 0.1,
    significance: float = 0.01,
    min_rows: int = 200,
) -> list[DriftFinding]:
    """Find the features whose distribution moved.

    Parameters
    ----------
    current, reference : DatasetStatistics
        Of the new data and of those they are compared with, such as the champion's training data.
    threshold : float
        How large a change must be, 0 to 1, exclusive; see the module for what it is compared with.
    significance : float
        The false-discovery rate over all features, 0 to 1, exclusive.
    min_rows : int
        With fewer rows on either side the verdict is "cannot tell".

    Returns
    -------
    list of DriftFinding
        One for each feature of either side: alarms first, then in the reference's order.
    """
    here, there = current.by_name, reference.by_name
    names = list(dict.fromkeys([*there, *here]))
    reasons = {
        name: reason
        for name in names
        if (reason := _why_not(here.get(name), there.get(name), min_rows))
    }
    measured = [_measure(here[n], there[n], threshold) for n in names if n not in reasons]
    p_values = adjusted(np.array([found.p_value for found in measured]))
    judged = {
        found.feature: _judge(found, float(p_value), significance)
        for found, p_value in zip(measured, p_values, strict=True)
    }
    findings = [
        judged[n] if n in judged else DriftFinding(n, {}, None, "cannot tell", reasons[n])
        for n in names
    ]
    return sorted(findings, key=lambda finding: finding.verdict != "alarm")


def _why_not(
    current: FeatureStatistics | None, reference: FeatureStatistics | None, min_rows: int
) -> str:
    """Why two columns cannot be compared, or an empty text."""
    if current is None or reference is None:
        side = "reference" if current is None else "current data"
        return f"it is only in the {side}"
    fewest = min(current.num_rows, reference.num_rows)
    if fewest < min_rows:
        return f"{fewest:,} rows are too few; at least {min_rows:,} are needed"
    if "nested" in (current.type, reference.type):
        return "nested values are not compared"
    return ""


def _measure(
    current: FeatureStatistics, reference: FeatureStatistics, threshold: float
) -> _Measured:
    if _kind(current) != _kind(reference) and "null" not in (_kind(current), _kind(reference)):
        text = f"its type changed from {reference.type} to {current.type}"
        return _Measured(current.name, {}, 0.0, True, text)
    fine, coarse = (bins_of(reference, current, places) for places in (FINE, COARSE))
    unknown = unknown_values(reference, current)
    change = shift = None
    if reference.numeric and current.numeric:
        change = constant_change(reference.numeric, current.numeric)
        shift = shift_of(reference.numeric, current.numeric)
    distances = {
        "jensen_shannon": jensen_shannon(coarse.reference, coarse.current),
        "psi": population_stability(coarse.reference, coarse.current),
        "l_infinity": _largest_share(reference, current, fine),
        "unknown": unknown.share,
        **({} if shift is None else {"shift": shift}),
    }
    is_large = (
        max(distances["jensen_shannon"], distances["l_infinity"]) > threshold
        or unknown.share > threshold * UNKNOWN_SHARE
        or (change is not None and change.size > threshold)
    )
    p_value = min(1.0, 2 * min(p_value_of_bins(fine.reference, fine.current), unknown.p_value))
    explanation = explain(reference, current, coarse, unknown, change)
    return _Measured(current.name, distances, p_value, is_large, explanation)


def _largest_share(reference: FeatureStatistics, current: FeatureStatistics, bins: Bins) -> float:
    """By how much the share of one value changed; of numbers, a stretch of them is not one value."""
    if not (reference.numeric and current.numeric):
        return l_infinity(bins.reference, bins.current)
    _, before, now = single_value_change(reference, current)
    missing = (num_missing(side) / side.num_rows for side in (reference, current))
    changes = [now - before, float(np.diff(list(missing))[0])]
    return max(abs(change) for change in changes)


def _kind(feature: FeatureStatistics) -> str:
    parts = ("numeric", "string", "time")
    return next((part for part in parts if getattr(feature, part) is not None), "null")


def _judge(found: _Measured, p_value: float, significance: float) -> DriftFinding:
    alarms = found.is_large and p_value <= significance
    text = found.explanation
    if found.is_large and not alarms:
        text = f"not more than chance explains at this size: {text}"
    verdict: Verdict = "alarm" if alarms else "ok"
    return DriftFinding(found.feature, found.distances, p_value, verdict, text)
