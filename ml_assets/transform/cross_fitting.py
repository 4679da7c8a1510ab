"""Finds target encodings whose training values were made with the row's own label.

A category's mean over all rows has the label of each of them in it, and the rarer the category, the more
of it: a model that is trained on that learns to read its own label, which is not there when it serves.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml_assets.transform.manifest import FeatureColumn

Floats = npt.NDArray[np.float64]


def find_uncrossed(
    features: Sequence[FeatureColumn],
    training: pd.DataFrame,
    served: Mapping[str, Floats],
    raw: pd.DataFrame,
    label: npt.NDArray[Any],
) -> dict[str, str]:
    """Give the target encodings whose training values are not cross-fitted, each with the reason.

    They are what is served, in every row, although without the row's own label some category has
    another mean. That none has is only so where each category has two rows or more, of one label.

    Parameters
    ----------
    features : sequence of FeatureColumn
        The features; only those in `served` are looked at.
    training : DataFrame
        The training rows of the feature table.
    served : mapping of str to ndarray
        What the fitted transform gives for the same rows, by feature.
    raw : DataFrame
        The same rows as they are read.
    label : ndarray
        Their label.
    """
    return {
        feature.name: "is a target encoding that is not cross-fitted: its training rows know their label"
        for feature in features
        if feature.name in served
        and np.array_equal(training[feature.name].to_numpy(), served[feature.name], equal_nan=True)
        and _own_label_matters(raw[list(feature.sources)], label)
    }


def _own_label_matters(columns: pd.DataFrame, label: npt.NDArray[Any]) -> bool:
    """Whether a category has one row only, or rows of different labels."""
    labels_by_category = pd.Series(label).groupby(
        columns.groupby(list(columns), dropna=False).ngroup().to_numpy()
    )
    return bool(
        (labels_by_category.size() == 1).any()
        or (labels_by_category.min() != labels_by_category.max()).any()
    )
