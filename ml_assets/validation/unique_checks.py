"""Whether values repeat, and how many different ones there are."""

from collections.abc import Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly

# Three standard errors of an estimated number of different values.
_ERROR = 3 * 0.022


def check_unique(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find repeated values, and too few or too many different ones."""
    if feature.unique:
        yield from _check_repeats(found)
    if feature.min_unique is None and feature.max_unique is None:
        return
    if found.numeric is not None and feature.holds != "category":
        yield _not_counted(found)
    elif found.unique is not None:
        yield from _check_number(found, feature, found.unique)


def _check_repeats(found: FeatureStatistics) -> Iterator[Anomaly]:
    described = found.numeric or found.string or found.time
    if described is None:
        return
    values, different = found.num_non_missing, described.unique
    if (numeric := found.numeric) is not None:
        values -= numeric.num_nan + numeric.num_inf
    counted = [n - 1 for _, n in found.string.value_counts if n > 1] if found.string else []
    known = values - different if described.unique_is_exact else sum(counted)
    if not described.unique_is_exact and different * (1 + _ERROR) < values:
        known = max(known, values - round(different * (1 + _ERROR)))
    if known <= 0:
        return
    at_least = "" if described.unique_is_exact else "at least "
    yield anomaly(
        found.name,
        "FEATURE_TYPE_LOW_UNIQUE",
        f"{found.name} should differ in all rows, and {at_least}{known:,} of {values:,} values repeat "
        f"another. Remove the duplicates, or take `unique` of {found.name} out of the schema.",
        expected="all values differ",
        found=f"{different:,} different values",
        affected_fraction=known / found.num_rows,
    )


def _check_number(found: FeatureStatistics, feature: Feature, unique: int) -> Iterator[Anomaly]:
    described = found.numeric or found.string or found.time
    error = 0.0 if described is not None and described.unique_is_exact else _ERROR
    least, most = feature.min_unique, feature.max_unique
    about = "about " if error else ""
    if least is not None and unique * (1 + error) < least:
        code, limit, key = "FEATURE_TYPE_LOW_UNIQUE", f"at least {least:,}", "min_unique"
        yield _wrong_number(found, code, f"{about}{unique:,}", limit, key)
    if most is not None and unique * (1 - error) > most:
        code, limit, key = "FEATURE_TYPE_HIGH_UNIQUE", f"at most {most:,}", "max_unique"
        yield _wrong_number(found, code, f"{about}{unique:,}", limit, key)


def _wrong_number(
    found: FeatureStatistics, code: str, unique: str, limit: str, key: str
) -> Anomaly:
    return anomaly(
        found.name,
        code,
        f"{found.name} has {unique} different values in {found.num_non_missing:,}; the schema "
        f"wants {limit}. Correct the data, or change {key} of {found.name} in the schema.",
        expected=f"{limit} different values",
        found=f"{unique} different values",
    )


def _not_counted(found: FeatureStatistics) -> Anomaly:
    return anomaly(
        found.name,
        "FEATURE_TYPE_NO_UNIQUE",
        f"The schema limits how many different values {found.name} has, and {found.name} is a "
        "number that is measured, not a code. Say `holds: category` in the schema if the numbers "
        "are codes; else take min_unique and max_unique out.",
        expected="a text, or a number that holds a category",
        found=found.type,
    )
