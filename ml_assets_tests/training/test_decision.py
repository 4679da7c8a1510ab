from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV

from ml_assets.errors import DataError
from ml_assets.training.decision import choose_threshold
from ml_assets.training.spec import DecisionSpec

METRICS = {
    "f1": f1_score,
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
}
RNG = np.random.default_rng(0)
LABEL = (RNG.random(400) < 0.2).astype(int)
SCORES = np.clip(RNG.normal(0.3 + 0.2 * LABEL, 0.15), 0, 1)


def cost(false_positive: float, false_negative: float) -> DecisionSpec:
    prices = {"false_positive": false_positive, "false_negative": false_negative}
    return DecisionSpec.model_validate({"costs": prices})


def best_of(label: Any, scores: Any, measure: Any) -> float:
    """The oracle: every decision that any threshold can make, tried one by one."""
    ends = [-1.0, *scores]
    return max(float(measure(label, (scores > end).astype(int))) for end in ends)


@pytest.mark.parametrize("name", METRICS)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(1, 3)), min_size=2))
def test_no_threshold_is_better(name: Any, rows: list[tuple[bool, int, int]]) -> None:
    label = np.array([*(int(is_positive) for is_positive, _, _ in rows), 0, 1])
    scores = np.array([*(score / 8 for _, score, _ in rows), 0.25, 0.75])
    weight = np.array([*(float(w) for _, _, w in rows), 1.0, 1.0])

    def measure(truth: Any, decided: Any) -> float:
        options: Any = {"zero_division": 0.0} if name == "f1" else {}
        return float(METRICS[name](truth, decided, sample_weight=weight, **options))

    threshold = choose_threshold(label, scores, DecisionSpec(metric=name), weight)
    assert 0 <= threshold <= 1
    # A score of 0 is above no threshold from 0 on, so the oracle has none below it either.
    best = (
        best_of(label, np.maximum(scores, 1e-9), measure)
        if scores.min()
        else max(measure(label, (scores > end).astype(int)) for end in scores)
    )
    assert measure(label, (scores > threshold).astype(int)) == pytest.approx(best)


@pytest.mark.parametrize("prices", [(1, 1), (1, 10), (7, 1), (1, 1000), (1000, 1)])
def test_wrong_decisions_cost_least(prices: tuple[float, float]) -> None:
    def saved(truth: Any, decided: Any) -> float:
        wrong = (decided > truth).sum() * prices[0] + (decided < truth).sum() * prices[1]
        return -float(wrong)

    threshold = choose_threshold(LABEL, SCORES, cost(*prices))
    assert saved(LABEL, (threshold < SCORES).astype(int)) == best_of(LABEL, SCORES, saved)


def test_of_calibrated_scores_the_threshold_is_the_ratio_of_the_costs() -> None:
    scores = RNG.random(200_000)
    label = (RNG.random(200_000) < scores).astype(int)
    assert choose_threshold(label, scores, cost(1, 4)) == pytest.approx(0.2, abs=0.02)


def test_it_agrees_with_scikit_learns_tuned_threshold() -> None:
    class Scored(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, features: Any, label: Any) -> "Scored":
            self.classes_ = np.array([0, 1])
            return self

        def predict_proba(self, features: Any) -> Any:
            return np.column_stack([1 - features[:, 0], features[:, 0]])

    model = Scored().fit(None, None)
    theirs = TunedThresholdClassifierCV(
        model, scoring=make_scorer(f1_score), cv="prefit", refit=False, thresholds=200
    ).fit(SCORES[:, None], LABEL)
    ours = choose_threshold(LABEL, SCORES, DecisionSpec(metric="f1"))
    assert f1_score(LABEL, ours < SCORES) >= theirs.best_score_ - 1e-12


def test_of_equally_good_thresholds_the_nearest_to_a_half_is_taken() -> None:
    label, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9])
    assert choose_threshold(label, scores, cost(1, 1)) == 0.5
    assert choose_threshold(label, scores / 2, cost(1, 1)) == pytest.approx(0.25)


@pytest.mark.parametrize("scores", [[0.5, np.nextafter(0.5, 1)], [0.0, 5e-324], [0.0, 1.0]])
def test_a_threshold_lies_between_neighbouring_floats_too(scores: list[float]) -> None:
    threshold = choose_threshold(np.array([0, 1]), np.array(scores), cost(1, 1))
    assert scores[0] <= threshold < scores[1]


def test_one_class_has_no_threshold() -> None:
    weight = np.array([1.0, 1.0, 0.0])
    with pytest.raises(DataError, match=r"training\.decision: all 3 eval rows have the same class"):
        choose_threshold(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3]), cost(1, 1), weight)
