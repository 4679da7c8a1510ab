"""Misplaced values: rare in their column, and typical of another one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import Suspicion, posterior, quoted, times

RATIO = 10
MAX_RARE_FRACTION = 0.001
_ERROR_RATE = 0.3


def misplaced_values(columns: Sequence[ColumnCounts]) -> dict[str, dict[int, Suspicion]]:
    """Find the texts that are rare in their column and frequent in another one, by column and place.

    The chance of that is how many of the column's frequent values the other column has too.
    """
    texts = [one for one in columns if one.kind == "text" and one.is_complete and len(one.values)]
    found: dict[str, dict[int, Suspicion]] = {one.name: {} for one in texts}
    for column in texts:
        rare = _rare(column)
        for other in texts:
            if other is not column and len(rare):
                _look(column, rare, other, found[column.name])
    return found


def _rare(column: ColumnCounts) -> Any:
    is_rare = (column.counts <= _limit(column)) & (column.counts * RATIO <= column.counts[0])
    return np.flatnonzero(is_rare)


def _limit(column: ColumnCounts) -> int:
    return max(2, int(MAX_RARE_FRACTION * column.rows))


def _look(
    column: ColumnCounts, rare: Any, other: ColumnCounts, found: dict[int, Suspicion]
) -> None:
    typical = other.values.slice(0, int((other.counts >= RATIO).sum()))
    there = pc.index_in(column.values.take(pa.array(rare)), value_set=typical)
    hits = np.flatnonzero(there.is_valid().to_numpy(zero_copy_only=False))
    if not len(hits):
        return
    chance = _overlap(column, other)
    for hit in hits.tolist():
        place, at = int(rare[hit]), there[hit].as_py()
        mine, others = int(column.counts[place]), int(other.counts[at])
        if others < RATIO * mine or not column.values[place].as_py().strip():
            continue
        score = posterior(_ERROR_RATE, chance)
        if place not in found or score > found[place].score:
            found[place] = Suspicion(
                score,
                "misplaced_value",
                f"{quoted(column.values[place].as_py())} occurs {times(mine)} in {column.name} and "
                f"{times(others)} in {other.name}",
            )


def _overlap(column: ColumnCounts, other: ColumnCounts) -> float:
    """The share of the column's frequent values that are not rare in the other one."""
    frequent = column.values.slice(0, int((column.counts >= RATIO).sum()))
    usual = other.values.slice(0, int((other.counts > _limit(other)).sum()))
    shared = pc.sum(pc.is_in(frequent, value_set=usual)).as_py() or 0
    return float((shared + 0.5) / (len(frequent) + 1))
