"""Whether values are there: in enough rows, in every row, in any row."""

from collections.abc import Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.wording import is_below, percent, rows_text


def must_have_values(feature: Feature) -> bool:
    """Whether a column without a single value is an anomaly."""
    return feature.min_fraction > 0 or feature.min_count > 0 or not feature.allows_null


def check_any_value(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find a column without a single value, where there must be some."""
    if column.num_non_missing or not must_have_values(feature):
        return
    yield anomaly(
        feature.name,
        "FEATURE_TYPE_NOT_PRESENT",
        f"{feature.name} has no value in any of {column.num_rows:,} rows. Restore the values, or set "
        f"`min_fraction: 0` for {feature.name} in the schema.",
        expected=_expected_values(feature),
        found="no values",
        affected_fraction=None if feature.allows_null else 1.0,
    )


def check_presence(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find a column with some values, but too few."""
    present, rows = column.num_non_missing, column.num_rows
    if feature.fixed_shape and column.num_missing:
        yield _without_shape(column, feature)
    if present < feature.min_count:
        yield anomaly(
            feature.name,
            "FEATURE_TYPE_LOW_NUMBER_PRESENT",
            f"{feature.name} has a value in {present:,} of {rows:,} rows; the schema wants at least "
            f"{feature.min_count:,} values. Restore them, or lower min_count of {feature.name} in the "
            "schema.",
            expected=f"at least {feature.min_count:,} values",
            found=f"{present:,} values",
        )
    if is_below(present, rows, feature.min_fraction):
        yield anomaly(
            feature.name,
            "FEATURE_TYPE_LOW_FRACTION_PRESENT",
            f"{feature.name} has a value in {_present_share(present, rows)} of the rows; "
            f"{column.num_missing:,} of {rows:,} have none. The schema wants "
            f"{_wanted_share(feature.min_fraction)}. Restore them, or lower min_fraction of "
            f"{feature.name} in the schema.",
            expected=_wanted_share(feature.min_fraction),
            found=f"values in {_present_share(present, rows)} of the rows",
            affected_fraction=None if feature.allows_null else column.missing_fraction,
        )


def _without_shape(column: FeatureStatistics, feature: Feature) -> Anomaly:
    return anomaly(
        feature.name,
        "INVALID_FEATURE_SHAPE",
        f"{feature.name} should have exactly one value in every row, and has none in "
        f"{rows_text(column.num_missing, column.num_rows)}. Restore the values, or take `fixed_shape` of "
        f"{feature.name} out of the schema.",
        expected="one value in every row",
        found=f"{column.num_missing:,} rows without a value",
        affected_fraction=None if feature.allows_null else column.missing_fraction,
    )


def _present_share(present: int, rows: int) -> str:
    """The share of rows with a value; never 100 % where one has none."""
    text = f"{present / rows:.2%}"
    return "nearly 100%" if text == "100.00%" else text


def _expected_values(feature: Feature) -> str:
    if feature.min_fraction > 0 or not feature.min_count:
        return _wanted_share(1.0 if not feature.allows_null else feature.min_fraction)
    return f"at least {feature.min_count:,} values"


def _wanted_share(fraction: float) -> str:
    if fraction == 1:
        return "a value in every row"
    return f"values in at least {percent(fraction)} of the rows"
