"""The distributions of all features as one small picture; the adapter for Matplotlib.

Everything is drawn into one pair of axes with one collection of bars: a pair of axes for each feature
would cost a second for thirty features.
"""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ml_assets.markdown import cut
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics
from ml_assets.statistics.shape import shape

_COLUMNS = 5
_MAX_FEATURES = 60
_NAME_LENGTH = 20
_WIDTH, _HEIGHT, _GAP = 1.0, 0.62, 0.18
_BARS, _MISSING = "#4c72b0", "#c44e52"

Box = list[tuple[float, float]]


def draw_distributions(statistics: DatasetStatistics, path: Path) -> None:
    """Draw the first 60 features' distributions, and the share of missing values, as a PNG file.

    The same statistics always give the same bytes.
    """
    features = statistics.features[:_MAX_FEATURES]
    rows = max(1, -(-len(features) // _COLUMNS))
    figure = Figure(figsize=(10, 1.15 * rows + 0.1), dpi=80)
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set_axis_off()
    bars: list[Box] = []
    missing: list[Box] = []
    for place, feature in enumerate(features):
        left = (place % _COLUMNS) * (_WIDTH + _GAP)
        bottom = -(place // _COLUMNS) * (_HEIGHT + 2 * _GAP)
        bars += _bars(shape(feature), left, bottom)
        missing += _missing(feature, left, bottom)
        above = bottom + _HEIGHT + 0.03
        axes.text(left, above, cut(feature.name, _NAME_LENGTH), fontsize=8, parse_math=False)
        if feature.num_missing:
            right, share = left + _WIDTH + 0.8 * _GAP, f"{feature.missing_fraction:.0%}"
            axes.text(right, above, share, fontsize=8, ha="right", color=_MISSING)
    axes.add_collection(PolyCollection(bars, facecolors=_BARS))
    axes.add_collection(PolyCollection(missing, facecolors=_MISSING))
    axes.set_xlim(0, _COLUMNS * (_WIDTH + _GAP))
    axes.set_ylim(-rows * (_HEIGHT + 2 * _GAP) + 2 * _GAP, _HEIGHT + 1.5 * _GAP)
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})


def _bars(counts: tuple[int, ...], left: float, bottom: float) -> list[Box]:
    if not counts or not max(counts):
        return []
    width, top = _WIDTH / len(counts), max(counts)
    return [
        _box(left + place * width, bottom, width * 0.9, _HEIGHT * count / top)
        for place, count in enumerate(counts)
        if count
    ]


def _missing(feature: FeatureStatistics, left: float, bottom: float) -> list[Box]:
    """A red line below the bars, as long as the share of missing values."""
    share = feature.missing_fraction
    return [_box(left, bottom - 0.07, _WIDTH * share, 0.04)] if share else []


def _box(left: float, bottom: float, width: float, height: float) -> Box:
    right, top = left + width, bottom + height
    return [(left, bottom), (right, bottom), (right, top), (left, top)]
