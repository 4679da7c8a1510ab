"""The model bundle: a folder with the model, its baselines, and a manifest that vouches for the bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import ThreadpoolController

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.training.decision import USUAL_THRESHOLD
from ml_assets.training.predict import Predictions, predict_scores
from ml_assets.training.spec import LIGHTGBM
from ml_assets.training.train import TrainedModels
from ml_assets.training.trusted import MODEL_TYPES
from ml_assets.transform.bundle import read_skops, write_skops
from ml_assets.transform.fit import check_columns
from ml_assets.transform.manifest import TransformManifest
from ml_assets.transform.trusted import check_trees

MANIFEST = "model.json"
MODEL = "model.skops"
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "skops")


@dataclass(frozen=True)
class ModelFacts:
    """What the manifest says of a model beside its files.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        The kind of label.
    classes : sequence of str or None
        The names of the class codes, in order.
    positive : Any
        For a binary task, the value that code 1 stands for.
    estimator : str
        The estimator's name in the YAML.
    parameters : mapping
        Its hyperparameters.
    seed : int
        Of its random numbers.
    rows : int
        The training rows.
    transform : TransformManifest
        What the model reads, and the features that it makes of it.
    trusted_types : sequence of str
        The user's own types in the model file.
    decision_thresholds : mapping of str to float
        For a binary task that of ``model``, ``majority`` and ``linear``, chosen on the eval split.
    class_weight, calibration : str, optional
        As in the YAML.
    """

    task: str
    classes: Sequence[str] | None
    positive: Any
    estimator: str
    parameters: Mapping[str, Any]
    seed: int
    rows: int
    transform: TransformManifest
    trusted_types: Sequence[str] = ()
    decision_thresholds: Mapping[str, float] = field(default_factory=dict)
    class_weight: str | None = None
    calibration: str | None = None


def write_model(directory: Path, models: TrainedModels, facts: ModelFacts) -> None:
    """Write a bundle: ``model.skops``, ``baselines/{majority,linear}.skops`` and ``model.json``.

    The same models and facts always give the same bytes. No row of the data is in it.

    Raises
    ------
    ModelError
        If a model holds a type that nobody trusts.
    """
    trusted = [*MODEL_TYPES, *facts.trusted_types]
    (directory / "baselines").mkdir(parents=True, exist_ok=True)
    files = {
        MODEL: models.model,
        **{_baseline_file(name): getattr(models, name) for name in ("majority", "linear")},
    }
    for name, model in files.items():
        write_skops(model, directory / name, trusted)
    durable.write_json(directory / MANIFEST, _manifest(directory, files, facts))


@dataclass(frozen=True)
class LoadedModel:
    """A model that was read from its bundle.

    Attributes
    ----------
    path : Path
        The bundle.
    manifest : mapping
        What ``model.json`` says.
    pipeline : Pipeline
        The scikit-learn pipeline: raw columns in.
    trusted_types : tuple of str
        The user's own types that were allowed.
    """

    path: Path
    manifest: Mapping[str, Any]
    pipeline: Any
    trusted_types: tuple[str, ...] = ()
    _baselines: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    # Made once the model's libraries are loaded. Looking for them takes longer than a prediction.
    _threads: ThreadpoolController = field(
        default_factory=ThreadpoolController, repr=False, compare=False
    )

    @property
    def task(self) -> Any:
        """``binary``, ``multiclass`` or ``regression``."""
        return self.manifest["task"]

    @property
    def classes(self) -> list[str] | None:
        """The names of the class codes, in order; None for a regression."""
        classes = self.manifest["classes"]
        return None if classes is None else list(classes)

    def decision_threshold(self, name: str = "model") -> float:
        """The probability above which a row is called positive: by the model, or one of its baselines."""
        return float(self.manifest.get("decision_thresholds", {}).get(name, USUAL_THRESHOLD))

    @property
    def input_columns(self) -> list[str]:
        """The raw columns that the model reads."""
        return [column["name"] for column in self.manifest["input_columns"]]

    def predict(self, frame: pd.DataFrame) -> Predictions:
        """Predict from raw columns, in any order and with any others beside them.

        Returns
        -------
        ndarray of float64
            Binary: P(positive) for each row. Multiclass: one column for each class. Regression: values.

        Raises
        ------
        DataError
            If columns that the model reads are missing, or hold what is not their type.
        """
        return self._predict(self.pipeline, frame)

    def predict_baseline(self, name: str, frame: pd.DataFrame) -> Predictions:
        """Predict with the baseline ``majority`` or ``linear``; the form is that of `predict`."""
        if name not in self._baselines:
            self._baselines[name] = _read_pipeline(
                self.path, _baseline_file(name), self.trusted_types
            )
        return self._predict(self._baselines[name], frame)

    def _predict(self, pipeline: Any, frame: pd.DataFrame) -> Predictions:
        check_columns(frame, self.input_columns)
        rows = frame[self.input_columns]
        # A request has few rows: OpenMP's threads would spin for longer than they work.
        with self._threads.limit(limits=1):
            return predict_scores(pipeline, rows, self.task, len(self.classes or ()))


def load_model(path: Path, trusted_types: Sequence[str] = ()) -> LoadedModel:
    """Read a model bundle, after checking that every file in it is the one that was written.

    Parameters
    ----------
    path : Path
        The bundle's folder.
    trusted_types : sequence of str
        The user's own types to allow: ``training.trusted_types`` of the YAML. Those that the bundle
        names itself count for nothing.

    Raises
    ------
    ModelError
        If the bundle is incomplete or was altered, or holds a type that is not trusted.
    """
    if not (path / MANIFEST).is_file():
        raise ModelError(f"{path} is not a model bundle: {MANIFEST} is missing.")
    manifest = durable.read_json(path / MANIFEST)
    _check_files(path, manifest["files"])
    trusted = tuple(trusted_types)
    return LoadedModel(path, manifest, _read_pipeline(path, MODEL, trusted), trusted)


def _baseline_file(name: str) -> str:
    return f"baselines/{name}.skops"


def _read_pipeline(path: Path, name: str, trusted_types: Sequence[str]) -> Any:
    model = read_skops(path / name, [*MODEL_TYPES, *trusted_types])
    check_trees(model)
    return model


def _check_files(path: Path, files: Mapping[str, str]) -> None:
    problems = []
    for name in sorted({MODEL, *files}):
        if name not in files:
            problems.append(f"{name} is not in {MANIFEST}")
        elif not (path / name).is_file():
            problems.append(f"{name} is missing")
        elif durable.file_digest(path / name) != files[name]:
            problems.append(f"{name} was altered after it was written")
    if problems:
        raise ModelError(
            f"the model bundle {path.name} is not whole: {'; '.join(problems)}. It was not opened; "
            f"materialize the model again."
        )


def _manifest(directory: Path, files: Mapping[str, Any], facts: ModelFacts) -> dict[str, Any]:
    transform = facts.transform.to_json()
    libraries = (*_LIBRARIES, *([LIGHTGBM] if facts.estimator == LIGHTGBM else []))
    return {
        "task": facts.task,
        "classes": list(facts.classes) if facts.classes else None,
        "positive": facts.positive,
        "input_columns": transform["inputs"],
        "features": transform["features"],
        "estimator": facts.estimator,
        "parameters": dict(facts.parameters),
        "class_weight": facts.class_weight,
        "calibration": facts.calibration,
        "decision_thresholds": dict(facts.decision_thresholds),
        "seed": facts.seed,
        "rows": facts.rows,
        "trusted_types": list(facts.trusted_types),
        "libraries": {name: metadata.version(name) for name in libraries},
        "files": {name: durable.file_digest(directory / name) for name in files},
    }
