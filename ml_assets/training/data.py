"""The feature matrices and labels that a model is trained and tuned on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.table import LABEL, Table, split_is
from ml_assets.transform.manifest import TransformManifest

Task = Literal["binary", "multiclass", "regression"]
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
    """

    features: Matrix
    label: Labels

    def __len__(self) -> int:
        return len(self.label)


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
    """

    task: Task
    train: Examples
    eval: Examples
    categorical: tuple[int, ...]
    classes: int

    def sample(self, rows: int, seed: int) -> "TrainingData":
        """Give the same data with at most `rows` training rows, drawn at random, order kept."""
        if len(self.train) <= rows:
            return self
        drawn = np.random.default_rng(seed).choice(len(self.train), rows, replace=False)
        return replace(self, train=take(self.train, np.sort(drawn)))


def take(examples: Examples, rows: npt.NDArray[np.intp]) -> Examples:
    """Give some rows. A feature that has no value among them becomes 0: estimators need one."""
    features = examples.features[rows]
    empty = np.isnan(features).all(axis=0)
    features[:, empty] = 0.0
    return Examples(features, examples.label[rows])


def read_training_data(
    directory: Path, task: Task, classes: int = 0
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

    Returns
    -------
    TrainingData, TransformManifest
        The rows in the table's order, and what their columns are.

    Raises
    ------
    DataError
        If a split has no rows, or the training split has one class only.
    """
    manifest = TransformManifest.from_json(durable.read_json(directory / "transform.json"))
    table = Table((directory / "features.parquet",))
    train, evaluation = (_read(table, manifest, task, split) for split in ("train", "eval"))
    for name, rows in (("train", train), ("eval", evaluation)):
        if not len(rows):
            raise DataError(
                f"the {name} split has no rows; look at ingest.window and ingest.split."
            )
    if task != "regression":
        classes = max(classes, 2, 1 + int(max(train.label.max(), evaluation.label.max())))
        if len(np.unique(train.label)) < 2:
            raise DataError(
                f"all {len(train):,} training rows have the same class, so there is nothing to learn; "
                f"look at labels and ingest.split."
            )
    return TrainingData(task, train, evaluation, manifest.categorical, classes), manifest


def _read(table: Table, manifest: TransformManifest, task: Task, split: str) -> Examples:
    names = manifest.feature_names
    found = table.to_arrow([LABEL, *names], where=split_is(split))
    features = np.empty((found.num_rows, len(names)))
    for position, name in enumerate(names):
        features[:, position] = found[name].to_numpy()
    label = found[LABEL].to_numpy().astype(np.float64 if task == "regression" else np.int64)
    return Examples(features, label)
