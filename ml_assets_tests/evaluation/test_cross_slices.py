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
