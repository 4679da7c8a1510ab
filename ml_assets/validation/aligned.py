"""Joins two sets of rows on their key, part by part, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.errors import DataError, did_you_mean
from ml_assets.statistics.arrow_input import record_batches
from ml_assets.statistics.plain_arrow import is_text, plain
from ml_assets.statistics.points import Array

# About how many rows of both sides are joined at once.
PART_ROWS = 1_000_000
_ROW = "__row__"


@dataclass(frozen=True)
class MatchStatistics:
    """How the rows of two sets belong together (TFX's ``MatchStats``).

    Attributes
    ----------
    training_rows, serving_rows : int
        All rows of each side.
    matched : int
        The keys that occur once on each side; only their rows are compared.
    only_training, only_serving : int
        The keys that the other side does not have.
    training_duplicates, serving_duplicates : int
        The keys that a side has more than once; which row belongs to which cannot be told.
    training_without_key, serving_without_key : int
        The rows in which a part of the key is missing.
    """

    training_rows: int = 0
    serving_rows: int = 0
    matched: int = 0
    only_training: int = 0
    only_serving: int = 0
    training_duplicates: int = 0
    serving_duplicates: int = 0
    training_without_key: int = 0
    serving_without_key: int = 0

    def __add__(self, other: "MatchStatistics") -> "MatchStatistics":
        """Add the numbers of two parts."""
        mine, theirs = asdict(self), asdict(other)
        return MatchStatistics(**{name: mine[name] + theirs[name] for name in mine})


def aligned_parts(
    training: Any,
    serving: Any,
    key: Sequence[str],
    columns: Sequence[str],
    part_rows: int = PART_ROWS,
) -> Iterator[tuple[MatchStatistics, Any, Any]]:
    """Give the rows of both sides with equal keys, in the same order, part by part.

    A part holds the keys with one remainder of their hash. Both sides are read once for each part, so
    memory is that of about `part_rows` rows, and time grows with the number of parts.

    Parameters
    ----------
    training, serving : Table, pandas.DataFrame, pyarrow.Table, ...
        The rows, which must be readable more than once.
    key : sequence of str
        The columns that name a row.
    columns : sequence of str
        The other columns to give.
    part_rows : int
        About how many rows of both sides are held at once, >= 1.

    Raises
    ------
    DataError
        Where the key's types differ so that its values cannot be compared.
    """
    rows = sum(_num_rows(side, key) for side in (training, serving))
    parts = max(1, -(-rows // part_rows))
    for part in range(parts):
        sides = [
            _read_part(side, key, [*key, *columns], part, parts) for side in (training, serving)
        ]
        training_part, serving_part = _with_equal_types(sides[0], sides[1], key)
        yield _join(training_part, serving_part, key)


def check_key(sides: dict[str, list[str]], key: Sequence[str]) -> None:
    """Refuse a key that a side does not have."""
    if not key:
        raise DataError(
            "key names no column. Name the columns that tell which rows belong together."
        )
    missing = [
        f"'{name}' is not a column of {side}.{did_you_mean(name, columns)}"
        for side, columns in sides.items()
        for name in key
        if name not in columns
    ]
    if missing:
        raise DataError(f"The key cannot be joined: {' '.join(missing)}")


def _num_rows(data: Any, key: Sequence[str]) -> int:
    if isinstance(data, pd.DataFrame):
        return len(data)
    num_rows = getattr(data, "num_rows", None)
    if isinstance(num_rows, int):
        return num_rows
    return sum(batch.num_rows for batch in record_batches(data, list(key)))


def _read_part(data: Any, key: Sequence[str], columns: list[str], part: int, parts: int) -> Any:
    batches = []
    for batch in record_batches(data, columns):
        table = pa.table({name: plain(batch[name]) for name in columns})
        if parts > 1:
            table = table.filter(pa.array(_hashes(table, key) % parts == part))
        batches.append(table)
    return pa.concat_tables(batches, promote_options="permissive").combine_chunks()


def _hashes(table: Any, key: Sequence[str]) -> Array:
    """Equal for equal keys, also where one side holds whole numbers as floats."""
    total = np.zeros(table.num_rows, np.uint64)
    for name in key:
        column = _decoded(table[name])
        if pt.is_integer(column.type) or pt.is_floating(column.type):
            column = column.cast(pa.float64(), safe=False)
        if is_text(column.type):
            column = column.cast(pa.large_binary())
        elif pt.is_timestamp(column.type) or pt.is_date(column.type):
            column = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        values = [b"" if value is None else value for value in column.to_pylist()]
        hashes = pd.util.hash_array(np.array([_bytes(value) for value in values], object))
        total = total * np.uint64(31) + hashes
    return total


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else repr(value).encode()


def _decoded(column: Any) -> Any:
    return column.cast(column.type.value_type) if pt.is_dictionary(column.type) else column


def _with_equal_types(training: Any, serving: Any, key: Sequence[str]) -> tuple[Any, Any]:
    """The key of both sides in one type."""
    for name in key:
        columns = [_decoded(side[name]) for side in (training, serving)]
        kinds = [column.type for column in columns]
        if any(pt.is_nested(kind) for kind in kinds):
            raise DataError(
                f"The key column '{name}' holds lists or structs. Name columns of plain values."
            )
        if kinds[0] != kinds[1] or pt.is_null(kinds[0]):
            wanted = _common_type(kinds[0], kinds[1])
            if wanted is None:
                raise DataError(
                    f"The key column '{name}' is {kinds[0]} in training and {kinds[1]} at serving, so no "
                    "row would match. Give both the same type."
                )
            columns = [column.cast(wanted, safe=False) for column in columns]
        place = training.schema.get_field_index(name)
        training = training.set_column(place, name, columns[0])
        serving = serving.set_column(serving.schema.get_field_index(name), name, columns[1])
    return training, serving


def _common_type(one: Any, other: Any) -> Any:
    kinds = (one, other)
    if all(pt.is_null(kind) for kind in kinds):
        return pa.string()
    if any(pt.is_null(kind) for kind in kinds):
        return one if pt.is_null(other) else other
    if all(pt.is_string(kind) or pt.is_large_string(kind) for kind in kinds):
        return pa.string()
    if all(pt.is_integer(kind) for kind in kinds):
        return pa.int64()
    if all(pt.is_integer(kind) or pt.is_floating(kind) for kind in kinds):
        return pa.float64()
    if all(pt.is_date(kind) or pt.is_timestamp(kind) for kind in kinds):
        return pa.timestamp("us", getattr(one, "tz", None) or getattr(other, "tz", None))
    return None


def _join(training: Any, serving: Any, key: Sequence[str]) -> tuple[MatchStatistics, Any, Any]:
    training_keys, training_without_key, training_duplicates = _unique_keys(training, key)
    serving_keys, serving_without_key, serving_duplicates = _unique_keys(serving, key)
    pairs = training_keys.join(serving_keys, list(key), join_type="inner", right_suffix="_there")
    order = pc.sort_indices(pairs[_ROW])
    training_rows, serving_rows = pairs[_ROW].take(order), pairs[f"{_ROW}_there"].take(order)
    # A key that a side has twice is no key that the side does not have.
    all_training, all_serving = (
        pa.concat_tables([single, repeated]).select(list(key))
        for single, repeated in (
            (training_keys, training_duplicates),
            (serving_keys, serving_duplicates),
        )
    )
    only_training = all_training.join(all_serving, list(key), join_type="left anti").num_rows
    only_serving = all_serving.join(all_training, list(key), join_type="left anti").num_rows
    match = MatchStatistics(
        training.num_rows, serving.num_rows, pairs.num_rows, only_training, only_serving,
        training_duplicates.num_rows, serving_duplicates.num_rows,
        training_without_key, serving_without_key,
    )  # fmt: skip
    return match, training.take(training_rows), serving.take(serving_rows)


def _unique_keys(side: Any, key: Sequence[str]) -> tuple[Any, int, Any]:
    """The keys that occur once with their row, how many rows have none, and the keys that repeat."""
    keys = side.select(list(key))
    has_key = np.ones(side.num_rows, bool)
    for name in key:
        has_key &= ~keys[name].is_null(nan_is_null=True).to_numpy()
    numbered = keys.append_column(_ROW, pa.array(np.arange(side.num_rows))).filter(
        pa.array(has_key)
    )
    grouped = numbered.group_by(list(key), use_threads=False).aggregate(
        [(_ROW, "min"), (_ROW, "count")]
    )
    is_once = pc.equal(grouped[f"{_ROW}_count"], 1)
    named = grouped.select([*key, f"{_ROW}_min"]).rename_columns([*key, _ROW])
    return named.filter(is_once), int((~has_key).sum()), named.filter(pc.invert(is_once))
