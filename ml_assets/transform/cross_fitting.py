"""Finds target encodings whose training values were made with the row's own label.

A category's mean over all rows has the label of each of them in it, and the rarer the category, the more
of it: a model trained on that learns to read its own label, which is not there when it serves.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def find_uncrossed(
    training: Mapping[str, Floats], served: Mapping[str, Floats], label: npt.NDArray[Any]
) -> dict[str, str]:
    """Give the target encodings whose training values are not cross-fitted, each with the reason.

    They are what is served, in every row, although folds without the row's own label would give some
    category another mean. That they would not is only so where each category has one label throughout.

    Parameters
    ----------
    training : mapping of str to ndarray
        The values of the training rows in the feature table, by feature.
    served : mapping of str to ndarray
        What the fitted transform gives for the same rows.
    label : ndarray
        Their label.
    """
    return {
        name: "is a target encoding that is not cross-fitted: training rows have their own label in it"
        for name, values in served.items()
        if np.array_equal(values, training[name], equal_nan=True)
        and _folds_would_differ(values, label)
    }


def _folds_would_differ(served: Floats, label: npt.NDArray[Any]) -> bool:
    """Whether a category has rows of different labels, or one row only; equal means are one category."""
    _, category, rows = np.unique(served, return_inverse=True, return_counts=True)
    order = np.lexsort((label, category))
    same = category[order][1:] == category[order][:-1]
    return bool((same & (label[order][1:] != label[order][:-1])).any() or (rows == 1).any())
