"""How much worse a model does than it promises."""

import numpy as np
import pytest
from scipy.stats import binom

from ml_assets.evaluation.metrics import Predictions
from ml_assets.evaluation.surprise import log_p_value, surprise_of


@pytest.mark.parametrize("rate", [0.002, 0.02, 0.3])
@pytest.mark.parametrize("rows", [100, 1000])
def test_the_bound_of_the_p_value_is_never_below_the_binomial_one(rate: float, rows: int) -> None:
    n = 200_000
    score = np.full(n, rate)
    y = np.zeros(n, dtype=int)
    y[:: round(1 / rate)] = 1
    surprise = surprise_of(Predictions("binary", y.astype(float), score))
    assert surprise.chances is not None
    chance = float(surprise.chances[0, 1])
    for hits in range(int(np.ceil(rows * chance)) + 1, int(rows * chance) + 40, 7):
        at = np.concatenate([np.flatnonzero(y == 1)[:hits], np.flatnonzero(y == 0)[: rows - hits]])
        exact = binom.logsf(hits - 1, rows, chance)
        bound = log_p_value(surprise, at)
        assert exact <= bound + 1e-9
        # Chernoff's bound is too large by a factor of some tens at most.
        assert bound <= exact + 4.5


def test_the_expected_loss_of_a_calibrated_model_is_its_entropy() -> None:
    random = np.random.default_rng(0)
    score = random.random(200_000)
    y = (random.random(len(score)) < score).astype(float)
    surprise = surprise_of(Predictions("binary", y, score))
    expected = surprise.loss - surprise.excess
    entropy = -(score * np.log(score) + (1 - score) * np.log(1 - score))
    assert np.abs(expected - entropy).mean() < 0.02
    assert abs(surprise.excess.mean()) < 0.003
    assert surprise.tested.var() == pytest.approx(surprise.variance.mean(), rel=0.02)
