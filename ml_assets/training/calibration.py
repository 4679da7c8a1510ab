"""Calibrates a classifier's probabilities on rows that it was not fitted on."""

import warnings
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from ml_assets.errors import DataError
from ml_assets.training.data import Examples
from ml_assets.training.spec import Calibration

# Of each class: scikit-learn asks for one row in each of at least two folds, though it fits none of them.
_LEAST_ROWS = 2


def calibrate(model: Any, held_out: Examples, method: Calibration) -> CalibratedClassifierCV:
    """Give a fitted classifier that gives calibrated probabilities; it is not fitted again.

    Parameters
    ----------
    model : estimator
        A fitted classifier.
    held_out : Examples
        Rows that it was not fitted on. Their weights count.
    method : {"isotonic", "sigmoid"}
        A step function that only rises (Zadrozny and Elkan 2002), which wants a thousand rows or more;
        or a logistic curve (Platt 1999). Of several classes each is calibrated against the rest.

    Raises
    ------
    DataError
        If a class that the model knows has fewer than 2 of the rows.
    """
    counts = [int((held_out.label == code).sum()) for code in model.classes_]
    if min(counts) < _LEAST_ROWS:
        rarest = model.classes_[int(np.argmin(counts))]
        raise DataError(
            f"training.calibration: {min(counts)} of the {len(held_out):,} held-out training rows are of "
            f"the class with the code {rarest}; at least {_LEAST_ROWS} are needed. Widen ingest.window, "
            f"or take the key away."
        )
    calibrated = CalibratedClassifierCV(FrozenEstimator(model), method=method, cv=_LEAST_ROWS)
    with warnings.catch_warnings():
        # That a frozen estimator takes no weights is right: it was fitted with them.
        warnings.filterwarnings("ignore", "Since FrozenEstimator", UserWarning)
        return calibrated.fit(held_out.features, held_out.label, sample_weight=held_out.weight)
