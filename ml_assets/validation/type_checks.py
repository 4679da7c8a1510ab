"""Whether a column has the type that the schema wants."""

from collections.abc import Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.text_numbers import is_number_text
from ml_assets.validation.wording import shown_values

# What is found, and what may be expected instead: nothing is lost.
_WIDENED = (("bool", "int"), ("int", "float"), ("date", "timestamp"))
# What may be found where a bool is expected; the values are checked then.
_BOOLS = ("bool", "int", "float")


def fits_type(found: str, feature: Feature) -> bool:
    """Whether a column of the type `found` is what the schema wants.

    An int is fine where a float is expected, a bool where an int is, and a date where a timestamp is. A
    bool may stand where a float holds one, and numbers may stand for bools: their values are judged.
    """
    if found in ("null", feature.type) or (found, feature.type) in _WIDENED:
        return True
    if feature.type == "bool":
        return found in _BOOLS
    return (found, feature.type, feature.holds) == ("bool", "float", "bool")


def check_type(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find a column of another type."""
    if fits_type(found.type, feature):
        return
    yield anomaly(
        feature.name,
        "UNEXPECTED_DATA_TYPE",
        f"{feature.name} should be {feature.type}, and is {found.type}{_why(found, feature)}. "
        "Correct the data or declare the column's type in ingest.source.types; if the new type is "
        "right, change it in the schema.",
        expected=feature.type,
        found=found.type,
    )


def _why(found: FeatureStatistics, feature: Feature) -> str:
    """Which texts keep a column from being the numbers that it should be."""
    if found.string is None or found.type != "string" or feature.type not in ("int", "float"):
        return ""
    strange = [
        text for text, _ in found.string.value_counts if not is_number_text(text, feature.type)
    ]
    return f": {shown_values(found, strange)}" if strange else ""
