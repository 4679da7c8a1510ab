"""The state of a block of spans: of each split's columns, of the label, and of columns together.

It depends on the block's own rows only, so that it can be kept for every window that has the block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.statistics.arrow_input import STATE_ROWS, wanted_columns
from ml_assets.statistics.association_bins import fine_bins, fine_classes
from ml_assets.statistics.feature_state import FeatureState, feature_state, merge_features
from ml_assets.statistics.parquet_input import parquet_parts
from ml_assets.statistics.relations import columns_of
from ml_assets.statistics.relations_state import Plan, RelationsState, relations_of
from ml_assets.statistics.span_blocks import Span
from ml_assets.statistics.split_states import (
    States,
    cut,
    rows_of,
    split_states,
    states_without_rows,
)
from ml_assets.table import SPLIT, Table

TRAINING = (SPLIT, "train")


@dataclass(frozen=True)
class StateOptions:
    """What the states of spans hold.

    Attributes
    ----------
    weight_column : str, optional
        The column with the rows' weights.
    slices : tuple of str
        Columns, and crosses of columns written ``a,b``.
    cross_features : bool
        Whether pairs of columns are looked at.
    label : str, optional
        The column to which the association of every other one is measured, on the training rows.
    """

    weight_column: str | None = None
    slices: tuple[str, ...] = ()
    cross_features: bool = False
    label: str | None = None

    @property
    def columns_together(self) -> bool:
        """Whether whole rows have to be read."""
        return bool(self.slices or self.cross_features or self.label)


@dataclass(frozen=True)
class BlockState:
    """What is known of a block's rows.

    Attributes
    ----------
    splits : dict of str to DatasetState
        The columns, by split.
    label : FeatureState, optional
        The label of the training rows, where it is wanted.
    relations : RelationsState, optional
        Columns together, where that is wanted; the association with the label by classes and bins of
        the block's own.
    """

    splits: States
    label: FeatureState | None = None
    relations: RelationsState | None = None


def block_states(
    table: Table, blocks: Sequence[Span], options: StateOptions
) -> Iterator[BlockState]:
    """Give the states of blocks that follow each other, in order.

    Parameters
    ----------
    table : Table
        With a `SPLIT` column.
    blocks : sequence of Span
        Its blocks, at least one.
    options : StateOptions
        What the states hold.

    Raises
    ------
    DataError
        Naming all columns of `options` that the table lacks, or those that are nested.
    """
    splits = split_states(table, blocks, options.weight_column)
    if not options.columns_together:
        yield from map(BlockState, splits)
        return
    labels = _label_states(table, blocks, options.label)
    for states, label, rows in zip(
        splits, labels, _whole_rows(table, blocks, options), strict=True
    ):
        plan = _plan(table, states, label, options)
        yield BlockState(states, label, relations_of(rows, plan))


def state_without_rows(table: Table, options: StateOptions) -> BlockState:
    """Give the state of a table without rows, whose columns have their types all the same."""
    splits = states_without_rows(table, options.weight_column)
    if not options.columns_together:
        return BlockState(splits)
    empty = pa.RecordBatch.from_pylist([], schema=table.schema)
    label = feature_state(empty.column(options.label)) if options.label else None
    return BlockState(splits, label, relations_of([empty], _plan(table, splits, label, options)))


def _plan(table: Table, states: States, label: FeatureState | None, options: StateOptions) -> Plan:
    classes = fine_classes(options.label, label) if options.label and label else None
    return Plan(
        tuple(wanted_columns(table.columns, None)),
        options.slices,
        options.cross_features,
        classes,
        fine_bins(states[TRAINING[1]].features, classes) if classes else {},
        TRAINING,
    )


def _label_states(
    table: Table, blocks: Sequence[Span], label: str | None
) -> Sequence[FeatureState | None]:
    if label is None:
        return [None] * len(blocks)
    column, split = wanted_columns(table.columns, [label]), TRAINING[0]
    ((_, batches),) = parquet_parts(table.files, column, [split], STATE_ROWS, rows_of(blocks))
    return [_label_state(label, rows) for rows in cut(batches, blocks)]


def _label_state(name: str, batches: Iterator[Any]) -> FeatureState | None:
    label: FeatureState | None = None
    for batch in batches:
        training = batch.filter(pc.equal(batch.column(TRAINING[0]), TRAINING[1]))
        state = feature_state(training.column(name))
        label = merge_features(name, label, state) if label else state
    return label


def _whole_rows(
    table: Table, blocks: Sequence[Span], options: StateOptions
) -> Iterator[Iterator[Any]]:
    """Each block's rows, with all columns that are looked at together."""
    names = [*wanted_columns(table.columns, None), SPLIT]
    names += [column for by in options.slices for column in columns_of(by)]
    names += [options.label] if options.label else []
    first, *others = wanted_columns(table.columns, list(dict.fromkeys(names)))
    ((_, batches),) = parquet_parts(table.files, [first], others, STATE_ROWS, rows_of(blocks))
    return cut(batches, blocks)
