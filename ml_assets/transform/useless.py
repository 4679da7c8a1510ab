"""Finds columns that nothing can be learnt from, with the reason."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml_assets.transform.encoding import VOCABULARIES
from ml_assets.transform.manifest import FeatureColumn

# A value that fewer rows have cannot be learnt from, and may be gone from a subsample of them: a
# column without any value makes scikit-learn's HistGradientBoosting fail.
_MIN_ROWS = 2
_MIN_SHARE = 0.0002
# A text column with more different values than this share of its rows names rows, it groups none.
_ID_SHARE = 0.5
_ID_MIN_VALUES = 50


def useless_features(
    features: Sequence[FeatureColumn], matrix: npt.NDArray[np.float64], min_category_count: int
) -> dict[str, str]:
    """Give the features without information in the training split, each with the reason.

    Parameters
    ----------
    features : sequence of FeatureColumn
        The features.
    matrix : ndarray
        Their values in the training split, one column each.
    min_category_count : int
        How often a category must be seen to get a code of its own.
    """
    reasons = {
        feature.name: _useless_reason(feature, matrix[:, position], min_category_count)
        for position, feature in enumerate(features)
    }
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _useless_reason(
    feature: FeatureColumn, values: npt.NDArray[np.float64], min_category_count: int
) -> str | None:
    rows, floor = len(values), max(_MIN_ROWS, len(values) * _MIN_SHARE)
    present = values[~np.isnan(values)]
    if not len(present):
        return "has no value in the training split"
    if len(present) < floor:
        return f"has a value in only {len(present):,} of {rows:,} training rows"
    # One value and enough gaps still tell something: whether there is a value.
    if present.min() == present.max() and rows - len(present) < floor:
        if feature.encoding in VOCABULARIES and min_category_count > 1:
            return f"has at most one value that is seen {min_category_count} times in training"
        return "has the same value in every training row"
    return None


def why_it_names_rows(column: "pd.Series[Any]") -> str | None:
    """Say why a text column cannot be learnt from, as it names its rows; None if it groups them."""
    present, distinct = int(column.count()), int(column.nunique())
    if distinct < _ID_MIN_VALUES or distinct <= present * _ID_SHARE:
        return None
    return f"names its rows: {distinct:,} different values in {present:,} training rows"
