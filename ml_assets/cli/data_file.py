"""Opens a file of data as ingest will read it, for the guesses of a first pipeline."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_assets.cli.written_texts import how_written
from ml_assets.errors import DataError, did_you_mean
from ml_assets.ingest.source_files import ENDINGS
from ml_assets.ingest.spec import IngestSpec, SourceSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from ml_assets.ingest.rejected import Rejections

# Guesses look at the first rows only; the types of text columns are inferred from all of them.
_MAX_ROWS = 200_000
_DELIMITERS = (",", ";", "\t", "|")
_BEGINNING = 1 << 16
_ALLOWED = IngestSpec.model_fields["max_rejected_fraction"].default


@dataclass(frozen=True)
class DataFile:
    """A file of data as ingest reads it.

    Attributes
    ----------
    source : mapping
        What ``ingest.source`` of the YAML says, without the path: encoding, delimiter, types, ...
    types : mapping of str to str
        The columns with their types.
    rows : pyarrow.Table
        Its first rows.
    foreign : mapping of str to list of str
        Kinds of values that ingest cannot read, such as percentages, each with its columns.
    remarks : list of str
        What its owner should know.
    """

    source: Mapping[str, Any]
    types: Mapping[str, str]
    rows: "pa.Table"
    foreign: Mapping[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Content:
    """What was read of a file."""

    types: dict[str, str]
    rows: "pa.Table"
    rejections: "Rejections"
    left_out: Mapping[str, str]


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
        names = [path.name for path in file.absolute().parent.glob("*")]
        raise DataError(f"{file} does not exist.{did_you_mean(file.name, names)}")
    kinds = [kind for kind, endings in ENDINGS.items() if file.suffix.lower() in endings]
    if not kinds:
        allowed = ", ".join(ending for group in ENDINGS.values() for ending in group)
        raise DataError(
            f"{file} ends in {file.suffix or 'nothing'}; allowed are {allowed}. Of a database, or a file "
            "that a function of yours reads, write ingest.source.sql or .python in a defs.yaml."
        )
    return kinds[0]


def open_data_file(file: Path, encoding: str | None = None) -> DataFile:
    """Read a file of data: guess how it is written, tell its columns' types, keep its first rows.

    Parameters
    ----------
    file : Path
        A CSV, Parquet or JSON Lines file.
    encoding : str, optional
        Of a text file; guessed by default.

    Raises
    ------
    DataError
        If it is missing, empty, or cannot be read.
    """
    kind = kind_of(file)
    source: dict[str, Any] = {} if kind == "parquet" else _encoding(file, encoding)
    if kind == "csv":
        source |= _delimiter(file, source.get("encoding", "utf-8"))
    content, foreign = _read_content(file, kind, source), dict[str, list[str]]()
    if kind == "csv":
        written = how_written(content.rows, source.get("delimiter", ","))
        foreign = dict(written.foreign)
        if written.source:
            source = {**source, **written.source}
            content = _read_content(file, kind, source)
    if not content.rows.num_rows:
        raise DataError(_no_rows(file, content.rejections))
    return DataFile(
        source, content.types, content.rows, foreign, list(_remarks(content, kind, foreign))
    )


def _read_content(file: Path, kind: str, source: Mapping[str, Any]) -> _Content:
    import pyarrow as pa

    from ml_assets.ingest.column_types import arrow_schema
    from ml_assets.ingest.sources import common_types, open_source

    spec = SourceSpec.model_validate({kind: str(file.absolute()), **source})
    with tempfile.TemporaryDirectory() as scratch:
        opened = open_source(spec, file.absolute().parent, Path(scratch))
        types, part = common_types(opened.types(), opened.kind), opened.parts[0]
        batches, count = [], 0
        for batch in part.batches(types):
            batches.append(batch)
            count += batch.num_rows
            if count >= _MAX_ROWS:
                break
    rows = pa.Table.from_batches(batches, arrow_schema(types))
    return _Content(types, rows, part.rejections, part.left_out())


def _encoding(file: Path, encoding: str | None) -> dict[str, Any]:
    from ml_assets.ingest.encoding import guess_encoding

    guessed = encoding or guess_encoding(file)
    return {} if guessed.lower() in ("utf-8", "utf8") else {"encoding": guessed}


def _delimiter(file: Path, encoding: str) -> dict[str, Any]:
    """The delimiter that the first line has most of, unless that is the comma."""
    with file.open("rb") as stream:
        beginning = stream.read(_BEGINNING)
    try:
        line = next(iter(beginning.decode(encoding, "replace").splitlines()), "")
    except LookupError:  # reading the file says which encodings there are
        return {}
    best = max(_DELIMITERS, key=line.count)
    return {} if best == "," or not line.count(best) else {"delimiter": best}


def _no_rows(file: Path, rejections: "Rejections") -> str:
    if not rejections.count:
        return f"{file} has no rows."
    first = rejections.kept[0]
    return (
        f"{file} has no rows that can be read. The first of {rejections.count:,} that are set aside is "
        f"line {first.line}: {first.reason}."
    )


def _remarks(content: _Content, kind: str, foreign: Mapping[str, list[str]]) -> Iterator[str]:
    rejected, total = content.rejections.count, content.rejections.count + content.rows.num_rows
    if rejected:
        first, share = content.rejections.kept[0], rejected / total
        advice = (
            f"; allowed are {_ALLOWED:.0%}: mend the file, or raise ingest.max_rejected_fraction"
            if share > _ALLOWED
            else ""
        )
        yield (
            f"{rejected:,} of {total:,} rows cannot be read ({share:.2%}{advice}). The first is line "
            f"{first.line}: {first.reason}"
        )
    if kind == "csv" and all(_is_number(name) for name in content.types):
        yield "the first line holds only numbers, and is taken for the columns' names: add a header"
    for name, reason in content.left_out.items():
        yield f"the column {name} is left out: it {reason}"
    for what, names in foreign.items():
        form = "dates such as 2026-01-31" if what == "dates" else "plain numbers"
        yield (
            f"{', '.join(names)}: these {what} cannot be read, so they are left out. Write {form}, or "
            "read the file with a function of yours: ingest.source.python"
        )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[+-]?\d+([.,]\d+)?\s*", text) is not None
