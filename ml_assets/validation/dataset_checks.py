"""Whether there are as many rows as there should be, also compared with before."""

from collections.abc import Iterator

from ml_assets.schema.model import Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.wording import is_below


def check_row_counts(statistics: DatasetStatistics, schema: Schema) -> Iterator[Anomaly]:
    """Find too few or too many rows."""
    rows = statistics.num_rows
    least = max(schema.min_rows or 0, 1)
    if rows < least:
        yield anomaly(
            None,
            "DATASET_LOW_NUM_EXAMPLES",
            f"The data have {rows:,} rows; the schema wants at least {least:,}. Look for missing files "
            "or spans, or lower min_rows in the schema.",
            expected=f"at least {least:,} rows",
            found=f"{rows:,} rows",
        )
    if schema.max_rows is not None and rows > schema.max_rows:
        yield anomaly(
            None,
            "DATASET_HIGH_NUM_EXAMPLES",
            f"The data have {rows:,} rows; the schema wants at most {schema.max_rows:,}. Look for data "
            "that were delivered twice, or raise max_rows in the schema.",
            expected=f"at most {schema.max_rows:,} rows",
            found=f"{rows:,} rows",
        )


def compare_row_counts(
    statistics: DatasetStatistics,
    schema: Schema,
    previous: DatasetStatistics | None = None,
    version: DatasetStatistics | None = None,
) -> Iterator[Anomaly]:
    """Find far fewer or far more rows than before.

    Parameters
    ----------
    statistics : DatasetStatistics
        Of the data to judge.
    schema : Schema
        What they must look like.
    previous, version : DatasetStatistics, optional
        Of the previous span, and of an earlier version of the same span.
    """
    rows = statistics.num_rows
    for before, limits, name, key in (
        (previous, schema.rows_vs_previous, "the previous span", "rows_vs_previous"),
        (version, schema.rows_vs_version, "the previous version", "rows_vs_version"),
    ):
        if before is not None and limits is not None and rows:
            yield from _compare_row_count(rows, before.num_rows, limits, name, key)


def _compare_row_count(
    rows: int, before: int, limits: tuple[float | None, float | None], name: str, key: str
) -> Iterator[Anomaly]:
    least, most = limits
    counts = (rows, before)
    if most is not None and (not before or rows / before > most):
        code, remedy = "COMPARATOR_HIGH_NUM_EXAMPLES", "Look for data that were delivered twice"
        yield _row_count_moved(code, counts, ("at most", most), name, f"{remedy}, or raise", key)
    if least is not None and before and is_below(rows, before, least):
        code, remedy = "COMPARATOR_LOW_NUM_EXAMPLES", "Look for missing files or spans"
        yield _row_count_moved(code, counts, ("at least", least), name, f"{remedy}, or lower", key)


def _row_count_moved(
    code: str, counts: tuple[int, int], limit: tuple[str, float], name: str, remedy: str, key: str
) -> Anomaly:
    rows, before = counts
    wanted = f"{limit[0]} {limit[1]:g} times"
    times = f", {rows / before:.3g} times as many" if before else ""
    return anomaly(
        None,
        code,
        f"The data have {rows:,} rows, and {name} had {before:,}{times}; the schema wants "
        f"{wanted} as many. {remedy} {key} in the schema.",
        expected=f"{wanted} the rows of {name}",
        found=f"{rows:,} rows, and {before:,} in {name}",
        value=rows / before if before else None,
        limit=limit[1],
        setting=key,
    )
