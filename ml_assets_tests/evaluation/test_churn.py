import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cosine

from ml_assets import durable
from ml_assets.evaluation import Evaluation, evaluate
from ml_assets.evaluation.assessment import Assessment
from ml_assets.evaluation.report import churn_table, tables
from ml_assets.spec import Task

Y, SCORE = [0, 1] * 20, np.array([0.2, 0.4, 0.6, 0.8] * 10)
CUTS = {"candidate": 0.5, "champion": 0.3}


def _churn(ours: Any, theirs: Any, task: Task = "binary", **how: Any) -> dict[str, Any]:
    labels = np.arange(len(ours)) % (2 if task == "binary" else 3)
    found = evaluate(labels, ours, task=task, baselines={"champion": theirs}, **how)
    champion = found.baseline("champion")
    assert champion is not None
    return {metric.name: metric for metric in champion.churn}


def test_flips_are_the_rows_that_are_decided_otherwise_each_by_its_own_threshold() -> None:
    found = _churn(SCORE, SCORE, decision_threshold=CUTS, sample_weight=[1, 3, 1, 1] * 10)
    assert found["flip_rate"].value == found["pos_to_neg_flip_rate"].value == 0.5
    assert found["neg_to_pos_flip_rate"].value == 0
    assert found["neg_to_pos_flip_rate"].high > 0
    assert found["symmetric_prediction_difference"].value == 0


def test_flips_to_either_side_add_up() -> None:
    random = np.random.default_rng(0)
    ours, theirs = random.random(200), random.random(200)
    found = {name: metric.value for name, metric in _churn(ours, theirs).items()}
    assert found["neg_to_pos_flip_rate"] == np.mean((ours > 0.5) & (theirs <= 0.5))
    assert found["pos_to_neg_flip_rate"] == np.mean((ours <= 0.5) & (theirs > 0.5))
    sides = found["neg_to_pos_flip_rate"] + found["pos_to_neg_flip_rate"]
    assert found["flip_rate"] == pytest.approx(sides)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_symmetric_difference_is_the_mean_of_each_rows(task: Task) -> None:
    random = np.random.default_rng(1)
    ours, theirs, weight = random.random((3, 300))
    ours[:5], theirs[:5], theirs[5] = 0, 0, 0
    rows = [0 if a == b else 2 * abs(a - b) / (a + b) for a, b in zip(ours, theirs, strict=True)]
    found = _churn(ours, theirs, task, sample_weight=weight)["symmetric_prediction_difference"]
    assert found.value == pytest.approx(np.average(rows, weights=weight))
    assert 0 < found.low < found.value < found.high < 2


def test_of_more_classes_the_cosine_of_probabilities_is_told() -> None:
    random = np.random.default_rng(2)
    ours, theirs = (random.dirichlet(np.ones(3), 90) for _ in range(2))
    found = _churn(ours, theirs, "multiclass")
    expected = np.mean([1 - cosine(a, b) for a, b in zip(ours, theirs, strict=True)])
    assert found["model_cosine_similarity"].value == pytest.approx(expected)
    assert found["flip_rate"].value == np.mean(ours.argmax(axis=1) != theirs.argmax(axis=1))
    same = _churn(ours, ours, "multiclass")["model_cosine_similarity"]
    assert same.value == pytest.approx(1)
    assert same.high <= 1


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (np.full(40, np.nan), SCORE, "40 of 40 predictions are NaN"),
        (SCORE, SCORE + 1, "40 probabilities lie outside 0 to 1"),
        ([], [], "there are no rows"),
    ],
)
def test_predictions_that_are_none_leave_churn_undefined(
    ours: Any, theirs: Any, reason: str
) -> None:
    for metric in _churn(ours, theirs).values():
        assert metric.value is None
        assert reason in metric.reason


def test_numbers_of_opposite_sign_have_no_symmetric_difference() -> None:
    values = np.arange(1.0, 41.0)
    found = _churn(values, -values, "regression")["symmetric_prediction_difference"]
    assert found.value is None
    assert "opposite sign" in found.reason


# The true mean of 0/1 flips is that of 5,000 draws; the interval holds it as often as it says.
def test_the_interval_of_a_mean_holds_the_truth_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(3), 0
    ours, theirs = random.random((2, 200_000))
    truth = np.mean(2 * np.abs(ours - theirs) / (ours + theirs))
    for _ in range(200):
        rows = random.integers(0, len(ours), 300)
        how: Any = {"bootstrap_samples": 20}
        found = _churn(ours[rows], theirs[rows], **how)["symmetric_prediction_difference"]
        held += found.low <= truth <= found.high
    assert 183 <= held <= 198


def test_of_one_row_no_mean_has_an_interval_and_of_none_that_weighs_no_value() -> None:
    one = _churn(SCORE, SCORE / 2, sample_weight=[1, *[0] * 39])["symmetric_prediction_difference"]
    assert (one.value, one.low) == (pytest.approx(2 / 3), None)
    for metric in _churn(SCORE, SCORE / 2, sample_weight=[0] * 40).values():
        assert (metric.value, metric.reason) == (None, "all weights are 0")


# Weights that differ as waiting times do leave about half as many rows.
def test_the_interval_of_a_weighted_mean_holds_the_truth_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(4), 0
    ours, theirs = random.random((2, 100_000))
    weight = random.gamma(1, 1, 100_000)
    truth = np.average(2 * np.abs(ours - theirs) / (ours + theirs), weights=weight)
    for _ in range(200):
        rows = random.integers(0, len(ours), 100)
        how: Any = {"bootstrap_samples": 20, "sample_weight": weight[rows]}
        found = _churn(ours[rows], theirs[rows], **how)["symmetric_prediction_difference"]
        held += found.low <= truth <= found.high
    assert 183 <= held <= 198


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [({"max": 0.25}, "pass"), ({"max": 0.24}, "fail"), ({"min": 0.3}, "fail")],
)
def test_churn_is_judged_against_the_champion(limit: Any, outcome: str) -> None:
    thresholds = {"flip_rate": limit, "roc_auc": {"min": 0}}
    how: Any = {"thresholds": thresholds, "decision_threshold": CUTS}
    found = evaluate(Y, SCORE, baselines={"champion": SCORE}, **how)
    rule = next(rule for rule in found.rules if rule.metric == "flip_rate")
    assert (rule.outcome, rule.value) == (outcome, 0.25)
    assert found.blessed is (outcome == "pass")
    assert found.main_metric == "roc_auc"
    assert [metric.name for metric in found.metrics if "flip" in metric.name] == []


def test_without_a_champion_churn_passes_and_with_one_that_is_not_scored_it_cannot_be_told() -> (
    None
):
    thresholds = {"flip_rate": {"max": 0.1}, "roc_auc": {"min": 0}}
    first = evaluate(Y, SCORE, thresholds=thresholds)
    assert first.blessed
    assert first.rules[1].text == "flip_rate has no champion to be compared with"
    unknown = evaluate(Y, SCORE, thresholds=thresholds, unscored={"champion": "its files are gone"})
    assert unknown.rules[1].outcome == "cannot tell"
    assert unknown.rules[1].text == "flip_rate is undefined: its files are gone"


def test_a_threshold_for_churn_alone_blesses_nothing() -> None:
    found = evaluate(Y, SCORE, thresholds={"flip_rate": {"max": 1}})
    assert not found.blessed
    assert found.failed.keys() == {"thresholds"}


def test_churn_is_judged_on_slices() -> None:
    group = np.where(np.arange(40) < 20, "a", "b")
    theirs = np.where(group == "a", SCORE, 1 - SCORE)
    found = evaluate(
        Y, SCORE, baselines={"champion": theirs}, features=pd.DataFrame({"g": group}),
        slices=["g"], min_slice_size=5, thresholds={"roc_auc": {"min": 0}},
        slice_thresholds={"flip_rate": {"max": 0.1}},
    )  # fmt: skip
    outcomes = {rule.key: (rule.outcome, rule.value) for rule in found.rules if rule.slice}
    assert outcomes == {
        "flip_rate.max[g=a]": ("pass", 0.0),
        "flip_rate.max[g=b]": ("fail", 1.0),
    }


def test_churn_is_told_beside_each_baseline_and_survives_json() -> None:
    found = evaluate(Y, SCORE, baselines={"champion": SCORE, "linear": 1 - SCORE})
    assert [row["churn"] for row in churn_table(found)] == [
        "flip_rate", "neg_to_pos_flip_rate", "pos_to_neg_flip_rate",
        "symmetric_prediction_difference",
    ]  # fmt: skip
    assert churn_table(found)[0]["linear"].startswith("1 [")
    assert tables(Assessment(found))["churn"] == churn_table(found)
    assert Evaluation.from_json(json.loads(durable.json_bytes(found.to_json()))) == found


def test_an_evaluation_that_was_stored_before_there_was_churn_is_read() -> None:
    found = evaluate(Y, SCORE, baselines={"champion": SCORE})
    value = json.loads(durable.json_bytes(found.to_json()))
    value["baselines"][0] = {**value["baselines"][0], "flips": 0.5}
    del value["baselines"][0]["churn"]
    assert Evaluation.from_json(value).baselines[0].churn == ()
