"""What is known of columns together: from rows, in one pass, or from a state that was merged before."""

from collections.abc import Iterable
from typing import Any

from ml_assets.statistics.describe_relations import (
    describe_association,
    describe_cross,
    describe_slices,
)
from ml_assets.statistics.relations import Relations
from ml_assets.statistics.relations_state import Plan, RelationsState, relations_of


def relate(batches: Iterable[Any], plan: Plan) -> Relations:
    """Give what the plan wants of the rows of all batches.

    Raises
    ------
    DataError
        If slices are by a column, or the label is one, whose values are nested.
    """
    state = relations_of(batches, plan)
    return describe_relations(state, plan) if state else Relations()


def describe_relations(state: RelationsState, plan: Plan) -> Relations:
    """Give what is known of the rows of a state."""
    slices = [
        describe_slices(slice_state, by, plan.columns, plan.min_slice_rows, state.num_rows)
        for by, slice_state in state.slices.items()
    ]
    types = [(name, state.types.get(name, "null")) for name in plan.columns]
    return Relations(
        tuple(piece for described, _ in slices for piece in described),
        tuple(left_out for _, left_out in slices if left_out is not None),
        describe_cross(state.numbers, state.categories, types)
        if state.numbers and state.categories
        else None,
        describe_association(state.association, state.types) if state.association else None,
    )
