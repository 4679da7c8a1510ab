"""`SnapshotWriter`: writes one span as an immutable Parquet file named by its content."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets import durable
from ml_assets.ingest.spans import rechunk
from ml_assets.table import write_table


@dataclass(frozen=True)
class SnapshotWriter:
    """Writes spans below a folder.

    Attributes
    ----------
    schema : pyarrow.Schema
        The columns of every snapshot.
    time : str or None
        The time column.
    spans_dir, staging : Path
        The folder of the snapshots, and a folder inside it for what is not complete.
    """

    schema: pa.Schema
    time: str | None
    spans_dir: Path
    staging: Path

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that must have a value in every row."""
        return () if self.time is None else (self.time,)

    def write(self, span: str, source: str, batches: Iterator[pa.RecordBatch]) -> dict[str, Any]:
        """Write one span, unless a sound snapshot of it is there; give its manifest entry.

        Parameters
        ----------
        span : str
            Its name.
        source : str
            The file, or the kind of source, that it came from.
        batches : iterator of pyarrow.RecordBatch
            Its rows. Without any nothing is written, and the entry says 0 rows.
        """
        extent = _Extent(self.time)
        staged = self.staging / "snapshot.parquet"
        write_table(staged, extent.watch(rechunk(batches)), self.schema, compression="snappy")
        digest = durable.file_digest(staged)
        target = self.spans_dir / f"{digest}.parquet"
        if extent.rows and not (target.is_file() and durable.file_digest(target) == digest):
            durable.publish_file(staged, target)
        return {
            "span": span,
            "file": target.name,
            "sha256": digest,
            "rows": extent.rows,
            "min_time": _iso(extent.first),
            "max_time": _iso(extent.last),
            "source": source,
        }


@dataclass
class _Extent:
    """The number of rows and the range of times in a stream of batches."""

    time: str | None
    rows: int = 0
    first: date | None = None
    last: date | None = None

    def watch(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.rows += batch.num_rows
            if self.time is not None:
                times = pc.min_max(batch.column(self.time)).as_py()
                self.first = min(filter(None, (self.first, times["min"])))
                self.last = max(filter(None, (self.last, times["max"])))
            yield batch


def _iso(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
