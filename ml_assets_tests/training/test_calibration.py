from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

from ml_assets.errors import DataError
from ml_assets.training.calibration import calibrate
from ml_assets.training.data import Examples
from ml_assets.training.fitting import fit_quietly

RNG = np.random.default_rng(0)


def rows(count: int, classes: int = 2) -> Examples:
    """Rows whose columns say the same four times, so that naive Bayes is too sure of itself."""
    signal = RNG.normal(size=count)
    noise = RNG.normal(size=count)
    label = np.digitize(signal + noise, np.linspace(-1, 1, classes + 1)[1:-1])
    return Examples(np.column_stack([signal] * 4), label)


@pytest.mark.parametrize("method", ["isotonic", "sigmoid"])
@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_get_better_and_are_scikit_learns(method: Any, classes: int) -> None:
    train, held_out, fresh = (rows(1500, classes) for _ in range(3))
    model = GaussianNB().fit(train.features, train.label)
    ours = calibrate(model, held_out, method)
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method=method, cv=5).fit(
        held_out.features, held_out.label
    )
    probabilities = ours.predict_proba(fresh.features)
    np.testing.assert_allclose(probabilities, theirs.predict_proba(fresh.features))
    before = log_loss(fresh.label, model.predict_proba(fresh.features))
    assert log_loss(fresh.label, probabilities) < before - 0.05


def test_calibration_gives_back_the_probabilities_that_balanced_weights_took() -> None:
    train, held_out, fresh = (rows(4000) for _ in range(3))
    rare = [Examples(r.features, (r.label & (RNG.random(len(r)) < 0.2))) for r in (train, held_out)]
    model = LogisticRegression()
    fit_quietly(model, rare[0], "balanced")
    share = rare[1].label.mean()
    assert model.predict_proba(fresh.features)[:, 1].mean() > 3 * share
    mean_probability = (
        calibrate(model, rare[1], "isotonic").predict_proba(fresh.features)[:, 1].mean()
    )
    assert mean_probability == pytest.approx(share, rel=0.15)


def test_the_weights_of_the_held_out_rows_count() -> None:
    train, held_out = rows(500), rows(500)
    weight = RNG.integers(1, 5, 500).astype(float)
    model = GaussianNB().fit(train.features, train.label)
    calibrated = calibrate(model, Examples(held_out.features, held_out.label, weight), "isotonic")
    scores = model.predict_proba(held_out.features)[:, 1]
    right = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1)
    right.fit(scores, held_out.label, sample_weight=weight)
    np.testing.assert_allclose(
        calibrated.predict_proba(held_out.features)[:, 1], right.predict(scores), atol=1e-9
    )


def test_a_class_that_is_not_held_out_is_refused() -> None:
    train = rows(200, classes=3)
    model = GaussianNB().fit(train.features, train.label)
    label = np.array([0, 0, 1, 1, 1, 2])
    with pytest.raises(DataError, match=r"1 of the 6 held-out .* with the code 2; at least 2 are"):
        calibrate(model, Examples(train.features[:6], label), "sigmoid")
