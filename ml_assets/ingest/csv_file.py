"""Reads a CSV file strictly, as blocks of text fields with the line of each row."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from ml_assets.errors import DataError, PipelineFileError
from ml_assets.ingest.column_names import check_column_names
from ml_assets.ingest.csv_records import Records, cut_header, cut_records
from ml_assets.ingest.encoding import utf8_chunks
from ml_assets.ingest.spec import SourceSpec
from ml_assets.ingest.text_file import TextBlock


def csv_blocks(path: Path, name: str, spec: SourceSpec) -> Iterator[TextBlock]:
    """Give the rows of a CSV file as text; an empty field without quotes is null.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its name, for errors and rejected rows.
    spec : SourceSpec
        Its encoding and delimiter.

    Raises
    ------
    DataError
        If it is empty, not in its encoding, or has column names that cannot be told apart.
    PipelineFileError
        If the encoding or the delimiter cannot be used.
    """
    delimiter = spec.delimiter
    if not delimiter.isascii() or delimiter in '"\r\n\0':
        raise PipelineFileError(
            f"ingest.source.delimiter must be one ASCII character and no quote; found {delimiter!r}."
        )
    chunks = utf8_chunks(path, spec.encoding, name)
    names, rest, line = cut_header(chunks, delimiter, name)
    if not names:
        raise DataError(f"{name} is empty: it has no header and no rows.")
    check_column_names(names, name)
    yield TextBlock.empty(names)
    for records in cut_records(rest, delimiter, len(names), name, line):
        texts = _texts(records, names, delimiter)
        yield TextBlock(texts, records.lines, records.text, records.rejected)


def _texts(records: Records, names: list[str], delimiter: str) -> pa.RecordBatch:
    if not len(records.starts):
        return TextBlock.empty(names).texts
    table = pacsv.read_csv(
        pa.BufferReader(records.content),
        pacsv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(records.content) + 1
        ),
        pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=records.quoted_line_ends),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    if table.num_rows != len(records.starts):
        raise AssertionError(f"{len(records.starts)} records became {table.num_rows} rows")
    return table.combine_chunks().to_batches()[0]
