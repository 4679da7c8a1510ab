"""Keeps a source open that a command has looked at, for the stage of the same process that reads it.

So a query is asked once and a user's function called once: what was looked at comes first, then the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_assets.ingest.sources import Source, open_source
from ml_assets.ingest.spec import SourceSpec

_kept: list[tuple[SourceSpec, Path, Source]] = []


@contextmanager
def kept_open(spec: SourceSpec, directory: Path, source: Source) -> Iterator[None]:
    """Keep an opened source until `take_or_open` asks for it, at most until the end of the block."""
    entry = (spec, directory, source)
    _kept.append(entry)
    try:
        yield
    finally:
        _kept[:] = [other for other in _kept if other is not entry]


def take_or_open(spec: SourceSpec, directory: Path, scratch: Path) -> Source:
    """Give the source that was kept open, which only the first who asks gets; else open it."""
    found = next((e for e in _kept if e[:2] == (spec, directory)), None)
    if found is None:
        return open_source(spec, directory, scratch)
    _kept.remove(found)
    return found[2]
