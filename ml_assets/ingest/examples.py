"""Makes examples of raw rows: each with its id, span, split and label, and without duplicates.

First a plan is made from what identifies the rows, which fits into memory; then the rows are streamed
through it. Rows that share a key are one example only if they are equal in every column: of these the
first is kept, and of rows that contradict each other none is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.errors import DataError
from ml_assets.ingest.example_ids import Digests, example_digests, ids_of
from ml_assets.ingest.spans import rechunk, span_of_rows
from ml_assets.ingest.spec import SplitSpec
from ml_assets.ingest.split import SPLITS, split_by_hash, split_by_time
from ml_assets.table import EXAMPLE_ID, LABEL, SPAN, SPLIT, Table

REASON = "_reason"
KEPT, UNLABELLED, REPEATED, CONTRADICTED = range(4)
_REASONS = {
    REPEATED: "equal to another row with the same key",
    CONTRADICTED: "differs from another row with the same key",
}
_MOST_LOST = 0.5


@dataclass(frozen=True)
class Plan:
    """What becomes of each row of a table, in its order.

    Attributes
    ----------
    fates : array of int8
        `KEPT`, `UNLABELLED`, `REPEATED` or `CONTRADICTED`.
    ids : pyarrow.Array of string
        The example id of each row.
    spans : pyarrow.DictionaryArray of string
        Its span.
    splits : array of int8
        Its position in `SPLITS`; -1 for a row that is not kept.
    labels : pyarrow.Array
        Its label; null where there is none.
    different : int
        The number of distinct keys among the kept rows; without a key, of distinct rows, the label's
        columns left out.
    """

    fates: npt.NDArray[np.int8]
    ids: pa.Array
    spans: pa.Array
    splits: npt.NDArray[np.int8]
    labels: pa.Array
    different: int = 0

    def count(self, fate: int) -> int:
        """The number of rows with this fate."""
        return int((self.fates == fate).sum())

    def in_split(self, split: str) -> int:
        """The number of rows in a split."""
        return int((self.splits == SPLITS.index(split)).sum())


def plan_examples(
    table: Table,
    spans: Sequence[Mapping[str, Any]],
    labels: pa.Table,
    split: SplitSpec,
    key: Sequence[str] = (),
    time: str | None = None,
    label: Sequence[str] = (),
) -> Plan:
    """Decide what becomes of each row.

    Parameters
    ----------
    table : Table
        The raw rows of the window.
    spans : sequence of mapping
        The manifest entries of its spans, in the same order.
    labels : pyarrow.Table
        ``_example_id`` and ``_label``; a row whose id is not in it has no label.
    split : SplitSpec
        How to split.
    key : sequence of str
        The columns that identify an example; without any the whole row does.
    time : str, optional
        The time column, for a split by time.
    label : sequence of str
        The columns that the label is made from. Without a key they do not count for the split, so that
        a label that comes late, or is corrected, moves no example to another split.

    Returns
    -------
    Plan
        The fate, id, span, split and label of every row of `table`, in its order.

    Raises
    ------
    DataError
        If no row is left, more than half are lost to keys that are not unique, or a split is empty.
    """
    digests = _digests(table, key)
    fates, occurrences = _fates_of_duplicates(table, digests, key)
    _refuse_useless_key(fates, key)
    ids = ids_of(digests)
    positions = pc.index_in(ids, labels[EXAMPLE_ID].combine_chunks())
    row_labels = labels[LABEL].combine_chunks().take(positions)
    fates[(fates == KEPT) & np.asarray(positions.is_null())] = UNLABELLED
    is_kept = fates == KEPT
    splits = np.full(len(fates), -1, dtype=np.int8)
    units = digests if key else _digests(table, (), label)
    splits[is_kept] = _split(table, units, is_kept, split, time)
    different = int(is_kept.sum()) if key else len(np.unique(_short_digests(units[is_kept])))
    _refuse_empty_split(splits, split, different, bool(key))
    return Plan(
        fates,
        _with_occurrences(ids, occurrences),
        span_of_rows(spans),
        splits,
        row_labels,
        different,
    )


def example_schema(table: Table, plan: Plan) -> pa.Schema:
    """Give the columns of the examples: id, span, split and label, then the raw ones."""
    added = [(EXAMPLE_ID, pa.string()), (SPAN, pa.string()), (SPLIT, pa.string())]
    return pa.schema([*added, (LABEL, plan.labels.type), *table.schema])


def example_batches(table: Table, plan: Plan) -> Iterator[pa.RecordBatch]:
    """Give the examples, with the columns of `example_schema`."""
    schema, names = example_schema(table, plan), pa.array(SPLITS)
    for positions, rows in _selected_rows(table, plan.fates == KEPT):
        added = [
            plan.ids.take(positions),
            plan.spans.take(positions).dictionary_decode(),
            names.take(pa.array(plan.splits).take(positions)),
            plan.labels.take(positions),
        ]
        yield pa.record_batch([*added, *rows.columns], schema=schema)


def duplicate_schema(table: Table) -> pa.Schema:
    """Give the columns of the rows that were set aside: id, span and reason, then the raw ones."""
    added = [(EXAMPLE_ID, pa.string()), (SPAN, pa.string()), (REASON, pa.string())]
    return pa.schema([*added, *table.schema])


def duplicate_batches(table: Table, plan: Plan) -> Iterator[pa.RecordBatch]:
    """Give the rows that share their key with another and are not kept."""
    schema = duplicate_schema(table)
    for positions, rows in _selected_rows(table, np.isin(plan.fates, list(_REASONS))):
        reasons = [_REASONS[int(plan.fates[position])] for position in positions.to_pylist()]
        added = [
            plan.ids.take(positions),
            plan.spans.take(positions).dictionary_decode(),
            pa.array(reasons, pa.string()),
        ]
        yield pa.record_batch([*added, *rows.columns], schema=schema)


def _selected_rows(
    table: Table, mask: npt.NDArray[np.bool_]
) -> Iterator[tuple[pa.Array, pa.RecordBatch]]:
    """The positions and the rows of a table where `mask` is true, batch by batch."""
    if not mask.any():
        return
    start = 0
    for batch in rechunk(table.batches()):
        positions = np.flatnonzero(mask[start : start + batch.num_rows])
        if len(positions):
            rows = batch if len(positions) == batch.num_rows else batch.take(pa.array(positions))
            yield pa.array(positions + start), rows
        start += batch.num_rows


def _digests(table: Table, key: Sequence[str], without: Sequence[str] = ()) -> Digests:
    columns = list(key) or None
    digests = [example_digests(batch, key, without) for batch in rechunk(table.batches(columns))]
    if not digests:
        raise DataError("The window holds no rows.")
    return np.concatenate(digests)


def _fates_of_duplicates(
    table: Table, digests: Digests, key: Sequence[str]
) -> tuple[npt.NDArray[np.int8], dict[int, int]]:
    """The fate of each row as far as duplicates decide it, and the number of each repeated row.

    Without a key no row is a duplicate: equal rows are numbered instead, from 2 on.
    """
    fates = np.full(len(digests), KEPT, dtype=np.int8)
    _, inverse, counts = np.unique(_short_digests(digests), return_inverse=True, return_counts=True)
    suspects = np.flatnonzero(counts[inverse] > 1)
    rows_by_digest: dict[bytes, list[int]] = {}
    for row in suspects:
        rows_by_digest.setdefault(digests[row].tobytes(), []).append(int(row))
    groups = [rows for rows in rows_by_digest.values() if len(rows) > 1]
    if not key:
        occurrences = {
            row: occurrence for rows in groups for occurrence, row in enumerate(rows[1:], 2)
        }
        return fates, occurrences
    contents = _content_digests(table, suspects) if groups else {}
    for rows in groups:
        equal = len({contents[row] for row in rows}) == 1
        fates[rows[1:] if equal else rows] = REPEATED if equal else CONTRADICTED
    return fates, {}


def _short_digests(digests: Digests) -> npt.NDArray[np.uint64]:
    return digests[:, :8].copy().view(np.uint64).ravel()


def _content_digests(table: Table, rows: npt.NDArray[np.int64]) -> dict[int, bytes]:
    """A hash over all columns of some rows, by their position."""
    mask = np.zeros(table.num_rows, dtype=bool)
    mask[rows] = True
    return {
        row: digest.tobytes()
        for positions, batch in _selected_rows(table, mask)
        for row, digest in zip(positions.to_pylist(), example_digests(batch), strict=True)
    }


def _refuse_useless_key(fates: npt.NDArray[np.int8], key: Sequence[str]) -> None:
    lost = int(np.isin(fates, list(_REASONS)).sum())
    if lost <= _MOST_LOST * len(fates):
        return
    raise DataError(
        f"ingest.key: [{', '.join(key)}] does not identify an example: {lost:,} of {len(fates):,} rows "
        f"share it with another row, {int((fates == CONTRADICTED).sum()):,} of them with one that "
        "differs. Add the columns that tell such rows apart, or remove ingest.key: then the whole row "
        "identifies an example."
    )


def _with_occurrences(ids: pa.Array, occurrences: Mapping[int, int]) -> pa.Array:
    """The ids with the number of the occurrence, for equal rows without a key."""
    if not occurrences:
        return ids
    rows = sorted(occurrences)
    mask = np.zeros(len(ids), dtype=bool)
    mask[rows] = True
    texts = [f"{ids[row].as_py()}-{occurrences[row]}" for row in rows]
    return pc.replace_with_mask(ids, pa.array(mask), pa.array(texts, pa.string()))


def _split(
    table: Table,
    digests: Digests,
    is_kept: npt.NDArray[np.bool_],
    split: SplitSpec,
    time: str | None,
) -> npt.NDArray[np.int8]:
    if not is_kept.any():
        raise DataError(
            "No example is left: no row of the window has a label. Compare labels and ingest.window in "
            "the YAML with the data."
        )
    match split.by:
        case "time":
            column = pc.cast(table.column(str(time)), pa.timestamp("us"))
            times = column.to_numpy(zero_copy_only=False)
            return split_by_time(times[is_kept], split.eval, split.test)
        case "group":
            groups = table.column(str(split.group)).dictionary_encode()
            hashes = example_digests(pa.record_batch([groups.dictionary], ["group"]), ["group"])
            # Rows without a group form one group of their own.
            missing = example_digests(pa.record_batch([pa.nulls(1)], ["group"]), ["group"])
            codes = pc.fill_null(groups.indices, len(hashes)).to_numpy()
            hashes = np.concatenate([hashes, missing])
            return split_by_hash(hashes[codes[is_kept]], split.eval, split.test)
        case _:
            return split_by_hash(digests[is_kept], split.eval, split.test)


def _refuse_empty_split(
    splits: npt.NDArray[np.int8], split: SplitSpec, different: int, has_key: bool
) -> None:
    empty = [name for code, name in enumerate(SPLITS) if not (splits == code).any()]
    rows = int((splits >= 0).sum())
    if empty and split.by == "hash" and not has_key and different < rows:
        raise DataError(
            f"ingest.split: {' and '.join(empty)} would be empty: without the label, {rows:,} rows are "
            f"only {different:,} different ones, and equal rows stay in one split. Set ingest.key to the "
            "columns that tell examples apart; if there are none, add one to the source."
        )
    if empty:
        raise DataError(
            f"ingest.split: {' and '.join(empty)} would be empty: {rows:,} examples split by {split.by} "
            f"into eval {split.eval:g} and test {split.test:g}. Widen ingest.window, or change the "
            "shares."
        )
