"""Compares the last span of the examples with the one before: their row counts and distributions."""

from dataclasses import replace
from typing import Any

from ml_assets.schema.model import Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.table import SPAN, Table
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.validate import validate_statistics


def last_two_spans(table: Table) -> tuple[str, str] | None:
    """Give the names of the span before the last one, and of the last one; None where there is one."""
    if SPAN not in table.columns:
        return None
    spans: set[str] = set()
    for batch in table.batches([SPAN]):
        spans.update(batch.column(0).unique().to_pylist())
    ordered = sorted(spans)
    return (ordered[-2], ordered[-1]) if len(ordered) > 1 else None


def compare_spans(table: Table, schema: Schema, environment: str | None = None) -> list[Anomaly]:
    """Find what changed from the span before the last one to the last one.

    Parameters
    ----------
    table : Table
        The examples, with their `SPAN`.
    schema : Schema
        With the comparators `drift` and `rows_vs_previous`; features without one are judged by the
        default alarm.
    environment : str, optional
        Where the data come from.

    Returns
    -------
    list of Anomaly
        Only those of the comparison. They name the span; none where there is only one.
    """
    spans = last_two_spans(table)
    if spans is None:
        return []
    before, last = (_statistics(table, span, schema) for span in spans)
    found = validate_statistics(last, schema, environment, before)
    return [
        replace(one, description=f"Span {spans[1]}, after {spans[0]}: {one.description}")
        for one in found
        if one.code.startswith("COMPARATOR_")
    ]


def _statistics(table: Table, span: str, schema: Schema) -> DatasetStatistics:
    import pyarrow.dataset as ds

    wanted = [f.name for f in schema.features if f.name in table.columns and not f.is_ignored]
    rows: Any = table.to_arrow(wanted, ds.field(SPAN) == span)
    return generate_statistics(rows)
