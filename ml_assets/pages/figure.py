"""Writes figures as small PNG files, the same figure as the same bytes."""

import warnings
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

_COLOURS = 64


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG with a palette.

    A palette makes the file a third as large; it is kept in Dagster's event log.
    """
    # No pyplot: it keeps every figure alive, and looks for a display.
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # A value may be in a script that the font lacks: boxes are drawn then.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    pixels.quantize(_COLOURS).save(path, format="PNG", optimize=True)
