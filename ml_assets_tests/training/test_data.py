from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.training.data import Examples, TrainingData, read_training_data, take
from ml_assets.transform.manifest import FeatureColumn, TransformManifest

NAN = float("nan")
MANIFEST = TransformManifest(
    inputs=(),
    features=(
        FeatureColumn("fare", ("fare",), "number"),
        FeatureColumn("c", ("c",), "category", 2),
    ),
    dropped={},
    notes={},
    rows=3,
)


def write(directory: Path, **changes: Any) -> Path:
    table = pd.DataFrame(
        {
            "_example_id": list("abcde"),
            "_split": ["train", "eval", "train", "test", "train"],
            "_label": np.array([0, 1, 1, 0, 0], dtype="int8"),
            "fare": [1.0, 2.0, NAN, 4.0, 5.0],
            "c": [0.0, 1.0, 1.0, NAN, NAN],
        }
        | changes
    )
    table.to_parquet(directory / "features.parquet")
    durable.write_json(directory / "transform.json", MANIFEST.to_json())
    return directory


def test_the_splits_are_read_apart(tmp_path: Path) -> None:
    data, manifest = read_training_data(write(tmp_path), "binary")
    np.testing.assert_array_equal(data.train.features, [[1, 0], [NAN, 1], [5, NAN]])
    np.testing.assert_array_equal(data.train.label, [0, 1, 0])
    np.testing.assert_array_equal(data.eval.features, [[2, 1]])
    assert (data.categorical, data.classes) == ((1,), 2)
    assert manifest == MANIFEST


@pytest.mark.parametrize(("known", "classes"), [(0, 2), (2, 2), (5, 5)])
def test_there_are_as_many_classes_as_are_known(tmp_path: Path, known: int, classes: int) -> None:
    assert read_training_data(write(tmp_path), "multiclass", known)[0].classes == classes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_split": ["train"] * 5}, "the eval split has no rows"),
        ({"_split": ["eval"] * 5}, "the train split has no rows"),
        (
            {"_label": [0, 1, 0, 1, 0]},
            "all 3 training rows have the same class, so there is nothing",
        ),
    ],
)
def test_splits_that_cannot_be_learnt_from_are_refused(
    tmp_path: Path, changes: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_training_data(write(tmp_path, **changes), "binary")


def test_a_regression_may_have_one_value(tmp_path: Path) -> None:
    data, _ = read_training_data(write(tmp_path, _label=[1.5] * 5), "regression")
    assert data.classes == 0
    assert data.train.label.dtype == np.float64


def test_a_sample_is_drawn_by_the_seed_and_keeps_the_order() -> None:
    examples = Examples(np.arange(1000.0).reshape(-1, 1), np.arange(1000))
    data = TrainingData("regression", examples, examples, (), 0)
    drawn = data.sample(50, seed=3).train.label
    assert len(drawn) == 50
    assert (np.diff(drawn) > 0).all()
    np.testing.assert_array_equal(drawn, data.sample(50, seed=3).train.label)
    assert list(drawn) != list(data.sample(50, seed=4).train.label)
    assert data.sample(1000, seed=3) is data


def test_a_feature_that_is_empty_in_a_sample_becomes_zero() -> None:
    examples = Examples(np.array([[1.0, NAN], [2.0, NAN], [3.0, 7.0]]), np.arange(3))
    np.testing.assert_array_equal(take(examples, np.array([0, 1])).features, [[1, 0], [2, 0]])
    assert np.isnan(examples.features[0, 1])
