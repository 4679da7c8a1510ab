"""Rows that contradict each other by a functional dependency of the schema."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.schema.model import FunctionalDependency, Schema
from ml_assets.statistics.arrow_input import record_batches
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.cells.source import open_source
from ml_assets.validation.python_values import arrow_values, python_values
from ml_assets.validation.wording import quote, rows_text

CODE = "FUNCTIONAL_DEPENDENCY_BROKEN"
_BATCH_ROWS = 262_144
_COUNT = "__count"


@dataclass(frozen=True)
class Conflict:
    """Rows that share the determinant and differ in the dependent column.

    Attributes
    ----------
    values : mapping
        How many rows have each dependent value, most frequent first.
    """

    values: dict[Any, int]

    @property
    def usual(self) -> Any:
        """The most frequent value, or None if two are."""
        first, second, *_ = self.values.values()
        return next(iter(self.values)) if first > second else None

    @property
    def broken_rows(self) -> int:
        """How many rows do not have the usual value; all of them if there is none."""
        rows = sum(self.values.values())
        return rows if self.usual is None else rows - self.values[self.usual]


@dataclass(frozen=True)
class BrokenDependency:
    """The conflicts of one functional dependency, by the values of its determinant."""

    dependency: FunctionalDependency
    conflicts: dict[tuple[Any, ...], Conflict]

    @property
    def rows(self) -> int:
        """How many rows contradict others."""
        return sum(conflict.broken_rows for conflict in self.conflicts.values())

    def reasons(self, batch: Any) -> Iterator[tuple[int, str]]:
        """Give the rows of a record batch that contradict others, and why."""
        columns = (*self.dependency.determinant, self.dependency.dependent)
        first = batch.column(columns[0])
        wanted = arrow_values(dict.fromkeys(key[0] for key in self.conflicts), first.type)
        near = pc.indices_nonzero(pc.is_in(first, value_set=wanted))
        cells = [python_values(batch.column(name).take(near)) for name in columns]
        for row, *key, value in zip(near.to_pylist(), *cells, strict=True):
            conflict = self.conflicts.get(tuple(key))
            if conflict is not None and value is not None and value != conflict.usual:
                yield row, _reason(self.dependency, tuple(key), value, conflict)


def broken_dependencies(data: Any, schema: Schema) -> list[BrokenDependency]:
    """Find the functional dependencies of a schema that rows of a table break.

    Rows without one of the values break nothing. Needs memory for each different combination of values.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, RecordBatch or Dataset
        The rows; dependencies between columns that they lack are left out.
    schema : Schema
        With the dependencies.
    """
    source = open_source(data)
    names = set(source.schema.names)
    dependencies = (
        BrokenDependency(dependency, _conflicts(source.data, dependency))
        for dependency in schema.functional_dependencies
        if {*dependency.determinant, dependency.dependent} <= names
    )
    return [broken for broken in dependencies if broken.conflicts]


def check_dependencies(data: Any, schema: Schema, hidden: Collection[str] = ()) -> list[Anomaly]:
    """Give an anomaly for each functional dependency of a schema that rows of a table break.

    Parameters
    ----------
    data, schema
        As in `broken_dependencies`.
    hidden : collection of str
        The columns of which no value is shown.
    """
    source = open_source(data)
    dependencies = broken_dependencies(source.data, schema)
    return [_anomaly(broken, source.num_rows, hidden) for broken in dependencies]


def rule_text(dependency: FunctionalDependency) -> str:
    """Give a dependency as anomalies name it."""
    return f"{', '.join(dependency.determinant)} -> {dependency.dependent}"


def _conflicts(table: Any, dependency: FunctionalDependency) -> dict[tuple[Any, ...], Conflict]:
    columns = [*dependency.determinant, dependency.dependent]
    counted = _count(table, columns)
    groups = counted.group_by(columns[:-1], use_threads=False).aggregate([([], "count_all")])
    several = groups.filter(pc.greater(groups["count_all"], 1)).select(columns[:-1])
    contradicted = set(_rows(several))
    near = counted.filter(
        pc.is_in(counted[columns[0]], value_set=several[columns[0]].combine_chunks())
    )
    counts: dict[tuple[Any, ...], dict[Any, int]] = {key: {} for key in contradicted}
    for *key, value, count in _rows(near.sort_by([(_COUNT, "descending")])):
        if tuple(key) in contradicted:
            counts[tuple(key)][value] = count
    return {key: Conflict(counts[key]) for key in sorted(counts, key=str)}


def _rows(table: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(python_values(column) for column in table.columns), strict=True)


def _count(table: Any, columns: Sequence[str]) -> Any:
    """How often each combination of values occurs, without missing ones."""
    total = None
    for batch in record_batches(table, columns, _BATCH_ROWS):
        part = pa.Table.from_batches([batch]).drop_null()
        part = part.append_column(_COUNT, pa.array([1] * part.num_rows, pa.int64()))
        total = _summed(part if total is None else pa.concat_tables([total, part]), columns)
    return total


def _summed(table: Any, columns: Sequence[str]) -> Any:
    summed = table.group_by(list(columns), use_threads=False).aggregate([(_COUNT, "sum")])
    return summed.select([*columns, f"{_COUNT}_sum"]).rename_columns([*columns, _COUNT])


def _where(dependency: FunctionalDependency, key: tuple[Any, ...]) -> str:
    pairs = zip(dependency.determinant, key, strict=True)
    return " and ".join(f"{name} {quote(value)}" for name, value in pairs)


def _reason(
    dependency: FunctionalDependency, key: tuple[Any, ...], value: Any, conflict: Conflict
) -> str:
    name, where = dependency.dependent, _where(dependency, key)
    rows = sum(conflict.values.values())
    if conflict.usual is None:
        others = ", ".join(quote(other) for other in list(conflict.values)[:3])
        return (
            f"{name} is {quote(value)}, and rows with {where} have several values of it: {others}"
        )
    usual = conflict.values[conflict.usual]
    return (
        f"{name} is {quote(value)}, and {usual:,} of {rows:,} rows with {where} have "
        f"{quote(conflict.usual)}"
    )


def _anomaly(broken: BrokenDependency, rows: int, hidden: Collection[str]) -> Anomaly:
    dependency, count = broken.dependency, broken.rows
    start = " and ".join(dependency.determinant)
    shows = not {*dependency.determinant, dependency.dependent} & set(hidden)
    return anomaly(
        dependency.dependent,
        CODE,
        f"{dependency.dependent} should follow from {start}, and contradicts it in "
        f"{rows_text(count, rows)}, for {len(broken.conflicts):,} values of {start}"
        f"{_worst(broken) if shows else ''}. Correct the data, or take the dependency out "
        "of functional_dependencies in the schema.",
        expected=f"one value for each {start}",
        found=f"several for {len(broken.conflicts):,}",
        affected_fraction=count / max(1, rows),
        setting=rule_text(dependency),
    )


def _worst(broken: BrokenDependency) -> str:
    key, worst = max(broken.conflicts.items(), key=lambda item: item[1].broken_rows)
    values = ", ".join(
        f"{quote(value)} ({count:,})" for value, count in list(worst.values.items())[:3]
    )
    return f": with {_where(broken.dependency, key)} it is {values}"
