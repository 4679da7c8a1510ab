"""What a fitted estimator predicts, in the one form that every room uses."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ml_assets.spec import Task

Predictions = npt.NDArray[np.float64]


def predict_scores(model: Any, rows: Any, task: Task, classes: int) -> Predictions:
    """Predict with a fitted estimator.

    Parameters
    ----------
    model : estimator
        Fitted on class codes, or on numbers for a regression.
    rows : array or DataFrame
        What the estimator takes.
    task : {"binary", "multiclass", "regression"}
        The kind of label.
    classes : int
        The number of classes, also of those that the training rows lacked; 0 for a regression.

    Returns
    -------
    ndarray of float64
        Binary: P(class 1), one value for each row. Multiclass: one column for each class code, 0 for one
        that was never trained on. Regression: the values.
    """
    if not len(rows):
        return np.empty((0, classes) if task == "multiclass" else 0)
    if task == "regression":
        return np.asarray(model.predict(rows), dtype=np.float64)
    probabilities = np.asarray(model.predict_proba(rows), dtype=np.float64)
    scores = np.zeros((len(probabilities), classes))
    scores[:, np.asarray(model.classes_, dtype=np.intp)] = probabilities
    return scores[:, 1] if task == "binary" else scores
