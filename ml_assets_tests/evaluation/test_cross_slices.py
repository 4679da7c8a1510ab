from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.evaluation import Evaluation, evaluate

ROWS = 4000
RANDOM = np.random.default_rng(0)
CITY = np.array(["Lima", "Oslo", "Rome"])[RANDOM.integers(0, 3, ROWS)]
Y = RANDOM.integers(0, 2, ROWS)
# The score tells the label in Oslo less well than elsewhere.
SIGNAL = np.where(CITY == "Oslo", 0.1, 0.6)
SCORE = np.clip(Y * SIGNAL + RANDOM.random(ROWS) * (1 - SIGNAL), 0, 1)


def _evaluate(*across: dict[str, Any], **how: Any) -> Evaluation:
    given: dict[str, Any] = {
        "features": pd.DataFrame({"city": CITY, "half": np.arange(ROWS) % 2}),
        "slices": ["city", "half"],
        "thresholds": {"roc_auc": {"min": 0.5}},
        "cross_slices": across,
        **how,
    }
    return evaluate(Y, SCORE, **given)


def _outcomes(found: Evaluation) -> dict[str, str]:
    return {rule.key: rule.outcome for rule in found.rules if rule.slice}


def _auc(found: Evaluation, piece: str | None = None) -> float:
    metrics = found.metrics
    if piece is not None:
        metrics = next(one.metrics for one in found.slices if one.name == piece)
    value = next(metric.value for metric in metrics if metric.name == "roc_auc")
    assert value is not None
    return value


def test_each_slice_is_judged_by_how_far_it_lies_from_all_rows() -> None:
    found = _evaluate({"thresholds": {"roc_auc": {"min": -0.1}}})
    assert _outcomes(found) == {
        "roc_auc.min[city=Lima less all rows]": "pass",
        "roc_auc.min[city=Oslo less all rows]": "fail",
        "roc_auc.min[city=Rome less all rows]": "pass",
        "roc_auc.min[half=0 less all rows]": "pass",
        "roc_auc.min[half=1 less all rows]": "pass",
    }
    assert not found.blessed
    rule = next(rule for rule in found.rules if rule.outcome == "fail")
    assert rule.value is not None
    assert rule.value == pytest.approx(_auc(found, "city=Oslo") - _auc(found))
    assert rule.low is not None
    assert rule.high is not None
    assert rule.low < rule.value < rule.high
    assert rule.text.startswith("roc_auc of city=Oslo less all rows is -0.")


def test_slices_are_compared_with_the_one_that_is_named() -> None:
    across = {"baseline": "city=Oslo", "slices": ["city"], "thresholds": {"roc_auc": {"max": 0.5}}}
    found = _evaluate(across)
    assert _outcomes(found) == {
        "roc_auc.max[city=Lima less city=Oslo]": "pass",
        "roc_auc.max[city=Rome less city=Oslo]": "pass",
    }
    assert found.blessed


# Of disjoint slices the variance of the difference is the sum of both.
def test_the_interval_of_a_difference_is_as_wide_as_that_of_two_samples() -> None:
    across = {"baseline": "half=0", "slices": ["half"], "thresholds": {"accuracy": {"min": -1}}}
    found = _evaluate(across, bootstrap_samples=1000)
    rule = next(rule for rule in found.rules if rule.slice)
    assert rule.low is not None
    assert rule.high is not None
    right = (SCORE > 0.5) == Y
    errors = [right[np.arange(ROWS) % 2 == half].var() / (ROWS / 2) for half in (0, 1)]
    assert rule.high - rule.low == pytest.approx(2 * 1.96 * np.sqrt(sum(errors)), rel=0.1)


@pytest.mark.parametrize(
    ("oslo", "outcome"), [(0.3, "fail"), (0.1, "pass")], ids=["smaller before", "as large"]
)
def test_a_change_is_that_of_the_difference_over_the_champions(oslo: float, outcome: str) -> None:
    signal = np.where(CITY == "Oslo", oslo, 0.6)
    random = np.random.default_rng(1).random(ROWS)
    champion = np.clip(Y * signal + random * (1 - signal), 0, 1) if oslo != 0.1 else SCORE
    across = {
        "baseline": "city=Lima",
        "slices": ["city"],
        "thresholds": {"roc_auc": {"min_change": -0.02}},
    }
    found = _evaluate(across, baselines={"champion": champion})
    assert _outcomes(found)["roc_auc.min_change[city=Oslo less city=Lima]"] == outcome
    rule = next(rule for rule in found.rules if rule.slice == "city=Oslo less city=Lima")
    assert "the champion's" in rule.text


def test_without_a_champion_a_change_passes_and_with_one_that_is_not_scored_it_cannot_be_told() -> (
    None
):
    across = {"slices": ["half"], "thresholds": {"roc_auc": {"min_change": 0.0}}}
    assert set(_outcomes(_evaluate(across)).values()) == {"pass"}
    found = _evaluate(across, unscored={"champion": "its files are gone"})
    assert set(_outcomes(found).values()) == {"cannot tell"}
    assert "its files are gone" in found.reasons[0]


def test_a_baseline_that_is_not_there_cannot_be_told_and_is_not_blessed() -> None:
    found = _evaluate({"baseline": "city=Oslp", "thresholds": {"roc_auc": {"min": -1}}})
    assert _outcomes(found) == {"cross_slices[city=Oslp]": "cannot tell"}
    assert found.reasons == (
        "there is no slice city=Oslp of at least 100 rows to compare others with. "
        "Did you mean 'city=Oslo'?",
    )


def test_a_metric_is_measured_where_only_a_difference_of_it_is_judged() -> None:
    found = _evaluate({"slices": ["half"], "thresholds": {"specificity": {"min": -0.2}}})
    assert found.metric("specificity").value is not None
    assert found.blessed


# Else the rule would judge nothing, and bless.
@pytest.mark.parametrize(
    ("across", "size", "key", "text"),
    [
        ({}, 3000, "cross_slices[any column]", "no slice by any column of at least 3,000 rows to"),
        (
            {"slices": ["city"]},
            1500,
            "cross_slices[city]",
            "no slice by city of at least 1,500 rows",
        ),
        ({"slices": ["one"], "baseline": "one=1"}, 100, "cross_slices[one]", "compare with one=1"),
    ],
)
def test_where_there_is_nothing_to_compare_it_cannot_be_told(
    across: dict[str, Any], size: int, key: str, text: str
) -> None:
    columns = pd.DataFrame({"city": CITY, "half": np.arange(ROWS) % 2, "one": 1})
    slices = ["city", "half", "one"] if across else ["city"]
    given = {**across, "thresholds": {"roc_auc": {"min": -1}}}
    found = _evaluate(given, features=columns, slices=slices, min_slice_size=size)
    assert _outcomes(found) == {key: "cannot tell"}
    assert text in found.reasons[0]


# The slices are apart, or one is part of the other.
def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(5), np.zeros(2)
    half = np.arange(300) % 2
    limit = {"slices": ["half"], "thresholds": {"accuracy": {"max": 1}}}
    for _ in range(200):
        y = random.integers(0, 2, 300)
        score = np.where(random.random(300) < np.where(half == 1, 0.6, 0.8), y, 1 - y)
        found = evaluate(
            y, score, features=pd.DataFrame({"half": half}), slices=["half"],
            cross_slices=[{**limit, "baseline": "half=0"}, limit],
        )  # fmt: skip
        rules = [rule for rule in found.rules if (rule.slice or "").startswith("half=1")]
        for place, (rule, truth) in enumerate(zip(rules, (-0.2, -0.1), strict=True)):
            assert rule.low is not None
            assert rule.high is not None
            held[place] += rule.low <= truth <= rule.high
    assert ((held >= 183) & (held <= 198)).all(), held


def test_of_a_loss_a_difference_that_grows_is_worse() -> None:
    half, y = np.arange(400) % 2, np.arange(400) // 2 % 2
    ours = np.abs(y - np.where(half == 1, 0.5, 0.1))
    champion = np.abs(y - 0.1)
    across = {"baseline": "half=0", "thresholds": {"log_loss": {"max": 1, "min_change": 0}}}
    found = evaluate(
        y, ours, features=pd.DataFrame({"half": half}),
        slices=["half"], baselines={"champion": champion}, cross_slices=[across],
    )  # fmt: skip
    value, change = (rule for rule in found.rules if rule.slice)
    assert value.value == pytest.approx(np.log(0.9) - np.log(0.5))
    assert change.value == pytest.approx(np.log(0.5) - np.log(0.9))
    assert (value.outcome, change.outcome) == ("pass", "fail")
