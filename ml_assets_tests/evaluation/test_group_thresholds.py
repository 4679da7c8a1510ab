"""Thresholds for groups: they meet the limit at the least cost, and say so honestly."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml_assets.evaluation.fairness import find_unfairness
from ml_assets.evaluation.fairness_report import Fairness, _offers, threshold_table
from ml_assets.evaluation.group_metrics import group_metrics
from ml_assets.evaluation.group_thresholds import RATIO, Goal, _fit, offer_group_thresholds
from ml_assets.evaluation.spec import FairnessSpec

Array = NDArray[Any]
GOALS: list[Goal] = ["selection_rate_ratio", "true_positive_rate_difference"]


def _people(rows: int = 6000, seed: int = 0) -> tuple[Array, Array, Array]:
    """Labels, scores and groups; the scores of one group are lower, and its labels less often 1."""
    random = np.random.default_rng(seed)
    groups = random.choice(["f", "m"], rows)
    merit = random.normal(np.where(groups == "f", -0.8, 0.4), 1.2)
    y = (random.random(rows) < 1 / (1 + np.exp(-merit))).astype(int)
    score = 1 / (1 + np.exp(-merit + np.where(groups == "f", 0.6, 0.0)))
    return y, score, groups


@pytest.mark.parametrize(("goal", "limit"), [(GOALS[0], 0.8), (GOALS[0], 0.98), (GOALS[1], 0.05)])
def test_thresholds_meet_the_limit_at_a_cost_that_is_told(goal: Goal, limit: float) -> None:
    y, score, groups = _people()
    offer = offer_group_thresholds(y, score, groups, goal=goal, limit=limit)
    assert offer is not None
    decided = score > pd.Series(groups).map(dict(offer.thresholds)).to_numpy()
    apart = group_metrics(y, decided, groups).disparity(goal.rsplit("_", 1)[0])
    assert apart is not None
    value = apart.ratio if goal == RATIO else apart.difference
    assert value is not None
    assert value.value >= limit - 0.01 if goal == RATIO else value.value <= limit + 1e-9
    assert offer.before is not None
    assert offer.after is not None
    assert offer.outcome != "fail"
    assert offer.before.value < 0.6 if goal == RATIO else offer.before.value > 0.2
    lost = offer.accuracy - (decided == y).mean()
    assert offer.cost.low - 0.01 <= lost <= offer.cost.high + 0.01
    assert offer.cost.high < 0.1
    assert f"would be {offer.after.value:.3f} ({offer.after.low:.3f} to " in offer.text


@given(seed=st.integers(0, 999), goal=st.sampled_from(GOALS), limit=st.sampled_from([0.2, 0.8]))
@settings(max_examples=25, deadline=None)
def test_no_other_thresholds_that_meet_the_limit_are_right_more_often(
    seed: int, goal: Goal, limit: float
) -> None:
    random = np.random.default_rng(seed)
    y, groups = random.integers(0, 2, 14), np.array(["a", "b"] * 7)
    y[:4] = 1, 1, 0, 0
    score = np.round(random.random(14), 1)
    fitted = _fit(y, score, groups, ["a", "b"], goal, limit)
    assert fitted is not None

    def rate(thresholds: tuple[float, float], group: str) -> float:
        inside = (groups == group) & ((y == 1) | (goal == RATIO))
        return float((score > thresholds[group == "b"])[inside].mean())

    def right(thresholds: tuple[float, float]) -> int:
        limits = np.where(groups == "b", thresholds[1], thresholds[0])
        return int(((score > limits) == y).sum())

    best = -1
    for thresholds in itertools.product([-1.0, *np.unique(score)], repeat=2):
        low, high = sorted(rate(thresholds, group) for group in "ab")
        fits = low >= limit * high - 1e-9 if goal == RATIO else high - low <= limit + 1e-9
        fits = fits and low > 0
        best = max(best, right(thresholds)) if fits else best
    assert right((fitted["a"], fitted["b"])) == best


def test_small_groups_keep_the_usual_threshold() -> None:
    y, score, groups = _people()
    groups = np.where(np.arange(len(y)) < 50, "x", groups)
    offer = offer_group_thresholds(y, score, groups, goal=GOALS[0], limit=0.8)
    assert offer is not None
    assert [group for group, _ in offer.thresholds] == ["f", "m"]


@pytest.mark.parametrize(
    ("groups", "truth"),
    [(["a"] * 400, [0, 1] * 200), (["a", "b"] * 200, [0, 1] * 200)],
    ids=["one group", "a group without positives"],
)
def test_where_there_is_nothing_to_compare_nothing_is_offered(
    groups: list[str], truth: list[int]
) -> None:
    score = np.linspace(0, 1, 400)
    assert offer_group_thresholds(truth, score, groups, goal=GOALS[1], limit=0.1) is None


def test_too_few_rows_are_told() -> None:
    random = np.random.default_rng(3)
    groups = np.repeat(["a", "b"], 40)
    y, score = random.integers(0, 2, 80), random.random(80)
    how: Any = {"goal": GOALS[1], "limit": 0.02, "min_group_size": 20}
    offer = offer_group_thresholds(y, score, groups, **how)
    assert offer is not None
    assert offer.outcome == "cannot tell"
    offer = offer_group_thresholds(y, score, groups, **how, confidence=0.01)
    assert offer is not None
    assert offer.outcome == "fail"
    assert "the groups are too small to find better ones" in offer.text


def test_they_are_offered_for_what_fails_and_only_for_that() -> None:
    y, score, groups = _people()
    rows = pd.DataFrame({"sex": groups, "shift": np.arange(len(y)) % 2})
    findings = find_unfairness(y, score, rows)
    spec = FairnessSpec(protected=["sex", "shift"])
    offers = tuple(_offers(findings, y, score, rows, spec, 0.5))
    assert {column for column, _ in offers} == {"sex", "sex, shift"}
    fairness = Fairness(tuple(findings), {}, (), offers)
    table = threshold_table(fairness)
    assert {row["group"] for row in table if row["column"] == "sex"} == {"sex=f", "sex=m"}
    assert fairness.to_json()["offers"][0]["goal"] == "selection_rate_ratio"
