"""Slices by SQL: an expression over a row's columns gives the value by which the row is sliced.

The expression is SQLite's, and becomes a generated column of a table in memory. So SQLite itself refuses
what is more than a function of one row: subqueries, aggregates, chance and the clock.
"""

import re
import sqlite3
import string
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.errors import DataError, did_you_mean

_TEXT = re.compile(r"'(?:[^']|'')*'")
_QUOTED_NAME = re.compile(r'"((?:[^"]|"")*)"')
# As SQLite compares names: of other letters it tells upper from lower case.
_FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# The columns of our own: for a table without any, the row's number, and what the expression gives.
_NOTHING, _ROW, _VALUE = "ml_assets_nothing", "ml_assets_row", "ml_assets_value"
_NO_COLUMN = re.compile(r"no such column: (?P<name>.+)")


def sql_mistake(expression: str, columns: Collection[str]) -> str | None:
    """Say what is wrong with an expression over these columns, or None where it can be used."""
    # Where there is no column of that name, SQLite takes a name in double quotes for a text.
    quoted = [name.replace('""', '"') for name in _QUOTED_NAME.findall(_TEXT.sub("", expression))]
    known = {_folded(name) for name in columns}
    unknown = [name for name in quoted if _folded(name) not in known]
    if unknown:
        return f"no column '{unknown[0]}'.{did_you_mean(unknown[0], columns)} Texts take single quotes."
    try:
        # The clock is refused only once there is a row.
        read = columns_read(expression, columns)
        _evaluate(expression, read, [[None] * len(read)])
        return None
    except (sqlite3.Error, UnicodeError) as error:
        missing = _NO_COLUMN.fullmatch(str(error))
        return f"{error}.{did_you_mean(missing['name'], columns) if missing else ''}"


def slice_mistake(name: str, expression: str, columns: Collection[str]) -> str | None:
    """Say what is wrong with a slice of this name by an expression, or None where it can be used."""
    if name in columns:
        return f"'{name}' is a column of the source; give the slice another name."
    return sql_mistake(expression, columns)


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
        If a name is a column's, or an expression is wrong, is more than a function of one row, or fails
        for a value.
    """
    columns = [str(name) for name in rows.columns]
    mistakes = [
        f"evaluation.sql_slices.{name}: {mistake}"
        for name, expression in expressions.items()
        if (mistake := slice_mistake(name, expression, columns))
    ]
    if mistakes:
        raise DataError("\n".join(mistakes))
    found = {name: _values(rows, name, expression) for name, expression in expressions.items()}
    # So that a column of whole numbers and nulls stays one.
    return pd.DataFrame(found, index=rows.index, dtype=object).convert_dtypes()


def _values(rows: pd.DataFrame, name: str, expression: str) -> list[Any]:
    used = columns_read(expression, [str(column) for column in rows.columns])
    values = [_plain(rows[column]) for column in used]
    records = zip(*values, strict=True) if used else ([] for _ in range(len(rows)))
    try:
        return _evaluate(expression, used, records)
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        raise DataError(f"evaluation.sql_slices.{name}: {error}.") from error


def _evaluate(
    expression: str, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> list[Any]:
    """What the expression gives for each record of these columns, in their order."""
    taken = {_folded(name) for name in columns}
    row, value = (_free(name, taken) for name in (_ROW, _VALUE))
    named = ", ".join([f"{row} INTEGER PRIMARY KEY", *map(_quoted, columns)])
    marks = ", ".join(["NULL", *("?" for _ in columns)])
    with closing(sqlite3.connect(":memory:")) as db:
        # Its last line may end with a comment.
        db.execute(f"CREATE TABLE examples ({named}, {value} AS ({expression}\n))")
        db.executemany(f"INSERT INTO examples VALUES ({marks})", records)  # noqa: S608
        # Not by `rowid`, which a column of that name would be.
        found = db.execute(f"SELECT {value} FROM examples ORDER BY {row}").fetchall()  # noqa: S608
    return [one for (one,) in found]


def columns_read(expression: str, columns: Collection[str]) -> list[str]:
    """Give the columns that an expression reads. Of names that differ in case only the first is meant."""
    # SQLite takes 2,000 columns: those that are not written in the expression are left out.
    text = _unquoted(_folded(expression))
    first = {
        _folded(name): name for name in reversed(list(columns)) if _unquoted(_folded(name)) in text
    }
    read: dict[str, None] = {}

    def allow(action: int, _: str | None, column: str | None, *__: str | None) -> int:
        if action == sqlite3.SQLITE_READ and column:
            read[column] = None
        return sqlite3.SQLITE_OK

    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE examples ({', '.join(map(_quoted, first.values())) or _NOTHING})")
        db.set_authorizer(allow)
        # The author of the YAML writes it, and there is nothing to inject it into.
        db.execute(f"SELECT ({expression}\n) FROM examples")  # noqa: S608
    ours = [name for name in read if name not in first.values()]
    if ours:  # such as SQLite's own `rowid`
        raise sqlite3.OperationalError(f"no such column: {_folded(ours[0])}")
    return list(read)


def _folded(name: str) -> str:
    return name.translate(_FOLDED)


def _unquoted(text: str) -> str:
    """Without the marks that are written twice within a quoted name."""
    return text.replace('"', "").replace("`", "")


def _free(name: str, taken: Collection[str]) -> str:
    return _free(f"{name}_", taken) if name in taken else name


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
