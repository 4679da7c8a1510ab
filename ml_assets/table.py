"""The streaming table that flows between the rooms: Parquet files on disk, read in record batches.

A `Table` holds paths, never rows. What opens it decides how much of it is in memory at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.dataset as ds

BATCH_ROWS = 65_536

EXAMPLE_ID = "_example_id"
SPAN = "_span"
SPLIT = "_split"
LABEL = "_label"
RESERVED_COLUMNS = (EXAMPLE_ID, SPAN, SPLIT, LABEL)


@dataclass(frozen=True)
class Table:
    """An immutable table of one or more Parquet files that share their columns.

    Attributes
    ----------
    files : tuple of Path
        The files, in row order. An empty tuple is a table without rows or columns.
    """

    files: tuple[Path, ...]

    @property
    def schema(self) -> "pa.Schema":
        """The Arrow schema: the names and types of the columns."""
        return self.dataset().schema

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.schema.names)

    @property
    def num_rows(self) -> int:
        """The number of rows, read from the files' footers."""
        import pyarrow.parquet as pq

        return sum(pq.read_metadata(path).num_rows for path in self.files)

    def dataset(self) -> "ds.Dataset":
        """Give the table as an Arrow dataset, for filters and column projection."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        if not self.files:
            return ds.dataset(pa.table({}))
        # Read ahead into a buffer, Arrow holds what it has read of a file until the last row is read.
        options = ds.ParquetFragmentScanOptions(pre_buffer=False)
        parquet = ds.ParquetFileFormat(default_fragment_scan_options=options)
        return ds.dataset([str(path) for path in self.files], format=parquet)

    def batches(
        self,
        columns: Sequence[str] | None = None,
        where: "ds.Expression | None" = None,
        batch_rows: int = BATCH_ROWS,
    ) -> Iterator["pa.RecordBatch"]:
        """Give the rows in record batches of at most `batch_rows`, in order; empty ones are left out.

        Parameters
        ----------
        columns : sequence of str, optional
            The columns to read, in this order; all of them by default.
        where : pyarrow.dataset.Expression, optional
            Only rows for which this is true.
        batch_rows : int
            The most rows in one batch, >= 1.
        """
        names = None if columns is None else list(columns)
        if where is None and names != []:
            return (
                batch for path in self.files for batch in _read_batches(path, names, batch_rows)
            )
        return self._scan(names, where, batch_rows)

    def _scan(
        self, columns: list[str] | None, where: "ds.Expression | None", batch_rows: int
    ) -> Iterator["pa.RecordBatch"]:
        stream = self.dataset().to_batches(
            columns=columns,
            filter=where,
            batch_size=batch_rows,
            batch_readahead=2,  # Arrow's defaults hold hundreds of megabytes more, and are no faster
            fragment_readahead=1,
        )
        return (batch for batch in stream if batch.num_rows)

    def to_arrow(
        self, columns: Sequence[str] | None = None, where: "ds.Expression | None" = None
    ) -> "pa.Table":
        """Read the table, or the named columns and matching rows of it, into memory."""
        names = None if columns is None else list(columns)
        return self.dataset().to_table(columns=names, filter=where)

    def column(self, name: str) -> "pa.Array":
        """Read one column into memory, as one array."""
        return self.to_arrow([name])[name].combine_chunks()

    def to_pandas(
        self, columns: Sequence[str] | None = None, where: "ds.Expression | None" = None
    ) -> "pd.DataFrame":
        """Read the table, or the named columns and matching rows of it, as a DataFrame."""
        frame: pd.DataFrame = self.to_arrow(columns, where).to_pandas()
        return frame


def write_table(
    path: Path,
    batches: "Iterable[pa.RecordBatch]",
    schema: "pa.Schema",
    compression: str = "zstd",
) -> Table:
    """Stream record batches into one Parquet file and give it as a `Table`.

    The same batches always give the same bytes. `path` must lie in a staging folder: this function
    does not publish. For many small files ``snappy`` takes half the time of ``zstd``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression=compression) as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch], schema=schema))
    return Table((path,))


def split_is(split: str) -> "ds.Expression":
    """Give the filter for the rows of one split (``train``, ``eval`` or ``test``)."""
    import pyarrow.dataset as ds

    return ds.field(SPLIT) == split


def _read_batches(
    path: Path, columns: list[str] | None, batch_rows: int
) -> Iterator["pa.RecordBatch"]:
    """Read a file no faster than the batches are taken: a dataset's scan reads ahead of a slow reader."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_rows, columns=columns):
            if batch.num_rows:
                yield batch if columns is None else batch.select(columns)
