"""Numbers of which the whole moved, or spread, without one constant that explains it."""

from collections.abc import Iterator

from ml_assets.statistics.model import NumericStatistics
from ml_assets.validation.moves.move import Move, Pair

# In thresholds: a move of all quantiles that no constant explains counts less than one that does.
_LIMIT = 3.0
_MUCH_WIDER = 1.15
_SAME_MEDIAN = 0.15


def quantile_moves(pair: Pair, shift: float | None, p_value: float) -> Iterator[Move]:
    """The median, or the spread around it.

    Parameters
    ----------
    pair : Pair
        Of numbers.
    shift : float, optional
        The mean difference of the quantiles, in standard deviations of the reference.
    p_value : float
        Of the bins.
    """
    reference, current = pair.reference.feature.numeric, pair.current.feature.numeric
    if not shift or not reference or not current:
        return
    text = _spread(reference, current) or _median(reference, current)
    if text:
        yield Move("quantiles", text, shift / (_LIMIT * pair.threshold), p_value)


def _spread(reference: NumericStatistics, current: NumericStatistics) -> str:
    before, now = (side.quantiles[19] - side.quantiles[1] for side in (reference, current))
    if not before or not now or reference.median is None or current.median is None:
        return ""
    moved = abs(current.median - reference.median) / before
    if moved > _SAME_MEDIAN or 1 / _MUCH_WIDER < now / before < _MUCH_WIDER:
        return ""
    way = "wider" if now > before else "narrower"
    (old_low, old_high), (new_low, new_high) = (
        (side.quantiles[1], side.quantiles[19]) for side in (reference, current)
    )
    return (
        f"the spread is {way} around the same middle: nine tenths of the values lay from "
        f"{old_low:.6g} to {old_high:.6g}, now from {new_low:.6g} to {new_high:.6g}"
    )


def _median(reference: NumericStatistics, current: NumericStatistics) -> str:
    before, now = reference.median, current.median
    if before is None or now is None or before == now:
        return ""
    return f"the median went from {before:.6g} to {now:.6g}"
