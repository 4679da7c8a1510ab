"""Draws how models age: the metric over the days since the last training row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_assets.evaluation.extra import is_lower_better
from ml_assets.evaluation.pictures import BLUE, GREY, RED, new_figure
from ml_assets.evaluation.spec import ThresholdSpec
from ml_assets.evaluation.staleness import Staleness
from ml_assets.pages.figure import save_figure

ORANGE = "#e08214"
_COLOURS = {"candidate": BLUE, "champion": ORANGE}
_MARKS = {"linear": ":", "majority": "-."}


def draw_staleness(
    path: Path, results: Sequence[Staleness], threshold: ThresholdSpec | None = None
) -> bool:
    """Draw the metric at each age, with intervals, beside the baselines and what must be reached.

    Ages at which a model is not worth serving are red. Nothing is drawn, and False given, where there is
    no age.
    """
    shown = [result for result in results if result.ages]
    if not shown:
        return False
    figure, (axes,) = new_figure(7, 3.6, 1)
    for result in shown:
        _draw_model(axes, result)
    _draw_baselines(axes, shown[0])
    for limit in (threshold.min, threshold.max) if threshold else ():
        if limit is not None:
            axes.axhline(
                limit, color=RED, linestyle="--", linewidth=1, label=f"threshold {limit:g}"
            )
    axes.set(title="Staleness", xlabel="days since the last training row", ylabel=shown[0].metric)
    axes.legend(fontsize=7, frameon=False)
    save_figure(figure, path)
    return True


def _draw_model(axes: Any, staleness: Staleness) -> None:
    ages = [age for age in staleness.ages if age.metric.value is not None]
    middles = [(age.low + age.high) / 2 for age in ages]
    colour = _COLOURS.get(staleness.model, BLUE)
    axes.plot(middles, [age.metric.value for age in ages], color=colour, label=staleness.model)
    for middle, age in zip(middles, ages, strict=True):
        mark_colour = RED if age.outcome == "fail" else colour
        if age.metric.low is not None:
            axes.plot(
                [middle, middle],
                [age.metric.low, age.metric.high],
                color=mark_colour,
                linewidth=1.5,
            )
        axes.plot([middle], [age.metric.value], color=mark_colour, marker="o", ms=4)


def _draw_baselines(axes: Any, staleness: Staleness) -> None:
    ages = [age for age in staleness.ages if age.metric.value is not None]
    middles = [(age.low + age.high) / 2 for age in ages]
    sign = 1 if is_lower_better(staleness.metric) else -1
    for name in [name for name, _ in ages[0].over] if ages else ():
        changes = [dict(age.over)[name].value for age in ages]
        values = [
            None if change is None else (age.metric.value or 0.0) + sign * change
            for age, change in zip(ages, changes, strict=True)
        ]
        if None not in values:
            axes.plot(middles, values, color=GREY, linestyle=_MARKS.get(name, ":"), label=name)
