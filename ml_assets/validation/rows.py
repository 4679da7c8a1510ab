"""`find_broken_rows`: judges every row of a table by the schema, with pandera, in batches."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandera.errors
import pyarrow as pa

from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.pandera import NOT_NULLABLE, has_row_rule, to_pandera
from ml_assets.statistics.arrow_input import record_batches
from ml_assets.table import EXAMPLE_ID, Table

# pandera costs a few milliseconds for each column and batch, whatever the number of rows.
BATCH_ROWS = 262_144
_MAX_QUOTED = 40


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
        ``not_nullable``, ``domain``, ``min``, ``max`` or ``finite``.
    reason : str
        What is wrong with the value, for a person.
    """

    row: int
    example_id: str | None
    feature: str
    rule: str
    reason: str


def find_broken_rows(
    table: Table,
    schema: Schema,
    environment: str | None = None,
    columns: Collection[str] | None = None,
) -> list[BrokenRule]:
    """Find every row that breaks a rule of the schema.

    Parameters
    ----------
    table : Table
        The rows. Columns that the schema does not know are not looked at, nor are those that it leaves
        free; columns that it knows and the table lacks are a matter of `validate_statistics`.
    schema : Schema
        What rows must look like.
    environment : str, optional
        Only the features that are expected there.
    columns : collection of str, optional
        Only these features.

    Returns
    -------
    list of BrokenRule
        In the order of rows; a row that breaks several rules has several.
    """
    features = _judged(table, schema, environment, columns)
    if not features:
        return []
    rules = to_pandera(schema, environment, columns=set(features), types=False)
    found: list[BrokenRule] = []
    first_row = 0
    names = [EXAMPLE_ID, *features] if EXAMPLE_ID in table.columns else list(features)
    for batch in record_batches(table, names, BATCH_ROWS):
        found += _broken(batch, rules, features, first_row)
        first_row += batch.num_rows
    return sorted(found, key=lambda broken: broken.row)


def _judged(
    table: Table, schema: Schema, environment: str | None, columns: Collection[str] | None
) -> dict[str, Feature]:
    there = set(table.columns)
    return {
        feature.name: feature
        for feature in schema.expected_in(environment)
        if feature.name in there
        and has_row_rule(feature)
        and (columns is None or feature.name in columns)
    }


def _broken(
    batch: Any, rules: Any, features: dict[str, Feature], first_row: int
) -> list[BrokenRule]:
    if not batch.num_rows:
        return []
    frame = batch.select(list(features)).to_pandas(date_as_object=False)
    try:
        rules.validate(frame, lazy=True)
        return []
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    if cases["index"].isna().any():
        raise AssertionError("pandera failed a whole column, though its type fits")
    found: list[BrokenRule] = []
    for (column, check), group in cases.groupby(["column", "check"], sort=False):
        rows = group["index"].astype("int64").tolist()
        values = frame[column].take(rows).tolist()
        for row, id_, value in zip(rows, _ids(batch, rows), values, strict=True):
            rule, reason = _reason(features[column], check, value)
            found.append(BrokenRule(first_row + row, id_, column, rule, reason))
    return found


def _ids(batch: Any, rows: list[int]) -> list[str | None]:
    if EXAMPLE_ID not in batch.schema.names:
        return [None] * len(rows)
    taken: list[str | None] = batch.column(EXAMPLE_ID).take(pa.array(rows)).to_pylist()
    return taken


def _reason(feature: Feature, check: str, value: Any) -> tuple[str, str]:
    """The rule that a value breaks, and the reason in words."""
    name = feature.name
    if check == NOT_NULLABLE:
        return NOT_NULLABLE, f"{name} has no value"
    if check == "domain":
        shown = repr(str(value)[:_MAX_QUOTED])
        return "domain", f"{name} is {shown}, which is not in its domain"
    if feature.min is not None and value < feature.min:
        return "min", f"{name} is {value}, below its minimum of {feature.min}"
    if feature.max is not None and value > feature.max:
        return "max", f"{name} is {value}, above its maximum of {feature.max}"
    return "finite", f"{name} is infinite"
