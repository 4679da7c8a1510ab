from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml_assets.evaluation.binned import BINNED_ABOVE, bin_scores
from ml_assets.evaluation.bootstrap import POISSON_ABOVE, percentile_interval, resample
from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.metrics import METRICS, _exact, check_predictions, measure
from ml_assets.spec import Task

TASKS: list[Task] = ["binary", "multiclass", "regression"]


def _rows(task: Task, n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(5)
    cause = random.normal(-1, 1.5, n)
    if task == "regression":
        return cause + random.standard_t(4, n), cause
    odds = np.exp(np.column_stack([cause, -cause / 2, np.zeros(n)]))
    table = odds / odds.sum(axis=1, keepdims=True)
    codes = (random.random(n)[:, None] > table.cumsum(axis=1)[:, :2]).sum(axis=1)
    return (codes, table) if task == "multiclass" else ((codes == 0).astype(int), table[:, 0])


@pytest.mark.parametrize("task", TASKS)
def test_bins_change_no_value_and_hardly_an_interval(task: Task) -> None:
    n = 2 * BINNED_ABOVE
    predictions = check_predictions(task, *_rows(task, n))
    exact, binned = _exact(predictions, np.arange(n)), measure(predictions)
    assert binned(np.ones(n)) == pytest.approx(exact(np.ones(n)), rel=1e-12)
    left, right = resample([exact, binned], n, 60, 0)
    for k, name in enumerate(METRICS[task]):
        ends, same = percentile_interval(left[:, k], 0.95), percentile_interval(right[:, k], 0.95)
        assert ends is not None
        assert same is not None
        assert np.abs(np.subtract(ends, same)).max() < 0.02 * (ends[1] - ends[0]), name


@pytest.mark.parametrize("task", TASKS)
def test_rows_of_a_slice_are_weighted_by_their_place(task: Task) -> None:
    y, s = _rows(task, 3 * BINNED_ABOVE)
    rows = np.flatnonzero(np.arange(len(y)) % 3 < 2)
    weights = np.random.default_rng(1).poisson(1, len(y)).astype(float)
    whole = measure(check_predictions(task, y[rows], s[rows]))(weights[rows])
    part = measure(check_predictions(task, y, s).at(rows), rows)(weights)
    assert part == pytest.approx(whole, rel=1e-9)


def test_no_bin_lies_on_both_sides_of_a_cut() -> None:
    random = np.random.default_rng(0)
    scores = np.concatenate([np.round(random.random(9000), 2), np.zeros(3000)])
    codes, size = bin_scores(scores, 0.5)
    assert set(codes) == set(range(size))
    assert (np.diff(codes[np.argsort(scores, kind="stable")]) >= 0).all()
    assert not set(codes[scores <= 0.5]) & set(codes[scores > 0.5])


def test_many_rows_are_drawn_by_themselves_with_a_poisson_number() -> None:
    n = POISSON_ABOVE + 1
    seen: list[NDArray[Any]] = []

    def look(weights: NDArray[Any]) -> NDArray[Any]:
        seen.append(weights)
        return np.array([weights.mean(), weights.var()])

    (drawn,) = resample([look], n, 20, 0)
    assert drawn.mean(axis=0) == pytest.approx([1, 1], abs=5e-3)
    counts = np.bincount(np.concatenate(seen).astype(int)) / (20 * n)
    assert counts[:4] == pytest.approx([0.3679, 0.3679, 0.1839, 0.0613], abs=1e-3)


def test_the_interval_of_many_rows_is_as_wide_as_theory_says() -> None:
    n = POISSON_ABOVE + 1
    y, s = _rows("binary", n)
    metric = evaluate(y, s, bootstrap_samples=200).metric("brier")
    assert metric.low is not None
    assert metric.high is not None
    half = 1.96 * ((s - y) ** 2).std() / np.sqrt(n)
    assert (metric.high - metric.low) / 2 == pytest.approx(half, rel=0.2)
