"""Numbers that became coarser or finer: rounded to tens, cut to whole numbers, or no longer whole."""

from collections.abc import Iterator

import numpy as np

from ml_assets.statistics.points import Array
from ml_assets.validation.moves.move import Move, Pair
from ml_assets.validation.side import Side

_GRAINS = np.array([1000.0, 100.0, 50.0, 10.0, 5.0, 1.0, 0.1, 0.01])
# All but such a share are multiples of the grain.
_ALL = 0.999
# With fewer different numbers, the grain is that of chance.
_MIN_DIFFERENT = 20
# The number of different values must differ by so much, or the type, before anyone looks closer.
_SIMILAR = (0.7, 1.4)


def precision_moves(pair: Pair) -> Iterator[Move]:
    """A grain that all numbers have now and few had before, or the other way round."""
    reference, current = pair.reference, pair.current
    if not _may_differ(reference, current):
        return
    (values, counts), (now_values, now_counts) = _without_zero(reference), _without_zero(current)
    if min(len(values), len(now_values)) < 5 or max(len(values), len(now_values)) < _MIN_DIFFERENT:
        return
    before, after = _shares_on(values, counts), _shares_on(now_values, now_counts)
    coarser = (after >= _ALL) & (before <= 0.8) if len(values) >= _MIN_DIFFERENT else before < 0
    finer = (before >= _ALL) & (1 - after > pair.new_limit)
    if coarser.any():
        place = int(np.argmax(coarser))
        share = 1 - float(before[place])
        p_value = max(float(before[place]), 1e-6) ** min(float(now_counts.sum()), 1e4)
        grain = f"{_GRAINS[place]:g}"
        text = f"all values are multiples of {grain} now, where {before[place]:.0%} were: rounded?"
        yield Move("precision", text, share / pair.threshold, p_value)
    elif finer.any():
        place = int(np.argmax(finer))
        share = 1 - float(after[place])
        # Of the reference's rows at most one in a thousand, and beside them three standard errors.
        expected = (1 - _ALL) + 3 / np.sqrt(max(1.0, counts.sum()))
        p_value = 0.0 if share > 3 * expected else 1.0
        grain = "whole numbers" if _GRAINS[place] == 1 else f"multiples of {_GRAINS[place]:g}"
        text = f"{share:.1%} of the values are not {grain}, where all were"
        yield Move("precision", text, share / pair.new_limit, p_value)


def _may_differ(reference: Side, current: Side) -> bool:
    before, now = reference.feature, current.feature
    if before.type != now.type or reference.is_whole != current.is_whole:
        return True
    ratio = max(1, now.unique or 0) / max(1, before.unique or 0)
    return not _SIMILAR[0] <= ratio <= _SIMILAR[1]


def _without_zero(side: Side) -> tuple[Array, Array]:
    """Zero is a multiple of every grain; numbers beyond a float's precision have none."""
    kept = (side.values != 0) & (np.abs(side.values) < 1e12)
    return side.values[kept], side.counts[kept]


def _shares_on(values: Array, counts: Array) -> Array:
    """The share of the rows at multiples of each grain."""
    steps = values / _GRAINS[:, None]
    is_on = np.abs(steps - np.rint(steps)) <= 1e-9 * np.maximum(np.abs(steps), 1)
    shares: Array = is_on @ counts / max(1.0, float(counts.sum()))
    return shares
