import numpy as np
import pytest
from scipy import stats

from ml_assets.evaluation.bootstrap import percentile_interval, resample, wilson_interval
from ml_assets.evaluation.metrics import METRICS, check_predictions, measure


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (3, 10), (10, 10), (480, 1000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_wilsons_interval_equals_scipys(hits: int, trials: int, confidence: float) -> None:
    expected = stats.binomtest(hits, trials).proportion_ci(confidence, method="wilson")
    interval = wilson_interval(hits / trials, trials, confidence)
    assert interval == pytest.approx((expected.low, expected.high))


def test_the_same_seed_gives_the_same_resamples_for_every_model() -> None:
    seen: list[list[float]] = [[], []]
    measures = [lambda w, s=s: s.append(w @ np.arange(50)) or np.zeros(1) for s in seen]
    resample(measures, 50, 20, seed=3)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 1


def test_each_resample_has_as_many_rows_as_the_data() -> None:
    (totals,) = resample([lambda w: np.array([w.sum()])], 37, 25, seed=0)
    assert (totals == 37).all()


def test_no_interval_where_too_few_resamples_are_defined() -> None:
    values = np.array([0.5] * 17 + [np.nan] * 3)
    assert percentile_interval(values, 0.9) is None
    assert percentile_interval(values[:18], 0.9) == (0.5, 0.5)


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation() -> None:
    random = np.random.default_rng(0)
    y, p = random.normal(size=2000), np.zeros(2000)
    (drawn,) = resample([measure(check_predictions("regression", y, p))], 2000, 1000, seed=1)
    at = METRICS["regression"].index("mae")
    interval = percentile_interval(drawn[:, at], 0.95)
    half = 1.96 * np.abs(y).std() / np.sqrt(2000)
    mean = np.abs(y).mean()
    assert interval == pytest.approx((mean - half, mean + half), abs=0.15 * half)


def test_intervals_of_the_roc_auc_cover_the_truth_as_often_as_they_say() -> None:
    random, truth, covered = np.random.default_rng(5), stats.norm.cdf(1 / np.sqrt(2)), 0
    for seed in range(200):
        y = np.repeat([0, 1], 75)
        score = random.normal(size=150) + y
        measured = measure(check_predictions("binary", y, score))
        (drawn,) = resample([measured], 150, 199, seed)
        low, high = percentile_interval(drawn[:, 0], 0.9) or (0.0, 0.0)
        covered += low <= truth <= high
    assert 165 <= covered <= 193
