"""Fits estimators: weighted, with a bounded number of threads, without the warnings of a solver."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from ml_assets.errors import ModelError
from ml_assets.training.data import Examples, TrainingData
from ml_assets.training.row_facts import Weights
from ml_assets.training.spec import ClassWeight

# Below this many cells a second thread costs more (OpenMP's threads spin while they wait) than it gains.
_CELLS_FOR_THREADS = 5_000_000


def useful_threads(data: TrainingData, most: int) -> int:
    """Give the number of threads that pays for this much data, at most `most`."""
    return most if data.train.features.size >= _CELLS_FOR_THREADS else 1


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """Let the libraries below use at most so many threads."""
    with threadpool_limits(limits=threads):
        yield


def fit_quietly(model: Any, examples: Examples, class_weight: ClassWeight | None = None) -> None:
    """Fit an estimator in place, with the rows' weights and those of their classes.

    A linear solver that ends before its tolerance still gives a usable model, whose metrics say how good
    it is; its warning is dropped.

    Raises
    ------
    ModelError
        If there are weights and the estimator takes none.
    """
    weights = weight_argument(model, fit_weights(examples, class_weight))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(examples.features, examples.label, **weights)


def fit_weights(examples: Examples, class_weight: ClassWeight | None) -> Weights | None:
    """Give how much each row counts in a fit; None where all count the same.

    Parameters
    ----------
    examples : Examples
        The rows.
    class_weight : "balanced", optional
        Multiply the rows' own weights so that every class weighs the same in all.
    """
    if class_weight is None:
        return examples.weight
    weight = np.ones(len(examples)) if examples.weight is None else examples.weight
    classes, codes = np.unique(examples.label, return_inverse=True)
    factors = compute_class_weight(
        class_weight, classes=classes, y=examples.label, sample_weight=weight
    )
    balanced: Weights = weight * factors[codes]
    return balanced


def weight_argument(model: Any, weight: Weights | None) -> dict[str, Weights]:
    """Give the keyword by which an estimator's ``fit`` takes the weights; none where there are none.

    Raises
    ------
    ModelError
        If it takes none.
    """
    if weight is None:
        return {}
    path, last = "", model
    while isinstance(last, Pipeline):
        name, last = last.steps[-1]
        path += f"{name}__"
    if not has_fit_parameter(last, "sample_weight"):
        raise ModelError(
            f"training.estimator: {type(last).__name__} takes no weights of examples: its fit has no "
            f"sample_weight. Leave out statistics.weight and training.class_weight, or use another "
            f"estimator."
        )
    return {f"{path}sample_weight": weight}
