"""Reads a JSON Lines file strictly, as blocks of text values with the line of each row.

Numbers keep the text they are written with until a column's type is known, so that no long id is
rounded. A key that a line lacks is null there. NaN and Infinity, which JSON does not have but programs
write, are read as numbers and become null like every value that is not finite.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.errors import DataError
from ml_assets.ingest.column_names import check_column_names
from ml_assets.ingest.encoding import utf8_chunks
from ml_assets.ingest.rejected import Rejected, raw_text
from ml_assets.ingest.spec import SourceSpec
from ml_assets.ingest.text_file import TextBlock
from ml_assets.table import BATCH_ROWS

_MAX_LINE = 1 << 24
_MAX_BLOCK = 1 << 24


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def jsonl_blocks(path: Path, name: str, spec: SourceSpec) -> Iterator[TextBlock]:
    """Give the rows of a JSON Lines file as text.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its name, for errors and rejected rows.
    spec : SourceSpec
        Its encoding.

    Raises
    ------
    DataError
        If it is empty, not in its encoding, or has keys that cannot be told apart.
    """
    empty = True
    columns: dict[str, None] = {}
    for lines in _groups(_lines(utf8_chunks(path, spec.encoding, name), name)):
        empty = False
        block = _block(lines, name)
        columns |= dict.fromkeys(block.texts.schema.names)
        yield block
    if empty:
        raise DataError(f"{name} is empty.")
    if columns:
        check_column_names(list(columns), name)


def _lines(chunks: Iterable[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers."""
    tail, number = b"", 0
    for chunk in chunks:
        *whole, tail = (tail + chunk).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
        if len(tail) > _MAX_LINE:
            raise DataError(
                f"{name}: line {number + 1:,} is longer than {_MAX_LINE >> 20} MiB. Write one JSON "
                "object on each line."
            )
    if tail.strip():
        yield number + 1, tail


def _groups(lines: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """Lines in groups of at most 65,536 lines and about 16 MiB."""
    group, size = list[tuple[int, bytes]](), 0
    for line in lines:
        group.append(line)
        size += len(line[1])
        if len(group) >= BATCH_ROWS or size >= _MAX_BLOCK:
            yield group
            group, size = [], 0
    if group:
        yield group


def _block(lines: list[tuple[int, bytes]], name: str) -> TextBlock:
    rows, numbers, raws, rejected = [], [], [], []
    for number, line in lines:
        row = _row(line)
        if isinstance(row, str):
            rejected.append(Rejected(name, number, row, raw_text(line)))
        else:
            rows.append(row)
            numbers.append(number)
            raws.append(line)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    kinds = defaultdict(set)
    arrays = []
    for column in columns:
        values = [row.get(column) for row in rows]
        kinds[column] = {_KINDS[type(value)] for value in values if value is not None}
        arrays.append(pa.array([_text(value) for value in values], pa.string()))
    texts = pa.record_batch(arrays, names=columns) if arrays else _no_columns(len(rows))
    line_numbers = np.array(numbers, dtype=np.int64)
    return TextBlock(texts, line_numbers, lambda index: raw_text(raws[index]), rejected, kinds)


_KINDS: dict[type, str] = {_Number: "number", bool: "bool", str: "string"}


def _row(line: bytes) -> dict[str, Any] | str:
    """One line's values by key, or why it is set aside."""
    if line.lstrip().startswith(b"["):
        return "a JSON array; write one object on each line"
    try:
        row = _DECODER.decode(line.decode("utf-8"))
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at character {error.colno}"
    except RecursionError:
        return "not JSON: nested too deeply"
    except _DuplicateKeyError as error:
        return f"the key {error.args[0]!r} appears twice"
    if not isinstance(row, dict):
        return "not a JSON object"
    if not row:
        return "an object without keys"
    for key, value in row.items():
        if isinstance(value, dict | list):
            return f"the value of {key!r} is nested; flatten it first"
        if not _is_unicode(key) or (isinstance(value, str) and not _is_unicode(value)):
            return f"{key!a} holds half of a surrogate pair"
    return row


class _DuplicateKeyError(Exception):
    """An object has a key twice."""


def _with_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value_by_key = dict(pairs)
    if len(value_by_key) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(key for key in keys if keys.count(key) > 1))
    return value_by_key


_DECODER = json.JSONDecoder(
    object_pairs_hook=_with_unique_keys,
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=_Number,
)


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _no_columns(rows: int) -> pa.RecordBatch:
    # Only rejected rows: a batch without columns has no rows either.
    if rows:
        raise AssertionError("rows without keys were not set aside")
    return pa.record_batch([], names=[])
