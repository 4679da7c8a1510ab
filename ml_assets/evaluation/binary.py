"""The metrics of a binary task, for rows that may be weighted."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ml_assets.evaluation.ranking import Floats, Indices, both_areas, rank

# A row counts as predicted positive above this probability, as with scikit-learn's predict and TFMA.
CUT = 0.5
_SMALLEST = np.finfo(np.float64).eps


def cut_of(model: str, thresholds: float | Mapping[str, float]) -> float:
    """Give a model's decision threshold: that of all models, or its own by its name, by default 0.5."""
    return thresholds.get(model, CUT) if isinstance(thresholds, Mapping) else thresholds


def binary_measure(
    y_true: Floats, score: Floats, rows: Indices, cut: float = CUT
) -> Callable[[Floats], Floats]:
    """Give the function from weights to the values of `names.USUAL`, NaN where undefined.

    Parameters
    ----------
    y_true : array of float
        0 or 1 for each row.
    score : array of float
        The probability of 1, for each row.
    rows : array of int
        Each row's place among the weights that the function will be given.
    cut : float
        A row counts as predicted positive above this probability.
    """
    ranking = rank(score, y_true == 1, rows)
    is_called = (score > cut).astype(float)
    likelihood = np.clip(np.where(y_true == 1, score, 1 - score), _SMALLEST, 1 - _SMALLEST)
    squared = (score - y_true) ** 2
    columns = np.stack(
        [np.ones(len(score)), y_true, is_called, y_true * is_called, -np.log(likelihood), squared]
    )

    def measure(weights: Floats) -> Floats:
        total, positive, called, hits, log_loss, brier = columns @ weights[rows]
        negative = total - positive
        rejected = negative - (called - hits)
        recall, specificity = quotient(hits, positive), quotient(rejected, negative)
        return np.array(
            [
                *both_areas(ranking, weights),
                quotient(log_loss, total),
                quotient(brier, total),
                quotient(hits + rejected, total),
                (recall + specificity) / 2,
                quotient(hits, called),
                recall,
                quotient(2 * hits, called + positive),
            ]
        )

    return measure


def binary_shares(y_true: Floats, score: Floats, cut: float) -> dict[str, NDArray[np.bool_]]:
    """Give, for each metric that is a share of rows, of which rows it is a share."""
    all_rows = np.ones(len(y_true), dtype=bool)
    return {"accuracy": all_rows, "precision": score > cut, "recall": y_true == 1}


def quotient(part: float, whole: float) -> float:
    """Give a part over its whole; NaN over nothing."""
    return float(part / whole) if whole else float("nan")
