from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ml_assets.spec import Task
from ml_assets.training.contest import Contest, Report
from ml_assets.training.data import Examples, TrainingData
from ml_assets.training.estimators import default_parameters, make_estimator
from ml_assets.training.metrics import improvement, measure_metric
from ml_assets.training.predict import predict_scores
from ml_assets.training.trial import run_trial
from ml_assets_tests.training.datasets import fitted

BOOSTING = "hist_gradient_boosting"


class StoppedError(Exception):
    pass


def contest(task: Task, estimator: str = BOOSTING, metric: str = "log_loss") -> Contest:
    return Contest(fitted(task)[1], estimator, metric, seed=0)


def noisy(rows: int = 4000, noise: float = 1.0) -> TrainingData:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(rows, 4))
    score = features[:, 0] + features[:, 1] ** 2 + noise * rng.normal(size=rows)
    label = (score > 0).astype(int)
    half = rows // 4 * 3
    return TrainingData(
        "binary",
        Examples(features[:half], label[:half]),
        Examples(features[half:], label[half:]),
        (),
        2,
    )


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("binary", "log_loss"),
        ("binary", "roc_auc"),
        ("multiclass", "log_loss"),
        ("regression", "rmse"),
    ],
)
def test_a_boosted_model_stops_where_the_eval_metric_was_best(task: Task, metric: str) -> None:
    shared = contest(task, metric=metric)
    parameters = {"max_leaf_nodes": 8, "min_samples_leaf": 5, "learning_rate": 0.2}
    measured = run_trial(shared, parameters, lambda step, value: None)
    curve = _staged(shared, parameters, measured.learnt["max_iter"] + 30)
    # Every tenth number of trees is measured.
    best = max(range(9, len(curve), 10), key=lambda i: (improvement(metric, curve[i], 0.0), -i))
    assert measured.learnt == {"max_iter": best + 1}
    assert measured.value == pytest.approx(curve[best])


def _staged(shared: Contest, parameters: dict[str, Any], trees: int) -> list[float]:
    """The oracle: scikit-learn's own staged predictions of one fit without early stopping."""
    data = shared.data
    kind = (
        HistGradientBoostingRegressor
        if data.task == "regression"
        else HistGradientBoostingClassifier
    )
    model = kind(
        **parameters,
        max_iter=trees,
        early_stopping=False,
        categorical_features=list(data.categorical),
        random_state=0,
    ).fit(data.train.features, data.train.label)
    if data.task == "regression":
        stages = model.staged_predict(data.eval.features)
    else:
        stages = model.staged_predict_proba(data.eval.features)
    if data.task == "binary":
        stages = (stage[:, 1] for stage in stages)
    return [measure_metric(shared.metric, data.eval.label, stage) for stage in stages]


def test_a_fit_with_the_learnt_number_of_trees_gives_the_same_value() -> None:
    shared = contest("binary")
    measured = run_trial(shared, {"max_leaf_nodes": 6}, lambda step, value: None)
    parameters = {"max_leaf_nodes": 6, **measured.learnt}
    model = make_estimator(BOOSTING, shared.data.form, parameters, seed=0)
    data = shared.data
    model.fit(data.train.features, data.train.label)
    predictions = predict_scores(model, data.eval.features, "binary", 2)
    assert measure_metric("log_loss", data.eval.label, predictions) == pytest.approx(measured.value)


def test_reports_come_at_equal_progress_whatever_the_learning_rate() -> None:
    shared = Contest(noisy(noise=0.2), BOOSTING, "log_loss", seed=0)
    first: dict[float, list[float]] = {}
    for rate in (0.05, 0.2):
        first[rate] = []
        run_trial(shared, {"learning_rate": rate}, _appender(first[rate]))
    assert first[0.05][0] == pytest.approx(first[0.2][0], rel=0.1)


def _appender(reports: list[float]) -> Report:
    return lambda step, value: reports.append(value)


def test_a_report_may_end_the_trial() -> None:
    def stop(step: int, value: float) -> None:
        raise StoppedError

    for name in (BOOSTING, "logistic"):
        shared = Contest(noisy(), name, "log_loss", seed=0)
        with pytest.raises(StoppedError):
            run_trial(shared, default_parameters(name, "binary"), stop)


def test_other_estimators_report_on_growing_shares_of_the_rows() -> None:
    reports: list[tuple[int, float]] = []
    shared = Contest(noisy(), "logistic", "log_loss", seed=0)
    measured = run_trial(shared, {}, lambda step, value: reports.append((step, value)))
    assert [step for step, _ in reports] == [1, 2]
    assert measured.learnt == {}
    assert measured.value <= reports[0][1] + 0.02


def test_few_rows_are_not_shared() -> None:
    reports: list[int] = []
    run_trial(contest("binary", "logistic"), {}, lambda step, value: reports.append(step))
    assert reports == []


@pytest.mark.parametrize("parameters", [{"max_iter": 7}, {"early_stopping": True, "max_iter": 7}])
def test_who_sets_the_growth_keeps_it(parameters: dict[str, Any]) -> None:
    measured = run_trial(contest("binary"), parameters, lambda step, value: None)
    assert measured.learnt == {}
    assert np.isfinite(measured.value)
