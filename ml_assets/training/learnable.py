"""Refuses, before anything is trained, rows that no model could be learnt from."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ml_assets.errors import DataError

_LEAST_ROWS = 2
_LEAST_OF_A_CLASS = 2


class Rows(Protocol):
    """What is needed of the rows of a split, as of `training.data.Examples`."""

    @property
    def features(self) -> npt.NDArray[np.float64]:
        """One row for each example."""

    @property
    def label(self) -> npt.NDArray[np.generic]:
        """Class codes, or numbers."""

    @property
    def weight(self) -> npt.NDArray[np.float64] | None:
        """How much each row counts."""

    def __len__(self) -> int:
        """How many rows there are."""


def refuse_unlearnable(train: Rows, evaluation: Rows, task: str) -> None:
    """Refuse splits that a model cannot be fitted or measured on.

    Parameters
    ----------
    train, evaluation : Rows
        The rows to learn from, and the rows to tune on.
    task : {"binary", "multiclass", "regression"}
        The kind of label.

    Raises
    ------
    DataError
        With every reason: a split with fewer than 2 rows; fewer training rows than features, which a
        model would learn by heart; one class only; a class with one training row, of which nothing can
        be learnt. A row of weight 0 is no row.
    """
    mistakes = [*_too_few("train", train), *_too_few("eval", evaluation)]
    if not mistakes:
        mistakes = [*_fewer_than_features(train)]
        mistakes += _rare_classes(train) if task != "regression" else []
    if mistakes:
        raise DataError("\n".join(mistakes))


def _has_weight(rows: Rows) -> npt.NDArray[np.bool_]:
    return np.ones(len(rows), dtype=bool) if rows.weight is None else rows.weight > 0


def _too_few(name: str, rows: Rows) -> list[str]:
    count = int(_has_weight(rows).sum())
    if count >= _LEAST_ROWS:
        return []
    amount = {0: "no rows", 1: "one row"}[count] + (
        "" if rows.weight is None else " of a weight above 0"
    )
    return [
        f"the {name} split has {amount}, at least {_LEAST_ROWS} are needed; look at ingest.window and "
        f"ingest.split."
    ]


def _fewer_than_features(train: Rows) -> list[str]:
    rows, width = int(_has_weight(train).sum()), train.features.shape[1]
    if rows >= width:
        return []
    return [
        f"there are fewer training rows ({rows:,}) than features ({width:,}), so a model would learn "
        f"them by heart; widen ingest.window, or use fewer columns (transform.features, "
        f"transform.exclude)."
    ]


def _rare_classes(train: Rows) -> list[str]:
    label = train.label[_has_weight(train)]
    classes, counts = np.unique(label, return_counts=True)
    if len(classes) < _LEAST_OF_A_CLASS:
        return [
            f"all {len(label):,} training rows have the same class, so there is nothing to learn; look "
            f"at labels and ingest.split."
        ]
    rare = [str(code) for code, count in zip(classes, counts, strict=True) if count < 2]
    if not rare:
        return []
    subject = f"the class with the code {rare[0]} has" if len(rare) == 1 else (
        f"the classes with the codes {', '.join(rare)} have"
    )  # fmt: skip
    return [
        f"{subject} one training row, and a class needs at least {_LEAST_OF_A_CLASS} (the codes count "
        f"from 0, in the order of classes in labels.json); merge or leave out rare classes in "
        f"labels.expression, or widen ingest.window."
    ]
