"""Grows a boosted model and measures it on the way, so that its number of trees need not be searched.

It is measured on the eval rows after each ten trees, and grows no more where that stands still.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ml_assets.training.contest import Contest, Measurement, Report
from ml_assets.training.data import TrainingData
from ml_assets.training.estimators import make_estimator
from ml_assets.training.fitting import fit_weights
from ml_assets.training.metrics import Predictions, improvement, measure_metric
from ml_assets.training.predict import predict_scores
from ml_assets.training.spec import LIGHTGBM

# A boosted model is measured after each so many trees, and stops after so many without improvement.
_EVERY = 10
_PATIENCE = 30
_MAX_TREES = 300
# Slow learners need more trees, so trials are compared at equal trees * learning rate.
_REPORTED_PROGRESS = (4.0, 8.0, 16.0)
# With these a user takes the growth into his own hands.
_GROWTH = {
    "hist_gradient_boosting": {
        "early_stopping", "max_iter", "n_iter_no_change", "scoring", "tol", "validation_fraction",
        "warm_start",
    },
    LIGHTGBM: {"n_estimators"},
}  # fmt: skip


def can_grow(estimator: str, parameters: Mapping[str, Any]) -> bool:
    """Whether an estimator with these hyperparameters is grown by `grow`."""
    return estimator in _GROWTH and not _GROWTH[estimator] & parameters.keys()


def grow(
    contest: Contest, data: TrainingData, parameters: Mapping[str, Any], report: Report
) -> Measurement:
    """Fit a boosted model, measured while it grows.

    Parameters
    ----------
    contest, parameters, report
        As of `run_trial`.
    data : TrainingData
        The rows to fit and to measure on.

    Returns
    -------
    Measurement
        The best value, and the number of trees that had it, under the estimator's own name for that.
    """
    watch = Watch(contest, data, report)
    if contest.estimator == LIGHTGBM:
        from ml_assets.training.lightgbm_model import grow_lightgbm

        growth = {"n_estimators": _MAX_TREES}
        model = make_estimator(
            contest.estimator, contest.data.form, {**parameters, **growth}, seed=contest.seed
        )
        grow_lightgbm(model, data, fit_weights(data.train, contest.class_weight), watch, _PATIENCE)
        return Measurement(watch.best, {"n_estimators": watch.best_trees})
    _grow_histogram(contest, data, parameters, watch)
    return Measurement(watch.best, {"max_iter": watch.best_trees})


def _grow_histogram(
    contest: Contest, data: TrainingData, parameters: Mapping[str, Any], watch: "Watch"
) -> None:
    growth = {
        "max_iter": _MAX_TREES,
        "early_stopping": True,
        "scoring": _Scorer(watch, data),
        "n_iter_no_change": _PATIENCE,
        "tol": 0.0,
    }
    model = make_estimator(
        contest.estimator, contest.data.form, {**parameters, **growth}, seed=contest.seed
    )
    # The scorer has the labels; those of classes that were not fitted would be refused here.
    stand_in = np.full(len(data.eval), data.train.label[0])
    model.fit(
        data.train.features,
        data.train.label,
        sample_weight=fit_weights(data.train, contest.class_weight),
        X_val=data.eval.features,
        y_val=stand_in,
    )


class Watch:
    """Measures a boosted model while it grows.

    Attributes
    ----------
    best : float
        The best value of the metric so far.
    best_trees : int
        The number of trees that had it; 0 before anything was measured.
    score : float
        The last value that was measured, turned so that more is better.
    """

    def __init__(self, contest: Contest, data: TrainingData, report: Report) -> None:
        self._metric = contest.metric
        self._data = data
        self._report = report
        self._reported = 0
        self.score = -np.inf
        self.best = np.nan
        self.best_trees = 0

    def is_due(self, trees: int) -> bool:
        """Whether a model of so many trees is to be measured."""
        return trees > 0 and trees % _EVERY == 0

    def measure(self, predictions: Predictions, trees: int, learning_rate: float) -> None:
        """Measure predictions for the eval rows, and report where enough was learnt since."""
        held_out = self._data.eval
        value = measure_metric(self._metric, held_out.label, predictions, held_out.weight)
        self.score = improvement(self._metric, value, 0.0)
        if not self.best_trees or improvement(self._metric, value, self.best) > 0:
            self.best, self.best_trees = value, trees
        progress = trees * learning_rate
        while self._reported < len(_REPORTED_PROGRESS):
            if progress < _REPORTED_PROGRESS[self._reported]:
                break
            self._reported += 1
            self._report(self._reported, self.best)


class _Scorer:
    """Lets a watch measure; scikit-learn calls it as the model's scorer.

    It is called twice after each tree: for a sample of the training rows, which nobody reads, then for
    the eval rows. Its last value stands until the next measurement, so the model's own patience counts.
    """

    def __init__(self, watch: Watch, data: TrainingData) -> None:
        self._watch = watch
        self._data = data
        self._calls = 0

    def __call__(self, model: Any, rows: Any, label: Any, sample_weight: Any = None) -> float:
        self._calls += 1
        is_eval, trees = self._calls % 2 == 0, len(model._predictors)
        if is_eval and self._watch.is_due(trees):
            predictions = predict_scores(model, rows, self._data.task, self._data.classes)
            self._watch.measure(predictions, trees, float(model.learning_rate))
        return self._watch.score if is_eval else 0.0
