"""The mergeable state of columns together: slices, pairs of columns, association with the label.

`Plan` says what is wanted; a batch becomes a `RelationsState`, and states are merged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml_assets.statistics.association_state import (
    AssociationState,
    association_state,
    merge_associations,
)
from ml_assets.statistics.batch_columns import NUMBERS, TEXTS, BatchColumns
from ml_assets.statistics.category_pairs import CategoryPairs, category_pairs, merge_pairs
from ml_assets.statistics.comoments import CoMoments, comoments, merge_comoments
from ml_assets.statistics.label_classes import LabelClasses
from ml_assets.statistics.model import FeatureType
from ml_assets.statistics.number_bins import NumberBins
from ml_assets.statistics.points import Array
from ml_assets.statistics.slice_batch import slice_states
from ml_assets.statistics.slice_state import SliceState, merge_slices

# Every pair costs time and space; of a wide table the first columns are related to each other.
MOST_NUMBERS = 50
MOST_TEXTS = 12


@dataclass(frozen=True)
class Plan:
    """What is to be known of columns together.

    Attributes
    ----------
    columns : tuple of str
        The columns that are described, in the data's order.
    slices : tuple of str
        Columns, and crosses of columns written ``a,b``.
    cross_features : bool
        Whether pairs of columns are looked at.
    label : LabelClasses, optional
        The label to which the association of every other column is measured.
    bins : mapping of str to NumberBins
        For that, those of each column of numbers or times.
    label_rows : tuple of (column, value), optional
        The association is of the rows with this value in that column; by default of all.
    min_slice_rows : int
        Slices with fewer rows are left out.
    """

    columns: tuple[str, ...]
    slices: tuple[str, ...] = ()
    cross_features: bool = False
    label: LabelClasses | None = None
    bins: Mapping[str, NumberBins] = field(default_factory=dict)
    label_rows: tuple[str, str] | None = None
    min_slice_rows: int = 100


@dataclass(frozen=True)
class RelationsState:
    """What is known of the rows seen so far; None for what is not wanted.

    Attributes
    ----------
    num_rows : int
        How many rows were seen.
    types : mapping of str to FeatureType
        Of the plan's columns.
    slices : mapping of str to SliceState
        For each column or cross of the plan.
    numbers, categories : CoMoments, CategoryPairs, optional
        Of pairs of columns.
    association : AssociationState, optional
        With the label.
    """

    num_rows: int
    types: Mapping[str, FeatureType]
    slices: Mapping[str, SliceState]
    numbers: CoMoments | None = None
    categories: CategoryPairs | None = None
    association: AssociationState | None = None


def relations_of(batches: Iterable[Any], plan: Plan) -> RelationsState | None:
    """Give the state of the rows of all batches; None where there is no batch.

    Raises
    ------
    DataError
        If slices are by a column, or the label is one, whose values are nested.
    """
    merged: RelationsState | None = None
    for batch in batches:
        state = relations_state(batch, plan)
        merged = merge_relations(merged, state) if merged else state
    return merged


def relations_state(batch: Any, plan: Plan) -> RelationsState:
    """Give the state of an Arrow record batch; columns of the plan that it lacks are missing in it."""
    columns = BatchColumns(batch)
    names = [name for name in plan.columns if name in columns.types]
    crosses = plan.cross_features
    return RelationsState(
        columns.num_rows,
        {name: columns.types[name] for name in names},
        slice_states(columns, plan.slices, names),
        comoments(columns, _first_columns(columns, names, NUMBERS)) if crosses else None,
        category_pairs(columns, _first_columns(columns, names, TEXTS)) if crosses else None,
        _association(columns, plan, plan.label, names) if plan.label else None,
    )


def merge_relations(first: RelationsState, second: RelationsState) -> RelationsState:
    """Give the state of both parts, which are of one plan, together."""
    return RelationsState(
        first.num_rows + second.num_rows,
        {**second.types, **{name: type_ for name, type_ in first.types.items() if type_ != "null"}},
        {by: merge_slices(state, second.slices[by]) for by, state in first.slices.items()},
        first.numbers and second.numbers and merge_comoments(first.numbers, second.numbers),
        first.categories and second.categories and merge_pairs(first.categories, second.categories),
        first.association
        and second.association
        and merge_associations(first.association, second.association),
    )


def _association(
    columns: BatchColumns, plan: Plan, label: LabelClasses, names: Sequence[str]
) -> AssociationState:
    codes = label.codes(columns)
    if plan.label_rows is not None:
        codes = np.where(_has_value(columns, *plan.label_rows), codes, -1)
    features = [name for name in names if name != label.label]
    return association_state(columns, label, codes, features, plan.bins)


def _has_value(columns: BatchColumns, name: str, value: str) -> Array:
    coded = columns.coded(name)
    places = {text: place for place, text in enumerate(coded.values.to_pylist())}
    matches: Array = coded.codes == places.get(value, -2)
    return matches


def _first_columns(columns: BatchColumns, names: Sequence[str], types: Sequence[str]) -> list[str]:
    most = MOST_NUMBERS if types is NUMBERS else MOST_TEXTS
    return [name for name in names if columns.types[name] in types][:most]
