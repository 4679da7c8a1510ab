"""Compares a column's distribution with that of the previous span, and of serving.

A feature whose schema has a comparator is judged by it, as in TFDV: an anomaly if a distance is above its
threshold. The others are judged by the default alarm of `drift`: large, and beyond chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.measures import Distance, measure

Comparison = Literal["drift", "skew"]

# The metric, its code, its name in words, by the comparator's field; in TFDV's order.
_METRICS = {
    "l_infinity": ("L_INFTY", "COMPARATOR_L_INFTY_HIGH", "L-infinity distance"),
    "normalized_abs_difference": (
        "NORMALIZED_ABSOLUTE_DIFFERENCE",
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
        "normalised absolute difference",
    ),
    "jensen_shannon": (
        "JENSEN_SHANNON_DIVERGENCE",
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        "Jensen-Shannon divergence",
    ),
    "psi": ("PSI", "COMPARATOR_PSI_HIGH", "population stability index"),
    "wasserstein": ("WASSERSTEIN", "COMPARATOR_WASSERSTEIN_HIGH", "Wasserstein distance"),
    "ks": ("KS", "COMPARATOR_KS_HIGH", "Kolmogorov-Smirnov statistic"),
}
_CONTROL_NAMES = {"drift": "the previous data", "skew": "the serving data"}


@dataclass(frozen=True)
class Measurement:
    """A distance that a comparator of the schema limits; TFDV's ``drift_skew_info``.

    Attributes
    ----------
    feature : str
        The column.
    kind : {"drift", "skew"}
        Against the previous data, or those at serving.
    metric : str
        As in `measures.Distance`.
    value, threshold : float
        The distance, and the largest that is allowed.
    """

    feature: str
    kind: Comparison
    metric: str
    value: float
    threshold: float


def measure_distances(
    statistics: DatasetStatistics,
    schema: Schema,
    previous_statistics: DatasetStatistics | None = None,
    serving_statistics: DatasetStatistics | None = None,
) -> list[Measurement]:
    """Measure all distances that the schema's comparators limit, those within their limits included.

    Parameters
    ----------
    statistics, schema, previous_statistics, serving_statistics
        As in `validate_statistics`.

    Returns
    -------
    list of Measurement
        By the schema's order of features. A distance that is not defined for a column is left out.
    """
    current = statistics.by_name
    others: dict[Comparison, DatasetStatistics | None] = {
        "drift": previous_statistics,
        "skew": serving_statistics,
    }
    sides = {kind: side.by_name for kind, side in others.items() if side is not None}
    return [
        Measurement(feature.name, kind, _METRICS[key][0], distance.value, limit)
        for feature in schema.features
        if (column := current.get(feature.name)) is not None and _is_compared(column, feature)
        for kind, control in sides.items()
        if feature.name in control
        for key, limit, distance in _distances(
            column, control[feature.name], feature, _comparator(feature, kind)
        )
    ]


def compare_feature(
    column: FeatureStatistics, control: DatasetStatistics, feature: Feature, kind: Comparison
) -> Iterator[Anomaly]:
    """Give the anomalies that one comparator of the schema finds.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics, in the data to judge.
    control : DatasetStatistics
        Of the previous data, or those at serving.
    feature : Feature
        What the column must look like.
    kind : {"drift", "skew"}
        Which comparator.
    """
    comparator = _comparator(feature, kind)
    if not _limits(comparator) or not _is_compared(column, feature):
        return
    control_column = control.by_name.get(feature.name)
    if control_column is None:
        yield _control_missing(feature, kind)
        return
    for key, limit, distance in _distances(column, control_column, feature, comparator):
        if distance.value > limit:
            yield _too_far(feature, kind, key, limit, distance)


def compare_by_default(
    current: DatasetStatistics,
    reference: DatasetStatistics,
    features: Sequence[Feature],
    kind: Comparison,
) -> Iterator[Anomaly]:
    """Give an anomaly for each feature that no comparator judges and that moved much, beyond chance.

    A comparator judges nothing where none of its distances is defined, as L-infinity is not of numbers.

    Parameters
    ----------
    current, reference : DatasetStatistics
        Of the data that may have moved, and of those they are compared with.
    features : sequence of Feature
        Those that are expected in both.
    kind : {"drift", "skew"}
        Which comparator goes first.
    """
    from ml_assets.validation.drift import detect_drift  # brings scipy, which is slow to import

    unlimited = {
        feature.name: feature
        for feature in features
        if not _is_limited(feature, kind, current, reference)
    }
    current_rest, reference_rest = (
        replace(
            side, features=tuple(feature for feature in side.features if feature.name in unlimited)
        )
        for side in (current, reference)
    )
    if not current_rest.features or not reference_rest.features:
        return
    name = "the previous data" if kind == "drift" else "the training data"
    for finding in detect_drift(current_rest, reference_rest):
        if finding.verdict == "alarm":
            yield anomaly(
                finding.feature,
                "COMPARATOR_DISTRIBUTION_MOVED",
                f"{finding.feature} differs from {name}: {finding.explanation}. Find out why; to set a "
                f"limit of your own, give {finding.feature} a {kind} comparator in the schema.",
                expected=f"a distribution like that of {name}",
                found=", ".join(
                    f"{metric} {distance:.3g}" for metric, distance in finding.distances.items()
                ),
                severity="WARN",
                value=_divergence(current_rest, reference_rest, unlimited[finding.feature]),
                setting=f"{kind}.jensen_shannon",
            )


def _is_limited(
    feature: Feature, kind: Comparison, current: DatasetStatistics, reference: DatasetStatistics
) -> bool:
    """Whether a comparator judges a feature: it has one, and what that limits is defined."""
    comparator, name = _comparator(feature, kind), feature.name
    current_column, reference_column = current.by_name.get(name), reference.by_name.get(name)
    if not _limits(comparator) or current_column is None or reference_column is None:
        return bool(_limits(comparator))
    return any(True for _ in _distances(current_column, reference_column, feature, comparator))


def _divergence(
    current: DatasetStatistics, reference: DatasetStatistics, feature: Feature
) -> float | None:
    """What a comparator would have measured, for whoever wants to set one."""
    sides = [side.by_name.get(feature.name) for side in (current, reference)]
    if sides[0] is None or sides[1] is None:
        return None
    distance = measure(_METRICS["jensen_shannon"][0], sides[0], sides[1], feature)
    return None if distance is None else distance.value


def _comparator(feature: Feature, kind: str) -> Comparator | None:
    return feature.drift if kind == "drift" else feature.skew


def _is_compared(column: FeatureStatistics, feature: Feature) -> bool:
    """Whether there is something to compare, of a column that is judged at all."""
    return column.num_non_missing > 0 and feature.has_type and not feature.is_ignored


def _limits(comparator: Comparator | None) -> dict[str, float]:
    if comparator is None:
        return {}
    limits = {key: getattr(comparator, key) for key in _METRICS}
    return {key: limit for key, limit in limits.items() if limit is not None}


def _distances(
    column: FeatureStatistics,
    control_column: FeatureStatistics,
    feature: Feature,
    comparator: Comparator | None,
) -> Iterator[tuple[str, float, Distance]]:
    for key, limit in _limits(comparator).items():
        distance = measure(_METRICS[key][0], column, control_column, feature)
        if distance is not None:
            yield key, limit, distance


def _control_missing(feature: Feature, kind: Comparison) -> Anomaly:
    return anomaly(
        feature.name,
        "COMPARATOR_CONTROL_DATA_MISSING",
        f"The schema compares {feature.name} with {_CONTROL_NAMES[kind]}, which have no such column. "
        f"Give data that have it, or take {kind} of {feature.name} out of the schema.",
        expected=f"the column in {_CONTROL_NAMES[kind]}",
        found="no such column",
        setting=kind,
    )


def _too_far(
    feature: Feature, kind: Comparison, key: str, limit: float, distance: Distance
) -> Anomaly:
    _, code, words = _METRICS[key]
    name = feature.name
    moved = f" Most moved: {distance.moved} of the values." if distance.moved else ""
    return anomaly(
        name,
        code,
        f"{name} differs from {_CONTROL_NAMES[kind]}: the {words} is {distance.value:.6g}, and the "
        f"schema allows {limit:g}.{moved} Find out why; if it is right, raise {kind}.{key} "
        f"of {name} in the schema.",
        expected=f"a {words} of at most {limit:g}",
        found=f"{distance.value:.6g}",
        value=distance.value,
        limit=limit,
        setting=f"{kind}.{key}",
    )
