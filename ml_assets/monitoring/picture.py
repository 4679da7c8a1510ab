"""Draws how features moved: the share of each bin in the reference beside that in the current data."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics
from ml_assets.validation.bins import Bins, bins_of

_COLUMNS = 3
_MOST_BARS = 12
_LABEL_LENGTH = 14
_GREY, _BLUE = "#b5b5b5", "#2b6ca3"


def draw_drift(
    path: Path,
    reference: DatasetStatistics,
    current: DatasetStatistics,
    features: Sequence[str],
) -> None:
    """Draw some features as a small PNG file; the same statistics always give the same bytes.

    Parameters
    ----------
    path : Path
        The file to write.
    reference, current : DatasetStatistics
        Both sides.
    features : sequence of str
        What to draw: at most a dozen, and each on both sides.
    """
    rows = max(1, -(-len(features) // _COLUMNS))
    figure = Figure(figsize=(9, 2.1 * rows + 0.3), dpi=80, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).flat
    for axes, name in zip(panels, features, strict=False):
        _draw_feature(axes, reference.feature(name), current.feature(name))
    for axes in list(panels)[len(features) :]:
        axes.set_axis_off()
    figure.legend(*_legend(figure), loc="outside lower right", ncols=2, fontsize=8, frameon=False)
    with warnings.catch_warnings():
        # A value may be in a script that the font lacks: boxes are drawn then.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    Image.fromarray(pixels).convert("RGB").quantize(64).save(path, format="PNG", optimize=True)


def _draw_feature(axes: Any, reference: FeatureStatistics, current: FeatureStatistics) -> None:
    in_order = reference.numeric is not None or reference.time is not None
    labels, before, now = _bars(bins_of(reference, current), in_order)
    at = np.arange(len(labels))
    # Of many bins every third is named, and the last one, which may be the missing values.
    named = at if len(at) <= _MOST_BARS else np.append(at[:-2:3], at[-1])
    axes.bar(at - 0.2, before, 0.4, color=_GREY, label="training")
    axes.bar(at + 0.2, now, 0.4, color=_BLUE, label="scored")
    axes.set_xticks(
        named, [labels[i] for i in named], rotation=60, ha="right", fontsize=6, parse_math=False
    )
    axes.set_title(_short(reference.name, 30), fontsize=9, parse_math=False)
    axes.tick_params(axis="y", labelsize=6)
    axes.spines[["top", "right"]].set_visible(False)


def _bars(bins: Bins, in_order: bool) -> tuple[list[str], np.ndarray[Any, Any], Any]:
    """The labels and both shares: of numbers and times all bins, else those with the most rows."""
    before = bins.reference / max(bins.reference.sum(), 1)
    now = bins.current / max(bins.current.sum(), 1)
    there = np.flatnonzero((before + now) > 0)
    if not in_order and len(there) > _MOST_BARS:
        largest = np.argsort(-(before + now)[there], kind="stable")[:_MOST_BARS]
        there = np.sort(there[largest])
    labels = [_short(bins.labels[i], _LABEL_LENGTH) for i in there]
    return labels, before[there], now[there]


def _legend(figure: Figure) -> tuple[Any, Any]:
    return figure.axes[0].get_legend_handles_labels()


def _short(text: str, length: int) -> str:
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"
