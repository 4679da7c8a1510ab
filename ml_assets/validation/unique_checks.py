"""Whether values repeat, and how many different ones there are."""

from collections.abc import Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly

# Three standard errors of an estimated number of different values.
_ERROR = 3 * 0.022


def check_unique(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find repeated values, and too few or too many different ones."""
    if feature.unique:
        yield from _check_repeats(column)
    if feature.min_unique is None and feature.max_unique is None:
        return
    if column.numeric is not None and feature.holds != "category":
        yield _not_counted(column)
    elif column.unique is not None:
        yield from _check_unique_count(column, feature, column.unique)


def _check_repeats(column: FeatureStatistics) -> Iterator[Anomaly]:
    statistics = column.numeric or column.string or column.time
    if statistics is None:
        return
    values, different = column.num_non_missing, statistics.unique
    if (numeric := column.numeric) is not None:
        values -= numeric.num_nan + numeric.num_inf
    repeated = (
        [count - 1 for _, count in column.string.value_counts if count > 1] if column.string else []
    )
    repeats = values - different if statistics.unique_is_exact else sum(repeated)
    if not statistics.unique_is_exact and different * (1 + _ERROR) < values:
        repeats = max(repeats, values - round(different * (1 + _ERROR)))
    if repeats <= 0:
        return
    at_least = "" if statistics.unique_is_exact else "at least "
    yield anomaly(
        column.name,
        "FEATURE_TYPE_LOW_UNIQUE",
        f"{column.name} should differ in all rows, and {at_least}{repeats:,} of {values:,} values repeat "
        f"another. Remove the duplicates, or take `unique` of {column.name} out of the schema.",
        expected="all values differ",
        found=f"{different:,} different values",
        affected_fraction=repeats / column.num_rows,
    )


def _check_unique_count(
    column: FeatureStatistics, feature: Feature, unique: int
) -> Iterator[Anomaly]:
    statistics = column.numeric or column.string or column.time
    error = 0.0 if statistics is not None and statistics.unique_is_exact else _ERROR
    least, most = feature.min_unique, feature.max_unique
    about = "about " if error else ""
    if least is not None and unique * (1 + error) < least:
        code, limit, key = "FEATURE_TYPE_LOW_UNIQUE", f"at least {least:,}", "min_unique"
        yield _wrong_unique_count(column, code, f"{about}{unique:,}", limit, key)
    if most is not None and unique * (1 - error) > most:
        code, limit, key = "FEATURE_TYPE_HIGH_UNIQUE", f"at most {most:,}", "max_unique"
        yield _wrong_unique_count(column, code, f"{about}{unique:,}", limit, key)


def _wrong_unique_count(
    column: FeatureStatistics, code: str, unique: str, limit: str, key: str
) -> Anomaly:
    return anomaly(
        column.name,
        code,
        f"{column.name} has {unique} different values in {column.num_non_missing:,}; the schema "
        f"wants {limit}. Correct the data, or change {key} of {column.name} in the schema.",
        expected=f"{limit} different values",
        found=f"{unique} different values",
    )


def _not_counted(column: FeatureStatistics) -> Anomaly:
    return anomaly(
        column.name,
        "FEATURE_TYPE_NO_UNIQUE",
        f"The schema limits how many different values {column.name} has, and {column.name} is a "
        "number that is measured, not a code. Say `holds: category` in the schema if the numbers "
        "are codes; else take min_unique and max_unique out.",
        expected="a text, or a number that holds a category",
        found=column.type,
    )
