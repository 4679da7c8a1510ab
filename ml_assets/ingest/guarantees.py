"""What the examples promise, computed from the examples as they were written.

No key, group or moment is in two splits, and no joined fact became known only after the moment at which
the prediction is wanted.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.ingest.spec import SplitSpec
from ml_assets.table import EXAMPLE_ID, SPLIT, Table

_UNIT = "unit"


def shared_units(examples: Table, split: SplitSpec, time: str | None) -> dict[str, int]:
    """Count what appears in more than one split.

    Parameters
    ----------
    examples : Table
        The examples as they were written.
    split : SplitSpec
        How they were split.
    time : str, optional
        The time column, for a split by time.

    Returns
    -------
    dict
        The number of shared ids under ``key``; by group also of shared values under ``group``; by time
        also of shared moments, and of moments that lie after a later split's first, under ``time``.
    """
    # Equal rows without a key differ only in the number behind the dash.
    ids = pc.utf8_slice_codeunits(examples.column(EXAMPLE_ID), 0, 32)
    splits = examples.column(SPLIT)
    counts = {"key": _shared_count(ids, splits)}
    if split.by == "group":
        counts["group"] = _shared_count(examples.column(str(split.group)), splits)
    if split.by == "time":
        times = examples.column(str(time))
        counts["time"] = _shared_count(times, splits) + _out_of_order_count(times, splits)
    return counts


def late_facts(examples: Table, time: str, known_at: Sequence[str]) -> Mapping[str, int]:
    """Count the rows in which a fact became known later than the moment of prediction.

    Parameters
    ----------
    examples : Table
        The examples as they were written.
    time : str
        The column with the moment at which a prediction is wanted.
    known_at : sequence of str
        Columns with the moment at which a joined fact became known; null where nothing was joined.
    """
    late = dict.fromkeys(known_at, 0)
    for batch in examples.batches([time, *known_at]):
        moment = pc.cast(batch.column(time), pa.timestamp("us"))
        for name in known_at:
            later = pc.greater(pc.cast(batch.column(name), pa.timestamp("us")), moment)
            late[name] += later.true_count
    return late


def _shared_count(units: pa.Array, splits: pa.Array) -> int:
    """How many values appear in more than one split."""
    table = pa.table({_UNIT: units, SPLIT: splits})
    distinct_splits = table.group_by(_UNIT).aggregate([(SPLIT, "count_distinct")])
    return int(pc.sum(pc.greater(distinct_splits[f"{SPLIT}_count_distinct"], 1)).as_py() or 0)


def _out_of_order_count(times: pa.Array, splits: pa.Array) -> int:
    """How many rows lie after the first moment of a later split."""
    late = 0
    for earlier, later in (("train", "eval"), ("eval", "test")):
        first_later = pc.min(times.filter(pc.equal(splits, later)))
        late += pc.greater(times.filter(pc.equal(splits, earlier)), first_later).true_count
    return late
