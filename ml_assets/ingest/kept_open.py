"""Keeps a source open that a command has looked at, for the stage of the same process that reads it.

So a query runs once and a user's function is called once: the rows looked at come first, then the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_assets.ingest.sources import Source, open_source
from ml_assets.ingest.spec import SourceSpec

_open_sources: list[tuple[SourceSpec, Path, Source]] = []


@contextmanager
def kept_open(spec: SourceSpec, directory: Path, source: Source) -> Iterator[None]:
    """Keep an opened source until `take_or_open` asks for it, at most until the end of the block."""
    entry = (spec, directory, source)
    _open_sources.append(entry)
    try:
        yield
    finally:
        _open_sources[:] = [kept for kept in _open_sources if kept is not entry]


def take_or_open(spec: SourceSpec, directory: Path, scratch: Path) -> Source:
    """Give the source that was kept open, to the first caller only; otherwise open it."""
    entry = next((entry for entry in _open_sources if entry[:2] == (spec, directory)), None)
    if entry is None:
        return open_source(spec, directory, scratch)
    _open_sources.remove(entry)
    return entry[2]
