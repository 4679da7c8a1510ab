"""What a decision does to groups, with fairlearn as the oracle."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, zero_one_loss

from ml_assets.evaluation.group_metrics import group_metrics

fairlearn = pytest.importorskip("fairlearn.metrics", reason="fairlearn is not installed")

# Our rate, and fairlearn's or scikit-learn's function of it.
_RATES = {
    "selection_rate": fairlearn.selection_rate,
    "true_positive_rate": fairlearn.true_positive_rate,
    "false_positive_rate": fairlearn.false_positive_rate,
    "true_negative_rate": fairlearn.true_negative_rate,
    "false_negative_rate": fairlearn.false_negative_rate,
    "accuracy": accuracy_score,
    "error_rate": zero_one_loss,
}


def _groups(seed: int, rows: int, groups: int) -> tuple[Any, Any, Any]:
    """Labels, decisions and groups, of which each has every kind of row."""
    random = np.random.default_rng(seed)
    every = np.array([[y, d, g] for g in range(groups) for y in (0, 1) for d in (0, 1)])
    drawn = random.integers(0, [2, 2, groups], (rows, 3))
    y, d, g = np.concatenate([every, drawn]).T
    return y, d, np.array([*"abcde"])[g]


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(0, 100), groups=st.integers(2, 5))
@settings(max_examples=8, deadline=None)
def test_rates_and_disparities_are_those_of_fairlearn(seed: int, rows: int, groups: int) -> None:
    y, d, g = _groups(seed, rows, groups)
    metrics = group_metrics(y, d, g, min_group_size=1)
    frame = fairlearn.MetricFrame(metrics=_RATES, y_true=y, y_pred=d, sensitive_features=g)
    differences, ratios = frame.difference(), frame.ratio()
    for name in _RATES:
        rates = {group.name: group.rates[name].value for group in metrics.groups}
        assert rates == pytest.approx(frame.by_group[name].to_dict())
        apart = metrics.disparity(name)
        assert apart is not None
        assert apart.difference is not None
        assert apart.ratio is not None
        assert apart.difference.value == pytest.approx(differences[name])
        assert apart.ratio.value == pytest.approx(ratios[name])


def test_the_named_disparities_are_those_of_fairlearn() -> None:
    y, d, g = _groups(0, 60, 3)
    metrics = group_metrics(y, d, g, min_group_size=1)
    gaps = {name: metrics.disparity(name) for name in _RATES}
    values = {name: gap.difference.value for name, gap in gaps.items() if gap and gap.difference}
    selection = gaps["selection_rate"]
    assert selection is not None
    assert selection.ratio is not None
    how = {"sensitive_features": g}
    odds = max(values["true_positive_rate"], values["false_positive_rate"])
    assert selection.ratio.value == pytest.approx(fairlearn.demographic_parity_ratio(y, d, **how))
    assert odds == pytest.approx(fairlearn.equalized_odds_difference(y, d, **how))
    assert values["true_positive_rate"] == pytest.approx(
        fairlearn.equal_opportunity_difference(y, d, **how)
    )
