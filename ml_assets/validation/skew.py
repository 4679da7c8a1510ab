"""`detect_skew`: what differs between training and serving, in schema and in distribution."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from ml_assets.schema.model import SERVING, Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.drift import DriftFinding, detect_drift
from ml_assets.validation.validate import validate_statistics


@dataclass(frozen=True)
class Skew:
    """The difference between training and serving.

    Attributes
    ----------
    anomalies : tuple of Anomaly
        Schema skew: where serving data differ from what the schema demands of them.
    findings : tuple of DriftFinding
        Distribution skew: one for each feature that is expected at serving.
    """

    anomalies: tuple[Anomaly, ...]
    findings: tuple[DriftFinding, ...]

    @property
    def alarms(self) -> tuple[str, ...]:
        """The features (or ``data set``) with an anomaly of severity ``ERROR``, or an alarm."""
        wrong = (
            anomaly.feature or "data set"
            for anomaly in self.anomalies
            if anomaly.severity == "ERROR"
        )
        moved = (finding.feature for finding in self.findings if finding.verdict == "alarm")
        return tuple(dict.fromkeys([*wrong, *moved]))

    def to_json(self) -> dict[str, Any]:
        """Give the skew as plain JSON types."""
        return {
            "anomalies": [anomaly.to_json() for anomaly in self.anomalies],
            "findings": [finding.to_json() for finding in self.findings],
        }


def detect_skew(
    serving: DatasetStatistics,
    schema: Schema,
    reference: DatasetStatistics,
    *,
    threshold: float = 0.1,
    significance: float = 0.01,
    min_rows: int = 200,
    ignore: Collection[str] = (),
) -> Skew:
    """Compare data at serving with the schema, and with the training data.

    Parameters
    ----------
    serving : DatasetStatistics
        Of the data at serving.
    schema : Schema
        What data must look like; judged in the environment ``SERVING``. A feature with a `skew`
        comparator is judged by that alone.
    reference : DatasetStatistics
        Of the training data.
    threshold, significance, min_rows
        As in `detect_drift`.
    ignore : collection of str
        Columns that are not part of the data, such as the score.

    Returns
    -------
    Skew
        Columns that are not expected at serving are neither demanded nor compared.
    """
    wanted = {feature.name for feature in schema.expected_in(SERVING)} - set(ignore)
    absent = {feature.name for feature in schema.features if not feature.is_in(SERVING)}
    judged = serving.only({*serving.by_name} - absent - {*ignore})
    anomalies = validate_statistics(judged, schema, SERVING)
    findings = detect_drift(
        serving.only(wanted),
        reference.only(wanted),
        threshold=threshold,
        significance=significance,
        min_rows=min_rows,
        schema=_with_skew_limits(schema),
    )
    return Skew(tuple(anomalies), tuple(findings))


def _with_skew_limits(schema: Schema) -> Schema:
    """The schema with the limits that apply between training and serving."""
    return replace(
        schema, features=tuple(replace(feature, drift=feature.skew) for feature in schema.features)
    )
