"""What is checked of one column: its type, whether values are there, and whether they are allowed."""

from collections.abc import Callable, Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics, StringStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly

_MAX_VALUES = 3
_IN_BOOLS = ("true", "false")


def check_feature(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Give the anomalies of one column that is there."""
    if not found.num_rows:
        return
    if found.type != "null":
        wrong = list(_check_type(found, feature))
        if wrong:
            yield from wrong
            return
    yield from _check_presence(found, feature)
    if found.numeric is not None and feature.type in ("int", "float"):
        yield from _check_range(found, found.numeric, feature)
        yield from _check_not_finite(found, found.numeric, feature)
    if found.string is not None and feature.type == "string":
        yield from _check_domain(found, found.string, feature)
    yield from _check_unique(found, feature)


def _check_type(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    if feature.type == "bool" and found.type in ("int", "float", "string"):
        yield from _check_bool(found, feature)
    elif found.type != feature.type and (found.type, feature.type) not in _WIDENED:
        yield _wrong_type(found, feature)


# What is found, and what may be expected instead: nothing is lost.
_WIDENED = (("int", "float"), ("date", "timestamp"))


def _check_bool(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Numbers may stand for bools if they are 0 and 1."""
    if found.string is not None:
        strange = [value for value, _ in found.string.value_counts if value not in _IN_BOOLS]
        if not strange:
            yield _wrong_type(found, feature)
            return
        yield _unexpected_bool(feature, "BOOL_TYPE_UNEXPECTED_STRING", _quoted(strange))
    if (numeric := found.numeric) is None:
        return
    if found.type == "float":
        odd = [value for value, _ in numeric.distribution if value not in (0, 1)]
        if odd or numeric.num_nan or numeric.num_inf:
            shown = ", ".join(f"{value:g}" for value in odd[:_MAX_VALUES]) or "NaN or infinity"
            yield _unexpected_bool(feature, "BOOL_TYPE_UNEXPECTED_FLOAT", shown)
        return
    if numeric.max is not None and numeric.max > 1:
        yield _unexpected_bool(feature, "BOOL_TYPE_BIG_INT", f"up to {numeric.max}")
    if numeric.min is not None and numeric.min < 0:
        yield _unexpected_bool(feature, "BOOL_TYPE_SMALL_INT", f"down to {numeric.min}")


def _unexpected_bool(feature: Feature, code: str, shown: str) -> Anomaly:
    return anomaly(
        feature.name,
        code,
        f"{feature.name} should be true or false, and has values that are neither: {shown}. Correct "
        "them, or change the type in the schema.",
        expected="true and false",
        found=shown,
    )


def _wrong_type(found: FeatureStatistics, feature: Feature) -> Anomaly:
    return anomaly(
        feature.name,
        "UNEXPECTED_DATA_TYPE",
        f"{feature.name} should be {feature.type}, and is {found.type}. Correct the data or declare the "
        "column's type in ingest.source.types; if the new type is right, change it in the schema.",
        expected=feature.type,
        found=found.type,
    )


def _check_presence(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    present = 1 - found.missing_fraction
    if not found.num_non_missing and (feature.min_fraction > 0 or not feature.allows_null):
        yield anomaly(
            feature.name,
            "FEATURE_TYPE_NOT_PRESENT",
            f"{feature.name} has no value in any of {found.num_rows:,} rows. Restore the values, or set "
            f"`min_fraction: 0` for {feature.name} in the schema.",
            expected=_share(feature.min_fraction),
            found="no values",
        )
    elif found.num_missing and present < feature.min_fraction:
        yield anomaly(
            feature.name,
            "FEATURE_TYPE_LOW_FRACTION_PRESENT",
            f"{feature.name} has a value in {present:.2%} of the rows; {found.num_missing:,} of "
            f"{found.num_rows:,} have none. The schema wants {_share(feature.min_fraction)}. Restore "
            f"them, or lower min_fraction of {feature.name} in the schema.",
            expected=_share(feature.min_fraction),
            found=f"values in {present:.2%} of the rows",
            affected_fraction=None if feature.allows_null else found.missing_fraction,
        )


def _share(fraction: float) -> str:
    return (
        "a value in every row"
        if fraction == 1
        else f"values in at least {fraction:.0%} of the rows"
    )


def _check_range(
    found: FeatureStatistics, numeric: NumericStatistics, feature: Feature
) -> Iterator[Anomaly]:
    kind = "INT_TYPE_{}_INT" if feature.type == "int" else "FLOAT_TYPE_{}_FLOAT"
    low, high = feature.min, feature.max
    if low is not None and numeric.min is not None and numeric.min < low:
        rows = _count(numeric, lambda value: value < low)
        text = f"below the schema's minimum of {low}, down to {numeric.min}"
        yield _out_of_range(found, kind.format("SMALL"), "min", rows, text, f"at least {low}")
    if high is not None and numeric.max is not None and numeric.max > high:
        rows = _count(numeric, lambda value: value > high)
        text = f"above the schema's maximum of {high}, up to {numeric.max}"
        yield _out_of_range(found, kind.format("BIG"), "max", rows, text, f"at most {high}")


def _out_of_range(
    found: FeatureStatistics, code: str, key: str, rows: int, text: str, expected: str
) -> Anomaly:
    return anomaly(
        found.name,
        code,
        f"{found.name} is {text}, in {_rows(rows, found)}. Correct the values, or change {key} of "
        f"{found.name} in the schema.",
        expected=expected,
        found=text.rsplit(", ", 1)[1],
        affected_fraction=rows / found.num_rows,
    )


def _count(numeric: NumericStatistics, is_outside: Callable[[float], bool]) -> int:
    """How many values lie outside; at least the extreme one, which a thinned distribution may lack."""
    return max(1, sum(count for value, count in numeric.distribution if is_outside(value)))


def _check_not_finite(
    found: FeatureStatistics, numeric: NumericStatistics, feature: Feature
) -> Iterator[Anomaly]:
    if numeric.num_nan and not feature.allow_nan:
        yield anomaly(
            found.name,
            "FLOAT_TYPE_HAS_NAN",
            f"{found.name} is NaN in {_rows(numeric.num_nan, found)}. Store a null where there is no "
            f"value, or set `allow_nan: true` for {found.name} in the schema.",
            expected="no NaN",
            found=f"{numeric.num_nan:,} NaN",
            affected_fraction=None if feature.allows_null else numeric.num_nan / found.num_rows,
        )
    if numeric.num_inf and not feature.allow_inf:
        yield anomaly(
            found.name,
            "FLOAT_TYPE_HAS_INF",
            f"{found.name} is infinite in {_rows(numeric.num_inf, found)}. Correct the values, or set "
            f"`allow_inf: true` for {found.name} in the schema.",
            expected="finite values",
            found=f"{numeric.num_inf:,} infinite values",
            affected_fraction=numeric.num_inf / found.num_rows,
        )


def _check_domain(
    found: FeatureStatistics, string: StringStatistics, feature: Feature
) -> Iterator[Anomaly]:
    if string.invalid_utf8_count:
        yield anomaly(
            found.name,
            "ENUM_TYPE_INVALID_UTF8",
            f"{found.name} is not UTF-8 in {_rows(string.invalid_utf8_count, found)}. Declare the right "
            "encoding of the source in ingest.source.encoding.",
            expected="UTF-8 text",
            found=f"{string.invalid_utf8_count:,} other values",
        )
    if feature.domain is None:
        return
    allowed = set(feature.domain)
    strange = [(value, count) for value, count in string.value_counts if value not in allowed]
    if strange:
        yield _outside_domain(found, feature, strange, string.is_complete)


def _outside_domain(
    found: FeatureStatistics, feature: Feature, strange: list[tuple[str, int]], is_complete: bool
) -> Anomaly:
    rows = sum(count for _, count in strange)
    values = _quoted([value for value, _ in strange])
    at_least = "" if is_complete else "at least "
    return anomaly(
        found.name,
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        f"{found.name} has {at_least}{_some(len(strange))} outside the schema's domain of "
        f"{len(feature.domain or ())}: {values}, in {at_least}{_rows(rows, found)}. Correct the data, or "
        f"add what is right to the domain of {found.name} in the schema.",
        expected=f"one of {len(feature.domain or ())} values",
        found=values,
        affected_fraction=rows / found.num_rows,
    )


def _check_unique(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    described = found.numeric or found.string or found.time
    if not feature.unique or described is None or not described.unique_is_exact:
        return
    repeated = found.num_non_missing - described.unique
    if (numeric := found.numeric) is not None:
        repeated -= numeric.num_nan + numeric.num_inf
    if repeated > 0:
        yield anomaly(
            found.name,
            "FEATURE_TYPE_LOW_UNIQUE",
            f"{found.name} should differ in all rows, and {repeated:,} of {found.num_non_missing:,} "
            "values repeat another. Remove the duplicates, or take `unique` out of the schema.",
            expected="all values differ",
            found=f"{described.unique:,} different values",
        )


def _some(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"


def _rows(count: int, found: FeatureStatistics) -> str:
    return f"{count:,} of {found.num_rows:,} rows ({count / found.num_rows:.2%})"


def _quoted(values: list[str]) -> str:
    shown = ", ".join(repr(value[:40]) for value in values[:_MAX_VALUES])
    more = len(values) - _MAX_VALUES
    return f"{shown} and {more} more" if more > 0 else shown
