"""`Rejections`: the rows of a source that could not be read, set aside with file, line and reason."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# A wrong delimiter rejects every row; more than these are counted, not kept.
MAX_KEPT = 100_000
_MAX_TEXT = 2_000

SCHEMA = pa.schema(
    [("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())]
)


@dataclass(frozen=True)
class Rejected:
    """One row that was set aside.

    Attributes
    ----------
    file : str
        The file, query or function that it came from.
    line : int or None
        The line, from 1, on which it begins; in a source without lines the row, from 1.
    reason : str
        What is wrong with it.
    text : str
        What it says, as found; at most 2,000 characters.
    """

    file: str
    line: int | None
    reason: str
    text: str


@dataclass
class Rejections:
    """The rows set aside so far: all are counted, the first 100,000 are kept."""

    count: int = 0
    kept: list[Rejected] = field(default_factory=list)

    def add(self, row: Rejected) -> None:
        """Set a row aside."""
        self.count += 1
        if len(self.kept) < MAX_KEPT:
            self.kept.append(row)

    def add_all(self, rows: Iterable[Rejected]) -> None:
        """Set several rows aside."""
        for row in rows:
            self.add(row)

    def reasons(self) -> list[tuple[str, int]]:
        """Give the reasons of the rows that were kept, most frequent first."""
        return Counter(row.reason for row in self.kept).most_common()


def raw_text(content: bytes) -> str:
    """Give the text of a rejected record, without its line end and cut to a bearable length."""
    text = content[: 4 * _MAX_TEXT].decode("utf-8", "replace").rstrip("\r\n")
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 3] + "..."


def rejected_table(rows: Iterable[Rejected]) -> pa.Table:
    """Give rejected rows as a table with the columns file, line, reason and text."""
    records = [vars(row) for row in rows]
    return pa.Table.from_pylist(records, schema=SCHEMA)


def read_rejected(path: Path) -> list[Rejected]:
    """Read rejected rows from a Parquet file."""
    return [Rejected(**record) for record in pq.read_table(path).to_pylist()]
