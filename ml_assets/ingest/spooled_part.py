"""What can be read only once, a query or a user's function, kept so that it can be read again."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa

from ml_assets.errors import DataError
from ml_assets.ingest.column_names import check_column_names
from ml_assets.ingest.column_types import UNKNOWN, type_words, widest
from ml_assets.ingest.spec import SourceSpec
from ml_assets.ingest.spool import Spool
from ml_assets.ingest.table_part import TablePart
from ml_assets.ingest.text_types import to_type

_ROWS = "rows"


def spooled_part(spec: SourceSpec, directory: Path, scratch: Path) -> TablePart:
    """Give the rows of a SQL or Python source.

    Parameters
    ----------
    spec : SourceSpec
        The source.
    directory : Path
        The project's folder.
    scratch : Path
        A folder for what does not fit into memory.

    Raises
    ------
    DataError
        When it is read: if the query or function fails, gives no row, or a column whose batches have
        types that share no other.
    """
    name = spec.python or "the query"
    reader = _ReadOnce(
        lambda: _source_batches(spec, directory), Spool(scratch), name, _keeps_times_as_text(spec)
    )
    return TablePart(name, reader.types, reader.batches)


def _source_batches(spec: SourceSpec, directory: Path) -> Iterator[pa.RecordBatch]:
    if spec.python is not None:
        from ml_assets.ingest.user_function import function_batches

        return function_batches(spec.python, "ingest.source.python")
    from ml_assets.ingest.sql_query import query_batches

    return query_batches(str(spec.sql), str(spec.query), directory)


def _keeps_times_as_text(spec: SourceSpec) -> bool:
    return spec.sql is not None and spec.sql.startswith("sqlite")


class _ReadOnce:
    """Batches that are read from the source once, only as far as needed, and then from the spool."""

    def __init__(
        self,
        read: Callable[[], Iterator[pa.RecordBatch]],
        spool: Spool,
        name: str,
        may_hold_times: bool,
    ) -> None:
        self._read, self._spool, self._name = read, spool, name
        self._may_hold_times = may_hold_times
        self._stream: Iterator[pa.RecordBatch] | None = None
        self._types: dict[str, str] | None = None
        self._times: dict[str, str] = {}

    def types(self, sample: bool) -> dict[str, str]:
        if self._types is not None:
            return self._types
        unread = (batch for batch in self._unread() if batch.num_rows)
        next(unread, None) if sample else deque(unread, maxlen=0)
        column_types = self._find_types()
        self._types = None if sample else column_types
        return column_types

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in chain(self._spool.batches(_ROWS), self._unread()):
            yield self._with_times(batch) if self._times else batch

    def _unread(self) -> Iterator[pa.RecordBatch]:
        """What was not read yet; from now on it is in the spool."""
        self._stream = self._stream or self._read()
        for batch in self._stream:
            self._spool.add(_ROWS, batch)
            yield batch

    def _find_types(self) -> dict[str, str]:
        """The types of what was read so far."""
        types = self._common_types(self._spool.batches(_ROWS))
        if self._may_hold_times:
            from ml_assets.ingest.sql_query import times_as_text

            self._times = times_as_text(self._spool.batches(_ROWS))
        return types | self._times

    def _common_types(self, batches: Iterable[pa.RecordBatch]) -> dict[str, str]:
        """The type of each column over all batches."""
        kinds, rows = dict[str, set[str]](), 0
        for batch in batches:
            rows += batch.num_rows
            check_column_names(batch.schema.names, self._name)
            for column, kind in type_words(batch.schema, self._name).items():
                kinds.setdefault(column, set()).add(kind)
        if not rows:
            raise DataError(f"{self._name} gave no rows.")
        return {column: self._widest(column, words) for column, words in kinds.items()}

    def _widest(self, column: str, kinds: set[str]) -> str:
        common = widest(kinds)
        if common is None:
            words = ", ".join(sorted(kinds - {UNKNOWN}))
            raise DataError(
                f"{self._name}: the column '{column}' has types that share no other: {words}. Convert "
                "it to one of them in the source."
            )
        return common

    def _with_times(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            to_type(values, self._times[name], ())[0]
            if name in self._times and pa.types.is_string(values.type)
            else values
            for name, values in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.record_batch(columns, names=batch.schema.names)
