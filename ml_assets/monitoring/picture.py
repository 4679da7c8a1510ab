"""Draws how columns moved: the share of each value in the reference beside that in the current rows."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ml_assets.markdown import cut
from ml_assets.monitoring.bars import bars_of
from ml_assets.monitoring.findings import worst_features
from ml_assets.pages.figure import save_figure
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.drift import DriftFinding

_COLUMNS = 3
_DEFAULT_DRAWN, _MAX_DRAWN = 6, 24
_LABEL_LENGTH, _LINE_LENGTH, _MAX_LINES = 14, 52, 2
_GREY, _BLUE = "#b5b5b5", "#2b6ca3"


def draw_findings(
    path: Path,
    reference: DatasetStatistics,
    current: DatasetStatistics,
    findings: Sequence[DriftFinding],
) -> bool:
    """Draw every column that alarms, or where none does those that moved most; say whether any was drawn.

    Parameters
    ----------
    path : Path
        The file to write; none where nothing could be compared.
    reference, current : DatasetStatistics
        Both sides.
    findings : sequence of DriftFinding
        Of them.
    """
    alarms = sum(finding.verdict == "alarm" for finding in findings)
    worst = worst_features(findings, min(_MAX_DRAWN, alarms) or _DEFAULT_DRAWN)
    if worst:
        captions = {finding.feature: finding.explanation for finding in findings}
        draw_drift(path, reference, current, worst, captions)
    return bool(worst)


def draw_drift(
    path: Path,
    reference: DatasetStatistics,
    current: DatasetStatistics,
    features: Sequence[str],
    captions: Mapping[str, str],
) -> None:
    """Draw some columns as a small PNG file; the same statistics always give the same bytes.

    Parameters
    ----------
    path : Path
        The file to write.
    reference, current : DatasetStatistics
        Both sides.
    features : sequence of str
        What to draw: at most some two dozen, and each on both sides.
    captions : mapping of str to str
        What to say above a column's bars, such as what moved.
    """
    rows = max(1, -(-len(features) // _COLUMNS))
    figure = Figure(figsize=(10, 2.5 * rows + 0.3), dpi=80, layout="constrained")
    panels = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for axes, name in zip(panels, features, strict=False):
        _draw_column(axes, reference, current, name, captions.get(name, ""))
    for axes in panels[len(features) :]:
        axes.set_axis_off()
    figure.legend(*_legend(figure), loc="outside lower right", ncols=2, fontsize=8, frameon=False)
    save_figure(figure, path)


def _draw_column(
    axes: Any, reference: DatasetStatistics, current: DatasetStatistics, name: str, caption: str
) -> None:
    bars = bars_of(reference.feature(name), current.feature(name))
    positions = np.arange(len(bars.labels))
    axes.bar(positions - 0.2, bars.reference, 0.4, color=_GREY, label="training")
    axes.bar(positions + 0.2, bars.current, 0.4, color=_BLUE, label="scored")
    named = [position for position in positions if bars.labels[position]]
    labels = [cut(bars.labels[position], _LABEL_LENGTH) for position in named]
    axes.set_xticks(named, labels, rotation=50, ha="right", fontsize=6, parse_math=False)
    axes.set_title(
        cut(name, 30), fontsize=9, fontweight="bold", loc="left", pad=22, parse_math=False
    )
    text = _wrapped("; ".join(part for part in (caption, bars.note) if part))
    axes.text(0, 1.02, text, fontsize=6, transform=axes.transAxes, va="bottom", parse_math=False)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.tick_params(axis="y", labelsize=6)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(figure: Figure) -> tuple[Any, Any]:
    return figure.axes[0].get_legend_handles_labels()


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(cut(text, 10_000), _LINE_LENGTH, max_lines=_MAX_LINES, placeholder=" …")
    return "\n".join(lines)
