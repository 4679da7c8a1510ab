"""What the answers of a candidate are worth: whether they are predictions, and those of training."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ml_assets.registry.mlflow_model import Interface
from ml_assets.registry.payload import predictions_in
from ml_assets.registry.scoring_server import Answer

OK = 200
# A sum of rounded class probabilities is this near to 1.
SUM_TOLERANCE = 1e-6

Predictions = npt.NDArray[np.float64]


def unsound(predictions: Predictions, interface: Interface, rows: int, where: str) -> Iterator[str]:
    """Say what no model may predict for so many rows, whatever it was trained on."""
    is_multiclass = interface.task == "multiclass"
    shape = (rows, len(interface.classes or ())) if is_multiclass else (rows,)
    if predictions.shape != shape:
        yield f"the predictions {where} have the shape {predictions.shape}; {shape} is needed"
        return
    by_row = predictions.reshape(rows, -1)
    finite = np.isfinite(by_row).all(axis=1)
    if not finite.all():
        count = int((~finite).sum())
        yield f"{count} of {rows} predictions {where} are not numbers (NaN or infinite)"
    if interface.task == "regression" or not finite.any():
        return
    outside = ((by_row[finite] < 0) | (by_row[finite] > 1)).any(axis=1)
    if outside.any():
        yield f"{int(outside.sum())} of {rows} probabilities {where} are outside 0 to 1"
    if is_multiclass:
        unnormalized = np.abs(by_row[finite].sum(axis=1) - 1) > SUM_TOLERANCE
        if unnormalized.any():
            yield f"{int(unnormalized.sum())} of {rows} rows of probabilities {where} do not sum to 1"


def as_array(predictions: Any) -> Predictions | None:
    """Give what a server answered as an array; None if it is no list of numbers."""
    if not isinstance(predictions, Sequence):
        return None
    try:
        return np.array(predictions, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def is_expected(answer: Answer, expected: Predictions, tolerance: float) -> bool:
    """Whether an answer holds the predictions of training, each within the tolerance."""
    predictions = as_array(predictions_in(answer.body)) if answer.status == OK else None
    if predictions is None or predictions.shape != expected.shape:
        return False
    return largest_difference(predictions, expected) <= tolerance


def rows_that_differ(predictions: Predictions, expected: Predictions, tolerance: float) -> int:
    """Give how many rows are predicted otherwise by more than the tolerance."""
    pairs = zip(predictions, expected, strict=True)
    return sum(
        not largest_difference(row, expected_row) <= tolerance for row, expected_row in pairs
    )


def largest_difference(predictions: Predictions, expected: Predictions) -> float:
    """The largest absolute difference; NaN on both sides is none, on one side infinite."""
    same = (predictions == expected) | (np.isnan(predictions) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(predictions - expected))
    return float(np.where(np.isnan(difference), np.inf, difference).max(initial=0.0))
