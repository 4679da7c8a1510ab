"""`Anomaly`: where data differ from what the schema demands, with a JSON round trip."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.codes import KIND_OF, SHORT_DESCRIPTIONS, Kind
from ml_assets.validation.wording import rows_text

Severity = Literal["ERROR", "WARN"]


@dataclass(frozen=True)
class Anomaly:
    """One difference between data and schema.

    Attributes
    ----------
    feature : str or None
        The column; None for the data set as a whole.
    code : str
        What kind of difference it is, by TFDV's name; `codes` has them all.
    severity : {"ERROR", "WARN"}
        Of an ``ERROR``, the check fails.
    short_description : str
        The kind in a few words.
    description : str
        What, where, how many, compared with what, and what to do.
    expected, found : str
        What the schema demands, and what the data have.
    affected_fraction : float, optional
        The share of rows, 0 to 1, that row-by-row validation sets aside for this; None where the anomaly
        is not one of single rows. Where the statistics do not hold every value, it is at least so much.
    example_ids : tuple of str
        Some of those rows, to go and look.
    value, limit : float, optional
        Of a comparator: the distance that was measured, and the largest that is allowed.
    setting : str
        What of the schema is broken, where the code does not tell: ``drift.psi``, ``rows_vs_version``, or
        a functional dependency such as ``city -> county``.
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
    value: float | None = None
    limit: float | None = None
    setting: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of the code: the check that it belongs to."""
        return KIND_OF[self.code]

    def to_json(self) -> dict[str, Any]:
        """Give the anomaly as plain JSON types."""
        return {**asdict(self), "example_ids": list(self.example_ids)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Anomaly":
        """Read what `to_json` gave, of this version or an earlier one."""
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
    value: float | None = None,
    limit: float | None = None,
    setting: str = "",
) -> Anomaly:
    """Give an anomaly with the short description of its code."""
    return Anomaly(
        feature,
        code,
        severity,
        SHORT_DESCRIPTIONS[code],
        description,
        expected,
        found,
        affected_fraction,
        value=value,
        limit=limit,
        setting=setting,
    )


def anomaly_of_rows(
    column: FeatureStatistics,
    code: str,
    rows: int,
    what: str,
    remedy: str,
    *,
    expected: str,
    found: str,
    at_least: bool = False,
) -> Anomaly:
    """Give the anomaly of a column in so many of its rows.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics.
    code : str
        As in `Anomaly`.
    rows : int
        How many rows are set aside for it.
    what, remedy : str
        What stands before and after ``in 2 of 10 rows`` in the description; the remedy begins with the
        mark that ends or goes on with the sentence.
    expected, found : str
        As in `Anomaly`.
    at_least : bool
        Whether there may be more such rows than the statistics hold.
    """
    extent = f"{'at least ' if at_least else ''}{rows_text(rows, column.num_rows)}"
    return anomaly(
        column.name,
        code,
        f"{column.name} {what} in {extent}{remedy}",
        expected=expected,
        found=found,
        affected_fraction=rows / column.num_rows,
    )
