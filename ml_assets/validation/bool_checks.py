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
    given = feature.bool_values is not None and any(t is not None for t in feature.bool_values)
    if feature.holds == "bool" and feature.type in ("int", "float") and given:
        return f"a {feature.type} is true as 1 and false as 0, and has no texts for them"
    return ""


def check_bools(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    """Find values that are neither true nor false."""
    if reason := wrong_config(feature):
        yield anomaly(
            feature.name,
            "BOOL_TYPE_INVALID_CONFIG",
            f"{feature.name}: {reason}. Correct bool_values of {feature.name} in the schema.",
            expected="texts for true and false where the column holds texts",
            found=reason,
        )
    elif found.string is not None and found.type == "string":
        yield from _check_texts(found, feature)
    elif found.numeric is not None:
        yield from _check_numbers(found, found.numeric, feature)


def _check_texts(found: FeatureStatistics, feature: Feature) -> Iterator[Anomaly]:
    if found.string is None:
        return
    known = texts_of_bools(feature)
    strange = [(text, count) for text, count in found.string.value_counts if text not in known]
    if strange:
        texts, rows = [text for text, _ in strange], sum(count for _, count in strange)
        yield _unexpected(
            found, feature, "BOOL_TYPE_UNEXPECTED_STRING", shown_values(found, texts), rows
        )


def _check_numbers(
    found: FeatureStatistics, numeric: NumericStatistics, feature: Feature
) -> Iterator[Anomaly]:
    low, high = numeric.min or 0, numeric.max or 0
    odd = {value: count for value, count in numeric.distribution if value not in (0, 1)}
    odd = {**{value: 1 for value in (low, high) if value not in (0, 1)}, **odd}
    rows = sum(odd.values()) + numeric.num_nan + numeric.num_inf
    if not rows:
        return
    if found.type == "int":
        code = "BOOL_TYPE_SMALL_INT" if low < 0 else "BOOL_TYPE_BIG_INT"
        reach = [f"down to {low}"] * (low < 0) + [f"up to {high}"] * (high > 1)
        yield _unexpected(found, feature, code, " and ".join(reach), rows)
    else:
        shown = [quote(value) for value in list(odd)[:MAX_VALUES]]
        shown += ["NaN"] * bool(numeric.num_nan) + ["infinity"] * bool(numeric.num_inf)
        code = "BOOL_TYPE_UNEXPECTED_FLOAT"
        yield _unexpected(found, feature, code, ", ".join(shown), rows)


def _unexpected(
    found: FeatureStatistics, feature: Feature, code: str, shown: str, rows: int
) -> Anomaly:
    of_texts = found.string is not None and feature.type == "string"
    wanted = wanted_texts(feature) if of_texts else "1 or 0"
    return anomaly_of_rows(
        found,
        code,
        rows,
        f"should be true or false ({wanted}), and has values that are neither: {shown},",
        f". Correct them, or change what {feature.name} holds in the schema.",
        expected=wanted,
        found=shown,
    )
