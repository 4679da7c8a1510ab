"""The adapter to the outside world: opens a source of any of the five kinds, and fingerprints it.

Importing it is light; the readers are imported when a source is opened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ml_assets.durable import json_digest
from ml_assets.errors import DataError
from ml_assets.ingest.source_files import FoundFile, digested, find_files, project_directory
from ml_assets.ingest.spec import SourceSpec

if TYPE_CHECKING:
    from collections import Counter

    import pyarrow as pa

    from ml_assets.ingest.rejected import Rejections


class Part(Protocol):
    """A file of a source, its query or its function: rows that can be read more than once."""

    name: str
    rejections: "Rejections"
    infinite: "Counter[str]"

    def types(self, sample: bool = False) -> dict[str, str]:
        """Give the columns' types; with `sample`, as far as the first rows tell."""

    def left_out(self) -> dict[str, str]:
        """Give the columns that are not read, each with the reason."""

    def misfits(self) -> dict[str, float]:
        """Give the share of the first rows' values that each declared type does not fit."""

    def batches(
        self, types: Mapping[str, str], required: Sequence[str] = ()
    ) -> "Iterator[pa.RecordBatch]":
        """Give the rows as columns of these types; set aside those that lack a required value."""


@dataclass(frozen=True)
class Source:
    """An opened source.

    Attributes
    ----------
    kind : str
        One of csv, parquet, jsonl, sql and python.
    parts : tuple of Part
        What it consists of, sorted by name.
    files : mapping of str to FoundFile
        The file of each part by its name; empty for sql and python.
    repeated : mapping of str to str
        Files that are left out, each with the name of the part that has the same content.
    fingerprint : str or None
        As `source_fingerprint` gives it, from before any row was read.
    """

    kind: str
    parts: tuple[Part, ...]
    files: Mapping[str, FoundFile]
    repeated: Mapping[str, str]
    fingerprint: str | None

    def types(
        self, sample: bool = False, known: Mapping[str, Mapping[str, str]] | None = None
    ) -> dict[str, dict[str, str]]:
        """Give the columns' types of each part, by its name.

        Parameters
        ----------
        sample : bool
            Look at the first rows only.
        known : mapping of str to mapping, optional
            The types of parts that are known already, by name.
        """
        known = known or {}
        return {part.name: dict(known.get(part.name) or part.types(sample)) for part in self.parts}


def open_source(spec: SourceSpec, directory: Path, scratch: Path) -> Source:
    """Open a source: find its files, or prepare its query or function. Rows are not read yet.

    Parameters
    ----------
    spec : SourceSpec
        The source.
    directory : Path
        The folder of the pipeline's YAML file.
    scratch : Path
        A folder for large intermediate data; its owner removes it.

    Raises
    ------
    DataError
        If a file is missing, with the nearest name that exists.
    """
    if not spec.is_file:
        from ml_assets.ingest.spooled_part import spooled_part

        part = spooled_part(spec, project_directory(directory), scratch)
        return Source(spec.kind, (part,), {}, {}, source_fingerprint(spec, directory))
    found_files = digested(find_files(getattr(spec, spec.kind), spec.kind, directory))
    first_by_digest: dict[str, FoundFile] = {}
    for file in found_files:
        first_by_digest.setdefault(file.digest, file)
    files = {file.name: file for file in first_by_digest.values()}
    repeated = {
        file.name: first_by_digest[file.digest].name
        for file in found_files
        if file.name not in files
    }
    parts = tuple(_part(file, spec) for file in files.values())
    return Source(spec.kind, parts, files, repeated, _files_fingerprint(found_files))


def _part(file: FoundFile, spec: SourceSpec) -> Part:
    match spec.kind:
        case "csv":
            from ml_assets.ingest.csv_file import csv_blocks
            from ml_assets.ingest.text_file import TextFile

            return TextFile(file.name, spec, lambda: csv_blocks(file.path, file.name, spec))
        case "jsonl":
            from ml_assets.ingest.jsonl_file import jsonl_blocks
            from ml_assets.ingest.text_file import TextFile

            return TextFile(file.name, spec, lambda: jsonl_blocks(file.path, file.name, spec))
        case _:
            from ml_assets.ingest.table_part import parquet_part

            return parquet_part(file.path, file.name)


def source_fingerprint(spec: SourceSpec, directory: Path) -> str | None:
    """Give a text that changes whenever the source's content does, without reading its rows.

    Parameters
    ----------
    spec : SourceSpec
        The source.
    directory : Path
        The folder of the pipeline's YAML file.

    Returns
    -------
    str or None
        For files the SHA-256 over their names and contents; for a Python source what its `fingerprint`
        function gives; None where only reading the source can tell: for a query, and for a Python
        source without that function.

    Raises
    ------
    DataError
        If a file is missing, or the function does not give a text.
    """
    if spec.fingerprint is not None:
        from ml_assets.ingest.user_function import call

        text = call(spec.fingerprint, "ingest.source.fingerprint")
        if not isinstance(text, str) or not text:
            raise DataError(
                f"ingest.source.fingerprint: {spec.fingerprint} gave a {type(text).__name__}; allowed "
                "is a text that is not empty."
            )
        return json_digest(text)
    if not spec.is_file:
        return None
    files = digested(find_files(getattr(spec, spec.kind), spec.kind, directory))
    return _files_fingerprint(files)


def _files_fingerprint(files: Sequence[FoundFile]) -> str:
    return json_digest([[file.name, file.digest] for file in files])


def common_types(types_by_part: Mapping[str, Mapping[str, str]], kind: str) -> dict[str, str]:
    """Give the one set of columns that all parts of a source share.

    Parameters
    ----------
    types_by_part : mapping of str to mapping
        The columns' types of each part by its name.
    kind : str
        The kind of source. In text files a column that is a number in one and text in another is text.

    Returns
    -------
    dict
        Every column of any part, in order of first appearance, with the type that holds all its
        values. A column without any value is a string.

    Raises
    ------
    DataError
        Naming every column whose types share no other type.
    """
    from ml_assets.ingest.column_types import UNKNOWN, widest

    names = dict.fromkeys(name for columns in types_by_part.values() for name in columns)
    columns, mistakes = {}, []
    for name in names:
        kinds = {part: types[name] for part, types in types_by_part.items() if name in types}
        common = widest(kinds.values())
        if common is None and kind not in ("csv", "jsonl"):
            part_by_kind = {word: part for part, word in kinds.items() if word != UNKNOWN}
            listed = ", ".join(f"{word} in {part}" for word, part in sorted(part_by_kind.items()))
            mistakes.append(f"The column '{name}' has types that share no other: {listed}.")
        columns[name] = "string" if common in (None, UNKNOWN) else str(common)
    if mistakes:
        raise DataError("\n".join(mistakes[:8]))
    return columns


def missing_columns(types_by_part: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Give the columns that each part lacks and another has; they are null in it."""
    names = dict.fromkeys(name for columns in types_by_part.values() for name in columns)
    missing_by_part = {
        part: [name for name in names if name not in types] for part, types in types_by_part.items()
    }
    return {part: missing for part, missing in missing_by_part.items() if missing}
