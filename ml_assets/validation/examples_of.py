"""Names some of the rows behind each anomaly, so that someone can go and look."""

from collections.abc import Sequence
from dataclasses import replace

from ml_assets.schema.model import Schema
from ml_assets.table import Table
from ml_assets.validation.anomaly import Anomaly

MAX_IDS = 10

# Which rule a row breaks where its column has the anomaly.
_RULES = {
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "domain",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "not_nullable",
    "FLOAT_TYPE_BIG_FLOAT": "max",
    "FLOAT_TYPE_HAS_INF": "finite",
    "FLOAT_TYPE_HAS_NAN": "not_nullable",
    "FLOAT_TYPE_SMALL_FLOAT": "min",
    "INT_TYPE_BIG_INT": "max",
    "INT_TYPE_SMALL_INT": "min",
}


def with_example_ids(
    anomalies: Sequence[Anomaly], table: Table, schema: Schema, environment: str | None = None
) -> list[Anomaly]:
    """Give the anomalies of single rows with up to `MAX_IDS` example ids each.

    Reads only the columns concerned, and nothing if no anomaly is one of single rows.
    """
    concerned = {
        found.feature
        for found in anomalies
        if found.feature and found.affected_fraction is not None
    }
    if not concerned:
        return list(anomalies)
    from ml_assets.validation.rows import (
        find_broken_rows,
    )  # brings pandera, which is slow to import

    ids: dict[tuple[str, str], list[str]] = {}
    for broken in find_broken_rows(table, schema, environment, concerned):
        known = ids.setdefault((broken.feature, broken.rule), [])
        if broken.example_id is not None and len(known) < MAX_IDS:
            known.append(broken.example_id)
    return [_with_ids(found, ids) for found in anomalies]


def _with_ids(found: Anomaly, ids: dict[tuple[str, str], list[str]]) -> Anomaly:
    rule = _RULES.get(found.code)
    if found.feature is None or rule is None:
        return found
    return replace(found, example_ids=tuple(ids.get((found.feature, rule), ())))
