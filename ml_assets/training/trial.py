"""One trial of a search: fit with some hyperparameters, measure on the eval split, stop early if bad.

A boosted model reports while it grows and stops growing where the eval metric stands still, so the number
of its trees need not be searched. Any other estimator is fitted on growing shares of the training rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml_assets.training.data import TrainingData, take
from ml_assets.training.estimators import Form, make_estimator
from ml_assets.training.fitting import fit_quietly
from ml_assets.training.metrics import improvement, measure_metric
from ml_assets.training.predict import predict_scores

Report = Callable[[int, float], None]

# A boosted model is measured after each so many trees, and stops after so many without improvement.
_EVERY = 10
_PATIENCE = 30
_MAX_TREES = 300
# Slow learners need more trees, so trials are compared at equal trees * learning rate.
_REPORTED_PROGRESS = (4.0, 8.0, 16.0)
# With these a user takes the growth into his own hands.
_GROWTH = {
    "early_stopping", "max_iter", "n_iter_no_change", "scoring", "tol", "validation_fraction",
    "warm_start",
}  # fmt: skip
_SHARES = (0.1, 0.3, 1.0)
_MIN_ROWS_TO_SHARE = 3_000


@dataclass(frozen=True)
class Contest:
    """What all trials of a search have in common.

    Attributes
    ----------
    data : TrainingData
        The rows to fit and to measure on.
    estimator : str
        The estimator's name in the YAML.
    metric : str
        What is measured on the eval split.
    seed : int
        Of everything random.
    threads : int
        The most threads that an estimator itself starts.
    """

    data: TrainingData
    estimator: str
    metric: str
    seed: int
    threads: int = 1

    @property
    def form(self) -> Form:
        """The form of the feature matrix."""
        width = self.data.train.features.shape[1]
        return Form(self.data.task, width, self.data.categorical)


@dataclass(frozen=True)
class Measured:
    """The metric's value, and what the trial learnt beside it, such as the number of trees."""

    value: float
    learnt: Mapping[str, Any] = field(default_factory=dict)


def run_trial(contest: Contest, parameters: Mapping[str, Any], report: Report) -> Measured:
    """Fit with these hyperparameters and measure on the eval split.

    Parameters
    ----------
    contest : Contest
        What all trials have in common.
    parameters : mapping
        The hyperparameters.
    report : callable
        Is told (step, value) on the way; it may raise to end the trial, and that error passes through.

    Returns
    -------
    Measured
        The value, and for a boosted model the best number of trees as ``max_iter``.
    """
    if contest.estimator == "hist_gradient_boosting" and not _GROWTH & parameters.keys():
        return _grow(contest, parameters, report)
    return _fit_on_shares(contest, parameters, report)


def _grow(contest: Contest, parameters: Mapping[str, Any], report: Report) -> Measured:
    watch = _Watch(contest, report)
    growth = {
        "max_iter": _MAX_TREES,
        "early_stopping": True,
        "scoring": watch,
        "n_iter_no_change": _PATIENCE,
        "tol": 0.0,
    }
    model = make_estimator(
        contest.estimator, contest.form, {**parameters, **growth}, seed=contest.seed
    )
    data = contest.data
    model.fit(
        data.train.features, data.train.label, X_val=data.eval.features, y_val=data.eval.label
    )
    return Measured(watch.best, {"max_iter": watch.best_trees})


class _Watch:
    """Measures a boosted model while it grows; scikit-learn calls it as the model's scorer.

    It is called twice after each tree: for a sample of the training rows, which nobody reads, then for
    the eval rows. Its last value stands until the next measurement, so the model's own patience counts.
    """

    def __init__(self, contest: Contest, report: Report) -> None:
        self._contest = contest
        self._report = report
        self._calls = 0
        self._reported = 0
        self._score = -np.inf
        self.best = np.nan
        self.best_trees = 0

    def __call__(self, model: Any, rows: Any, label: Any) -> float:
        self._calls += 1
        is_eval, trees = self._calls % 2 == 0, len(model._predictors)
        if is_eval and trees and trees % _EVERY == 0:
            self._measure(model, rows, trees)
        return self._score if is_eval else 0.0

    def _measure(self, model: Any, rows: Any, trees: int) -> None:
        data, metric = self._contest.data, self._contest.metric
        predictions = predict_scores(model, rows, data.task, data.classes)
        value = measure_metric(metric, data.eval.label, predictions)
        self._score = improvement(metric, value, 0.0)
        if not self.best_trees or improvement(metric, value, self.best) > 0:
            self.best, self.best_trees = value, trees
        progress = trees * float(model.learning_rate)
        while self._reported < len(_REPORTED_PROGRESS):
            if progress < _REPORTED_PROGRESS[self._reported]:
                break
            self._reported += 1
            self._report(self._reported, self.best)


def _fit_on_shares(contest: Contest, parameters: Mapping[str, Any], report: Report) -> Measured:
    data, value = contest.data, np.nan
    order = np.random.default_rng(contest.seed).permutation(len(data.train))
    shares = _SHARES if len(order) >= _MIN_ROWS_TO_SHARE else _SHARES[-1:]
    for step, share in enumerate(shares, start=1):
        rows = take(data.train, order[: int(len(order) * share)])
        if share < 1 and len(np.unique(rows.label)) < 2:
            continue
        model = make_estimator(
            contest.estimator,
            contest.form,
            parameters,
            seed=contest.seed,
            threads=contest.threads,
        )
        fit_quietly(model, rows)
        predictions = predict_scores(model, data.eval.features, data.task, data.classes)
        value = measure_metric(contest.metric, data.eval.label, predictions)
        if share < 1:
            report(step, value)
    return Measured(value)
