"""Shares that moved: of missing values, of one text, of a stretch of the numbers, of an hour."""

from collections.abc import Iterator

import numpy as np

from ml_assets.validation.evidence import p_value_of_shares
from ml_assets.validation.moves.move import HARDLY, Move, Pair, Stuck, share_text

# What is worth a word: a share that changed by two points.
_WORTH_SAYING = 0.02


def missing_moves(pair: Pair) -> Iterator[Move]:
    """Missing values that became more or fewer; where there hardly were any, a few are much."""
    sides = pair.reference, pair.current
    if not any(side.missing for side in sides):
        return
    before, now = (side.missing / max(1, side.rows) for side in sides)
    change = abs(now - before)
    hardly = min(before, now) <= HARDLY * max(before, now)
    size = change / (pair.new_limit if hardly else pair.threshold)
    if size > 1 or change >= _WORTH_SAYING:
        old, new = (np.array([float(side.missing)]) for side in sides)
        p_value = p_value_of_shares(old, new, pair.reference.rows, pair.current.rows)[0]
        stuck = Stuck(None, before, now) if now > before else None
        text = share_text("missing values", before, now)
        yield Move("missing values", text, size, float(p_value), stuck)


def share_moves(pair: Pair, size: float, p_value: float) -> Iterator[Move]:
    """The bin whose share of the values changed most.

    Parameters
    ----------
    pair : Pair
        The two sides.
    size : float
        Of the move of the whole, in units of its limit.
    p_value : float
        Of the bins.
    """
    bins = pair.coarse
    before = bins.reference[:-1] / max(1, bins.reference[:-1].sum())
    now = bins.current[:-1] / max(1, bins.current[:-1].sum())
    change = now - before
    if np.abs(change).max(initial=0.0) >= _WORTH_SAYING:
        most = int(np.argmax(np.abs(change).round(9)))
        whole = "rows" if not bins.reference[-1] + bins.current[-1] else "values"
        text = share_text(bins.labels[most], before[most], now[most], whole)
        yield Move("share", text, size, p_value)
