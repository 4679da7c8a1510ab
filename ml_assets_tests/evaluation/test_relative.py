"""Relative changes against the champion: TFMA's semantics, with paired intervals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ml_assets.evaluation import evaluate

Array = NDArray[Any]


def _errors(
    champion: float, ours: float, rows: int = 400, seed: int = 0
) -> tuple[Array, Array, Array]:
    """Labels, our predictions and the champion's, with about these mean absolute errors."""
    random = np.random.default_rng(seed)
    noise = np.abs(random.normal(1, 0.1, rows))
    y = random.normal(size=rows)
    return y, y + ours * noise, y + champion * noise


@pytest.mark.parametrize(
    ("ours", "rules", "outcomes"),
    [
        (0.9, {"min_relative_change": 0.05}, ["pass"]),
        (0.9, {"min_relative_change": 0.2}, ["fail"]),
        (1.02, {"min_relative_change": -0.05}, ["pass"]),
        # Both must hold.
        (0.9, {"min_change": 0.05, "min_relative_change": 0.05}, ["pass", "pass"]),
        (0.9, {"min_change": 0.5, "min_relative_change": 0.05}, ["fail", "pass"]),
        (0.9, {"min_change": 0.05, "min_relative_change": 0.2}, ["pass", "fail"]),
    ],
)
def test_a_relative_change_is_judged_beside_the_absolute_one(
    ours: float, rules: dict[str, float], outcomes: list[str]
) -> None:
    y, score, champion = _errors(1.0, ours)
    evaluation = evaluate(
        y, score, task="regression", baselines={"champion": champion}, thresholds={"mae": rules}
    )
    assert [rule.outcome for rule in evaluation.rules[1:]] == outcomes
    assert evaluation.blessed is (set(outcomes) == {"pass"})


def test_a_relative_change_is_told_in_per_cent_with_its_interval() -> None:
    y, score, champion = _errors(1.0, 0.9)
    rules = {"mae": {"min_relative_change": 0.2}}
    evaluation = evaluate(
        y, score, task="regression", baselines={"champion": champion}, thresholds=rules
    )
    (rule,) = [rule for rule in evaluation.rules if rule.rule == "min_relative_change"]
    assert rule.value == pytest.approx(0.1)
    assert rule.key == "mae.min_relative_change"
    assert "better than the champion's by +10.00% (95 % +10.00% to +10.00%)" in rule.text
    assert "but it must be at least +20.00%" in rule.text


@pytest.mark.parametrize("sign", [1, -1])
def test_a_share_of_a_negative_value_is_better_where_it_is_positive(sign: int) -> None:
    y = np.random.default_rng(0).normal(size=200)
    ours, champion = y.mean() - 1.0, y.mean() - 1.5
    given = [np.full(200, one) for one in (ours, champion)[::sign]]
    evaluation = evaluate(y, given[0], task="regression", baselines={"champion": given[1]})
    other = evaluation.baseline("champion")
    assert other is not None
    r2 = {metric.name: metric.value for metric in other.metrics}["r2"]
    change = {metric.name: metric.value for metric in other.relative}["r2"]
    assert r2 is not None
    assert change is not None
    assert r2 < 0
    assert np.sign(change) == sign


def test_a_share_of_zero_fails_as_in_tfma() -> None:
    y, score = [0, 1] * 50, [0.2, 0.9] * 50
    never = [0.1] * 100
    rules = {"recall": {"min_relative_change": -0.5}}
    evaluation = evaluate(y, score, baselines={"champion": never}, thresholds=rules)
    (rule,) = [rule for rule in evaluation.rules if rule.metric == "recall"]
    assert rule.outcome == "fail"
    assert rule.text == "recall cannot be compared with the champion's: that is 0"


def test_a_relative_change_without_a_champion_passes_and_with_a_broken_one_cannot_be_told() -> None:
    y, score = [0, 1] * 50, [0.2, 0.9] * 50
    rules = {"recall": {"min_relative_change": 0.0}}
    assert evaluate(y, score, thresholds=rules).blessed
    evaluation = evaluate(y, score, unscored={"champion": "it was altered"}, thresholds=rules)
    assert evaluation.rules[1].outcome == "cannot tell"


def test_slices_are_judged_by_relative_changes_too() -> None:
    y, score, champion = _errors(1.0, 0.9)
    group = np.arange(400) % 2
    champion = np.where(group == 1, y + (champion - y) * 0.5, champion)
    evaluation = evaluate(
        y, score, task="regression", baselines={"champion": champion},
        features=pd.DataFrame({"g": group}), slices=["g"], thresholds={"mae": {"max": 9}},
        slice_thresholds={"mae": {"min_relative_change": 0.0}},
    )  # fmt: skip
    assert {r.key: r.outcome for r in evaluation.rules if r.slice} == {
        "mae.min_relative_change[g=0]": "pass",
        "mae.min_relative_change[g=1]": "fail",
    }
