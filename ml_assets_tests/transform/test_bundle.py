import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.transform.bundle import read_skops, write_skops
from ml_assets.transform.fit import fit_transform
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.trusted import TRUSTED_TYPES, check_trees

TYPES = {"fare": "float", "company": "string", "at": "timestamp", "text": "string"}
TRAIN = pd.DataFrame(
    {
        "fare": np.arange(60.0),
        "company": ["red", "blue", None] * 20,
        "at": pd.date_range("2013-01-01", periods=60, freq="7h"),
        "text": ["11", "22"] * 30,
        "_label": np.arange(60) % 2,
    }
)
ENCODINGS: dict[str, Any] = {
    "text": ["numeric", "tfidf", "target_encoding"],
    "fare": ["scale_to_gaussian", "bucketize", "numeric"],
    "company,text": {"compute_and_apply_vocabulary": {"unknown": "rare"}},
}
CHILD = """
import sys
from pathlib import Path
from ml_assets_tests.transform.test_bundle import write_two
write_two(Path(sys.argv[1]))
"""


def transformer() -> Any:
    spec = TransformSpec.model_validate({"encodings": ENCODINGS})
    return fit_transform(TRAIN, TYPES, spec, Roles()).transformer


def forest() -> Any:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    return HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(X, X[:, 0] > 0)


def test_a_transform_reads_back_and_gives_the_same(tmp_path: Path) -> None:
    write_skops(transformer(), tmp_path / "t.skops", TRUSTED_TYPES)
    read = read_skops(tmp_path / "t.skops", TRUSTED_TYPES)
    np.testing.assert_array_equal(read.transform(TRAIN), transformer().transform(TRAIN))


def write_two(directory: Path) -> None:
    write_skops(transformer(), directory / "transform.skops", TRUSTED_TYPES)
    write_skops(forest(), directory / "forest.skops", TRUSTED_TYPES)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write_two(here)
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", CHILD, str(there)], env=environment, check=True)
    assert durable.directory_digest(here) == durable.directory_digest(there)


def test_what_was_read_writes_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.skops", tmp_path / "second.skops"
    write_skops(transformer(), first, TRUSTED_TYPES)
    write_skops(read_skops(first, TRUSTED_TYPES), second, TRUSTED_TYPES)
    assert first.read_bytes() == second.read_bytes()


def test_a_pickle_under_the_name_of_a_skops_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.skops").write_bytes(pickle.dumps(LinearRegression()))
    with pytest.raises(
        ModelError, match=r"m\.skops is not a skops file but a pickle, which can run"
    ):
        read_skops(tmp_path / "m.skops", TRUSTED_TYPES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a skops file. It was not opened"),
        (b"PK\x03\x04 cut off", "is not a skops file. It was not opened"),
        ({"other.json": b"{}"}, "is not a skops file: it holds other things"),
        ({"schema.json": b"{}", "run.py": b"x"}, "is not a skops file: it holds other things"),
        ({"schema.json": b"{}"}, r"is damaged and cannot be read \(TypeError\)"),
        ({"schema.json": b"\xff"}, r"is damaged and cannot be read \(UnicodeDecodeError\)"),
        ({"schema.json": b'{"protocol": 99}'}, r"is damaged and cannot be read \(ValueError\)"),
    ],
)
def test_what_is_no_sound_skops_file_is_refused(tmp_path: Path, content: Any, message: Any) -> None:
    (tmp_path / "m.skops").write_bytes(content if isinstance(content, bytes) else archive(content))
    with pytest.raises(ModelError, match=message):
        read_skops(tmp_path / "m.skops", TRUSTED_TYPES)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"m\.skops does not exist"):
        read_skops(tmp_path / "m.skops", TRUSTED_TYPES)


def archive(files: Any) -> Any:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return buffer.getvalue()


def test_a_type_that_is_not_on_our_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    with pytest.raises(
        ModelError, match=r"m\.skops holds types that are not trusted: posix\.getcwd"
    ):
        write_skops(FunctionTransformer(os.getcwd), path, TRUSTED_TYPES)
    assert not path.exists()


def test_a_list_of_types_inside_the_file_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    write_skops(FunctionTransformer(os.getcwd), path, ["posix.getcwd"])
    with zipfile.ZipFile(path) as source:
        files = {name: source.read(name) for name in source.namelist()}
    schema = json.loads(files["schema.json"]) | {"trusted": ["posix.getcwd"]}
    path.write_bytes(archive(files | {"schema.json": json.dumps(schema)}))
    with pytest.raises(ModelError, match=r"not trusted: .*getcwd"):
        read_skops(path, TRUSTED_TYPES)


def test_types_of_ones_own_are_read_when_named(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    name = f"{__name__}.halve"
    write_skops(FunctionTransformer(halve), path, [*TRUSTED_TYPES, name])
    assert read_skops(path, [*TRUSTED_TYPES, name]).transform(np.array([[2.0]])) == 1.0
    with pytest.raises(ModelError, match=r"training\.trusted_types"):
        read_skops(path, TRUSTED_TYPES)


def halve(values: Any) -> Any:
    return values / 2


def test_what_skops_cannot_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"m\.skops cannot be written"):
        write_skops(Pipeline([("x", (i for i in range(3)))]), tmp_path / "m.skops", TRUSTED_TYPES)


@pytest.mark.parametrize(
    ("field", "value"), [("left", 1_000_000), ("right", 0), ("feature_idx", 3), ("feature_idx", -1)]
)
def test_a_boosted_tree_that_points_outside_itself_is_refused(field: Any, value: Any) -> None:
    model = Pipeline([("estimator", forest())])
    check_trees(model)
    model.named_steps["estimator"]._predictors[0][0].nodes[field][0] = value
    with pytest.raises(ModelError, match="damaged tree in HistGradientBoostingClassifier"):
        check_trees(model)


def test_a_forest_tree_that_points_outside_itself_is_refused() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    model = RandomForestClassifier(3, random_state=0).fit(X, X[:, 0] > 0)
    check_trees(model)
    state = model.estimators_[1].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 5_000
    model.estimators_[1].tree_.__setstate__(state)
    with pytest.raises(ModelError, match="damaged tree in DecisionTreeClassifier"):
        check_trees(model)


def test_a_model_without_trees_is_read_back(tmp_path: Path) -> None:
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    check_trees(model)
    write_skops(model, tmp_path / "model.skops", TRUSTED_TYPES)
    read: Any = read_skops(tmp_path / "model.skops", TRUSTED_TYPES)
    assert read.coef_.tolist() == model.coef_.tolist()
