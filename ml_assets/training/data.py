"""The feature matrices and labels that a model is trained and tuned on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.spec import Task
from ml_assets.table import EXAMPLE_ID, LABEL, Table, split_is
from ml_assets.training.learnable import refuse_unlearnable
from ml_assets.training.row_facts import NO_FACTS, RowFacts, SplitBy
from ml_assets.transform.manifest import TransformManifest

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]


@dataclass(frozen=True)
class Examples:
    """Rows of the feature table.

    Attributes
    ----------
    features : ndarray of float64
        One row for each example, NaN where missing.
    label : ndarray
        Class codes from 0 (int64), or numbers (float64) for a regression.
    weight : ndarray of float64, optional
        How much each row counts, >= 0; without it all count the same.
    unit : ndarray of int64, optional
        The moment or the group of each row, where the examples are split by time or group.
    """

    features: Matrix
    label: Labels
    weight: Matrix | None = None
    unit: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True)
class Form:
    """The form of the feature matrix that an estimator is built for.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        The kind of label.
    width : int
        The number of features.
    categorical : tuple of int
        The positions of those that are category codes.
    """

    task: Task
    width: int
    categorical: tuple[int, ...] = ()

    @property
    def numeric(self) -> list[int]:
        """The positions of the features that are numbers."""
        return [position for position in range(self.width) if position not in self.categorical]


@dataclass(frozen=True)
class TrainingData:
    """What a model is trained and tuned on.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        The kind of label.
    train, eval : Examples
        The rows to learn from, and the rows to tune on.
    categorical : tuple of int
        The positions of the features that are category codes.
    classes : int
        The number of classes, 0 for a regression.
    split_by : {"hash", "time", "group"}
        How the examples were split, and so how any part of the training rows must be held out.
    """

    task: Task
    train: Examples
    eval: Examples
    categorical: tuple[int, ...]
    classes: int
    split_by: SplitBy = "hash"

    @property
    def form(self) -> Form:
        """The form of the feature matrix."""
        return Form(self.task, self.train.features.shape[1], self.categorical)

    def sample(self, rows: int, seed: int) -> "TrainingData":
        """Give the same data with at most `rows` training rows, drawn at random, order kept."""
        if len(self.train) <= rows:
            return self
        drawn = np.random.default_rng(seed).choice(len(self.train), rows, replace=False)
        return replace(self, train=take(self.train, np.sort(drawn)))

    def hold_out(
        self, fitted: npt.NDArray[np.intp], measured: npt.NDArray[np.intp]
    ) -> "TrainingData":
        """Give data that fits on some of the training rows and measures on others of them."""
        held_out = _rows_of(self.train, measured)
        return replace(self, train=take(self.train, fitted), eval=held_out)


def take(examples: Examples, rows: npt.NDArray[np.intp]) -> Examples:
    """Give some rows. A feature that has no value among them becomes 0: estimators need one."""
    subset = _rows_of(examples, rows)
    empty = np.isnan(subset.features).all(axis=0)
    subset.features[:, empty] = 0.0
    return subset


def _rows_of(examples: Examples, rows: npt.NDArray[np.intp]) -> Examples:
    return Examples(
        features=examples.features[rows],
        label=examples.label[rows],
        weight=None if examples.weight is None else examples.weight[rows],
        unit=None if examples.unit is None else examples.unit[rows],
    )


def read_training_data(
    directory: Path, task: Task, classes: int = 0, facts: RowFacts = NO_FACTS
) -> tuple[TrainingData, TransformManifest]:
    """Read the training and eval splits of the artifact `validated_features`.

    Parameters
    ----------
    directory : Path
        The artifact's folder, with ``features.parquet`` and ``transform.json``.
    task : {"binary", "multiclass", "regression"}
        The kind of label.
    classes : int
        The number of known classes; by default as many as the labels of these splits show.
    facts : RowFacts
        Where the rows' weights, and their moments or groups, are read from; nowhere by default.

    Returns
    -------
    TrainingData, TransformManifest
        The rows in the table's order, and what their columns are.

    Raises
    ------
    DataError
        If a model could not be learnt from these rows, with every reason: too few rows, one class only, a
        label or a weight that is missing or not finite.
    """
    manifest = TransformManifest.from_json(durable.read_json(directory / "transform.json"))
    table = Table((directory / "features.parquet",))
    train, evaluation = (_read(table, manifest, task, split, facts) for split in ("train", "eval"))
    refuse_unlearnable(train, evaluation, task)
    if task != "regression":
        classes = max(classes, 2, 1 + int(max(train.label.max(), evaluation.label.max())))
    data = TrainingData(task, train, evaluation, manifest.categorical, classes, facts.split_by)
    return data, manifest


def _read(
    table: Table, manifest: TransformManifest, task: Task, split: str, facts: RowFacts
) -> Examples:
    names = manifest.feature_names
    rows = table.to_arrow([EXAMPLE_ID, LABEL, *names], where=split_is(split))
    features = np.empty((rows.num_rows, len(names)))
    for position, name in enumerate(names):
        features[:, position] = rows[name].to_numpy()
    weight, unit = facts.read(rows[EXAMPLE_ID], split)
    return Examples(features, _labels(rows[LABEL], task, split), weight, unit)


def _labels(column: Any, task: Task, split: str) -> Labels:
    values = column.to_numpy()
    unknown = column.null_count or (values.dtype.kind == "f" and not np.isfinite(values).all())
    if unknown:
        count = len(values) - np.isfinite(values.astype(np.float64)).sum()
        raise DataError(
            f"{count:,} of {len(values):,} {split} rows have no finite label; look at labels, and at the "
            f"asset validated_examples."
        )
    return np.asarray(values, dtype=np.float64 if task == "regression" else np.int64)
