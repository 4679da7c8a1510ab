"""Compares the last span of the examples with the one before: their row counts and distributions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.table import SPAN, Table
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.comparators import compare_by_default, compare_feature
from ml_assets.validation.dataset_checks import compare_row_counts


def last_two_spans(table: Table) -> tuple[str, str] | None:
    """Give the names of the span before the last one, and of the last one; None where there is one."""
    if SPAN not in table.columns:
        return None
    spans: set[str] = set()
    for batch in table.batches([SPAN]):
        spans.update(batch.column(0).unique().to_pylist())
    ordered = sorted(spans)
    return (ordered[-2], ordered[-1]) if len(ordered) > 1 else None


def compare_spans(
    table: Table, schema: Schema, environment: str | None = None, drift_alarm: bool = False
) -> list[Anomaly]:
    """Find what changed from the span before the last one to the last one.

    Parameters
    ----------
    table : Table
        The examples, with their `SPAN`.
    schema : Schema
        With the comparators `drift` and `rows_vs_previous`.
    environment : str, optional
        Where the data come from.
    drift_alarm : bool
        Whether features without a comparator are judged by the default alarm.

    Returns
    -------
    list of Anomaly
        They name the span; none where there is only one. Reads nothing if nothing is to be compared.
    """
    features = [
        feature
        for feature in schema.expected_in(environment)
        if not feature.is_ignored and (drift_alarm or feature.drift is not None)
    ]
    spans = last_two_spans(table) if features or schema.rows_vs_previous else None
    if spans is None:
        return []
    before, last = (_statistics(table, span, features) for span in spans)
    return [
        replace(anomaly, description=f"Span {spans[1]}, after {spans[0]}: {anomaly.description}")
        for anomaly in _compare(last, before, schema, features, drift_alarm)
    ]


def _compare(
    last: DatasetStatistics,
    before: DatasetStatistics,
    schema: Schema,
    features: list[Feature],
    drift_alarm: bool,
) -> Iterator[Anomaly]:
    yield from compare_row_counts(last, schema, before)
    columns = last.by_name
    for feature in features:
        if feature.name in columns and columns[feature.name].num_non_missing:
            yield from compare_feature(columns[feature.name], before, feature, "drift")
    if drift_alarm:
        yield from compare_by_default(last, before, features, "drift")


def _statistics(table: Table, span: str, features: list[Feature]) -> DatasetStatistics:
    import pyarrow as pa
    import pyarrow.dataset as ds

    source_schema = table.schema
    wanted = [feature.name for feature in features if feature.name in source_schema.names]
    schema = pa.schema(
        [source_schema.field(name) for name in wanted] or [source_schema.field(SPAN)]
    )
    batches: Any = table.batches(schema.names, ds.field(SPAN) == span)
    return generate_statistics(pa.RecordBatchReader.from_batches(schema, batches), columns=wanted)
