"""Cuts the training rows into folds, as `ingest.split` cuts the examples: by hash, group or time.

scikit-learn's splitters do it: by hash (Stratified)KFold, by group (Stratified)GroupKFold, by time
TimeSeriesSplit, in which every fold is measured on rows that are later than all those fitted on.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from ml_assets.errors import DataError
from ml_assets.training.data import Examples, TrainingData

Rows = npt.NDArray[np.intp]
Fold = tuple[Rows, Rows]
_PARTS = 5


def cut_folds(data: TrainingData, count: int, seed: int) -> list[Fold]:
    """Cut the training rows into folds.

    Parameters
    ----------
    data : TrainingData
        Its training rows need a `unit` where `split_by` is ``time`` or ``group``.
    count : int
        How many folds, >= 2.
    seed : int
        Of the shuffling by hash and by group.

    Returns
    -------
    list of (ndarray, ndarray)
        The positions of the rows to fit on and of those to measure on, ascending. By group no group is
        in both; by time no moment is, and the fitted rows are the earlier ones.

    Raises
    ------
    DataError
        If a fold could not be fitted or measured on: too few rows, groups, moments, or rows of a class.
    """
    folds = _cut(data, count, seed)
    _refuse_empty(data, folds)
    return folds


def held_out_part(data: TrainingData, seed: int) -> Fold:
    """Cut off a fifth of the training rows, by time the latest one; otherwise as `cut_folds`."""
    # Of N folds by time the last is measured on one part in N + 1.
    folds = _cut(data, _PARTS - 1 if data.split_by == "time" else _PARTS, seed)[-1:]
    _refuse_empty(data, folds)
    return folds[0]


def _cut(data: TrainingData, count: int, seed: int) -> list[Fold]:
    return _by_time(data, count) if data.split_by == "time" else _shuffled(data, count, seed)


def _shuffled(data: TrainingData, count: int, seed: int) -> list[Fold]:
    is_by_group, is_regression = data.split_by == "group", data.task == "regression"
    groups = data.train.unit if is_by_group else None
    _refuse_few(data, groups, count)
    splitters: Any = {
        (False, True): KFold,
        (False, False): StratifiedKFold,
        (True, True): GroupKFold,
        (True, False): StratifiedGroupKFold,
    }
    splitter = splitters[is_by_group, is_regression](count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds; whether a fold can do without it is judged later.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return list(splitter.split(data.train.features, data.train.label, groups))


def _refuse_few(data: TrainingData, groups: npt.NDArray[np.int64] | None, count: int) -> None:
    counts = {"training rows": len(data.train)}
    if groups is not None:
        counts["groups"] = len(np.unique(groups))
    if data.task != "regression":
        counts["rows of the largest class"] = int(np.bincount(data.train.label).max())
    for noun, number in counts.items():
        if number < count:
            raise _cannot_cut(count, f"{number:,} {noun}")


def _by_time(data: TrainingData, count: int) -> list[Fold]:
    moments = data.train.unit
    if moments is None:
        raise ValueError("folds by time need the moment of each row")
    order = np.argsort(moments, kind="stable")
    if len(order) <= count:
        raise _cannot_cut(count, f"{len(order):,} training rows")
    cuts = TimeSeriesSplit(count).split(order)
    # Rows of the moment at which measuring begins are not fitted on.
    return [
        (
            np.sort(order[fitted][moments[order[fitted]] < moments[order[measured[0]]]]),
            np.sort(order[measured]),
        )
        for fitted, measured in cuts
    ]


def _refuse_empty(data: TrainingData, folds: list[Fold]) -> None:
    needed = 1 if data.task == "regression" else 2
    for fitted, measured in folds:
        for rows, verb in ((fitted, "fit"), (measured, "measure")):
            distinct = len(np.unique(_weighted_labels(data.train, rows)))
            if distinct < needed:
                shortage = "no rows" if not distinct else "rows of one class only"
                raise _cannot_cut(len(folds), f"one has {shortage} to {verb} on")


def _weighted_labels(train: Examples, rows: Rows) -> npt.NDArray[Any]:
    """The labels of those rows that have a weight."""
    label = train.label[rows]
    labels: npt.NDArray[Any] = label if train.weight is None else label[train.weight[rows] > 0]
    return labels


def _cannot_cut(count: int, why: str) -> DataError:
    return DataError(
        f"the training rows cannot be cut {'into folds' if count > 1 else 'in two'}: {why}. Use fewer "
        f"folds (training.tuning.folds), no calibration (training.calibration), or more rows "
        f"(ingest.window)."
    )
