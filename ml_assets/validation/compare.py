"""Compares one column of two data sets: distances, and what moved."""

import math
from dataclasses import dataclass

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.bins import bins_of_sides, bins_of_texts, fine_and_coarse, for_evidence
from ml_assets.validation.distances import (
    jensen_shannon,
    kolmogorov_smirnov,
    l_infinity,
    normalized_abs_difference,
    population_stability,
    wasserstein,
)
from ml_assets.validation.evidence import p_value_of_bins
from ml_assets.validation.moves.identifiers import turned_over_text
from ml_assets.validation.moves.move import Move, Pair
from ml_assets.validation.moves.precision import precision_moves
from ml_assets.validation.moves.quantiles import quantile_moves
from ml_assets.validation.moves.ranges import outside_share, range_moves, region_moves
from ml_assets.validation.moves.shares import missing_moves, share_moves
from ml_assets.validation.moves.spikes import heaviest_change, spike_moves
from ml_assets.validation.moves.texts import largest_change, text_moves, unknown_share
from ml_assets.validation.moves.times import clock_moves, time_moves
from ml_assets.validation.moves.types import type_move
from ml_assets.validation.moves.uniqueness import repeat_moves
from ml_assets.validation.moves.units import shift_of, unit_moves
from ml_assets.validation.side import Numbers, Side, Texts, numbers_of, side_of, texts_of

# The tests of which the least p-value is taken: bins, missing, new, gone, single values, precision.
_TESTS = 6
# Where the bins agree so well, no closer look is taken at numbers.
_WORTH_A_LOOK = 0.05


@dataclass(frozen=True)
class Compared:
    """One column of two data sets before its p-value is adjusted for the number of columns.

    Attributes
    ----------
    pair : Pair or None
        Both sides; None where their types are not comparable.
    distances : mapping of str to float
        As in `DriftFinding`.
    moves : tuple of Move
        What moved.
    p_value : float
        Of the surest large move; of the surest one where none is large.
    unclear : str
        Why the values do not show whether anything moved; empty where they do.
    """

    pair: Pair | None
    distances: dict[str, float]
    moves: tuple[Move, ...]
    p_value: float
    unclear: str = ""

    @property
    def is_large(self) -> bool:
        """Whether something moved by more than its limit."""
        return any(move.size > 1 for move in self.moves)


def compare(current: FeatureStatistics, reference: FeatureStatistics, threshold: float) -> Compared:
    """Compare one column of two data sets.

    Parameters
    ----------
    current, reference : FeatureStatistics
        The column on both sides.
    threshold : float
        How large a change must be.
    """
    before, now = side_of(reference), side_of(current)
    type_change = type_move(before, now)
    if type_change:
        return Compared(None, {}, (type_change,), 0.0)
    pair = _pair(before, now, threshold)
    p_value = p_value_of_bins(pair.fine.reference, pair.fine.current)
    distances = {
        "jensen_shannon": jensen_shannon(pair.coarse.reference, pair.coarse.current),
        "psi": population_stability(pair.coarse.reference, pair.coarse.current),
    }
    moves = list(missing_moves(pair))
    whole = distances["jensen_shannon"]
    if pair.numbers is not None:
        moves += _number_moves(pair, pair.numbers, p_value, distances)
    elif pair.texts is not None:
        moves += _text_moves(pair, pair.texts, distances)
    else:
        distances["l_infinity"] = l_infinity(pair.fine.reference, pair.fine.current)
        moves += time_moves(pair, p_value)
    if pair.numbers is None:
        whole = max(whole, distances["l_infinity"])
    moves += share_moves(pair, whole / threshold, p_value)
    moves += repeat_moves(pair)
    return Compared(pair, distances, tuple(moves), _p_value(moves, p_value), turned_over_text(pair))


def _pair(before: Side, now: Side, threshold: float) -> Pair:
    numbers = texts = None
    if before.kind == now.kind == "numbers":
        numbers = numbers_of(before, now)
        fine, coarse = fine_and_coarse(before, now)
    elif before.kind == now.kind == "texts":
        texts = texts_of(before, now)
        coarse = bins_of_texts(before, now, texts)
        fine = for_evidence(coarse, texts)
    else:
        fine = coarse = bins_of_sides(before, now)
    return Pair(before, now, numbers, texts, fine, coarse, threshold)


def _number_moves(
    pair: Pair, numbers: Numbers, p_value: float, distances: dict[str, float]
) -> list[Move]:
    """Add the distances of numbers, and give what moved."""
    gap, heaviest, shift = numbers.gap(), heaviest_change(pair), shift_of(pair)
    outside = outside_share(numbers, pair.reference, pair.current)
    reference_rows, current_rows = max(1, pair.reference.rows), max(1, pair.current.rows)
    missing = abs(pair.current.missing / current_rows - pair.reference.missing / reference_rows)
    spread = pair.reference.feature.numeric.std_dev if pair.reference.feature.numeric else None
    area = wasserstein(gap, numbers.grid)
    relative = area / spread if spread else area
    # A stretch of numbers is not one value, so L-infinity is that of heavy ones.
    distances["l_infinity"] = max(heaviest.change, missing)
    distances["ks"] = (
        kolmogorov_smirnov(gap) if pair.reference.there and pair.current.there else 0.0
    )
    if (spread or not area) and math.isfinite(relative):
        distances["wasserstein"] = relative
    distances["unknown"] = outside
    if shift is not None:
        distances["shift"] = shift
    moves = [*range_moves(pair, outside), *precision_moves(pair)]
    if p_value > _WORTH_A_LOOK:
        return moves
    return [
        *moves,
        *clock_moves(pair, p_value),
        *unit_moves(pair, shift, p_value),
        *spike_moves(pair, heaviest, p_value),
        *region_moves(pair),
        *quantile_moves(pair, shift, p_value),
    ]


def _text_moves(pair: Pair, texts: Texts, distances: dict[str, float]) -> list[Move]:
    """Add the distances of texts, and give what moved."""
    distances["l_infinity"] = largest_change(texts, pair)
    distances["normalized_abs_difference"] = normalized_abs_difference(
        texts.reference, texts.current
    )
    distances["unknown"] = unknown_share(texts, pair.reference, pair.current)
    return list(text_moves(pair))


def _p_value(moves: list[Move], bins_p_value: float) -> float:
    large = [move.p_value for move in moves if move.size > 1]
    return min(1.0, _TESTS * min(large or [bins_p_value, *(move.p_value for move in moves)]))
