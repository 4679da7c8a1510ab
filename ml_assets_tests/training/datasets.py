"""scikit-learn's small data sets as raw columns, features and training data."""

import functools
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from ml_assets.spec import Task
from ml_assets.training.data import Examples, TrainingData
from ml_assets.transform.fit import FittedTransform, fit_transform
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

_LOADERS = {"binary": load_breast_cancer, "multiclass": load_wine, "regression": load_diabetes}
_CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}


def raw(task: Task) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Give shuffled raw columns, one of them text with gaps, and the label."""
    frame, label = _LOADERS[task](return_X_y=True, as_frame=True)
    frame.columns = [str(name).replace(" ", "_") for name in frame.columns]
    first = frame.iloc[:, 0]
    sizes = pd.cut(first, [-np.inf, first.quantile(0.3), first.quantile(0.7), np.inf])
    frame["size"] = sizes.cat.rename_categories(["small", "middle", "large"]).astype("str")
    frame.loc[::9, "size"] = None
    frame.iloc[::7, 1] = np.nan
    order = np.random.default_rng(0).permutation(len(frame))
    return frame.iloc[order].reset_index(drop=True), label.to_numpy()[order]


@functools.cache
def fitted(task: Task) -> tuple[FittedTransform, TrainingData]:
    """Give the transform, fitted on the first 60 %, and the training data with an eval split."""
    frame, label = raw(task)
    cut, end = int(len(frame) * 0.6), int(len(frame) * 0.8)
    types = {str(name): "string" if name == "size" else "float" for name in frame}
    transform = fit_transform(frame[:cut], types, TransformSpec(), Roles())
    matrix = transform.apply(frame).to_numpy()
    label = label.astype("float64" if task == "regression" else "int64")
    train, evaluation = (
        Examples(matrix[rows], label[rows]) for rows in (slice(0, cut), slice(cut, end))
    )
    categorical = transform.manifest.categorical
    return transform, TrainingData(task, train, evaluation, categorical, _CLASSES[task])


def held_out(task: Task) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Give the last 20 % as raw columns and label."""
    frame, label = raw(task)
    end = int(len(frame) * 0.8)
    return frame[end:], label[end:]
