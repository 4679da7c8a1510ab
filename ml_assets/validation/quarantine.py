"""Splits a table into the rows that satisfy the schema and those set aside, with rule and reason."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml_assets.errors import DataError
from ml_assets.statistics.generate import SPLITS
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
    table: Table, broken: Sequence[BrokenRule], directory: Path
) -> Quarantine:
    """Write the rows that break no rule, and the others with the rules and reasons, as two files.

    Parameters
    ----------
    table : Table
        One Parquet file with a `SPLIT` column.
    broken : sequence of BrokenRule
        What `find_broken_rows` gave for it.
    directory : Path
        Where ``examples.parquet`` (the same columns) and ``quarantine.parquet`` (with ``_rule`` and
        ``_reason``, several joined by "; ") are written.

    Raises
    ------
    DataError
        If no row is left in a split that had some; the message names the rules that most rows broke.
    """
    rules, reasons = _by_row(broken)
    rows = np.fromiter(rules, np.int64, len(rules))
    before, after = _count_splits(table, rows)
    result = Quarantine(sum(after.values()), len(rows), after, _count_rules(broken))
    _refuse_empty(before, after, result)
    if len(rows):
        _write_both(table, rows, rules, reasons, directory)
    else:
        _copy(table, directory)
    return result


def _by_row(broken: Sequence[BrokenRule]) -> tuple[dict[int, str], dict[int, str]]:
    rules: dict[int, str] = {}
    reasons: dict[int, str] = {}
    for found in broken:
        for texts, text in ((rules, f"{found.feature}.{found.rule}"), (reasons, found.reason)):
            texts[found.row] = f"{texts[found.row]}; {text}" if found.row in texts else text
    return rules, reasons


def _count_rules(broken: Sequence[BrokenRule]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in broken:
        rule = f"{found.feature}.{found.rule}"
        counts[rule] = counts.get(rule, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _count_splits(table: Table, rows: Any) -> tuple[dict[str, int], dict[str, int]]:
    """The rows in each split, before and after the broken ones are taken out."""
    splits = table.to_arrow([SPLIT])[SPLIT]
    all_rows = np.asarray(splits.to_numpy())
    broken = all_rows[rows]
    before = {split: int((all_rows == split).sum()) for split in SPLITS}
    return before, {split: n - int((broken == split).sum()) for split, n in before.items()}


def _refuse_empty(before: dict[str, int], after: dict[str, int], result: Quarantine) -> None:
    emptied = [split for split in SPLITS if before[split] and not after[split]]
    if result.rows and not emptied:
        return
    where = f"in the split {' and '.join(emptied)}" if result.rows else "at all"
    most = "; ".join(f"{rule} in {n:,} rows" for rule, n in list(result.rules.items())[:3])
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
    table: Table, rows: Any, rules: dict[int, str], reasons: dict[int, str], directory: Path
) -> None:
    with ExitStack() as stack:
        valid, aside = (
            stack.enter_context(pq.ParquetWriter(directory / name, schema, compression="zstd"))
            for name, schema in (
                (VALID_FILE, table.schema),
                (QUARANTINE_FILE, _quarantine_schema(table)),
            )
        )
        for first_row, batch in _numbered(table):
            here = rows[(rows >= first_row) & (rows < first_row + batch.num_rows)]
            is_valid = np.ones(batch.num_rows, bool)
            is_valid[here - first_row] = False
            valid.write_batch(batch.filter(pa.array(is_valid)))
            if len(here):
                texts = [
                    pa.array([found[row] for row in here.tolist()]) for found in (rules, reasons)
                ]
                columns = batch.filter(pa.array(~is_valid)).columns
                aside.write_batch(
                    pa.RecordBatch.from_arrays([*columns, *texts], schema=_quarantine_schema(table))
                )


def _numbered(table: Table) -> Iterator[tuple[int, Any]]:
    """The batches, each with the position of its first row."""
    first_row = 0
    for batch in table.batches():
        yield first_row, batch
        first_row += batch.num_rows


def _quarantine_schema(table: Table) -> Any:
    fields = [pa.field(name, pa.string()) for name in (RULE, REASON)]
    return pa.schema([*table.schema, *fields])
