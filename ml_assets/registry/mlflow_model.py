"""Wraps a model artifact, unchanged, as an MLflow model: a folder that any MLflow tool can serve.

The files below ``bundle/`` are the model artifact's own, byte for byte, so their digest is the model's.
MLflow loads them through `ml_assets.registry.loader`, by our own list of types; its scikit-learn flavour
would obey a list inside the file.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

import yaml

from ml_assets.registry.client import quiet

BUNDLE = "bundle"
LOADER = "ml_assets.registry.loader"
_LIBRARIES = (
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "skops",
    "ml_assets",
)
# Equal content gives equal bytes; when a version was made is on the version.
_NO_TIME = "1970-01-01 00:00:00"


@dataclass(frozen=True)
class ModelInput:
    """A raw column that a model reads: its name, its type in the schema, and whether it may be null."""

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class Interface:
    """What a model reads and gives.

    Attributes
    ----------
    task : str
        binary, multiclass or regression.
    classes : sequence of str, optional
        The names of the classes.
    inputs : sequence of ModelInput
        The raw columns.
    libraries : sequence of str
        The libraries that the model was made with.
    """

    task: str
    classes: Sequence[str] | None
    inputs: Sequence[ModelInput]
    libraries: Sequence[str] = ()


def interface_of(manifest: Mapping[str, Any]) -> Interface:
    """Give the interface that a model artifact's ``model.json`` describes."""
    inputs = [ModelInput(**column) for column in manifest["input_columns"]]
    libraries = tuple(manifest.get("libraries", ()))
    return Interface(manifest["task"], manifest["classes"], inputs, libraries)


def write_mlflow_model(bundle: Path, directory: Path, interface: Interface) -> None:
    """Write the MLflow model of a model artifact; equal content always gives equal bytes.

    Parameters
    ----------
    bundle : Path
        The model artifact's folder.
    directory : Path
        The folder to write into.
    interface : Interface
        What the model reads and gives; becomes the signature. No example rows are kept.
    """
    shutil.copytree(bundle, directory / BUNDLE)
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    with quiet():
        _write_description(directory, interface, size)
    _write_environment(directory, interface.libraries)


def _write_description(directory: Path, interface: Interface, size: int) -> None:
    from mlflow import pyfunc
    from mlflow.models import Model

    model = Model(
        utc_time_created=_NO_TIME,
        model_uuid=None,
        signature=_signature(interface),
        metadata=_model_metadata(interface),
        model_size_bytes=size,
    )
    environment = {"conda_env": "conda.yaml", "python_env": "python_env.yaml"}
    pyfunc.add_to_model(model, loader_module=LOADER, data=BUNDLE, **environment)
    model.save(str(directory / "MLmodel"))


def _signature(interface: Interface) -> Any:
    """The types that MLflow checks before the model does.

    MLflow's ``boolean`` turns null into false, and its ``datetime`` refuses a time zone and the year
    9999, so those columns are any: the model itself reads them strictly. A whole number that may be null
    is a ``double``, as JSON and pandas hand it over.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    def column_spec(column: ModelInput) -> Any:
        match column.type:
            case "int":
                return ColSpec("double" if column.nullable else "long", column.name)
            case "float":
                return ColSpec("double", column.name)
            case "string":
                return ColSpec("string", column.name)
            case _:
                return ColSpec(AnyType(), column.name)

    outputs = ColSpec("double", "score")
    if interface.task == "multiclass":
        import numpy as np

        outputs = TensorSpec(np.dtype("float64"), (-1, len(interface.classes or ())))
    return ModelSignature(
        Schema([column_spec(column) for column in interface.inputs]), Schema([outputs])
    )


def _model_metadata(interface: Interface) -> Mapping[str, Any]:
    columns = {column.name: column.type for column in interface.inputs}
    classes = {"classes": list(interface.classes)} if interface.classes else {}
    return {"task": interface.task, **classes, "columns": columns}


def _write_environment(directory: Path, libraries: Sequence[str]) -> None:
    # Given, not inferred: MLflow infers them by loading the model in another process.
    names = dict.fromkeys([*_LIBRARIES, *libraries])
    pinned = [f"{name}=={metadata.version(name)}" for name in names if _is_installed(name)]
    (directory / "requirements.txt").write_text("\n".join(pinned) + "\n")
    python = python_version()
    _write_yaml(
        directory / "conda.yaml",
        {"name": "mlflow-env", "dependencies": [f"python={python}", "pip", {"pip": pinned}]},
    )
    requirements = ["-r requirements.txt"]
    _write_yaml(directory / "python_env.yaml", {"python": python, "dependencies": requirements})


def _is_installed(name: str) -> bool:
    """Whether it is a distribution here; ml_assets itself may run from its source folder."""
    return any(True for _ in metadata.distributions(name=name))


def _write_yaml(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(value), sort_keys=False))
