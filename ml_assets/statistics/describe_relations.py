"""Turns the mergeable states of columns together into what is stored and shown."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ml_assets.statistics.association_state import AssociationState
from ml_assets.statistics.batch_columns import TEXTS, TIMES
from ml_assets.statistics.category_pairs import MOST_VALUES, CategoryPairs
from ml_assets.statistics.comoments import CoMoments, correlation, covariance
from ml_assets.statistics.counts_by_group import CountsByGroup
from ml_assets.statistics.information import cramers_v, shared_information
from ml_assets.statistics.label_classes import interval_names
from ml_assets.statistics.model import FeatureType
from ml_assets.statistics.number_bins import NumberBins
from ml_assets.statistics.points import Array
from ml_assets.statistics.relations import (
    Association,
    CategoryPair,
    CrossStatistics,
    LabelAssociation,
    Lift,
    NumericPair,
    SliceFeature,
    SlicesLeftOut,
    SliceStatistics,
)
from ml_assets.statistics.slice_state import SliceState

# Of one column or cross the largest slices; fewer of a wide table, so that all stay small.
MOST_SLICES = 50
MOST_SLICE_FEATURES = 20_000
TOP_VALUES = 3
MOST_LIFTS = 5
MIN_LIFT_ROWS = 100
MISSING = "missing"


@dataclass(frozen=True)
class _Places:
    """Where a column lies among all columns of a state, and among those of numbers."""

    columns: Mapping[str, int]
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, state: SliceState) -> "_Places":
        both = state.columns, state.numbers
        return cls(*({name: place for place, name in enumerate(names)} for names in both))


def describe_slices(
    state: SliceState, by: str, columns: Sequence[str], min_rows: int, num_rows: int
) -> tuple[tuple[SliceStatistics, ...], SlicesLeftOut | None]:
    """Give the largest slices, largest first, and what was left out.

    Parameters
    ----------
    state : SliceState
        The slices.
    by : str
        The column or cross.
    columns : sequence of str
        The columns to describe, in order.
    min_rows : int
        Slices with fewer rows are left out.
    num_rows : int
        How many rows all slices have together.
    """
    most = max(1, min(MOST_SLICES, MOST_SLICE_FEATURES // max(1, len(columns))))
    eligible = np.flatnonzero(state.complete & (state.rows >= min_rows))
    ordered = sorted(
        eligible.tolist(), key=lambda place: (-state.rows[place], _sort_key(state.keys[place]))
    )
    shown, places = ordered[:most], _Places.of(state)
    described = tuple(
        SliceStatistics(
            by,
            state.keys[place],
            int(state.rows[place]),
            tuple(_slice_feature(state, places, name, place) for name in columns),
        )
        for place in shown
    )
    num_left_out = len(state.keys) + state.num_dropped - len(shown)
    rows = num_rows - sum(piece.num_rows for piece in described)
    return described, SlicesLeftOut(by, num_left_out, rows) if num_left_out else None


def describe_cross(
    numbers: CoMoments, categories: CategoryPairs, columns: Sequence[tuple[str, FeatureType]]
) -> CrossStatistics:
    """Give every pair of columns, in the data's order.

    Parameters
    ----------
    numbers, categories : CoMoments, CategoryPairs
        The states.
    columns : sequence of (name, type)
        All columns, so that those in no pair can be named.
    """
    covariances, correlations = covariance(numbers), correlation(numbers)
    numeric = tuple(
        NumericPair(
            numbers.names[first],
            numbers.names[second],
            int(numbers.count[first, second]),
            _finite(covariances[first, second]),
            _finite(correlations[first, second]),
        )
        for first, second in combinations(range(len(numbers.names)), 2)
    )
    categorical = tuple(
        CategoryPair(first, second, int(table.sum()), cramers_v(table))
        for (first, second), table in categories.counts.items()
    )
    return CrossStatistics(numeric, categorical, tuple(_left_out(numbers, categories, columns)))


def describe_association(
    state: AssociationState, types: Mapping[str, FeatureType]
) -> LabelAssociation:
    """Give the association of every feature with the label, most informative first.

    Parameters
    ----------
    state : AssociationState
        What is known.
    types : mapping of str to FeatureType
        Of the features.
    """
    associations = [_association(state, name, types.get(name)) for name in state.missing]
    return LabelAssociation(
        state.classes.label,
        tuple(zip(state.classes.names, state.rows.tolist(), strict=True)),
        tuple(
            sorted(associations, key=lambda association: (-association.told, association.feature))
        ),
    )


def _sort_key(key: tuple[str | None, ...]) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in key]


def _slice_feature(state: SliceState, places: _Places, name: str, place: int) -> SliceFeature:
    missing = state.missing[places.columns[name]] if name in places.columns else state.rows
    feature = SliceFeature(name, int(missing[place]))
    if name in places.numbers:
        cell, moments = (places.numbers[name], place), state.moments
        count = int(moments.count[cell])
        if not count:
            return feature
        spread = _finite(math.sqrt(moments.squares[cell] / count))
        low, high = float(moments.low[cell]), float(moments.high[cell])
        return SliceFeature(
            name, feature.num_missing, _finite(moments.mean[cell]), spread, low, high
        )
    table = state.texts.get(name)
    if table is None:
        return feature
    return SliceFeature(name, feature.num_missing, top_values=_top_values(table, place))


def _top_values(table: CountsByGroup, place: int) -> tuple[tuple[str, int], ...]:
    counts = table.counts[place]
    cut = np.partition(counts, -TOP_VALUES)[-TOP_VALUES] if len(counts) > TOP_VALUES else 0
    values = [
        (table.values[column], int(counts[column]))
        for column in np.flatnonzero(counts >= max(1, cut))
    ]
    return tuple(sorted(values, key=lambda pair: (-pair[1], pair[0]))[:TOP_VALUES])


def _left_out(
    numbers: CoMoments, categories: CategoryPairs, columns: Sequence[tuple[str, FeatureType]]
) -> Iterator[tuple[str, str]]:
    """Each column that is in no pair, and why."""
    for name, type_ in columns:
        if type_ in ("int", "float") and name not in numbers.names:
            yield name, f"only the first {len(numbers.names)} columns of numbers are related"
        elif type_ in TEXTS and name not in categories.values:
            yield name, f"only the first {len(categories.values)} columns of texts are related"
        elif type_ in TEXTS and categories.values[name] is None:
            yield name, f"more than {MOST_VALUES} different values"


def _association(state: AssociationState, name: str, type_: FeatureType | None) -> Association:
    if name in state.numbers:
        binned = state.numbers[name]
        format_top = _day if type_ in TIMES else "{:.6g}".format
        names, table = _bin_names(binned.bins, format_top), binned.counts.T
    elif name in state.texts:
        names, table = state.texts[name].values, state.texts[name].counts.T
    else:
        names, table = (), np.zeros((0, len(state.rows)), np.int64)
    table = np.vstack([table, state.missing[name]])
    # In an order of its own, so that sums do not depend on which value came first.
    shared = shared_information(table[np.lexsort(table.T)])
    return Association(
        name,
        shared.mutual_information,
        shared.adjusted,
        shared.told,
        _lifts((*names, MISSING), table, state.classes.names)
        if len(names) == len(table) - 1
        else (),
    )


def _day(microseconds: float) -> str:
    most = 2**63 - 1  # one less is no moment for NumPy
    clipped = min(max(int(microseconds), -most), most)
    return str(np.datetime64(clipped, "us").astype("datetime64[m]"))


def _bin_names(bins: NumberBins, format_top: Callable[[float], str]) -> tuple[str, ...]:
    texts = [format_top(top) for top in bins.tops]
    return tuple(texts) if bins.are_values else interval_names(texts[:-1])


def _lifts(names: Sequence[str], table: Array, classes: Sequence[str]) -> tuple[Lift, ...]:
    """The cells whose share differs most, in ratio; of two classes only those of the second."""
    rows, columns, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    shown = [1] if len(classes) == 2 else range(len(classes))
    lifts = [
        Lift(
            names[row],
            classes[column],
            int(rows[row]),
            float(table[row, column] * total / (rows[row] * columns[column])),
        )
        for row in np.flatnonzero(rows >= MIN_LIFT_ROWS).tolist()
        for column in shown
        if columns[column]
    ]
    # Half a row more, so that a class that never occurs does not outweigh everything.
    strength = {
        id(lift): abs(math.log((lift.lift * lift.num_rows + 0.5) / (lift.num_rows + 0.5)))
        for lift in lifts
    }
    return tuple(
        sorted(lifts, key=lambda lift: (-strength[id(lift)], lift.value, lift.label))[:MOST_LIFTS]
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
