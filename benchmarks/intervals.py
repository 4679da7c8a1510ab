"""How often intervals hold the truth, and how often a model that is no better is said to be.

Run it from the project's folder; it takes some minutes::

    .venv/bin/python -m benchmarks.intervals

Samples are drawn whose truth is known, from two million rows. An interval of 95 % ought to hold it in 95
of 100 samples; a challenger that is as good as its champion ought to win, or to beat the linear model, in
at most 5 of 100 comparisons.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from ml_assets.evaluation import METRICS, compute_metrics, evaluate
from ml_assets.spec import Task

Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]
TRIALS = 2000
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def main() -> None:
    """Print the shares of each task and size, the worst metric first."""
    for task in TASKS:
        for rows in (500, 2000):
            _print(f"coverage, {task}, {rows:,} rows", _coverage(task, rows))
    for rows in (150, 500, 2000):
        _print(f"false wins over the champion, {rows:,} rows", _false_wins(rows))


def draw(task: Task, random: np.random.Generator, rows: int) -> Arrays:
    """Give labels and predictions whose relation is always the same."""
    cause = random.normal(0, 1.5, rows)
    match task:
        case "regression":
            return cause + random.normal(size=rows), cause
        case "binary":
            score = 1 / (1 + np.exp(-cause))
            return (random.random(rows) < score).astype(float), score
        case "multiclass":
            odds = np.exp(np.column_stack([cause, -cause, np.zeros(rows)]))
            table = odds / odds.sum(axis=1, keepdims=True)
            drawn = random.random(rows)[:, None] > table.cumsum(axis=1)[:, :2]
            return drawn.sum(axis=1).astype(float), table


def _coverage(task: Task, rows: int) -> dict[str, float]:
    truth = compute_metrics(task, *draw(task, np.random.default_rng(0), 2_000_000))
    random, covered = np.random.default_rng(1), Counter[str]()
    for seed in range(TRIALS):
        for metric in evaluate(*draw(task, random, rows), task=task, seed=seed).metrics:
            value, low, high = truth[metric.name].value, metric.low, metric.high
            known = value is not None and low is not None and high is not None
            covered[metric.name] += bool(known and low <= value <= high)  # type: ignore[operator]
    return {name: covered[name] / TRIALS for name in METRICS[task]}


def _false_wins(rows: int) -> dict[str, float]:
    random, wins = np.random.default_rng(2), Counter[str]()
    for seed in range(TRIALS):
        cause = random.normal(0, 1.5, rows)
        y = random.random(rows) < 1 / (1 + np.exp(-cause))
        one, other = (1 / (1 + np.exp(-cause - random.normal(0, 0.7, rows))) for _ in range(2))
        found = evaluate(y, one, baselines={"champion": other}, seed=seed).baseline("champion")
        changes = found.improvements if found else ()
        wins.update(m.name for m in changes if m.low is not None and m.low > 0)
    return {name: wins[name] / TRIALS for name in METRICS["binary"]}


def _print(title: str, shares: dict[str, float]) -> None:
    ordered = sorted(shares.items(), key=lambda one: abs(one[1] - 0.95), reverse=True)
    told = ", ".join(f"{name} {share:.2%}" for name, share in ordered)
    print(f"{title}: {told}", flush=True)


if __name__ == "__main__":
    main()
