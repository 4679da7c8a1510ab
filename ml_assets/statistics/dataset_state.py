"""The mergeable state of a data set: one `FeatureState` for each column.

States are immutable and form a monoid: they can be made of any batches, in any order, on any machine, and
merged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_assets.statistics.feature_state import FeatureState, feature_state, merge_features


@dataclass(frozen=True)
class DatasetState:
    """What is known of the rows seen so far.

    Attributes
    ----------
    num_rows : int
        How many rows were seen.
    features : mapping of str to FeatureState
        The columns, in order. A column that some parts lack is missing in all of their rows.
    """

    num_rows: int = 0
    features: Mapping[str, FeatureState] = field(default_factory=dict)


def batch_state(batch: Any) -> DatasetState:
    """Give the state of one Arrow record batch."""
    features = {
        name: feature_state(array)
        for name, array in zip(batch.schema.names, batch.columns, strict=True)
    }
    return DatasetState(batch.num_rows, features)


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
    """Give the state of the same rows that other states describe by other columns each."""
    num_rows, features = 0, dict[str, FeatureState]()
    for state in states:
        num_rows = max(num_rows, state.num_rows)
        features.update(state.features)
    return DatasetState(num_rows, features)


def _merge_two(first: DatasetState, second: DatasetState) -> DatasetState:
    names = dict.fromkeys([*first.features, *second.features])
    features = {
        name: merge_features(name, _feature(first, name), _feature(second, name)) for name in names
    }
    return DatasetState(first.num_rows + second.num_rows, features)


def _feature(state: DatasetState, name: str) -> FeatureState:
    absent = FeatureState("null", state.num_rows, state.num_rows, None)
    return state.features.get(name, absent)
