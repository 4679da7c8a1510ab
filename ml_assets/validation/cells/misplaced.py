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
    texts = [
        column
        for column in columns
        if column.kind == "text" and column.is_complete and len(column.values)
    ]
    suspicions: dict[str, dict[int, Suspicion]] = {column.name: {} for column in texts}
    for column in texts:
        rare = _rare(column)
        for other in texts:
            if other is not column and len(rare):
                _add_misplaced(column, rare, other, suspicions[column.name])
    return suspicions


def _rare(column: ColumnCounts) -> Any:
    is_rare = (column.counts <= _limit(column)) & (column.counts * RATIO <= column.counts[0])
    return np.flatnonzero(is_rare)


def _limit(column: ColumnCounts) -> int:
    return max(2, int(MAX_RARE_FRACTION * column.rows))


def _add_misplaced(
    column: ColumnCounts, rare: Any, other: ColumnCounts, suspicions: dict[int, Suspicion]
) -> None:
    typical = other.values.slice(0, int((other.counts >= RATIO).sum()))
    positions = pc.index_in(column.values.take(pa.array(rare)), value_set=typical)
    hits = np.flatnonzero(positions.is_valid().to_numpy(zero_copy_only=False))
    if not len(hits):
        return
    chance = _overlap(column, other)
    for hit in hits.tolist():
        place, position = int(rare[hit]), positions[hit].as_py()
        own_rows, other_rows = int(column.counts[place]), int(other.counts[position])
        if other_rows < RATIO * own_rows or not column.values[place].as_py().strip():
            continue
        score = posterior(_ERROR_RATE, chance)
        if place not in suspicions or score > suspicions[place].score:
            suspicions[place] = Suspicion(
                score,
                "misplaced_value",
                f"{quoted(column.values[place].as_py())} occurs {times(own_rows)} in {column.name} and "
                f"{times(other_rows)} in {other.name}",
            )


def _overlap(column: ColumnCounts, other: ColumnCounts) -> float:
    """The share of the column's frequent values that are not rare in the other one."""
    frequent = column.values.slice(0, int((column.counts >= RATIO).sum()))
    usual = other.values.slice(0, int((other.counts > _limit(other)).sum()))
    shared = pc.sum(pc.is_in(frequent, value_set=usual)).as_py() or 0
    return float((shared + 0.5) / (len(frequent) + 1))
