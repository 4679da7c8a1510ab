"""Takes a source's rows in as spans: immutable Parquet files named by the SHA-256 of their content.

A snapshot is written to a staging folder, synced and renamed, so that a crash leaves all of it or
nothing. One that is there already is not written again. A file that was ingested before, with the same
settings, is not even parsed again where each file is a span.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.ingest.column_types import arrow_schema
from ml_assets.ingest.rejected import Rejected, Rejections
from ml_assets.ingest.snapshot_writer import SnapshotWriter
from ml_assets.ingest.source_files import check_unchanged
from ml_assets.ingest.sources import Part, Source, common_types, missing_columns
from ml_assets.ingest.spans import cut_by_time
from ml_assets.ingest.spec import Granularity
from ml_assets.ingest.spool import Spool


@dataclass(frozen=True)
class Ingested:
    """What was ingested before, with the same code and settings.

    Attributes
    ----------
    manifest : mapping
        Its manifest.
    rejected : list of Rejected
        Its rejected rows.
    """

    manifest: Mapping[str, Any]
    rejected: list[Rejected]

    def file(self, digest: str) -> Mapping[str, Any] | None:
        """Give what is known of the file with this content."""
        return next((entry for entry in self.manifest["files"] if entry["digest"] == digest), None)

    def types_of(self, source: Source) -> dict[str, dict[str, str]]:
        """Give the columns' types of those parts of a source whose content is known, by name."""
        files = {name: self.file(file.digest) for name, file in source.files.items()}
        return {name: dict(file["columns"]) for name, file in files.items() if file is not None}


@dataclass
class Snapshots:
    """The spans of a source.

    Attributes
    ----------
    granularity : str
        How it was cut.
    columns : dict
        The columns' types.
    spans : list of dict
        One for each span, by name: span, file, sha256, rows, min_time, max_time, source.
    files : list of dict
        One for each file: name, digest, columns, rejected, infinite.
    rejections : Rejections
        All rows set aside.
    notes : list of str
        What a person should know: repeated files, missing or unread columns, files
        without rows.
    """

    granularity: Granularity
    columns: dict[str, str]
    spans: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    rejections: Rejections = field(default_factory=Rejections)
    infinite: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """The number of rows in all spans."""
        return sum(span["rows"] for span in self.spans)

    @property
    def rejected_fraction(self) -> float:
        """The share of the source's rows that were set aside."""
        return self.rejections.count / max(self.rows + self.rejections.count, 1)

    def manifest(self, source_fingerprint: str | None) -> dict[str, Any]:
        """Give the content of ``manifest.json``."""
        return {
            "spans": sorted(self.spans, key=lambda span: str(span["span"])),
            "columns": [{"name": name, "type": kind} for name, kind in self.columns.items()],
            "granularity": self.granularity,
            "files": self.files,
            "infinite": dict(self.infinite),
            "source_fingerprint": source_fingerprint,
        }


def take_snapshots(
    source: Source,
    types: Mapping[str, Mapping[str, str]],
    time: str | None,
    span: Granularity,
    spans_dir: Path,
    previous: Ingested | None = None,
) -> Snapshots:
    """Write the source's spans that are not there yet.

    Parameters
    ----------
    source : Source
        The opened source.
    types : mapping
        The columns' types of each part, as `Source.types` gives them.
    time : str, optional
        The time column; rows without a time are set aside.
    span : {"hour", "day", "week", "month", "file"}
        How the source is cut.
    spans_dir : Path
        The folder of the snapshots.
    previous : Ingested, optional
        What was ingested last, with the same settings.

    Returns
    -------
    Snapshots
        The spans of the source as it is now; older snapshots stay on disk.

    Raises
    ------
    DataError
        If there is no row that can be read, or a file changed while it was read.
    """
    snapshots = Snapshots(span, common_types(types, source.kind))
    snapshots.notes += _notes(source, types)
    with durable.staging_directory(spans_dir) as staging:
        writer = SnapshotWriter(arrow_schema(snapshots.columns), time, spans_dir, staging)
        if span == "file":
            _take_by_file(source, types, snapshots, writer, previous)
        else:
            _take_by_time(source, types, snapshots, writer, str(time))
    if not snapshots.rows:
        raise DataError(no_rows(source, snapshots.rejections))
    snapshots.notes += _infinite_notes(source, snapshots.infinite)
    return snapshots


def _take_by_file(
    source: Source,
    types: Mapping[str, Mapping[str, str]],
    snapshots: Snapshots,
    writer: SnapshotWriter,
    previous: Ingested | None,
) -> None:
    """One span for each file; for a query or function, one in all."""
    reuse = _reusable(snapshots, writer.spans_dir, previous)
    for part in source.parts:
        file = source.files.get(part.name)
        stored = reuse(file.digest) if file else None
        if stored is not None:
            span, reused = stored
            snapshots.spans.append({**span, "span": part.name, "source": part.name})
            _add_part(snapshots, source, part, types, reused)
            continue
        entry = writer.write(part.name, part.name, part.batches(snapshots.columns, writer.required))
        if file is not None:
            check_unchanged(file)
        if entry["rows"]:
            snapshots.spans.append(entry)
        else:
            snapshots.notes.append(f"{part.name} has no rows")
        _add_part(snapshots, source, part, types, None)


def _take_by_time(
    source: Source,
    types: Mapping[str, Mapping[str, str]],
    snapshots: Snapshots,
    writer: SnapshotWriter,
    time: str,
) -> None:
    """One span for each hour, day, week or month; a span may have rows of several files."""
    spool = Spool(writer.staging / "spool")
    for part in source.parts:
        rows = 0
        for batch in part.batches(snapshots.columns, writer.required):
            rows += batch.num_rows
            for name, piece in cut_by_time(batch, time, snapshots.granularity):
                spool.add(name, piece)
        if part.name in source.files:
            check_unchanged(source.files[part.name])
        if not rows:
            snapshots.notes.append(f"{part.name} has no rows")
        _add_part(snapshots, source, part, types, None)
    snapshots.spans += [
        writer.write(key, source.kind, spool.batches(key)) for key in spool.sorted_keys()
    ]


_Reuse = Callable[[str], tuple[dict[str, Any], "_Reused"] | None]


@dataclass(frozen=True)
class _Reused:
    """What is known of a file that is not read again."""

    rejected: list[Rejected]
    rejected_count: int
    infinite: Mapping[str, int]


def _reusable(snapshots: Snapshots, spans_dir: Path, previous: Ingested | None) -> _Reuse:
    """Give what finds the span of a file that was ingested before, by the file's content."""
    columns = [{"name": name, "type": kind} for name, kind in snapshots.columns.items()]
    if previous is None or previous.manifest["columns"] != columns:
        return lambda digest: None
    spans = {span["source"]: span for span in previous.manifest["spans"]}

    def find(digest: str) -> tuple[dict[str, Any], _Reused] | None:
        file = previous.file(digest)
        span = spans.get(file["name"]) if file else None
        if file is None or span is None or not (spans_dir / span["file"]).is_file():
            return None
        rejected = [row for row in previous.rejected if row.file == file["name"]]
        return span, _Reused(rejected, file["rejected"], file["infinite"])

    return find


def _add_part(
    snapshots: Snapshots,
    source: Source,
    part: Part,
    types: Mapping[str, Mapping[str, str]],
    reused: _Reused | None,
) -> None:
    """Add a part's rejected rows and infinite values, and what its file was."""
    rejected, infinite = part.rejections.kept, dict(part.infinite)
    count = part.rejections.count
    if reused is not None:
        rejected = [Rejected(part.name, row.line, row.reason, row.text) for row in reused.rejected]
        count, infinite = reused.rejected_count, dict(reused.infinite)
    snapshots.rejections.add_all(rejected)
    snapshots.rejections.count += count - len(rejected)
    snapshots.infinite.update(infinite)
    file = source.files.get(part.name)
    if file is not None:
        snapshots.files.append(
            {
                "name": file.name,
                "digest": file.digest,
                "columns": [[name, kind] for name, kind in types[part.name].items()],
                "rejected": count,
                "infinite": {name: number for name, number in infinite.items() if number},
            }
        )


def _notes(source: Source, types: Mapping[str, Mapping[str, str]]) -> list[str]:
    repeated = [
        f"{name} is left out: its content is that of {original}"
        for name, original in source.repeated.items()
    ]
    lacking = [
        f"{part} lacks {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}: null there"
        for part, names in missing_columns(types).items()
    ]
    not_read = [
        f"{part.name}: '{name}' is left out: it {why}"
        for part in source.parts
        for name, why in part.left_out().items()
    ]
    return [*repeated, *lacking, *not_read]


def _infinite_notes(source: Source, infinite: Mapping[str, int]) -> list[str]:
    place = source.parts[0].name if len(source.parts) == 1 else f"{len(source.parts):,} parts"
    counts = {name: count for name, count in infinite.items() if count}
    return [
        f"{place}: '{name}' has {count:,} infinite {'number' if count == 1 else 'numbers'}: null there"
        for name, count in counts.items()
    ]


def no_rows(source: Source, rejections: Rejections) -> str:
    """Say why a source gave no row: it has none, or none of them can be read."""
    names = ", ".join(part.name for part in source.parts[:3])
    if not rejections.count:
        return f"{names} has column names but no rows."
    reason, _ = rejections.reasons()[0]
    example = next(row for row in rejections.kept if row.reason == reason)
    return (
        f"None of the {rejections.count:,} rows of {names} can be read. Most often: {reason} (first in "
        f"{example.file}, line {example.line}). Compare ingest.source in the YAML with the data."
    )
