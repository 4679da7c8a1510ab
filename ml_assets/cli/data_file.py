"""Opens a file of data as ingest will read it, for the guesses of a first pipeline."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_assets.errors import DataError, did_you_mean
from ml_assets.ingest.source_files import ENDINGS
from ml_assets.ingest.spec import SourceSpec

if TYPE_CHECKING:
    import pyarrow as pa

# Guesses look at the first rows only; the types of text columns are told from all of them.
_MOST_ROWS = 200_000
_DELIMITERS = (",", ";", "\t", "|")
_NO_VALUE = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "-", ".")
_INT = r"-?(0|[1-9]\d{0,17})"
_NUMBER = rf"{_INT}(\.\d+)?([eE][+-]?\d+)?"
# The least share of numbers among a column's texts for it to be a column of numbers with gaps.
_MOSTLY = 0.5


@dataclass(frozen=True)
class DataFile:
    """A file of data as ingest reads it.

    Attributes
    ----------
    source : mapping
        What ``ingest.source`` of the YAML says, without the path: delimiter, types, null values.
    types : mapping of str to str
        The columns with their types.
    rows : pyarrow.Table
        Its first rows.
    """

    source: Mapping[str, Any]
    types: Mapping[str, str]
    rows: "pa.Table"


def kind_of(file: Path) -> str:
    """Give the kind of source that a file is: ``csv``, ``parquet`` or ``jsonl``.

    Raises
    ------
    DataError
        If there is no such file, or it ends in something else.
    """
    if file.is_dir():
        raise DataError(f"{file} is a folder; name one of its files.")
    if not file.is_file():
        near = [path.name for path in file.absolute().parent.glob("*")]
        raise DataError(f"{file} does not exist.{did_you_mean(file.name, near)}")
    found = [kind for kind, endings in ENDINGS.items() if file.suffix.lower() in endings]
    if not found:
        known = ", ".join(ending for endings in ENDINGS.values() for ending in endings)
        raise DataError(f"{file} ends in {file.suffix or 'nothing'}; allowed are {known}.")
    return found[0]


def open_data_file(file: Path) -> DataFile:
    """Read a file of data: guess how it is written, tell its columns' types, keep its first rows.

    Parameters
    ----------
    file : Path
        A CSV, Parquet or JSON Lines file.

    Raises
    ------
    DataError
        If it is missing, empty, or cannot be read.
    """
    kind = kind_of(file)
    source: dict[str, Any] = _delimiter(file) if kind == "csv" else {}
    types, rows = _read(file, kind, source)
    if kind == "csv" and (gaps := _numbers_with_gaps(rows)):
        source = {**source, **gaps}
        types, rows = _read(file, kind, source)
    if not rows.num_rows:
        raise DataError(f"{file} has no rows.")
    return DataFile(source, types, rows)


def _read(file: Path, kind: str, source: Mapping[str, Any]) -> "tuple[dict[str, str], pa.Table]":
    import pyarrow as pa

    from ml_assets.ingest.column_types import arrow_schema
    from ml_assets.ingest.sources import common_types, open_source

    spec = SourceSpec.model_validate({kind: str(file.absolute()), **source})
    with tempfile.TemporaryDirectory() as scratch:
        opened = open_source(spec, file.absolute().parent, Path(scratch))
        types = common_types(opened.types(), opened.kind)
        batches, count = [], 0
        for batch in opened.parts[0].batches(types):
            batches.append(batch)
            count += batch.num_rows
            if count >= _MOST_ROWS:
                break
    return types, pa.Table.from_batches(batches, arrow_schema(types))


def _delimiter(file: Path) -> dict[str, Any]:
    """The delimiter that the first line has most of, unless that is the comma."""
    with file.open("rb") as stream:
        line = stream.readline(1 << 16).decode("utf-8", "replace")
    best = max(_DELIMITERS, key=line.count)
    return {} if best == "," or not line.count(best) else {"delimiter": best}


def _numbers_with_gaps(rows: "pa.Table") -> dict[str, Any]:
    """Text columns whose values are numbers but for words that mean "no value"."""
    import pyarrow.compute as pc
    import pyarrow.types as is_type

    types, words = dict[str, str](), set[str]()
    for field in rows.schema:
        if not is_type.is_string(field.type):
            continue
        counts = {e["values"]: e["counts"] for e in pc.value_counts(rows[field.name]).to_pylist()}
        counts.pop(None, None)
        gaps = {word for word in counts if word in _NO_VALUE}
        numbers = [text for text in counts if text not in gaps]
        share = sum(counts[text] for text in numbers) / max(sum(counts.values()), 1)
        if gaps and share > _MOSTLY and _all_match(numbers, _NUMBER):
            types[field.name] = "int" if _all_match(numbers, _INT) else "float"
            words |= gaps
    return {"types": types, "null_values": sorted(words)} if types else {}


def _all_match(texts: list[str], pattern: str) -> bool:
    found = re.compile(pattern)
    return all(found.fullmatch(text) for text in texts)
