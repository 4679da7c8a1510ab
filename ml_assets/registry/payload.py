"""The JSON bodies that are sent to a candidate: real rows, odd ones, and what must be refused."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ml_assets.registry.mlflow_model import ModelInput
from ml_assets.table import Table, split_is

if TYPE_CHECKING:
    import pyarrow as pa

_JSON = "application/json"
_NUMBERS = ("int", "float")
_MOMENTS = ("date", "timestamp")


# An attack or an accident: a body as large as this must neither kill the server nor fill its memory.
LARGE_BYTES = 10_000_000
UNKNOWN_CATEGORY = "a value that training never saw"


@dataclass(frozen=True)
class Odd:
    """Rows that are unusual and yet right: they must be answered as in training."""

    name: str
    rows: "pa.Table"


@dataclass(frozen=True)
class Malformed:
    """A request that must be answered with a 4xx: its name, body and content type."""

    name: str
    body: bytes
    content_type: str = _JSON


def choose_rows(table: Table, columns: Sequence[str], count: int) -> "pa.Table":
    """Give the first `count` rows of the test split, or of the whole table where that has none."""
    test_rows = table.dataset().head(count, columns=list(columns), filter=split_is("test"))
    return test_rows if test_rows.num_rows else table.dataset().head(count, columns=list(columns))


def rows_body(rows: "pa.Table", start: int = 0, stop: int | None = None) -> bytes:
    """Give rows as MLflow's ``dataframe_split`` in JSON.

    Null and NaN become null, an infinite number too (JSON has no word for it, and the model reads it as
    missing), and dates and times become ISO 8601.
    """
    chosen = rows.slice(start, None if stop is None else stop - start)
    return _dataframe_split(chosen.column_names, [list(row.values()) for row in chosen.to_pylist()])


def malformed_requests(rows: "pa.Table", types: Mapping[str, str]) -> list[Malformed]:
    """Give the requests that the server must refuse and survive.

    Parameters
    ----------
    rows : pyarrow.Table
        Real rows, at least one: the columns that the model reads.
    types : mapping of str to str
        The type of each column: int, float, string, bool, date or timestamp.
    """
    names = rows.column_names
    row = list(rows.slice(0, 1).to_pylist()[0].values())
    mistyped = [_mistyped_value(types[name], value) for name, value in zip(names, row, strict=True)]
    return [
        Malformed("not JSON", b"{nope"),
        Malformed("an empty body", b""),
        Malformed("a wrong key", b'{"rows": []}'),
        Malformed("a list in place of an object", b"[1, 2]"),
        Malformed("a missing column", _dataframe_split(names[1:], [row[1:]])),
        Malformed("values of a wrong type", _dataframe_split(names, [mistyped])),
        Malformed("more values than columns", _dataframe_split(names, [[*row, 1]])),
        Malformed("an unknown content type", rows_body(rows, 0, 1), "text/html"),
    ]


def odd_rows(rows: "pa.Table", inputs: Sequence[ModelInput]) -> list[Odd]:
    """Give one real row changed in the ways that serving meets, each in rows of its own.

    A row for each column that may be null, without its value; a row with all of them null; and a row
    whose texts are categories that training never saw.

    Parameters
    ----------
    rows : pyarrow.Table
        Real rows, at least one.
    inputs : sequence of ModelInput
        The columns that the model reads.
    """
    row = rows.slice(0, 1)
    optional = [column.name for column in inputs if column.nullable]
    texts = [column.name for column in inputs if column.type == "string"]
    cases = [Odd(f"no {name}", _replace_values(row, {name: None})) for name in optional]
    if len(optional) > 1:
        cases.append(
            Odd("none of the optional values", _replace_values(row, dict.fromkeys(optional)))
        )
    if texts:
        unknown = dict.fromkeys(texts, UNKNOWN_CATEGORY)
        cases.append(Odd("unknown categories", _replace_values(row, unknown)))
    return cases


def hard_requests(rows: "pa.Table", inputs: Sequence[ModelInput]) -> list[Malformed]:
    """Give requests that may be answered or refused, and that the server must survive.

    NaN and infinity as JavaScript writes them, which JSON does not know; and a body of 10 MB.
    """
    row = rows_body(rows, 0, 1)
    numbers = [column.name for column in inputs if column.type in _NUMBERS]
    requests = []
    if numbers:
        position = rows.column_names.index(numbers[0])
        for word, number in (("NaN", math.nan), ("Infinity", math.inf)):
            content = json.loads(row)
            content["dataframe_split"]["data"][0][position] = number
            requests.append(Malformed(word, json.dumps(content).encode()))
    requests.append(Malformed("10 MB", row[:-1] + b" " * (LARGE_BYTES - len(row)) + row[-1:]))
    return requests


def predictions_in(body: bytes) -> Any:
    """Give what an answer of the server holds under ``predictions``, or None if it is no such answer."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer.get("predictions") if isinstance(answer, dict) else None


def _replace_values(row: "pa.Table", values: Mapping[str, str | None]) -> "pa.Table":
    """The row with other values."""
    import pyarrow as pa

    for name, value in values.items():
        position = row.column_names.index(name)
        kind = pa.string() if value is not None else row.schema.field(name).type
        row = row.set_column(position, name, pa.array([value], kind))
    return row


def _mistyped_value(kind: str, value: Any) -> Any:
    if kind in _NUMBERS or kind in _MOMENTS or kind == "bool":
        return "neither a number nor a moment"
    return {"of": "the wrong type"} if kind == "string" else value


def _dataframe_split(columns: Sequence[str], data: Sequence[Sequence[Any]]) -> bytes:
    plain = [[_json_value(value) for value in row] for row in data]
    content = {"dataframe_split": {"columns": list(columns), "data": plain}}
    return json.dumps(content, allow_nan=False).encode()


def _json_value(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
        case _:
            return value
