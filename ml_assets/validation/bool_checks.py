"""Whether what stands for true and false is one of the two."""

from collections.abc import Iterator

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly, anomaly_of_rows
from ml_assets.validation.wording import MAX_VALUES, quote, shown_values

TEXTS = ("true", "false")


def texts_of_bools(feature: Feature) -> tuple[str, ...]:
    """Give the texts that stand for true and false: none in a column of numbers, as in TFDV."""
    if feature.type in ("int", "float"):
        return ()
    return tuple(text for text in feature.bool_values or TEXTS if text is not None)


def wanted_texts(feature: Feature) -> str:
    """Name the texts that stand for true and false."""
    names = [quote(text) for text in texts_of_bools(feature)]
    return " or ".join(names) or "the texts in bool_values of the schema, which names none"


def wrong_config(feature: Feature) -> str:
    """Say why a schema's true and false cannot be right, or nothing."""
    has_texts = feature.bool_values is not None and any(
        text is not None for text in feature.bool_values
    )
    if feature.holds == "bool" and feature.type in ("int", "float") and has_texts:
        return f"a {feature.type} is true as 1 and false as 0, and has no texts for them"
    return ""


def check_bools(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find values that are neither true nor false."""
    if reason := wrong_config(feature):
        yield anomaly(
            feature.name,
            "BOOL_TYPE_INVALID_CONFIG",
            f"{feature.name}: {reason}. Correct bool_values of {feature.name} in the schema.",
            expected="texts for true and false where the column holds texts",
            found=reason,
        )
    elif column.string is not None and column.type == "string":
        yield from _check_texts(column, feature)
    elif column.numeric is not None:
        yield from _check_numbers(column, column.numeric, feature)


def _check_texts(column: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    if column.string is None:
        return
    allowed = texts_of_bools(feature)
    strange = [(text, count) for text, count in column.string.value_counts if text not in allowed]
    if strange:
        texts, rows = [text for text, _ in strange], sum(count for _, count in strange)
        yield _unexpected(
            column, feature, "BOOL_TYPE_UNEXPECTED_STRING", shown_values(column, texts), rows
        )


def _check_numbers(
    column: FeatureStatistics, numeric: NumericStatistics, feature: Feature
) -> Iterator[Anomaly]:
    low, high = numeric.min or 0, numeric.max or 0
    strange = {value: count for value, count in numeric.distribution if value not in (0, 1)}
    strange = {**{value: 1 for value in (low, high) if value not in (0, 1)}, **strange}
    rows = sum(strange.values()) + numeric.num_nan + numeric.num_inf
    if not rows:
        return
    if column.type == "int":
        code = "BOOL_TYPE_SMALL_INT" if low < 0 else "BOOL_TYPE_BIG_INT"
        reach = [f"down to {low}"] * (low < 0) + [f"up to {high}"] * (high > 1)
        yield _unexpected(column, feature, code, " and ".join(reach), rows)
    else:
        shown = [quote(value) for value in list(strange)[:MAX_VALUES]]
        shown += ["NaN"] * bool(numeric.num_nan) + ["infinity"] * bool(numeric.num_inf)
        code = "BOOL_TYPE_UNEXPECTED_FLOAT"
        yield _unexpected(column, feature, code, ", ".join(shown), rows)


def _unexpected(
    column: FeatureStatistics, feature: Feature, code: str, shown: str, rows: int
) -> Anomaly:
    of_texts = column.string is not None and feature.type == "string"
    wanted = wanted_texts(feature) if of_texts else "1 or 0"
    return anomaly_of_rows(
        column,
        code,
        rows,
        f"should be true or false ({wanted}), and has values that are neither: {shown},",
        f". Correct them, or change what {feature.name} holds in the schema.",
        expected=wanted,
        found=shown,
    )
