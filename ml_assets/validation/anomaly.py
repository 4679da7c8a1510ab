"""`Anomaly`: where data differ from what the schema demands, with a JSON round trip.

Codes and their meanings are TFDV's (``anomalies.proto``).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["ERROR", "WARN"]

# The codes that `validate_statistics` gives, with their short descriptions.
SHORT_DESCRIPTIONS = {
    "BOOL_TYPE_BIG_INT": "Out-of-range values",
    "BOOL_TYPE_SMALL_INT": "Out-of-range values",
    "BOOL_TYPE_UNEXPECTED_FLOAT": "Unexpected values",
    "BOOL_TYPE_UNEXPECTED_STRING": "Unexpected string values",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": "The distribution moved",
    "DATASET_HIGH_NUM_EXAMPLES": "Too many rows",
    "DATASET_LOW_NUM_EXAMPLES": "Too few rows",
    "ENUM_TYPE_INVALID_UTF8": "Values that are not UTF-8",
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "Unexpected string values",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "Too many missing values",
    "FEATURE_TYPE_LOW_UNIQUE": "Repeated values",
    "FEATURE_TYPE_NOT_PRESENT": "No values at all",
    "FLOAT_TYPE_BIG_FLOAT": "Out-of-range values",
    "FLOAT_TYPE_HAS_INF": "Infinite values",
    "FLOAT_TYPE_HAS_NAN": "NaN values",
    "FLOAT_TYPE_SMALL_FLOAT": "Out-of-range values",
    "INT_TYPE_BIG_INT": "Out-of-range values",
    "INT_TYPE_SMALL_INT": "Out-of-range values",
    "SCHEMA_MISSING_COLUMN": "Column missing",
    "SCHEMA_NEW_COLUMN": "New column",
    "UNEXPECTED_DATA_TYPE": "Unexpected data type",
}


@dataclass(frozen=True)
class Anomaly:
    """One difference between data and schema.

    Attributes
    ----------
    feature : str or None
        The column; None for the data set as a whole.
    code : str
        What kind of difference it is, by TFDV's name.
    severity : {"ERROR", "WARN"}
        An ``ERROR`` blocks the run.
    short_description : str
        The kind in a few words.
    description : str
        What, where, how many, compared with what, and what to do.
    expected, found : str
        What the schema demands, and what the data have.
    affected_fraction : float, optional
        The share of rows, 0 to 1, that row-by-row validation sets aside for this; None where the anomaly
        is not one of single rows.
    example_ids : tuple of str
        Some of those rows, to go and look.
    """

    feature: str | None
    code: str
    severity: Severity
    short_description: str
    description: str
    expected: str
    found: str
    affected_fraction: float | None = None
    example_ids: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the anomaly as plain JSON types."""
        return {**asdict(self), "example_ids": list(self.example_ids)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Anomaly":
        """Read what `to_json` gave."""
        return cls(**{**value, "example_ids": tuple(value["example_ids"])})


def anomaly(
    feature: str | None,
    code: str,
    description: str,
    *,
    expected: str,
    found: str,
    affected_fraction: float | None = None,
    severity: Severity = "ERROR",
) -> Anomaly:
    """Give an anomaly with the short description of its code."""
    short = SHORT_DESCRIPTIONS[code]
    return Anomaly(feature, code, severity, short, description, expected, found, affected_fraction)
