"""The classes of a label, to which features' association is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml_assets.errors import DataError
from ml_assets.statistics.batch_columns import BatchColumns
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.statistics.points import Array

MOST_CLASSES = 20
OTHER = "other values"


@dataclass(frozen=True)
class LabelClasses:
    """How rows are told apart by their label.

    Attributes
    ----------
    label : str
        The column.
    names : tuple of str
        The classes, for a person.
    edges : tuple of float, optional
        Of a label of numbers: class i is above edge i - 1 and at most edge i.
    """

    label: str
    names: tuple[str, ...]
    edges: tuple[float, ...] | None = None

    def codes(self, columns: BatchColumns) -> Array:
        """Give each row's class; -1 where it has no label."""
        if self.edges is not None:
            values = columns.numbers(self.label)
            return np.where(np.isnan(values), -1, np.searchsorted(self.edges, values))
        coded = columns.coded(self.label)
        known = {name: place for place, name in enumerate(self.names)}
        rest = known.get(OTHER, -1)
        places = [known.get(value, rest) for value in coded.values.to_pylist()]
        return np.array([*places, -1], np.int64)[coded.codes]


def label_classes(label: FeatureStatistics) -> LabelClasses:
    """Give the classes of a label, from its statistics.

    Parameters
    ----------
    label : FeatureStatistics
        Of the label's column. Numbers of which there are more than `MOST_CLASSES` different ones are
        put between deciles; of texts that are as many, the most frequent are told apart.

    Raises
    ------
    DataError
        If it has no value, or is neither of numbers nor of texts.
    """
    if label.numeric is not None and label.numeric.quantiles:
        return _of_numbers(label.name, label.numeric)
    if label.string is not None and label.string.value_counts:
        values = tuple(value for value, _ in label.string.value_counts)
        if len(values) <= MOST_CLASSES:
            return LabelClasses(label.name, tuple(sorted(values)))
        return LabelClasses(label.name, (*sorted(values[: MOST_CLASSES - 1]), OTHER))
    kind = "has no value" if not label.num_non_missing else f"is of type {label.type}"
    raise DataError(
        f"the label '{label.name}' {kind}; association needs a label of numbers, texts or booleans."
    )


def _of_numbers(name: str, label: NumericStatistics) -> LabelClasses:
    if label.unique <= MOST_CLASSES and label.unique_is_exact:
        values = [float(value) for value, _ in label.distribution]
        return LabelClasses(name, tuple(f"{v:.6g}" for v in values), tuple(values[:-1]))
    edges = tuple(dict.fromkeys(float(edge) for edge in label.quantiles[2:-1:2]))
    return LabelClasses(name, interval_names([f"{edge:.6g}" for edge in edges]), edges)


def interval_names(edges: Sequence[str]) -> tuple[str, ...]:
    """Give the names of the ranges between edges, those below the first and above the last too."""
    if not edges:
        return ("any value",)
    inner = (f"{low} to {high}" for low, high in pairwise(edges))
    return (f"up to {edges[0]}", *inner, f"above {edges[-1]}")
