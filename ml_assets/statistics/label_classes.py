"""The classes of a label, to which features' association is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml_assets.errors import DataError
from ml_assets.statistics.batch_columns import BatchColumns
from ml_assets.statistics.category_state import CategoryState
from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.number_bins import number_bins
from ml_assets.statistics.numeric_state import NumericState
from ml_assets.statistics.points import Array

MOST_CLASSES = 20
# A label of more different numbers is put between its deciles.
NUM_PARTS = 10
OTHER = "other values"


@dataclass(frozen=True)
class LabelClasses:
    """The classes that rows are put into by their label.

    Attributes
    ----------
    label : str
        The column.
    names : tuple of str
        The classes, for a person.
    tops : tuple of float, optional
        Of a label of numbers the greatest in each class, increasing.
    """

    label: str
    names: tuple[str, ...]
    tops: tuple[float, ...] | None = None

    def codes(self, columns: BatchColumns) -> Array:
        """Give each row's class; -1 where it has no label."""
        if self.tops is not None:
            values = columns.numbers(self.label)
            return np.where(np.isnan(values), -1, np.searchsorted(self.tops[:-1], values))
        coded = columns.coded(self.label)
        return np.append(self._places(coded.values.to_pylist()), -1)[coded.codes]

    def places_in(self, fewer: "LabelClasses") -> Array:
        """Give, for each class, the one of other classes in which it lies."""
        if self.tops is not None and fewer.tops is not None:
            return np.searchsorted(fewer.tops[:-1], self.tops)
        return fewer._places(self.names)

    def _places(self, values: Sequence[str]) -> Array:
        places = {name: place for place, name in enumerate(self.names)}
        other = places.get(OTHER, -1)
        return np.array([places.get(value, other) for value in values], np.int64)


def label_classes(name: str, label: FeatureState) -> LabelClasses:
    """Give the classes of a label.

    Parameters
    ----------
    name : str
        The column.
    label : FeatureState
        Its state. Numbers of which there are more than `MOST_CLASSES` different ones are put between
        deciles; of texts that are as many, the most frequent are told apart.

    Raises
    ------
    DataError
        If it has no value, or is neither of numbers nor of texts.
    """
    classes = classes_of(name, label, MOST_CLASSES, NUM_PARTS)
    if classes is not None:
        return classes
    kind = "has no value" if label.num_rows == label.num_missing else f"is of type {label.type}"
    raise DataError(
        f"the label '{name}' {kind}; association needs a label of numbers, texts or booleans."
    )


def classes_of(name: str, label: FeatureState, most: int, parts: int) -> LabelClasses | None:
    """Give the classes of a label, or None where it has none.

    Parameters
    ----------
    name, label
        As in `label_classes`.
    most : int
        So many different values are a class each; of more texts so many classes are made.
    parts : int
        Between how many quantiles more numbers are put.
    """
    match label.described:
        case NumericState(extremes=tuple()):
            return _number_classes(name, label, most, parts)
        case CategoryState() as texts if texts.num_values:
            return _text_classes(name, texts, most)
        case _:
            return None


def _number_classes(name: str, label: FeatureState, most: int, parts: int) -> LabelClasses | None:
    bins = number_bins(label, most, parts)
    if bins is None:
        return None
    tops = tuple(bins.tops.tolist())
    texts = [f"{top:.6g}" for top in tops]
    return LabelClasses(name, tuple(texts) if bins.are_values else interval_names(texts[:-1]), tops)


def _text_classes(name: str, label: CategoryState, most: int) -> LabelClasses:
    if label.hashes is None and len(label.values) <= most:
        return LabelClasses(name, tuple(sorted(label.values.to_pylist())))
    frequent = [value for value, _ in label.most_frequent(most - 1)]
    return LabelClasses(name, (*sorted(frequent), OTHER))


def interval_names(edges: Sequence[str]) -> tuple[str, ...]:
    """Give the names of the ranges between edges, those below the first and above the last too."""
    if not edges:
        return ("any value",)
    inner = (f"{low} to {high}" for low, high in pairwise(edges))
    return (f"up to {edges[0]}", *inner, f"above {edges[-1]}")
