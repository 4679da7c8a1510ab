"""Splits a table into the rows that satisfy the schema and those set aside, with rule and reason."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ml_assets.errors import DataError
from ml_assets.ingest.split import SPLITS
from ml_assets.table import SPLIT, Table
from ml_assets.validation.rows import BrokenRule

RULE, REASON = "_rule", "_reason"
VALID_FILE, QUARANTINE_FILE = "examples.parquet", "quarantine.parquet"


@dataclass(frozen=True)
class Quarantine:
    """How many rows were kept and how many set aside.

    Attributes
    ----------
    rows, quarantined : int
        The rows that satisfy the schema, and those that do not.
    splits : mapping of str to int
        The rows that satisfy it, by split.
    rules : mapping of str to int
        How many rows broke each rule, as ``column.rule``, most frequent first.
    """

    rows: int
    quarantined: int
    splits: Mapping[str, int]
    rules: Mapping[str, int]

    @property
    def fraction(self) -> float:
        """The share of rows that were set aside, 0 to 1."""
        return self.quarantined / max(1, self.rows + self.quarantined)


def write_split_by_validity(
    table: Table, broken: Iterable[BrokenRule], directory: Path
) -> Quarantine:
    """Write the rows that break no rule, and the others with the rules and reasons, as two files.

    In batches: memory grows with neither the rows nor the broken ones.

    Parameters
    ----------
    table : Table
        One Parquet file with a `SPLIT` column.
    broken : iterable of BrokenRule
        What `find_broken_rows` gives for it.
    directory : Path
        Where ``examples.parquet`` (the same columns) and ``quarantine.parquet`` (with ``_rule`` and
        ``_reason``, several joined by "; ") are written.

    Raises
    ------
    DataError
        If no row is left in a split that had some; the message names the rules that most rows broke.
    """
    rest = iter(broken)
    first = next(rest, None)
    if first is None:
        counts = _count_splits(batch.column(0) for batch in table.batches([SPLIT]))
        before, after, rules, quarantined = counts, counts, Counter[str](), 0
        _copy(table, directory)
    else:
        before, after, rules, quarantined = _write_both(table, _Queue([first], rest), directory)
    ordered = dict(sorted(rules.items(), key=lambda item: (-item[1], item[0])))
    quarantine = Quarantine(sum(after.values()), quarantined, after, ordered)
    _refuse_empty(before, after, quarantine)
    return quarantine


@dataclass
class _Queue:
    """Broken rules in the order of rows, taken batch by batch."""

    waiting: list[BrokenRule]
    rest: Iterator[BrokenRule]

    def until(self, row: int) -> list[BrokenRule]:
        """Take those of the rows before this one."""
        taken = [broken for broken in self.waiting if broken.row < row]
        self.waiting = self.waiting[len(taken) :]
        if not self.waiting:
            for broken in self.rest:
                if broken.row >= row:
                    self.waiting = [broken]
                    break
                taken.append(broken)
        return taken


def _count_splits(columns: Iterable[Any]) -> dict[str, int]:
    """How many rows there are in each split."""
    counts = dict.fromkeys(SPLITS, 0)
    for column in columns:
        for pair in pc.value_counts(column).to_pylist():
            counts[pair["values"]] = counts.get(pair["values"], 0) + pair["counts"]
    return {split: counts[split] for split in SPLITS}


def _refuse_empty(before: dict[str, int], after: dict[str, int], quarantine: Quarantine) -> None:
    emptied = [split for split in SPLITS if before[split] and not after[split]]
    if quarantine.rows and not emptied:
        return
    where = f"in the split {' and '.join(emptied)}" if quarantine.rows else "at all"
    most = "; ".join(
        f"{rule} in {rows:,} rows" for rule, rows in list(quarantine.rules.items())[:3]
    )
    raise DataError(
        f"validated_examples: no row satisfies the schema {where}. Broken rules: {most or 'none'}. "
        "Correct the data, or the schema where it is wrong."
    )


def _copy(table: Table, directory: Path) -> None:
    (source,) = table.files
    shutil.copyfile(source, directory / VALID_FILE)
    with pq.ParquetWriter(directory / QUARANTINE_FILE, _quarantine_schema(table)):
        pass


def _write_both(
    table: Table, queue: _Queue, directory: Path
) -> tuple[dict[str, int], dict[str, int], Counter[str], int]:
    """Write both files; give the rows in each split before and after, the broken rules, and the rows."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    set_aside = 0
    schema = _quarantine_schema(table)
    with ExitStack() as stack:
        valid_writer, quarantine_writer = (
            stack.enter_context(pq.ParquetWriter(directory / name, kind, compression="zstd"))
            for name, kind in ((VALID_FILE, table.schema), (QUARANTINE_FILE, schema))
        )
        for first_row, batch in _numbered_batches(table):
            broken_rules = queue.until(first_row + batch.num_rows)
            texts = _by_row(broken_rules, first_row)
            is_valid = np.ones(batch.num_rows, bool)
            is_valid[list(texts)] = False
            kept = batch.filter(pa.array(is_valid))
            valid_writer.write_batch(kept)
            if texts:
                quarantine_writer.write_batch(_quarantine_batch(batch, texts, schema))
            before.update(_count_splits([batch.column(SPLIT)]))
            after.update(_count_splits([kept.column(SPLIT)]))
            rules.update(f"{broken.feature}.{broken.rule}" for broken in broken_rules)
            set_aside += len(texts)
    return dict(before), dict(after), rules, set_aside


def _by_row(broken_rules: Sequence[BrokenRule], first_row: int) -> dict[int, tuple[str, str]]:
    """The rules and the reasons of each row, in the order of rows."""
    texts: dict[int, tuple[str, str]] = {}
    for broken in broken_rules:
        rule, place = f"{broken.feature}.{broken.rule}", broken.row - first_row
        rules, reasons = texts.get(place, ("", ""))
        joined = (
            (f"{rules}; {rule}", f"{reasons}; {broken.reason}") if rules else (rule, broken.reason)
        )
        texts[place] = joined
    return texts


def _quarantine_batch(batch: Any, texts: Mapping[int, tuple[str, str]], schema: Any) -> Any:
    columns = batch.take(pa.array(list(texts))).columns
    added = [pa.array(list(values), pa.string()) for values in zip(*texts.values(), strict=True)]
    return pa.RecordBatch.from_arrays([*columns, *added], schema=schema)


def _numbered_batches(table: Table) -> Iterator[tuple[int, Any]]:
    """The batches, each with the position of its first row."""
    first_row = 0
    for batch in table.batches():
        yield first_row, batch
        first_row += batch.num_rows


def _quarantine_schema(table: Table) -> Any:
    fields = [pa.field(name, pa.string()) for name in (RULE, REASON)]
    return pa.schema([*table.schema, *fields])
