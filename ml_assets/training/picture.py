"""The tuning history as a picture: each trial's value, the best so far, and the defaults."""

from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ml_assets.training.metrics import direction
from ml_assets.training.tune import SearchResult


def draw_history(result: SearchResult, path: Path) -> None:
    """Write the tuning history as a PNG of less than 60 kB; the same result gives the same bytes."""
    figure = Figure(figsize=(7, 3.2), dpi=90, layout="constrained")
    axes = figure.add_subplot()
    _draw_trials(axes, result)
    axes.set_xlabel("trial")
    axes.set_ylabel(result.metric)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    FigureCanvasAgg(figure).print_png(str(path), metadata={"Software": None})


def _draw_trials(axes: Any, result: SearchResult) -> None:
    pick = min if direction(result.metric) == "minimize" else max
    complete = [t for t in result.trials if t.state == "complete" and t.value is not None]
    pruned = [t for t in result.trials if t.state == "pruned" and t.value is not None]
    values = [t.value for t in complete if t.value is not None]
    numbers = [t.number for t in complete]
    best = [pick(values[: i + 1]) for i in range(len(values))]
    to_the_end = [*numbers, len(result.trials) - 1], [*best, *best[-1:]]
    axes.plot(numbers, values, "o", color="#1f77b4", label="complete")
    axes.plot(
        [t.number for t in pruned], [t.value for t in pruned], "x", color="#999", label="pruned"
    )
    axes.step(*to_the_end, where="post", color="#d62728", label="best so far")
    if result.default.value is not None:
        axes.axhline(result.default.value, color="#2ca02c", ls=":", label="defaults")
