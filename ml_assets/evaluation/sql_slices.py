"""Slices by SQL: an expression over a row's columns gives the value by which the row is sliced.

The expression is SQLite's, and becomes a generated column of a table in memory. So SQLite itself refuses
what is more than a function of one row: subqueries, aggregates, chance and the clock.
"""

import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.errors import DataError, did_you_mean

_TEXT = re.compile(r"'(?:[^']|'')*'")
_QUOTED_NAME = re.compile(r'"((?:[^"]|"")*)"')
# Of a table for an expression that reads no column.
_NOTHING = "ml_assets_nothing"
_NO_COLUMN = re.compile(r"no such column: (?P<name>.+)")


def sql_mistake(expression: str, columns: Collection[str]) -> str | None:
    """Say what is wrong with an expression over these columns, or None where it can be used."""
    # Where there is no column of that name, SQLite takes a name in double quotes for a text.
    quoted = [name.replace('""', '"') for name in _QUOTED_NAME.findall(_TEXT.sub("", expression))]
    folded = {name.lower() for name in columns}
    unknown = [name for name in quoted if name.lower() not in folded]
    if unknown:
        return f"no column '{unknown[0]}'.{did_you_mean(unknown[0], columns)} Texts take single quotes."
    try:
        with closing(_table(_columns_of(expression, columns), expression)) as db:
            # The clock is refused only once there is a row.
            db.execute("INSERT INTO examples DEFAULT VALUES")
            db.execute("SELECT ml_assets_value FROM examples").fetchall()
            return None
    except sqlite3.Error as error:
        missing = _NO_COLUMN.fullmatch(str(error))
        return f"{error}.{did_you_mean(missing['name'], columns) if missing else ''}"


def sql_columns(rows: pd.DataFrame, expressions: Mapping[str, str]) -> pd.DataFrame:
    """Compute the values by which rows are sliced.

    Parameters
    ----------
    rows : DataFrame
        The columns that expressions may name, in upper or lower case. Flags are 0 and 1, times texts in
        UTC such as ``2026-01-31T18:30:00``, nulls NULL.
    expressions : mapping of str to str
        For each name an SQL expression, such as ``hour >= 22 OR hour < 6``.

    Returns
    -------
    DataFrame
        A column for each name, with the index of `rows`; null for NULL. What is true is 1.

    Raises
    ------
    DataError
        If an expression is wrong, is more than a function of one row, or fails for a value.
    """
    columns = [str(name) for name in rows.columns]
    mistakes = [
        f"evaluation.sql_slices.{name}: {mistake}"
        for name, expression in expressions.items()
        if (mistake := sql_mistake(expression, columns))
    ]
    if mistakes:
        raise DataError("\n".join(mistakes))
    found = {name: _values(rows, name, expression) for name, expression in expressions.items()}
    # So that a column of whole numbers and nulls stays one.
    return pd.DataFrame(found, index=rows.index, dtype=object).convert_dtypes()


def _values(rows: pd.DataFrame, name: str, expression: str) -> list[Any]:
    used = _columns_of(expression, [str(column) for column in rows.columns])
    values = [_plain(rows[column]) for column in used]
    marks = ", ".join("?" * max(len(used), 1))
    records = zip(*values, strict=True) if used else ((None,) for _ in range(len(rows)))
    try:
        with closing(_table(used, expression)) as db:
            db.executemany(f"INSERT INTO examples VALUES ({marks})", records)  # noqa: S608
            found = db.execute("SELECT ml_assets_value FROM examples ORDER BY rowid").fetchall()
    except (sqlite3.Error, OverflowError) as error:
        raise DataError(f"evaluation.sql_slices.{name}: {error}.") from error
    return [value for (value,) in found]


def _table(columns: Sequence[str], expression: str) -> sqlite3.Connection:
    """A table in memory with these columns and the expression's values."""
    db = sqlite3.connect(":memory:")
    try:
        named = ", ".join(map(_quoted, columns)) or _NOTHING
        db.execute(f"CREATE TABLE examples ({named}, ml_assets_value AS ({expression}))")
    except BaseException:
        db.close()
        raise
    return db


def _columns_of(expression: str, columns: Collection[str]) -> list[str]:
    """The columns that an expression reads. Of names that differ in case only the first is meant."""
    first = {name.lower(): name for name in reversed(list(columns))}
    read: dict[str, None] = {}

    def allow(action: int, _: str | None, column: str | None, *__: str | None) -> int:
        if action == sqlite3.SQLITE_READ and column:
            read[column] = None
        return sqlite3.SQLITE_OK

    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE examples ({', '.join(map(_quoted, first.values())) or _NOTHING})")
        db.set_authorizer(allow)
        # The author of the YAML writes it, and there is nothing to inject it into.
        db.execute(f"SELECT ({expression}) FROM examples")  # noqa: S608
    return list(read)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """The values as SQLite takes them; what it has no type for, such as a date, as text."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(column):
        values = np.datetime_as_string(column.to_numpy(), unit="s").astype(object)
    else:
        values = column.astype(object).to_numpy(copy=True)
    values[column.isna().to_numpy()] = None
    return [v if v is None or isinstance(v, (str, int, float)) else str(v) for v in values]
