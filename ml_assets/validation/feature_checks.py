"""What is checked of one column that is there, in TFDV's order."""

from collections.abc import Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.bool_checks import check_bools
from ml_assets.validation.number_checks import check_bools_as_ints, check_numbers
from ml_assets.validation.presence_checks import check_any_value, check_presence
from ml_assets.validation.text_checks import check_numbers_in_texts, check_texts
from ml_assets.validation.time_checks import check_times
from ml_assets.validation.type_checks import check_type
from ml_assets.validation.unique_checks import check_unique

_NUMBERS = {"int", "float"}


def check_feature(
    column: FeatureStatistics, feature: Feature, environment: str | None = None
) -> Iterator[Anomaly]:
    """Give the anomalies of one column that is there.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics.
    feature : Feature
        What it must look like.
    environment : str, optional
        Where the data come from.
    """
    yield from _check_specification(feature)
    if not column.num_rows or not feature.has_type:
        return
    is_expected = feature.is_in(environment)
    if not column.num_non_missing:
        yield from check_any_value(column, feature) if is_expected else ()
        return
    if not is_expected:
        yield _unexpected_here(feature, str(environment))
    yield from check_presence(column, feature)
    yield from check_type(column, feature)
    yield from _check_values(column, feature)
    yield from check_unique(column, feature)


def _check_specification(feature: Feature) -> Iterator[Anomaly]:
    for code, reason in feature.mistakes:
        yield anomaly(
            feature.name,
            code,
            f"The schema of {feature.name or 'a feature'} cannot be right: {reason}. Correct the schema.",
            expected="a schema that can be satisfied",
            found=reason,
        )


def _unexpected_here(feature: Feature, environment: str) -> Anomaly:
    return anomaly(
        feature.name,
        "SCHEMA_NEW_COLUMN",
        f"The column {feature.name} has values, though the schema does not expect it in "
        f"{environment}. Leave it out of these data, or take {environment} out of not_in of "
        f"{feature.name} in the schema.",
        expected=f"no such column in {environment}",
        found="a column with values",
        severity="WARN",
    )


def _check_values(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Judge values, of a column of another type as well where that says more of what is wrong."""
    if "bool" in (feature.type, feature.holds):
        yield from check_bools(column, feature)
    elif column.numeric is not None and _holds_numbers(column, feature):
        yield from check_numbers(column, column.numeric, feature)
    elif column.string is not None and (column.type, feature.type) == ("bool", "int"):
        yield from check_bools_as_ints(column, column.string, feature)
    elif column.string is not None and column.type == "string":
        if feature.type == "string":
            yield from check_texts(column, column.string, feature)
        elif _has_number_domain(feature):
            yield from check_numbers_in_texts(column, column.string, feature, feature.type)
    elif column.time is not None and feature.type in ("date", "timestamp"):
        yield from check_times(column, column.time, feature)


def _holds_numbers(column: FeatureStatistics, feature: Feature) -> bool:
    """Whether numbers can be compared with the schema's: floats in place of ints cannot.

    Nor can ints in place of texts that hold floats.
    """
    if feature.type == "string":
        return column.type == feature.holds
    return feature.type in _NUMBERS and (column.type, feature.type) != ("float", "int")


def _has_number_domain(feature: Feature) -> bool:
    """Whether a column of numbers has limits of its own, beside its type."""
    has_range = feature.min is not None or feature.max is not None
    match feature.type:
        case "int":
            return has_range or feature.holds == "category"
        case "float":
            return has_range or not (feature.allow_nan and feature.allow_inf)
        case _:
            return False
