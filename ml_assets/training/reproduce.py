"""Proves that training is reproducible: fits again with the same seed, and compares what is predicted.

Both fits are made in one process. That two processes train the same bytes is a test of this package.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.training.data import TrainingData
from ml_assets.training.estimators import make_estimator
from ml_assets.training.fitting import limit_threads, useful_threads
from ml_assets.training.predict import predict_scores
from ml_assets.training.spec import TrainingSpec
from ml_assets.training.train import fit_model


@dataclass(frozen=True)
class Reproduction:
    """What came of fitting again.

    Attributes
    ----------
    rows : int
        The training rows of each fit.
    predicted, differing : int
        How many eval rows were predicted, and for how many the two predictions differ in any bit.
    is_whole : bool
        Whether it was the model itself that was fitted again, and not two of a sample.
    """

    rows: int
    predicted: int
    differing: int
    is_whole: bool

    @property
    def text(self) -> str:
        """One sentence for a person."""
        fits = "the model and a second fit" if self.is_whole else "two fits on a sample of rows"
        subject = f"{fits} ({self.rows:,} rows, one seed)"
        if not self.differing:
            return f"{subject} predict the same {self.predicted:,} eval rows byte for byte"
        return (
            f"{subject} differ in {self.differing:,} of {self.predicted:,} predictions, so this model "
            f"cannot be made again. Give the estimator a random_state, and use one thread "
            f"(training.threads)."
        )


def reproduce(
    model: Any, data: TrainingData, spec: TrainingSpec, parameters: Mapping[str, Any]
) -> Reproduction:
    """Fit again with the same seed.

    Parameters
    ----------
    model : estimator
        The fitted estimator, as `fit_model` gave it.
    data : TrainingData
        What it was fitted on.
    spec : TrainingSpec
        The `training` part of the YAML. Where there are more training rows than its `refit_rows`, two
        fits on a sample are compared, with as many threads as the model's own; otherwise the model with
        one other fit.
    parameters : mapping
        The model's hyperparameters.
    """
    is_whole = len(data.train) <= spec.refit_rows
    threads = useful_threads(data, spec.threads)
    sample = data.sample(spec.refit_rows, spec.seed)

    def fit() -> Any:
        estimator = make_estimator(
            spec.estimator, data.form, parameters, seed=spec.seed, threads=threads
        )
        return fit_model(estimator, sample, spec.seed, spec.class_weight, spec.calibration)

    with limit_threads(threads):
        fits = (model if is_whole else fit(), fit())
        first, second = (
            predict_scores(fitted, data.eval.features, data.task, data.classes) for fitted in fits
        )
    same = first.view(np.uint64) == second.view(np.uint64)
    differing = int((~same.reshape(len(first), -1).all(axis=1)).sum())
    return Reproduction(len(sample.train), len(first), differing, is_whole)
