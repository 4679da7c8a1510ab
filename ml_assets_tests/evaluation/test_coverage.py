from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.metrics import METRICS, compute_metrics
from ml_assets.evaluation.names import Task

Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]


def _rows(task: Task, random: np.random.Generator, n: int) -> Arrays:
    cause = random.normal(0, 1.5, n)
    if task == "regression":
        return cause + random.normal(size=n), cause
    return (random.random(n) < 1 / (1 + np.exp(-cause))).astype(float), 1 / (1 + np.exp(-cause))


@pytest.mark.slow
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_intervals_cover_the_truth_in_ninety_five_of_a_hundred_samples(task: Task) -> None:
    truth = compute_metrics(task, *_rows(task, np.random.default_rng(0), 2_000_000))
    random, trials = np.random.default_rng(1), 500
    covered: Counter[str] = Counter()
    for seed in range(trials):
        found = evaluate(*_rows(task, random, 500), task=task, seed=seed)
        for metric in found.metrics:
            value = truth[metric.name].value
            assert value is not None
            assert metric.low is not None
            assert metric.high is not None
            covered[metric.name] += metric.low <= value <= metric.high
    shares = {name: round(covered[name] / trials, 4) for name in METRICS[task]}
    assert all(0.93 <= share <= 0.97 for share in shares.values()), shares


@pytest.mark.slow
def test_a_challenger_that_is_no_better_wins_in_at_most_five_of_a_hundred_comparisons() -> None:
    random, trials = np.random.default_rng(2), 500
    wins: Counter[str] = Counter()
    for seed in range(trials):
        cause = random.normal(0, 1.5, 500)
        y = random.random(500) < 1 / (1 + np.exp(-cause))
        one, other = (1 / (1 + np.exp(-cause - random.normal(0, 0.7, 500))) for _ in range(2))
        found = evaluate(y, one, baselines={"champion": other}, seed=seed).baseline("champion")
        assert found is not None
        wins.update(m.name for m in found.improvements if m.low is not None and m.low > 0)
    assert max(wins.values()) <= 0.05 * trials, wins
