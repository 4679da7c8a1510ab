"""How bad an anomaly is: what the YAML says, else what row-by-row validation can mend.

The default severity is ``ERROR``, and ``WARN`` for a new column and for a distribution that moved though
no comparator of the schema says how far it may. An anomaly of single rows (an unexpected value, one out
of range, a missing value in a column that must have one) is a ``WARN`` as long as no more rows have it
than may be quarantined, because those rows are taken out; its check is then `quarantine`. Everything else
(a column missing or of another type, too many missing values, too few rows) stays an ``ERROR``, since no
quarantine can mend it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ml_assets.validation.anomaly import Anomaly, Severity


def with_severity(
    anomalies: Sequence[Anomaly],
    overrides: Mapping[str, Severity],
    max_quarantined_fraction: float,
) -> list[Anomaly]:
    """Give the anomalies with the severity that the pipeline wants, worst first.

    Parameters
    ----------
    anomalies : sequence of Anomaly
        As `validate_statistics` gives them.
    overrides : mapping of str to severity
        The severity of all anomalies of a code, or as ``feature.CODE`` of one feature, which goes first.
    max_quarantined_fraction : float
        The largest share of rows that may be quarantined, 0 to 1.
    """
    judged = [
        replace(anomaly, severity=_severity(anomaly, overrides, max_quarantined_fraction))
        for anomaly in anomalies
    ]
    return sorted(judged, key=lambda anomaly: anomaly.severity != "ERROR")


def _severity(
    anomaly: Anomaly, overrides: Mapping[str, Severity], max_quarantined_fraction: float
) -> Severity:
    for key in (f"{anomaly.feature}.{anomaly.code}", anomaly.code):
        if key in overrides:
            return overrides[key]
    affected = anomaly.affected_fraction
    if affected is not None and affected <= max_quarantined_fraction:
        return "WARN"
    return anomaly.severity
