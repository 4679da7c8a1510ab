"""The MLflow model is the bundle itself, and answers JSON and frames as the bundle does in training."""

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.registry.loader import TRUSTED_TYPES, _load_pyfunc
from ml_assets.registry.mlflow_model import Interface, ModelInput, interface_of, write_mlflow_model
from ml_assets.registry.payload import rows_body
from ml_assets.training.bundle import load_model
from ml_assets_tests.registry.rich_model import TYPES, rich_rows, write_rich_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("rich") / "bundle"
    write_rich_bundle(directory)
    return directory


@pytest.fixture(scope="module")
def interface(bundle: Path) -> Interface:
    return interface_of(durable.read_json(bundle / "model.json"))


@pytest.fixture(scope="module")
def model(bundle: Path, interface: Interface) -> Path:
    directory = bundle.parent / "mlflow_model"
    write_mlflow_model(bundle, directory, interface)
    return directory


def test_json_is_answered_exactly_as_in_training(bundle: Path, model: Path) -> None:
    from mlflow import pyfunc
    from mlflow.pyfunc.scoring_server import _parse_json_data

    rows = rich_rows().select(load_model(bundle).input_columns)
    served = pyfunc.load_model(str(model), suppress_warnings=True)
    schema = served.metadata.get_input_schema()

    predictions = served.predict(_parse_json_data(rows_body(rows), served.metadata, schema).data)

    np.testing.assert_array_equal(predictions, load_model(bundle).predict(rows.to_pandas()))


def test_a_library_that_the_model_was_made_with_is_required(
    bundle: Path, interface: Interface, tmp_path: Path
) -> None:
    write_mlflow_model(bundle, tmp_path, replace(interface, libraries=("lightgbm", "numpy")))
    needed = (tmp_path / "requirements.txt").read_text().split()
    assert f"lightgbm=={metadata.version('lightgbm')}" in needed
    assert len([name for name in needed if name.startswith("numpy==")]) == 1


def test_the_bundle_is_kept_byte_for_byte(bundle: Path, model: Path) -> None:
    assert durable.directory_digest(model / "bundle") == durable.directory_digest(bundle)


def test_the_same_bundle_gives_the_same_files(
    bundle: Path, model: Path, interface: Interface, tmp_path: Path
) -> None:
    write_mlflow_model(bundle, tmp_path / "again", interface)

    assert durable.directory_digest(tmp_path / "again") == durable.directory_digest(model)


def test_the_signature_names_every_column_with_its_type(model: Path) -> None:
    described = yaml.safe_load((model / "MLmodel").read_text())
    types = {
        column["name"]: column["type"] for column in json.loads(described["signature"]["inputs"])
    }

    assert types == {
        "pieces": "long",
        "visits": "double",
        "amount": "double",
        "city": "string",
        "member": "any",
        "opened": "any",
        "ordered_at": "any",
    }
    assert described["metadata"]["columns"] == TYPES
    assert "saved_input_example_info" not in described


def test_the_requirements_are_given_and_pinned(model: Path) -> None:
    lines = (model / "requirements.txt").read_text().splitlines()

    assert all("==" in line for line in lines)
    assert {line.split("==")[0] for line in lines} >= {"mlflow", "scikit-learn", "skops", "pandas"}
    conda = yaml.safe_load((model / "conda.yaml").read_text())
    assert conda["dependencies"][-1] == {"pip": lines}


@pytest.mark.parametrize(("classes", "columns"), [(("a", "b", "c"), 3), (None, 0)])
def test_the_output_of_classes_is_one_column_for_each(
    classes: tuple[str, ...] | None, columns: int, bundle: Path, tmp_path: Path
) -> None:
    task = "multiclass" if classes else "regression"
    write_mlflow_model(
        bundle, tmp_path / "m", Interface(task, classes, [ModelInput("x", "float", True)])
    )

    (output,) = json.loads(
        yaml.safe_load((tmp_path / "m" / "MLmodel").read_text())["signature"]["outputs"]
    )
    if classes:
        assert output["tensor-spec"] == {"dtype": "float64", "shape": [-1, columns]}
    else:
        assert output["type"] == "double"


def test_text_is_needed_in_a_column_of_text(bundle: Path) -> None:
    served = _load_pyfunc(str(bundle))
    frame = rich_rows().to_pandas()
    frame["city"] = [{"of": "the wrong type"}] * len(frame)

    with pytest.raises(DataError, match="text or null is needed in city; found other values"):
        served.predict(frame)


@pytest.mark.parametrize("kind", ["str", "object"])
def test_a_model_served_is_the_model_trained(bundle: Path, kind: str) -> None:
    frame = rich_rows().to_pandas().astype({"city": kind})

    predictions = _load_pyfunc(str(bundle)).predict(frame)

    np.testing.assert_array_equal(predictions, load_model(bundle).predict(frame))


def test_types_of_ones_own_are_trusted_by_name_only(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted_lists: list[Any] = []

    def load(path: Path, trusted_types: Any) -> Any:
        trusted_lists.append(trusted_types)
        return load_model(path)

    monkeypatch.setattr("ml_assets.registry.loader.load_model", load)
    _load_pyfunc(str(bundle))
    monkeypatch.setenv(TRUSTED_TYPES, "mine.Tree,mine.Forest")
    _load_pyfunc(str(bundle))

    assert trusted_lists == [[], ["mine.Tree", "mine.Forest"]]


def test_json_has_null_for_what_it_cannot_say() -> None:
    import pyarrow as pa

    rows = pa.table({"a": [float("nan"), float("inf"), 1.5], "b": [None, 2, 3]})

    assert json.loads(rows_body(rows, 0, 3))["dataframe_split"] == {
        "columns": ["a", "b"],
        "data": [[None, None], [None, 2], [1.5, 3]],
    }
