"""Draws explanations: weak slices, the importance of columns, partial dependence, one prediction."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_assets.evaluation.explain_row import RowExplanation
from ml_assets.evaluation.importance import Dependence, Importance
from ml_assets.evaluation.pictures import BLUE, GREY, RED, new_figure
from ml_assets.evaluation.weak_slices import WeakSlices
from ml_assets.markdown import cut
from ml_assets.pages.figure import save_figure

_MOST_BARS = 25
_LABEL_LENGTH = 56


def draw_weak_slices(path: Path, weak: WeakSlices) -> None:
    """Draw the loss of each weak slice, beside what is promised there and what the rest loses."""
    figure, axes = _bars(len(weak.slices))
    for row, piece in enumerate(weak.slices):
        axes.plot([piece.loss_of_rest, piece.loss], [row, row], color=GREY, linewidth=1)
        axes.plot([piece.loss], [row], "o", color=RED, ms=5, label="" if row else "here")
        axes.plot(
            [piece.loss_of_rest], [row], "|", color=GREY, ms=10, label="" if row else "the rest"
        )
        if piece.promised is not None:
            mark = {"color": BLUE, "mfc": "none", "ms": 5, "label": "" if row else "promised"}
            axes.plot([piece.promised], [row], "o", **mark)
    names = [f"{cut(piece.name, _LABEL_LENGTH)} ({piece.rows:,})" for piece in weak.slices]
    _label_bars(axes, names)
    axes.set(title="Weak slices" if weak.slices else "No weak slice", xlabel=weak.loss)
    if weak.slices:
        axes.legend(fontsize=7, frameon=False)
    save_figure(figure, path)


def draw_importance(path: Path, importances: Sequence[Importance]) -> None:
    """Draw how much the loss rises when each column is shuffled, with intervals."""
    shown = list(importances)[:_MOST_BARS]
    figure, axes = _bars(len(shown))
    for row, importance in enumerate(shown):
        axes.plot([importance.low, importance.high], [row, row], color=BLUE, linewidth=1.5)
        axes.plot([importance.value], [row], "o", color=BLUE, ms=4)
    axes.axvline(0, color=GREY, linestyle=":")
    _label_bars(axes, [cut(importance.column, _LABEL_LENGTH) for importance in shown])
    axes.set(title="Importance of columns", xlabel="rise of the loss when shuffled")
    save_figure(figure, path)


def draw_dependence(path: Path, dependences: Sequence[Dependence]) -> None:
    """Draw the mean prediction over the values of up to four columns, side by side."""
    shown = list(dependences)[:4]
    figure, panels = new_figure(3.2 * len(shown) + 0.6, 3.2, len(shown))
    for axes, dependence in zip(panels, shown, strict=True):
        _draw_dependence(axes, dependence)
        axes.set_title(cut(dependence.column, 28), fontsize=9, parse_math=False)
        axes.set_ylabel(f"mean {cut(dependence.predicted, 24)}", fontsize=8, parse_math=False)
    save_figure(figure, path)


def draw_row(path: Path, explanation: RowExplanation) -> None:
    """Draw what each column contributes to one prediction, with intervals."""
    shown = explanation.contributions[:_MOST_BARS]
    figure, axes = _bars(len(shown))
    for row, contribution in enumerate(shown):
        axes.barh(
            row, contribution.value, color=RED if contribution.value < 0 else BLUE, height=0.6
        )
        axes.plot([contribution.low, contribution.high], [row, row], color="black", linewidth=1)
    axes.axvline(0, color=GREY, linestyle=":")
    names = [
        cut(f"{contribution.column} = {contribution.raw}", _LABEL_LENGTH) for contribution in shown
    ]
    _label_bars(axes, names)
    title = (
        f"{explanation.predicted}: {explanation.prediction:.4g}, usually {explanation.usual:.4g}"
    )
    axes.set_title(cut(title, 60), fontsize=9, parse_math=False)
    axes.set_xlabel("contribution")
    save_figure(figure, path)


def _draw_dependence(axes: Any, dependence: Dependence) -> None:
    numbers = [point for point in dependence.points if point.position is not None]
    others = [point for point in dependence.points if point.position is None]
    if numbers:
        places = [point.position for point in numbers]
        axes.plot(places, [point.mean for point in numbers], color=BLUE)
        lows, highs = ([getattr(point, end) for point in numbers] for end in ("low", "high"))
        axes.fill_between(places, lows, highs, color=BLUE, alpha=0.2, linewidth=0)
        for point in others:
            label = cut(point.text, 12)
            axes.axhline(point.mean, color=GREY, linestyle="--", label=label)
            axes.legend(fontsize=7, frameon=False)
        return
    for index, point in enumerate(others):
        axes.plot([index, index], [point.low, point.high], color=BLUE, linewidth=1.5)
        axes.plot([index], [point.mean], "o", color=BLUE, ms=4)
    texts = [cut(point.text, 12) for point in others]
    axes.set_xticks(range(len(others)), texts, rotation=90, fontsize=7, parse_math=False)


def _bars(count: int) -> tuple[Any, Any]:
    figure, (axes,) = new_figure(7, 0.26 * max(count, 1) + 1.2, 1)
    return figure, axes


def _label_bars(axes: Any, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=7, parse_math=False)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
