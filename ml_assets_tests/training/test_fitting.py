from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from ml_assets.errors import ModelError
from ml_assets.training.data import Examples
from ml_assets.training.fitting import fit_quietly, fit_weights, weight_argument

RNG = np.random.default_rng(0)
ROWS = Examples(RNG.normal(size=(90, 2)), np.repeat([0, 1, 2], [60, 20, 10]))
WEIGHT = RNG.integers(1, 4, 90).astype(float)


def test_balanced_classes_weigh_the_same() -> None:
    weights = fit_weights(ROWS, "balanced")
    assert weights is not None
    np.testing.assert_allclose(weights, compute_sample_weight("balanced", ROWS.label))
    weighted = fit_weights(replace(ROWS, weight=WEIGHT), "balanced")
    assert weighted is not None
    totals = np.bincount(ROWS.label, weighted)
    np.testing.assert_allclose(totals, totals[0])
    assert fit_weights(ROWS, None) is None
    assert fit_weights(replace(ROWS, weight=WEIGHT), None) is WEIGHT


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_row_of_weight_two_counts_like_two_rows(class_weight: Any) -> None:
    twice = np.repeat(np.arange(90), WEIGHT.astype(int))
    models = [LogisticRegression(tol=1e-8, max_iter=500) for _ in range(2)]
    fit_quietly(models[0], replace(ROWS, weight=WEIGHT), class_weight)
    fit_quietly(models[1], Examples(ROWS.features[twice], ROWS.label[twice]), class_weight)
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, atol=1e-4)


def test_balanced_is_what_scikit_learn_calls_balanced() -> None:
    ours, theirs = LogisticRegression(), LogisticRegression(class_weight="balanced")
    fit_quietly(ours, ROWS, "balanced")
    theirs.fit(ROWS.features, ROWS.label)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


def test_weights_reach_the_last_step_of_a_pipeline() -> None:
    inner = Pipeline([("scale", StandardScaler()), ("fit", HistGradientBoostingClassifier())])
    assert [*weight_argument(Pipeline([("inner", inner)]), WEIGHT)] == ["inner__fit__sample_weight"]
    assert [*weight_argument(LinearRegression(), WEIGHT)] == ["sample_weight"]
    assert weight_argument(KNeighborsClassifier(), None) == {}


def test_an_estimator_that_takes_no_weights_is_refused() -> None:
    with pytest.raises(ModelError, match=r"KNeighborsClassifier takes no weights .* statistics\.w"):
        weight_argument(Pipeline([("k", KNeighborsClassifier())]), WEIGHT)
