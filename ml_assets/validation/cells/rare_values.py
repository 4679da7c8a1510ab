"""Singletons in columns of few values: categories much rarer than any other."""

from math import erfc, log, sqrt
from typing import Any

import numpy as np

from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import Suspicion, posterior, quoted, times, weakened

# A column of few values has each of them in so many rows on average, and at most so many of them.
MIN_ROWS_EACH = 20
MAX_NUMBERS, MAX_TEXTS = 32, 1_000
MAX_RARE_FRACTION = 1e-4
MAX_RARE_RATIO = 0.02
RATIO = 10
MIN_ESTABLISHED = 3
# The spread of categories' frequencies that is expected before any are seen, as a natural logarithm.
_USUAL_SPREAD = 1.5


def rare_values(column: ColumnCounts) -> dict[int, Suspicion]:
    """Find the values of a column of few values that are far rarer than the others, by their place.

    The logarithms of the other values' counts say how often a genuine category would be as rare (a
    normal distribution, with `_USUAL_SPREAD` counted twice). With fewer than three others nothing is
    said.
    """
    rows = int(column.counts.sum())
    if not rows:
        return {}
    limit = max(1, int(min(MAX_RARE_FRACTION * rows, MAX_RARE_RATIO * np.median(column.counts))))
    rare = np.flatnonzero(column.counts <= limit)
    others = column.counts[column.counts > max(limit, 2)]
    if not _has_few_values(column, others, rows):
        return {}
    rare = rare[column.counts[rare] * RATIO <= others.min()]
    suspicions = {}
    for place in rare.tolist():
        score = _score(int(column.counts[place]), others, len(rare))
        suspicions[place] = Suspicion(score, "rare_value", _explain(column, place, others))
    return suspicions


def _has_few_values(column: ColumnCounts, others: Any, rows: int) -> bool:
    if not column.is_complete or column.kind == "bool" or len(others) < MIN_ESTABLISHED:
        return False
    few = rows >= MIN_ROWS_EACH * len(others) and others.sum() >= 0.95 * rows
    return bool(few and len(column.values) <= (MAX_TEXTS if column.kind == "text" else MAX_NUMBERS))


def _score(count: int, others: Any, rare: int) -> float:
    logs = np.log(others)
    size = len(others)
    spread = sqrt((((logs - logs.mean()) ** 2).sum() + 2 * _USUAL_SPREAD**2) / (size + 1))
    below = 0.5 * erfc((logs.mean() - log(count)) / spread / sqrt(2))
    # However far below, one value is the rarest; and many rare values are a habit of the column.
    chance = size * max(below, 0.1 / (size + 1)) * (1 + rare / size)
    return weakened(posterior(0.2 * size / (size + 4), min(1.0, chance)), sqrt(count))


def _explain(column: ColumnCounts, place: int, others: Any) -> str:
    value = quoted(column.values[place].as_py())
    return (
        f"{value} occurs {times(int(column.counts[place]))}; each of the {len(others)} other values "
        f"occurs at least {times(int(others.min()))}"
    )
