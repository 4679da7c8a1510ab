"""The metrics of a multiclass task, for rows that may be weighted.

Precision, recall and f1 are the plain mean over the classes that occur or are predicted, and a class
that is only one of the two counts 0, as in scikit-learn with ``zero_division=0``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_assets.evaluation.names import USUAL
from ml_assets.evaluation.ranking import Floats, Indices, rank, roc_auc

_SMALLEST = np.finfo(np.float64).eps


def multiclass_measure(
    codes: NDArray[Any], probabilities: Floats, rows: Indices
) -> Callable[[Floats], Floats]:
    """Give the function from weights to the values of `names.USUAL`, NaN where undefined.

    Parameters
    ----------
    codes : array of int
        The class of each row, 0 to K - 1.
    probabilities : array of float, shape (rows, K)
        The probability of each class.
    rows : array of int
        Each row's place among the weights that the function will be given.
    """
    classes = probabilities.shape[1]
    cells = codes.astype(np.intp) * classes + probabilities.argmax(axis=1)
    likelihood = probabilities[np.arange(len(codes)), codes]
    loss = -np.log(np.clip(likelihood, _SMALLEST, 1 - _SMALLEST))
    rankings = [rank(probabilities[:, k], codes == k, rows) for k in range(classes)]

    def measure(weights: Floats) -> Floats:
        weight = weights[rows]
        counts = np.bincount(cells, weight, classes * classes).astype(np.float64)
        matrix = counts.reshape(classes, classes)
        total = matrix.sum()
        if not total:
            return np.full(len(USUAL["multiclass"]), np.nan)
        areas = [roc_auc(ranking, weights) for ranking in rankings]
        return np.array([np.mean(areas), loss @ weight / total, *from_confusion(matrix)])

    return measure


def confusion_matrix(codes: NDArray[Any], probabilities: Floats) -> NDArray[np.int64]:
    """Give the number of rows for each true class (row) and predicted class (column)."""
    classes = probabilities.shape[1]
    cells = codes.astype(np.intp) * classes + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def from_confusion(matrix: Floats) -> list[float]:
    """Give accuracy, balanced accuracy, and macro precision, recall and f1."""
    hits, true, called = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    recall = hits / np.maximum(true, np.finfo(float).tiny)
    precision = hits / np.maximum(called, np.finfo(float).tiny)
    occurs, present = true > 0, (true + called) > 0
    f1 = 2 * hits[present] / (true + called)[present]
    # With one class alone there is nothing to balance.
    balanced = recall[occurs].mean() if occurs.sum() > 1 else np.nan
    return [
        hits.sum() / matrix.sum(),
        balanced,
        precision[present].mean(),
        recall[present].mean(),
        f1.mean(),
    ]
