"""The states of a table's spans, of which those that were computed before are not computed again.

A window over spans is a merge, not a second pass: the state of each block of spans is kept under a digest
of its content, and only blocks that have none are read. Statistics are the same bytes whichever states
were there already.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Protocol

from ml_assets import durable
from ml_assets.statistics.association_bins import shown_bins
from ml_assets.statistics.association_state import (
    AssociationState,
    merge_associations,
    regrouped,
)
from ml_assets.statistics.block_state import (
    TRAINING,
    BlockState,
    StateOptions,
    block_states,
    state_without_rows,
)
from ml_assets.statistics.dataset_state import merge_states
from ml_assets.statistics.feature_state import merge_features
from ml_assets.statistics.label_classes import label_classes
from ml_assets.statistics.relations_state import merge_relations
from ml_assets.statistics.span_blocks import Span, blocks_of
from ml_assets.statistics.state_file import from_bytes, to_bytes
from ml_assets.table import Table


class StateCache(Protocol):
    """Where states are kept between runs."""

    def get(self, digest: str) -> BlockState | None:
        """Give the state that was kept for a block's content, or None."""

    def put(self, digest: str, state: BlockState) -> None:
        """Keep the state of a block."""


@dataclass(frozen=True)
class StateFolder:
    """States in files of a folder, one for each block.

    Attributes
    ----------
    folder : Path
        For one version of the code and one set of options.
    """

    folder: Path

    def get(self, digest: str) -> BlockState | None:
        """Give the state that was kept for a block's content; None too where the file is damaged."""
        try:
            return from_bytes(self._path(digest).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def put(self, digest: str, state: BlockState) -> None:
        """Keep the state of a block."""
        durable.write_bytes(self._path(digest), to_bytes(state))

    def keep_only(self, blocks: Iterable[Span]) -> None:
        """Remove the states of all other blocks."""
        digests = {block.digest for block in blocks}
        for path in self.folder.glob("*.arrow"):
            if path.stem not in digests:
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.arrow"


def window_state(
    table: Table, spans: Sequence[Span], options: StateOptions, cache: StateCache | None = None
) -> BlockState:
    """Give the state of all spans together.

    Parameters
    ----------
    table : Table
        With a `SPLIT` column.
    spans : sequence of Span
        Its spans, in order.
    options : StateOptions
        What the states hold.
    cache : StateCache, optional
        Where the states of blocks are looked up, and put.

    Returns
    -------
    BlockState
        The association with the label by the classes and bins that are shown.

    Raises
    ------
    DataError
        If a column has different types in two spans, or its columns cannot be described as wanted.
    """
    merged: BlockState | None = None
    associations: list[AssociationState] = []
    for state in _states_of_blocks(table, blocks_of(spans), options, cache):
        if state.relations and state.relations.association:
            # Merged last, because the window's classes and bins are not known yet.
            associations.append(state.relations.association)
            state = replace(state, relations=replace(state.relations, association=None))
        merged = _merge_blocks(merged, state, options) if merged else state
    merged = merged or state_without_rows(table, options)
    return _with_association(merged, associations, options)


def _states_of_blocks(
    table: Table, blocks: Sequence[Span], options: StateOptions, cache: StateCache | None
) -> Iterator[BlockState]:
    """The states of all blocks; those not in the cache that follow each other are read in one pass."""
    uncached: list[Span] = []
    for block in blocks:
        state = cache.get(block.digest) if cache else None
        if state is None:
            uncached.append(block)
            continue
        yield from _compute(table, uncached, options, cache)
        uncached = []
        yield state
    yield from _compute(table, uncached, options, cache)


def _compute(
    table: Table, blocks: Sequence[Span], options: StateOptions, cache: StateCache | None
) -> Iterator[BlockState]:
    if not blocks:
        return
    for block, state in zip(blocks, block_states(table, blocks, options), strict=True):
        if cache:
            cache.put(block.digest, state)
        yield state


def _merge_blocks(first: BlockState, second: BlockState, options: StateOptions) -> BlockState:
    splits = {
        name: merge_states([state, second.splits[name]]) for name, state in first.splits.items()
    }
    label, relations = first.label, first.relations
    if options.label and first.label and second.label:
        label = merge_features(options.label, first.label, second.label)
    if first.relations and second.relations:
        relations = merge_relations(first.relations, second.relations)
    return BlockState(splits, label, relations)


def _with_association(
    state: BlockState, associations: Sequence[AssociationState], options: StateOptions
) -> BlockState:
    if not (options.label and state.label and state.relations):
        return state
    classes = label_classes(options.label, state.label)
    bins = shown_bins(state.splits[TRAINING[1]].features)
    shown = (regrouped(association, classes, bins) for association in associations)
    return replace(
        state, relations=replace(state.relations, association=reduce(merge_associations, shown))
    )
