"""How numbers of rows, values and shares are put into words."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.statistics.semantic_type import may_identify

MAX_VALUES = 3
_MAX_QUOTED = 40


def rows_text(count: int, rows: int) -> str:
    """Say how many of the rows: ``2 of 10 rows (20.00%)``."""
    return f"{count:,} of {rows:,} rows ({count / max(1, rows):.2%})"


def values_text(count: int) -> str:
    """Say how many values: ``1 value``, ``2 values``."""
    return "1 value" if count == 1 else f"{count:,} values"


def quote(value: object) -> str:
    """Give a value as a message may show it: short, and in quotes if it is a text."""
    if isinstance(value, str):
        return repr(value[:_MAX_QUOTED])
    return value.isoformat() if isinstance(value, date) else str(value)[:_MAX_QUOTED]


def quoted(values: Sequence[str]) -> str:
    """Give up to three texts in quotes, and how many more there are."""
    shown = ", ".join(quote(value) for value in values[:MAX_VALUES])
    more = len(values) - MAX_VALUES
    return f"{shown} and {more} more" if more > 0 else shown


def shown_values(column: FeatureStatistics, values: Sequence[str]) -> str:
    """The same of a column's values; only how many, where they may name a person or a row."""
    if values and may_identify(column):
        return f"{values_text(len(values))} (not shown)"
    return quoted(values)


def percent(share: float) -> str:
    """Give a share of 0 to 1 in per cent, with as many digits as it was written with."""
    text = f"{float(100 * Fraction(repr(share))):.6g}"
    return f"{text}%"


def is_below(part: int, whole: int, least: float) -> bool:
    """Whether ``part / whole`` is below a share: 9 of 10 are not below 0.9, nor 5 of 7 below ``5 / 7``.

    Both sides are rounded once, and so alike. ``1 - 0.9`` is rounded twice, and less than 0.1: with the
    share that is missing, exactly 90 % would fail.
    """
    return part / max(1, whole) < least
