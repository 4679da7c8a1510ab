"""The search as a picture: each trial's value, and how much each hyperparameter mattered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ml_assets.training.metrics import direction
from ml_assets.training.tune import SearchResult

_MOST_BARS = 8


def draw_search(result: SearchResult, path: Path) -> None:
    """Write the tuning history as a PNG of less than 60 kB; the same result gives the same bytes.

    Beside it stands the importance of the hyperparameters, where there is one.
    """
    figure = Figure(figsize=(10 if result.importance else 7, 3.2), dpi=90, layout="constrained")
    if result.importance:
        history, bars = figure.subplots(1, 2, width_ratios=(2, 1))
        _draw_importance(bars, result.importance)
    else:
        history = figure.add_subplot()
    _draw_trials(history, result)
    history.set_xlabel("trial")
    history.set_ylabel(result.metric)
    history.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper center", ncols=5, frameon=False, fontsize=8)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    FigureCanvasAgg(figure).print_png(str(path), metadata={"Software": None})


def _draw_trials(axes: Any, result: SearchResult) -> None:
    pick = min if direction(result.metric) == "minimize" else max
    complete = [
        trial for trial in result.trials if trial.state == "complete" and trial.value is not None
    ]
    pruned = [
        trial for trial in result.trials if trial.state == "pruned" and trial.value is not None
    ]
    values = [trial.value for trial in complete if trial.value is not None]
    numbers = [trial.number for trial in complete]
    best = [pick(values[: position + 1]) for position in range(len(values))]
    to_the_end = [*numbers, len(result.trials) - 1], [*best, *best[-1:]]
    axes.plot(numbers, values, "o", color="#1f77b4", label="complete")
    axes.plot(
        [trial.number for trial in pruned],
        [trial.value for trial in pruned],
        "x",
        color="#999",
        label="pruned",
    )
    axes.step(*to_the_end, where="post", color="#d62728", label="best so far")
    reference_lines = (
        ("defaults", result.default, "#2ca02c"),
        ("champion's", result.champion, "#9467bd"),
    )
    for label, trial, colour in reference_lines:
        if trial is not None and trial.value is not None:
            axes.axhline(trial.value, color=colour, ls=":", label=label)


def _draw_importance(axes: Any, importance: Mapping[str, float]) -> None:
    most_important = list(importance.items())[:_MOST_BARS][::-1]
    bars = axes.barh(
        [name for name, _ in most_important],
        [share for _, share in most_important],
        color="#1f77b4",
    )
    axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    axes.set_xlim(0, 1.15)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xlabel("importance")
    axes.tick_params(axis="y", labelsize=8)
