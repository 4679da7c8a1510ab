"""`TablePart`: a part of a source that is typed already, such as Parquet, as record batches."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ml_assets.errors import DataError
from ml_assets.ingest.column_names import check_column_names
from ml_assets.ingest.column_types import arrow_schema, as_type, type_words, without_infinite
from ml_assets.ingest.rejected import Rejected, Rejections, raw_text
from ml_assets.table import BATCH_ROWS

# What pandas calls the column of an index that has no name.
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


@dataclass
class TablePart:
    """Typed batches that can be read again and again.

    Attributes
    ----------
    name : str
        The name of the file, query or function, for people.
    known_types : callable
        Gives the columns' types; its argument says whether the first rows are enough.
    read : callable
        Reads the batches from the start.
    left_out : callable
        Gives the columns that are not read, each with the reason.
    rejections : Rejections
        The rows set aside: none, since what is typed can be read.
    infinite : Counter of str
        How many infinite values each column had in the last `batches`.
    """

    name: str
    known_types: Callable[[bool], dict[str, str]]
    read: Callable[[], Iterator[pa.RecordBatch]]
    left_out: Callable[[], dict[str, str]] = dict
    rejections: Rejections = field(default_factory=Rejections)
    infinite: Counter[str] = field(default_factory=Counter)

    def types(self, sample: bool = False) -> dict[str, str]:
        """Give the columns' types; with `sample`, as far as the first rows tell."""
        return self.known_types(sample)

    def misfits(self) -> dict[str, float]:
        """Give nothing: the types of such a part are its own, none is declared."""
        return {}

    def batches(
        self, types: Mapping[str, str], required: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Give the rows, with a null column for each type whose column the part lacks.

        Parameters
        ----------
        types : mapping of str to str
            The columns to give, with their types.
        required : sequence of str
            Columns that must have a value; a row without one is set aside.
        """
        self.rejections, self.infinite = Rejections(), Counter()
        schema, first_row = arrow_schema(types), 1
        for batch in self.read():
            if batch.num_rows:
                columns = [self._column(batch, name, kind) for name, kind in types.items()]
                yield self._without_incomplete(
                    pa.record_batch(columns, schema=schema), required, first_row
                )
                first_row += batch.num_rows

    def _without_incomplete(
        self, batch: pa.RecordBatch, required: Sequence[str], first_row: int
    ) -> pa.RecordBatch:
        """Set aside the rows that lack a required value; the batch's first row has number `first`."""
        for name in required:
            if batch.column(name).null_count == 0:
                continue
            missing = batch.column(name).is_null()
            for row in np.flatnonzero(missing.to_numpy(zero_copy_only=False)):
                values = batch.slice(int(row), 1).to_pylist()[0]
                text = raw_text(json.dumps(values, default=str).encode())
                reason = f"column '{name}' has no value"
                self.rejections.add(Rejected(self.name, first_row + int(row), reason, text))
            batch = batch.filter(pc.invert(missing))
        return batch

    def _column(self, batch: pa.RecordBatch, name: str, kind: str) -> pa.Array:
        if name not in batch.schema.names:
            return as_type(pa.nulls(batch.num_rows), kind, name)
        values = as_type(batch.column(name), kind, f"{self.name}: '{name}'")
        return without_infinite(values, name, self.infinite)


def parquet_part(path: Path, name: str) -> TablePart:
    """Give a Parquet file.

    Raises
    ------
    DataError
        When it is read, if it is not Parquet, or its columns have types or names that cannot be read.
    """

    def known_types(_sample: bool) -> dict[str, str]:
        with _open_parquet(path, name) as file:
            check_column_names(file.schema_arrow.names, name)
            index = unnamed_index(file.schema_arrow)
            return type_words(_without_columns(file.schema_arrow, index), name)

    def read() -> Iterator[pa.RecordBatch]:
        with _open_parquet(path, name) as file:
            try:
                yield from file.iter_batches(batch_size=BATCH_ROWS)
            except (pa.ArrowInvalid, OSError) as error:
                raise DataError(f"{name} is damaged: {error}. Deliver it again.") from error

    def left_out() -> dict[str, str]:
        with _open_parquet(path, name) as file:
            return dict.fromkeys(unnamed_index(file.schema_arrow), _INDEX)

    return TablePart(name, known_types, read, left_out)


_INDEX = "is pandas' index without a name, most often a row number; to keep it, give it a name"


def unnamed_index(schema: pa.Schema) -> list[str]:
    """Give the columns that the file's ``pandas`` metadata names as an index without a name."""
    try:
        metadata = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
    except ValueError:  # what somebody else wrote under that name says nothing about an index
        return []
    index = metadata.get("index_columns", []) if isinstance(metadata, dict) else []
    return [name for name in schema.names if name in index and _UNNAMED_INDEX.fullmatch(name)]


def _without_columns(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    return pa.schema([field for field in schema if field.name not in names])


def _open_parquet(path: Path, name: str) -> pq.ParquetFile:
    if not path.stat().st_size:
        raise DataError(f"{name} is empty.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{name} is not a Parquet file, or is cut short: {error}") from error
