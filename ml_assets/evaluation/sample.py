"""Draws some of the rows, where all of them would take too long."""

import numpy as np

from ml_assets.evaluation.ranking import Indices


def sample_places(random: np.random.Generator, rows: int, most: int) -> Indices:
    """Give the places of at most `most` of so many rows, drawn without repetition, ascending."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(random.choice(rows, most, replace=False))
