"""Fits estimators: with a bounded number of threads, and without the warnings of a solver."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from ml_assets.training.data import Examples, TrainingData

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


def fit_quietly(model: Any, examples: Examples) -> None:
    """Fit an estimator in place.

    A linear solver that ends before its tolerance still gives a usable model, whose metrics say how good
    it is; its warning is dropped.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(examples.features, examples.label)
