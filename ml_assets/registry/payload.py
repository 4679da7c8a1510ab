"""The JSON bodies that a candidate is asked with: real rows, and requests that must be refused."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ml_assets.table import Table, split_is

if TYPE_CHECKING:
    import pyarrow as pa

_JSON = "application/json"
_NUMBERS = ("int", "float")
_MOMENTS = ("date", "timestamp")


@dataclass(frozen=True)
class Malformed:
    """A request that must be answered with a 4xx: its name, body and content type."""

    name: str
    body: bytes
    content_type: str = _JSON


def choose_rows(table: Table, columns: Sequence[str], count: int) -> "pa.Table":
    """Give the first `count` rows of the test split, or of the whole table where that has none."""
    found = table.dataset().head(count, columns=list(columns), filter=split_is("test"))
    return found if found.num_rows else table.dataset().head(count, columns=list(columns))


def rows_body(rows: "pa.Table", start: int = 0, stop: int | None = None) -> bytes:
    """Give rows as MLflow's ``dataframe_split`` in JSON.

    Null and NaN become null, an infinite number too (JSON has no word for it, and the model reads it as
    missing), and dates and times become ISO 8601.
    """
    chosen = rows.slice(start, None if stop is None else stop - start)
    return _split(chosen.column_names, [list(row.values()) for row in chosen.to_pylist()])


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
    wrong = [_of_wrong_type(types[name], value) for name, value in zip(names, row, strict=True)]
    return [
        Malformed("not JSON", b"{nope"),
        Malformed("an empty body", b""),
        Malformed("a wrong key", b'{"rows": []}'),
        Malformed("a list in place of an object", b"[1, 2]"),
        Malformed("a missing column", _split(names[1:], [row[1:]])),
        Malformed("values of a wrong type", _split(names, [wrong])),
        Malformed("more values than columns", _split(names, [[*row, 1]])),
        Malformed("an unknown content type", rows_body(rows, 0, 1), "text/html"),
    ]


def predictions_in(body: bytes) -> Any:
    """Give what an answer of the server holds under ``predictions``, or None if it is no such answer."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer.get("predictions") if isinstance(answer, dict) else None


def _of_wrong_type(kind: str, value: Any) -> Any:
    if kind in _NUMBERS or kind in _MOMENTS or kind == "bool":
        return "neither a number nor a moment"
    return {"of": "the wrong type"} if kind == "string" else value


def _split(columns: Sequence[str], data: Sequence[Sequence[Any]]) -> bytes:
    plain = [[_plain(value) for value in row] for row in data]
    content = {"dataframe_split": {"columns": list(columns), "data": plain}}
    return json.dumps(content, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
        case _:
            return value
