"""One trial of a search: fit with some hyperparameters, measure, stop early if bad.

It is measured on the eval split, or by cross-validation. A boosted model reports while it grows; any
other estimator is fitted on growing shares of the training rows; folds report the mean so far.
"""

from collections.abc import Mapping
from statistics import fmean, median
from typing import Any

import numpy as np

from ml_assets.training.contest import Contest, Measurement, Report
from ml_assets.training.data import TrainingData, take
from ml_assets.training.estimators import make_estimator
from ml_assets.training.fitting import fit_quietly
from ml_assets.training.folds import cut_folds
from ml_assets.training.growth import can_grow, grow
from ml_assets.training.metrics import measure_metric
from ml_assets.training.predict import predict_scores

_SHARES = (0.1, 0.3, 1.0)
_MIN_ROWS_TO_SHARE = 3_000


def run_trial(contest: Contest, parameters: Mapping[str, Any], report: Report) -> Measurement:
    """Fit with these hyperparameters and measure.

    Parameters
    ----------
    contest : Contest
        What all trials have in common.
    parameters : mapping
        The hyperparameters.
    report : callable
        Called with (step, value) on the way; it may raise to end the trial, and that error passes
        through.

    Returns
    -------
    Measurement
        The value, and for a boosted model the best number of trees, as ``max_iter`` or
        ``n_estimators``. Of folds, the mean of the values and the median of what was learnt.
    """
    if contest.folds is None:
        return _measure(contest, contest.data, parameters, report)
    results: list[Measurement] = []
    for fitted, measured in cut_folds(contest.data, contest.folds, contest.seed):
        fold = contest.data.hold_out(fitted, measured)
        results.append(_measure(contest, fold, parameters, _report_nothing))
        if len(results) < contest.folds:
            report(len(results), fmean(result.value for result in results))
    learnt = {
        name: round(median(result.learnt[name] for result in results)) for name in results[0].learnt
    }
    return Measurement(fmean(result.value for result in results), learnt)


def _report_nothing(step: int, value: float) -> None:
    """Trials are compared fold by fold, not within one."""


def _measure(
    contest: Contest, data: TrainingData, parameters: Mapping[str, Any], report: Report
) -> Measurement:
    if can_grow(contest.estimator, parameters):
        return grow(contest, data, parameters, report)
    return _fit_on_shares(contest, data, parameters, report)


def _fit_on_shares(
    contest: Contest, data: TrainingData, parameters: Mapping[str, Any], report: Report
) -> Measurement:
    value = np.nan
    order = np.random.default_rng(contest.seed).permutation(len(data.train))
    shares = _SHARES[-1:] if len(order) < _MIN_ROWS_TO_SHARE or contest.folds else _SHARES
    for step, share in enumerate(shares, start=1):
        rows = take(data.train, order[: int(len(order) * share)])
        if share < 1 and len(np.unique(rows.label)) < 2:
            continue
        model = make_estimator(
            contest.estimator,
            contest.data.form,
            parameters,
            seed=contest.seed,
            threads=contest.threads,
        )
        fit_quietly(model, rows, contest.class_weight)
        predictions = predict_scores(model, data.eval.features, data.task, data.classes)
        value = measure_metric(contest.metric, data.eval.label, predictions, data.eval.weight)
        if share < 1:
            report(step, value)
    return Measurement(value)
