"""Names some of the rows behind each anomaly, so that someone can go and look."""

from collections.abc import Sequence
from dataclasses import replace

from ml_assets.schema.model import Feature, Schema
from ml_assets.table import Table
from ml_assets.validation.anomaly import Anomaly

MAX_IDS = 5

# The anomalies that rows can be named for, and the code of the rule that such a row breaks.
_ROW_CODES = {
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": "FEATURE_TYPE_LOW_FRACTION_PRESENT",
    "FEATURE_TYPE_NOT_PRESENT": "FEATURE_TYPE_LOW_FRACTION_PRESENT",
    "INVALID_FEATURE_SHAPE": "FEATURE_TYPE_LOW_FRACTION_PRESENT",
    **{
        code: code
        for code in (
            "BOOL_TYPE_BIG_INT", "BOOL_TYPE_SMALL_INT", "BOOL_TYPE_UNEXPECTED_FLOAT",
            "BOOL_TYPE_UNEXPECTED_STRING", "ENUM_TYPE_INVALID_UTF8",
            "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "FEATURE_TYPE_LOW_FRACTION_PRESENT",
            "FEATURE_TYPE_LOW_UNIQUE", "FLOAT_TYPE_BIG_FLOAT", "FLOAT_TYPE_HAS_INF",
            "FLOAT_TYPE_HAS_NAN", "FLOAT_TYPE_SMALL_FLOAT", "FLOAT_TYPE_STRING_NOT_FLOAT",
            "FUNCTIONAL_DEPENDENCY_BROKEN", "INT_TYPE_BIG_INT", "INT_TYPE_NOT_INT_STRING",
            "INT_TYPE_SMALL_INT", "STRING_TYPE_LONG_STRING", "STRING_TYPE_SHORT_STRING",
            "TIME_TYPE_EARLY_TIME", "TIME_TYPE_LATE_TIME",
        )
    },
}  # fmt: skip


def with_example_ids(
    anomalies: Sequence[Anomaly],
    table: Table,
    schema: Schema,
    environment: str | None = None,
    max_ids: int = MAX_IDS,
) -> list[Anomaly]:
    """Give the anomalies of single rows with up to `max_ids` example ids each.

    Reads only the columns concerned, and no further than is needed; nothing if no anomaly is one of
    single rows. Rows are named also where the schema tolerates some such rows, only not so many.

    Parameters
    ----------
    anomalies : sequence of Anomaly
        As `validate_statistics` gives them.
    table : Table
        The rows that they were found in.
    schema : Schema
        By which they were judged.
    environment : str, optional
        In which they were judged.
    max_ids : int
        The most ids of one anomaly, >= 0.
    """
    wanted = {
        (anomaly.feature, _ROW_CODES[anomaly.code]): 0
        for anomaly in anomalies
        if anomaly.feature and anomaly.code in _ROW_CODES
    }
    if not wanted or not max_ids:
        return list(anomalies)
    from ml_assets.validation.rows import find_broken_rows  # brings pandera: slow to import

    ids: dict[tuple[str | None, str], list[str]] = {key: [] for key in wanted}
    columns = {feature for feature, _ in wanted if feature}
    for broken in find_broken_rows(table, _strict_schema(schema, columns), environment, columns):
        named = ids.get((broken.feature, broken.code))
        if named is not None and broken.example_id is not None and len(named) < max_ids:
            named.append(broken.example_id)
            if all(len(named) == max_ids for named in ids.values()):
                break
    return [
        replace(
            anomaly,
            example_ids=tuple(ids.get((anomaly.feature, _ROW_CODES.get(anomaly.code, "")), ())),
        )
        for anomaly in anomalies
    ]


def _strict_schema(schema: Schema, columns: set[str]) -> Schema:
    """The schema, but that a single row without a value, or outside the domain, breaks it."""
    return replace(
        schema,
        features=tuple(
            _without_tolerance(feature) for feature in schema.features if feature.name in columns
        ),
    )


def _without_tolerance(feature: Feature) -> Feature:
    return replace(feature, nullable=False, min_domain_mass=1.0)
