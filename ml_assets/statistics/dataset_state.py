"""The mergeable state of a data set: one `FeatureState` for each column.

States are immutable and form a monoid: they can be made of any batches, in any order, on any machine, and
merged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_assets.statistics.feature_state import (
    FeatureState,
    feature_state,
    merge_features,
    without_values,
)
from ml_assets.statistics.weighted_state import (
    NO_FAULTS,
    WeightFaults,
    merge_faults,
    read_weights,
)


@dataclass(frozen=True)
class DatasetState:
    """What is known of the rows seen so far.

    Attributes
    ----------
    num_rows : int
        How many rows were seen.
    features : mapping of str to FeatureState
        The columns, in order. A column that some parts lack is missing in all of their rows.
    weight : float, optional
        The sum of the rows' weights, where they have weights.
    weight_faults : WeightFaults
        The number of invalid weights, by kind.
    """

    num_rows: int = 0
    features: Mapping[str, FeatureState] = field(default_factory=dict)
    weight: float | None = None
    weight_faults: WeightFaults = NO_FAULTS


def batch_state(
    batch: Any, columns: Sequence[str] | None = None, weight_column: str | None = None
) -> DatasetState:
    """Give the state of one Arrow record batch.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        The rows.
    columns : sequence of str, optional
        The columns to describe, all by default; those that it lacks are left out.
    weight_column : str, optional
        The column with the rows' weights.

    Raises
    ------
    DataError
        If the weights are not numbers.
    """
    names = batch.schema.names
    wanted = [name for name in names if columns is None or name in columns]
    if weight_column is None:
        features = {name: feature_state(batch.column(name)) for name in wanted}
        return DatasetState(batch.num_rows, features)
    weights, faults = read_weights(batch.column(weight_column), weight_column)
    features = {name: feature_state(batch.column(name), weights) for name in wanted}
    return DatasetState(batch.num_rows, features, float(weights.sum()), faults)


def merge_states(states: Iterable[DatasetState]) -> DatasetState:
    """Give the state of all parts together.

    Raises
    ------
    DataError
        If a column has different types in two parts.
    """
    merged = DatasetState()
    for state in states:
        merged = _merge_two(merged, state)
    return merged


def join_columns(states: Iterable[DatasetState]) -> DatasetState:
    """Give the state of the same rows whose columns several states describe."""
    parts = list(states)
    features = {name: feature for part in parts for name, feature in part.features.items()}
    if not parts:
        return DatasetState()
    return DatasetState(parts[0].num_rows, features, parts[0].weight, parts[0].weight_faults)


def _merge_two(first: DatasetState, second: DatasetState) -> DatasetState:
    if not first.num_rows and not first.features:
        return second
    names = dict.fromkeys([*first.features, *second.features])
    features = {
        name: merge_features(name, _feature(first, name), _feature(second, name)) for name in names
    }
    weights = [state.weight for state in (first, second) if state.weight is not None]
    return DatasetState(
        first.num_rows + second.num_rows,
        features,
        sum(weights) if weights else None,
        merge_faults(first.weight_faults, second.weight_faults),
    )


def _feature(state: DatasetState, name: str) -> FeatureState:
    feature = state.features.get(name)
    return without_values(state.num_rows, state.weight) if feature is None else feature
