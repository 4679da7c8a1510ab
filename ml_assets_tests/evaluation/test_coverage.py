"""Intervals hold the truth about as often as they say; `benchmarks.intervals` looks more closely."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.intervals import draw
from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.metrics import METRICS, compute_metrics
from ml_assets.spec import Task


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_intervals_cover_the_truth_as_often_as_they_say(task: Task) -> None:
    truth = compute_metrics(task, *draw(task, np.random.default_rng(0), 500_000))
    random, trials = np.random.default_rng(1), 100
    covered: Counter[str] = Counter()
    for seed in range(trials):
        evaluation = evaluate(*draw(task, random, 300), task=task, seed=seed, bootstrap_samples=100)
        for metric in evaluation.metrics:
            value = truth[metric.name].value
            assert value is not None
            assert metric.low is not None
            assert metric.high is not None
            covered[metric.name] += metric.low <= value <= metric.high
    # Where the true share is 93 %, fewer than this are held once in a thousand times.
    least = binom.ppf(0.001, trials, 0.93)
    assert min(covered[name] for name in METRICS[task]) >= least, covered
