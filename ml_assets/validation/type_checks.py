"""Whether a column has the type that the schema wants."""

from collections.abc import Iterator

from ml_assets.schema.column_types import fits_type
from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.text_numbers import is_number_text
from ml_assets.validation.wording import shown_values


def check_type(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find a column of another type; ints in place of floats are only worth a warning."""
    if (column.type, feature.type) == ("int", "float"):
        yield _ints_for_floats(feature)
    if fits_type(column.type, feature):
        return
    yield anomaly(
        feature.name,
        "UNEXPECTED_DATA_TYPE",
        f"{feature.name} should be {feature.type}, and is {column.type}"
        f"{_strange_texts(column, feature)}. Correct the data or declare the column's type in "
        "ingest.source.types; if the new type is right, change it in the schema.",
        expected=feature.type,
        found=column.type,
    )


def _ints_for_floats(feature: Feature) -> Anomaly:
    """Ints where floats are expected: TFDV's anomaly, though nothing is lost."""
    return anomaly(
        feature.name,
        "UNEXPECTED_DATA_TYPE",
        f"{feature.name} should be float, and is int: no number has a fraction. That is fine unless they "
        "were rounded on the way; if it is always so, make int its type in the schema.",
        expected="float",
        found="int",
        severity="WARN",
    )


def _strange_texts(column: FeatureStatistics, feature: Feature) -> str:
    """Which texts keep a column from being the numbers that it should be."""
    if column.string is None or column.type != "string" or feature.type not in ("int", "float"):
        return ""
    strange = [
        text for text, _ in column.string.value_counts if not is_number_text(text, feature.type)
    ]
    return f": {shown_values(column, strange)}" if strange else ""
