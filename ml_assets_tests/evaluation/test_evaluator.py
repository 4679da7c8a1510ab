import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.evaluation import Evaluation, evaluate


def _scored(n: int = 2000, signal: float = 1.5, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(seed)
    y = (random.random(n) < 0.3).astype(int)
    return y, 1 / (1 + np.exp(1 - random.normal(size=n) - signal * (y - 0.3)))


def test_a_candidate_that_meets_every_rule_is_blessed_with_the_reasons() -> None:
    y, score = _scored()
    evaluation = evaluate(y, score, thresholds={"roc_auc": {"min": 0.7, "max": 0.99}}, seed=1)
    assert evaluation.blessed
    assert [rule.outcome for rule in evaluation.rules] == ["pass"] * 3
    assert evaluation.main_metric == "roc_auc"
    assert "must be at least 0.7" in evaluation.reasons[1]


def test_without_a_threshold_nothing_is_blessed_and_the_message_says_what_to_set() -> None:
    evaluation = evaluate(*_scored(), slice_thresholds={"recall": {"min": 0}})
    assert not evaluation.blessed
    assert "evaluation: {thresholds: {roc_auc: {min: <value>}}}" in evaluation.reasons[0]
    evaluation = evaluate([1.0] * 30, [1.0] * 30, task="regression")
    assert "{rmse: {max: <value>}}" in evaluation.reasons[0]


def test_each_model_is_judged_at_its_own_decision_threshold() -> None:
    y, score = _scored()
    baselines = {"champion": score, "linear": score}
    cuts = {"candidate": 0.3, "champion": 0.6}
    evaluation = evaluate(y, score, baselines=baselines, decision_threshold=cuts)
    recall = {
        o.name: m.value for o in evaluation.baselines for m in o.metrics if m.name == "recall"
    }
    assert evaluation.metric("recall").value == recall_score(y, score > 0.3)
    assert recall == {
        "champion": recall_score(y, score > 0.6),
        "linear": recall_score(y, score > 0.5),
    }
    assert evaluation.metric("roc_auc") == evaluate(y, score).metric("roc_auc")


@pytest.mark.parametrize(
    ("threshold", "outcome"),
    [
        ({"min": 0.5}, "pass"),
        ({"min": 0.5000001}, "fail"),
        ({"max": 0.5}, "pass"),
        ({"max": 0.4999999}, "fail"),
    ],
)
def test_both_ends_of_a_threshold_are_included(threshold: Any, outcome: str) -> None:
    evaluation = evaluate([0, 1] * 20, [0.9, 0.9] * 20, thresholds={"accuracy": threshold})
    assert evaluation.rules[1].outcome == outcome
    assert evaluation.blessed == (outcome == "pass")


def test_a_failed_rule_shows_the_value_even_where_rounding_would_hide_it() -> None:
    evaluation = evaluate([0, 1] * 20, [0.9, 0.9] * 20, thresholds={"accuracy": {"min": 0.5000001}})
    assert evaluation.reasons[0].startswith("accuracy is 0.5 (95 % ")
    assert "but it must be at least 0.5" in evaluation.reasons[0]


@pytest.mark.parametrize(
    ("y", "score"),
    [([1] * 40, [0.5] * 40), ([0, 1] * 20, [np.nan, 0.2] * 20)],
    ids=["one class", "NaN predictions"],
)
def test_a_metric_that_is_undefined_fails_closed(y: Any, score: Any) -> None:
    evaluation = evaluate(y, score, thresholds={"roc_auc": {"min": 0.0}})
    assert not evaluation.blessed
    assert evaluation.rules[1].outcome == "cannot tell"
    assert "roc_auc is undefined: " in evaluation.reasons[0]


def test_too_few_rows_are_not_blessed() -> None:
    evaluation = evaluate([0, 1] * 9, [0.1, 0.9] * 9, thresholds={"roc_auc": {"min": 0.5}})
    assert not evaluation.blessed
    assert evaluation.reasons == ("there are 18 rows to evaluate on; at least 20 are needed",)


def test_no_rows_are_not_blessed() -> None:
    assert not evaluate([], [], thresholds={"roc_auc": {"min": 0.5}}).blessed


@pytest.mark.parametrize(
    ("champion_signal", "min_change", "outcome"),
    [(1.5, -0.05, "pass"), (0.5, 0.05, "pass"), (3.0, 0.0, "fail"), (1.5, 0.0, "cannot tell")],
)
def test_change_against_the_champion_is_judged_by_the_paired_interval(
    champion_signal: float, min_change: float, outcome: str
) -> None:
    y, score = _scored()
    champion = _scored(signal=champion_signal)[1]
    if champion_signal == 1.5:
        champion = np.clip(score + np.random.default_rng(3).normal(0, 0.01, len(score)), 0, 1)
    rules = {"roc_auc": {"min_change": min_change}}
    evaluation = evaluate(y, score, baselines={"champion": champion}, thresholds=rules)
    assert evaluation.rules[1].outcome == outcome
    assert evaluation.blessed == (outcome == "pass")


def test_the_same_predictions_as_the_champions_change_nothing() -> None:
    y, score = _scored()
    rules = {name: {"min_change": 0.0} for name in ("roc_auc", "log_loss", "precision")}
    evaluation = evaluate(y, score, baselines={"champion": score}, thresholds=rules)
    assert evaluation.blessed
    assert {(rule.value, rule.low, rule.high) for rule in evaluation.rules[1:]} == {(0.0, 0.0, 0.0)}


def test_an_improvement_is_positive_also_where_lower_is_better() -> None:
    y, score = _scored()
    evaluation = evaluate(y, score, baselines={"champion": np.full(len(y), 0.9)})
    champion = evaluation.baseline("champion")
    assert champion is not None
    change = next(m for m in champion.improvements if m.name == "brier")
    assert change.low is not None
    assert change.low > 0


def test_without_a_champion_a_change_passes_and_says_so() -> None:
    evaluation = evaluate(*_scored(), thresholds={"roc_auc": {"min_change": 0.1}})
    assert evaluation.blessed
    assert "roc_auc has no champion to be compared with" in evaluation.reasons


def test_a_champion_that_cannot_be_scored_stands_in_the_way() -> None:
    rules = {"roc_auc": {"min_change": -0.5}}
    evaluation = evaluate(
        *_scored(), unscored={"champion": "column 'x' is missing"}, thresholds=rules,
        features=pd.DataFrame({"a": ["u"] * 2000}), slices=["a"], slice_thresholds=rules,
    )  # fmt: skip
    assert not evaluation.blessed
    why = "cannot be compared with the champion's: column 'x' is missing"
    assert evaluation.reasons == (f"roc_auc {why}", f"roc_auc of a=u {why}")


@pytest.mark.parametrize(
    ("rows", "noise", "noise_of_linear", "outcome"),
    [
        (400, 0, 2, "pass"),
        (400, 2, 0, "fail"),
        (400, 1, 1, "cannot tell"),
        (25, 1, 1, "cannot tell"),
    ],
)
def test_a_model_that_does_not_beat_the_linear_one_with_confidence_is_not_blessed(
    rows: int, noise: float, noise_of_linear: float, outcome: str
) -> None:
    random = np.random.default_rng(0)
    cause = random.normal(0, 1.5, rows)
    y = (random.random(rows) < 1 / (1 + np.exp(-cause))).astype(int)
    score, linear = (
        1 / (1 + np.exp(-cause - random.normal(0, 1, rows) * one))
        for one in (noise, noise_of_linear)
    )
    evaluation = evaluate(
        y, score, baselines={"linear": linear}, thresholds={"average_precision": {"min": 0}}
    )
    rule = evaluation.beats_linear
    assert rule is not None
    assert (rule.outcome, rule.metric) == (outcome, "average_precision")
    assert evaluation.blessed is (outcome == "pass")
    assert set(evaluation.failed) == (set() if outcome == "pass" else {"beats_linear"})
    advice = "train it (training: {estimator: logistic}), or waive beats_linear in registry.waivers"
    assert (advice in rule.text) is (outcome != "pass")


def test_the_linear_model_itself_need_not_be_beaten() -> None:
    y, score = _scored()
    how: Any = {"baselines": {"linear": score}, "thresholds": {"roc_auc": {"min": 0.5}}}
    assert not evaluate(y, score, **how).blessed
    evaluation = evaluate(y, score, **how, is_linear=True)
    assert evaluation.blessed
    assert evaluation.beats_linear is None
    assert evaluate(y, score, thresholds=how["thresholds"]).beats_linear is None


def test_a_metric_with_a_threshold_is_measured_and_the_first_is_the_main_one() -> None:
    thresholds = {"precision@0.7": {"min": 0.1}, "roc_auc": {"min": 0.5}}
    evaluation = evaluate(
        *_scored(), thresholds=thresholds, slice_thresholds={"markedness": {"min": 0}}
    )
    assert evaluation.main_metric == "precision@0.7"
    assert [metric.name for metric in evaluation.metrics][-2:] == ["precision@0.7", "markedness"]
    assert evaluation.blessed


def test_slices_are_measured_and_judged_one_by_one() -> None:
    y, score = _scored(1000)
    group = np.where(np.arange(1000) < 300, "weak", "strong")
    score = np.where(group == "weak", 0.5, score)
    evaluation = evaluate(
        y, score, features=pd.DataFrame({"g": group}), slices=["g"],
        baselines={"champion": score}, thresholds={"roc_auc": {"min": 0.5}},
        slice_thresholds={"roc_auc": {"min": 0.6, "min_change": 0.0}},
    )  # fmt: skip
    assert [(piece.name, piece.rows) for piece in evaluation.slices] == [
        ("g=strong", 700),
        ("g=weak", 300),
    ]
    outcomes = {(r.slice, r.rule): r.outcome for r in evaluation.rules if r.slice}
    assert outcomes == {
        ("g=strong", "min"): "pass",
        ("g=strong", "min_change"): "pass",
        ("g=weak", "min"): "fail",
        ("g=weak", "min_change"): "pass",
    }
    assert evaluation.reasons == (
        "roc_auc of g=weak is 0.5 (95 % 0.5 to 0.5); but it must be at least 0.6",
    )


def test_a_slices_metrics_are_those_of_its_rows_alone() -> None:
    y, score = _scored(600)
    group = np.arange(600) % 2
    evaluation = evaluate(y, score, features=pd.DataFrame({"g": group}), slices=["g"])
    alone = evaluate(y[group == 1], score[group == 1])
    assert [m.value for m in evaluation.slices[1].metrics] == [m.value for m in alone.metrics]


def test_the_intervals_do_not_depend_on_the_slices_or_baselines_asked_for() -> None:
    y, score = _scored(300)
    features = pd.DataFrame({"g": np.arange(300) % 3})
    sliced = evaluate(y, score, features=features, slices=["g"], min_slice_size=10,
                      baselines={"linear": score / 2})  # fmt: skip
    assert sliced.metrics == evaluate(y, score).metrics
    assert evaluate(y, score, seed=1).metrics != sliced.metrics


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_an_evaluation_survives_json(task: Any) -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 60)
    p = random.dirichlet(np.ones(3), 60) if task == "multiclass" else random.random(60)
    metric = "mae" if task == "regression" else "accuracy"
    evaluation = evaluate(
        y, p, task=task, features=pd.DataFrame({"a": [None, "x", "y"] * 20}), slices=["a"],
        min_slice_size=5, baselines={"linear": p, "champion": p},
        thresholds={metric: {"min": 0.1, "min_change": 0}}, slice_thresholds={metric: {"max": 2}},
        cross_slices=[{"thresholds": {metric: {"min": -1}}}],
    )  # fmt: skip
    text = durable.json_bytes({**evaluation.to_json(), "candidate": "abc"})
    assert Evaluation.from_json(json.loads(text)) == evaluation


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slices": ["a"]}, "slices need features for the same 2 rows; found none"),
        ({"slices": ["a"], "features": pd.DataFrame({"a": [1]})}, "found 1 rows"),
        ({"thresholds": {"rmse": {"max": 1}}}, "rmse cannot be measured for a binary"),
        ({"baselines": {"linear": [0.1]}}, r"found \(2,\) and \(1,\)"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate([0, 1], [0.2, 0.3], **options)


def test_a_false_win_over_an_equal_champion_is_rare() -> None:
    wins = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        y = random.integers(0, 2, 150)
        ours, theirs = (np.clip(y * 0.3 + random.random(150) * 0.7, 0, 1) for _ in range(2))
        evaluation = evaluate(
            y, ours, baselines={"champion": theirs}, thresholds={"roc_auc": {"min_change": 0.0}},
            bootstrap_samples=100, seed=seed,
        )  # fmt: skip
        wins += evaluation.blessed
    assert wins <= 6
