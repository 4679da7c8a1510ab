"""The six column types of raw data, and how Arrow's many types become one of them.

Decisions, each counted or refused, never silent: a NaN is null; an infinite number is null and counted;
a time with a zone becomes UTC without one; fractions of a microsecond are cut off; a decimal becomes an
int where its scale is 0 and it fits, else a float; nested and binary columns are refused.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.errors import DataError

ARROW: Mapping[str, Any] = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
# The type of a column of which no value is known yet; it gives way to any other.
UNKNOWN = "null"


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """Give the Arrow schema of columns given as name to type word."""
    return pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])


def type_word(kind: pa.DataType) -> str | None:
    """Give the type word that an Arrow type becomes; ``"null"`` for Arrow's null, None if refused."""
    types = pa.types
    if types.is_dictionary(kind):
        return type_word(kind.value_type)
    if types.is_decimal(kind):
        return "int" if kind.scale == 0 and kind.precision <= 18 else "float"
    tests = (
        (types.is_null, UNKNOWN),
        (types.is_boolean, "bool"),
        (types.is_integer, "int"),
        (types.is_floating, "float"),
        (types.is_date, "date"),
        (types.is_timestamp, "timestamp"),
        (types.is_string, "string"),
        (types.is_large_string, "string"),
        (types.is_string_view, "string"),
    )
    return next((word for test, word in tests if test(kind)), None)


def type_words(schema: pa.Schema, name: str) -> dict[str, str]:
    """Give the type words of a table's columns.

    Raises
    ------
    DataError
        Naming every column whose type is nested, binary or otherwise not one of the six.
    """
    kinds = {field.name: type_word(field.type) for field in schema}
    refused = [f"'{field.name}' ({field.type})" for field in schema if kinds[field.name] is None]
    if refused:
        raise DataError(
            f"{name}: {len(refused)} of {len(kinds)} columns cannot be read: {', '.join(refused[:8])}. "
            f"Allowed are {', '.join(ARROW)}. Leave such columns out, or flatten them first."
        )
    return {column: str(kind) for column, kind in kinds.items()}


def widest(kinds: Iterable[str]) -> str | None:
    """Give the one type that holds columns of all these types, or None where only text would.

    An unknown type gives way; int and float meet in float, date and timestamp in timestamp.
    """
    known = set(kinds) - {UNKNOWN}
    if len(known) <= 1:
        return next(iter(known), UNKNOWN)
    if known == {"int", "float"}:
        return "float"
    return "timestamp" if known == {"date", "timestamp"} else None


def as_type(column: pa.Array, kind: str, name: str) -> pa.Array:
    """Give an Arrow array of any readable type as one of the six types.

    Parameters
    ----------
    column : pyarrow.Array
        Values of a type that `type_word` knows.
    kind : str
        The type word to reach; it must hold every value.
    name : str
        Where the column is, for the error: ``file: 'column'``.

    Raises
    ------
    DataError
        If a value does not fit: a whole number beyond 64 bits, or one beyond 2**53 in a float column.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    target = ARROW[kind]
    if pa.types.is_timestamp(column.type):
        column = _in_utc(column)
        # Only nanoseconds lose anything on the way to microseconds, and that is decided above.
        return pc.cast(column, target, safe=column.type.unit != "ns")
    if pa.types.is_decimal(column.type) and kind == "float":
        return pc.cast(column, target, safe=False)
    try:
        return pc.cast(column, target)
    except pa.ArrowInvalid as error:
        advice = (
            "Write such numbers as text if they are names, else as fractions."
            if kind in ("int", "float")
            else "Write them in the source as that type has them."
        )
        raise DataError(
            f"{name} does not fit into a column of type {kind}: {error}. {advice}"
        ) from error


def without_infinite(column: pa.Array, name: str, infinite: Counter[str]) -> pa.Array:
    """Give a float array with null for NaN and for infinite values; count the infinite ones."""
    if not pa.types.is_floating(column.type) or not len(column):
        return column
    finite = pc.is_finite(column)
    if pc.all(finite, min_count=0).as_py():
        return column
    infinite[name] += pc.sum(pc.is_inf(column)).as_py() or 0
    return pc.if_else(finite, column, pa.scalar(None, column.type))


def _in_utc(column: pa.Array) -> pa.Array:
    """Times with a zone as UTC without one; others as they are."""
    unit = column.type.unit
    if column.type.tz is None:
        return column
    return pc.cast(pc.cast(column, pa.timestamp(unit, "UTC")), pa.timestamp(unit))
