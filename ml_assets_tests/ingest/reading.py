"""Reads small sources in tests, as plain Python values."""

from pathlib import Path
from typing import Any

from ml_assets.ingest.rejected import Rejected
from ml_assets.ingest.sources import common_types, open_source
from ml_assets.ingest.spec import SourceSpec

Row = dict[str, Any]


def read_rows(
    spec: SourceSpec, directory: Path, required: tuple[str, ...] = ()
) -> tuple[dict[str, str], list[Row], list[Rejected]]:
    """Give a source's column types, its rows and its rejected rows."""
    source = open_source(spec, directory, directory / "scratch")
    types = common_types(source.types(), source.kind)
    rows = [
        row
        for part in source.parts
        for batch in part.batches(types, required)
        for row in batch.to_pylist()
    ]
    return types, rows, [row for part in source.parts for row in part.rejections.kept]


def read_csv(
    directory: Path, content: bytes, **spec: Any
) -> tuple[dict[str, str], list[Row], list[Rejected]]:
    """Write a CSV file and read it."""
    (directory / "data.csv").write_bytes(content)
    return read_rows(SourceSpec(csv="data.csv", **spec), directory)


def read_jsonl(
    directory: Path, content: bytes, **spec: Any
) -> tuple[dict[str, str], list[Row], list[Rejected]]:
    """Write a JSON Lines file and read it."""
    (directory / "data.jsonl").write_bytes(content)
    return read_rows(SourceSpec(jsonl="data.jsonl", **spec), directory)
