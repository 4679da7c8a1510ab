"""Finds which spans a changed source would bring, reading no more of it than that takes."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_assets.errors import DataError
from ml_assets.ingest.sources import Part, Source, common_types, open_source
from ml_assets.ingest.spans import cut_by_time, select_spans
from ml_assets.ingest.spec import Granularity, IngestSpec, WindowSpec


def find_new_spans(
    ingest: IngestSpec,
    directory: Path,
    manifest: Mapping[str, Any],
    windows: Sequence[WindowSpec],
) -> tuple[str, ...]:
    """Give the spans in a window to which a source brings rows that were not ingested.

    Files that were ingested with the same content are not read. In spans cut by time a new or changed
    file touches every span that it has rows of; a query or function touches those whose number of rows
    differs. Rows that only went away bring nothing.

    Parameters
    ----------
    ingest : IngestSpec
        The source and how it is cut.
    directory : Path
        The folder of the pipeline's YAML file.
    manifest : mapping
        The content of `raw_data`'s ``manifest.json``.
    windows : sequence of WindowSpec
        Where a span counts: the windows of training and of serving.

    Returns
    -------
    tuple of str
        Names of spans, in order.

    Raises
    ------
    DataError
        If the source cannot be read.
    """
    with tempfile.TemporaryDirectory() as scratch:
        source = open_source(ingest.source, directory, Path(scratch))
        touched = _touched_spans(source, ingest, manifest)
    ingested = {str(span["span"]) for span in manifest["spans"]}
    spans = [{"span": name} for name in sorted(ingested | touched)]
    merged = {"granularity": ingest.span, "spans": spans}
    in_window = {name for window in windows for name in _spans_in(merged, window)}
    return tuple(sorted(touched & in_window))


def _touched_spans(source: Source, ingest: IngestSpec, manifest: Mapping[str, Any]) -> set[str]:
    ingested = {file["digest"]: file for file in manifest["files"]}
    new_parts = [part for part in source.parts if _digest(source, part) not in ingested]
    if ingest.span == "file":
        return {part.name for part in new_parts}
    if not new_parts:
        return set()
    unchanged = {
        part.name: dict(ingested[_digest(source, part)]["columns"])
        for part in source.parts
        if part not in new_parts
    }
    columns = common_types(source.types(known=unchanged), source.kind)
    rows = _rows_by_span(new_parts, columns, str(ingest.time), ingest.span)
    if source.files:
        return set(rows)
    ingested_rows = {str(span["span"]): int(span["rows"]) for span in manifest["spans"]}
    return {name for name, count in rows.items() if ingested_rows.get(name) != count}


def _digest(source: Source, part: Part) -> str:
    """The digest of a part's file; a query or function has none, and so is always read."""
    file = source.files.get(part.name)
    return "" if file is None else str(file.digest)


def _rows_by_span(
    parts: Iterable[Part], columns: Mapping[str, str], time: str, span: Granularity
) -> dict[str, int]:
    rows: dict[str, int] = {}
    for part in parts:
        for batch in part.batches(columns, [time]):
            for name, piece in cut_by_time(batch, time, span):
                rows[name] = rows.get(name, 0) + piece.num_rows
    return rows


def _spans_in(manifest: Mapping[str, Any], window: WindowSpec) -> list[str]:
    try:
        return [str(span["span"]) for span in select_spans(manifest, window)]
    except DataError:
        # That is how `select_spans` says that the window is empty.
        return []
