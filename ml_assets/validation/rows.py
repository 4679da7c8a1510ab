"""`find_broken_rows`: judges every row of a table by the schema, with pandera, in batches.

Pandera finds the values that break a rule; `array_rules` then says which one, and why. Two rules look at
the whole table, and take a pass of their own: values that repeat, and rows that contradict each other.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.types as pt

from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.arrow_input import record_batches
from ml_assets.table import EXAMPLE_ID
from ml_assets.validation.array_rules import ArrayRules
from ml_assets.validation.cells.source import open_source
from ml_assets.validation.dependencies import CODE, BrokenDependency, broken_dependencies
from ml_assets.validation.python_values import python_values
from ml_assets.validation.repeats import Rows, repeated_rows
from ml_assets.validation.value_rules import can_break
from ml_assets.validation.wording import quote

if TYPE_CHECKING:
    from typing import TypeAlias

    import pyarrow.dataset as ds

    from ml_assets.table import Table

    Data: TypeAlias = Table | pd.DataFrame | pa.Table | pa.RecordBatch | ds.Dataset

# pandera costs a few milliseconds for each column and batch, whatever the number of rows.
BATCH_ROWS = 262_144


@dataclass(frozen=True)
class BrokenRule:
    """That one row breaks one rule.

    Attributes
    ----------
    row : int
        The row's position in the table, from 0.
    example_id : str or None
        The row's example id, where the table has them.
    feature : str
        The column.
    rule : str
        ``not_nullable``, ``domain``, ``number`` (in a text), ``bool``, ``utf8``, ``min``, ``max``,
        ``nan``, ``finite``, ``min_length``, ``max_length``, ``earliest``, ``latest``, ``unique`` or
        ``dependency``.
    reason : str
        What is wrong with the value, for a person.
    code : str
        The anomaly of a column with such values.
    """

    row: int
    example_id: str | None
    feature: str
    rule: str
    reason: str
    code: str = ""


def find_broken_rows(
    data: "Data",
    schema: Schema,
    environment: str | None = None,
    columns: Collection[str] | None = None,
) -> Iterator[BrokenRule]:
    """Find every row that breaks a rule of the schema.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, RecordBatch or Dataset
        The rows. Columns that the schema does not know are not looked at, nor are those that it leaves
        free; columns that it knows and the rows lack, or have in another type, are a matter of
        `validate_statistics`.
    schema : Schema
        What rows must look like.
    environment : str, optional
        Only the features that are expected there.
    columns : collection of str, optional
        Only these features.

    Yields
    ------
    BrokenRule
        In the order of rows; a row that breaks several rules has several. A `Table` is read in batches:
        memory grows with neither the rows nor the broken ones, but for columns that must be unique (16
        bytes for each row) and functional dependencies (their different combinations of values).

    Raises
    ------
    DataError
        Where two columns share a name, or a column cannot be read.
    """
    source = open_source(data)
    table, column_names = source.data, source.schema.names
    features = _judged_features(column_names, schema, environment, columns)
    repeats = {
        feature.name: repeated_rows(table, feature.name, BATCH_ROWS)
        for feature in features
        if feature.unique
    }
    dependencies = broken_dependencies(table, schema)
    dependencies = [
        broken
        for broken in dependencies
        if columns is None or broken.dependency.dependent in columns
    ]
    rules = {feature.name: ArrayRules(feature) for feature in features if can_break(feature)}
    linked = [
        name
        for broken in dependencies
        for name in (*broken.dependency.determinant, broken.dependency.dependent)
    ]
    names = list(
        dict.fromkeys([*rules, *(name for name in repeats if len(repeats[name])), *linked])
    )
    if not names:
        return
    if EXAMPLE_ID in column_names:
        names.append(EXAMPLE_ID)
    judge = _pandera_schema(rules)
    first_row = 0
    for batch in record_batches(table, names, BATCH_ROWS):
        breaks = [
            *_broken_values(batch, judge, rules),
            *_repeated(batch, repeats, first_row),
            *_contradicting(batch, dependencies),
        ]
        yield from _in_order(breaks, batch, first_row)
        first_row += batch.num_rows


# A row of a batch, the column, the rule, the reason, and the code.
_Break = tuple[int, str, str, str, str]


def _judged_features(
    column_names: Collection[str],
    schema: Schema,
    environment: str | None,
    columns: Collection[str] | None,
) -> list[Feature]:
    return [
        feature
        for feature in schema.expected_in(environment)
        if feature.name in column_names
        and not feature.is_ignored
        and (can_break(feature) or feature.unique)
        and (columns is None or feature.name in columns)
    ]


def _pandera_schema(rules: dict[str, ArrayRules]) -> Any:
    """One check for each column; it gives which values are fine."""

    def column(array_rules: ArrayRules) -> Any:
        def is_fine(values: Any) -> Any:
            array = pa.chunked_array(pa.array(values.array)).combine_chunks()
            return pd.Series(~array_rules.broken(array), values.index)

        return pandera.Column(
            checks=pandera.Check(is_fine, name="rules", error="rules", ignore_na=False),
            nullable=True,
        )

    return pandera.DataFrameSchema(
        {name: column(array_rules) for name, array_rules in rules.items()}
    )


def _broken_values(batch: Any, judge: Any, rules: dict[str, ArrayRules]) -> Iterator[_Break]:
    if not batch.num_rows or not rules:
        return
    batch = _readable(batch.select(list(rules)))
    frame = batch.to_pandas(types_mapper=pd.ArrowDtype)
    try:
        judge.validate(frame, lazy=True)
        return
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    if cases["index"].isna().any():
        raise AssertionError("pandera failed a whole column, though only values are judged")
    for name, group in cases.groupby("column", sort=False):
        places = np.sort(group["index"].astype("int64").to_numpy())
        reasons = rules[name].reasons(batch.column(name).take(pa.array(places)))
        for place, broken_rules in zip(places.tolist(), reasons, strict=True):
            yield from ((place, name, rule.name, text, rule.code) for rule, text in broken_rules)


def _readable(batch: Any) -> Any:
    """With bytes in place of texts of which some are not UTF-8, which pandas cannot read."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        arrays = [
            array.cast(pa.binary()) if pt.is_string(array.type) else array
            for array in batch.columns
        ]
        return pa.RecordBatch.from_arrays(arrays, batch.schema.names)
    return batch


def _repeated(batch: Any, repeats: dict[str, Rows], first_row: int) -> Iterator[_Break]:
    for name, rows in repeats.items():
        start, end = np.searchsorted(rows, [first_row, first_row + batch.num_rows])
        places = rows[start:end] - first_row
        if not len(places):
            continue
        values = python_values(batch.column(name).take(pa.array(places)))
        for place, value in zip(places.tolist(), values, strict=True):
            text = f"{name} is {quote(value)}, as in an earlier row"
            yield place, name, "unique", text, "FEATURE_TYPE_LOW_UNIQUE"


def _contradicting(batch: Any, dependencies: list[BrokenDependency]) -> Iterator[_Break]:
    for broken in dependencies:
        for place, text in broken.reasons(batch):
            yield place, broken.dependency.dependent, "dependency", text, CODE


def _in_order(breaks: list[_Break], batch: Any, first_row: int) -> Iterator[BrokenRule]:
    breaks.sort(key=lambda broken: broken[0])
    ids: list[str | None] = [None] * len(breaks)
    if breaks and EXAMPLE_ID in batch.schema.names:
        places = pa.array([place for place, *_ in breaks])
        ids = batch.column(EXAMPLE_ID).take(places).to_pylist()
    for (place, name, rule, text, code), id_ in zip(breaks, ids, strict=True):
        yield BrokenRule(first_row + place, id_, name, rule, text, code)
