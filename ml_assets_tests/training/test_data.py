from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.spec import Task
from ml_assets.table import Table
from ml_assets.training.data import Examples, TrainingData, read_training_data, take
from ml_assets.training.learnable import refuse_unlearnable
from ml_assets.training.row_facts import RowFacts
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
            "_example_id": list("abcdefg"),
            "_split": ["train", "eval", "train", "test", "train", "eval", "train"],
            "_label": np.array([0, 1, 1, 0, 0, 0, 1], dtype="int8"),
            "fare": [1.0, 2.0, NAN, 4.0, 5.0, 6.0, 7.0],
            "c": [0.0, 1.0, 1.0, NAN, NAN, 0.0, 1.0],
        }
        | changes
    )
    table.to_parquet(directory / "features.parquet")
    durable.write_json(directory / "transform.json", MANIFEST.to_json())
    return directory


def facts(directory: Path, **columns: Any) -> Table:
    """Write the validated examples that belong to `write`'s features."""
    table = pd.DataFrame(
        {
            "_example_id": list("abcdefg"),
            "_split": ["train", "eval", "train", "test", "train", "eval", "train"],
        }
        | columns
    )
    table.to_parquet(directory / "examples.parquet")
    return Table((directory / "examples.parquet",))


def test_the_splits_are_read_apart(tmp_path: Path) -> None:
    data, manifest = read_training_data(write(tmp_path), "binary")
    np.testing.assert_array_equal(data.train.features, [[1, 0], [NAN, 1], [5, NAN], [7, 1]])
    np.testing.assert_array_equal(data.train.label, [0, 1, 0, 1])
    np.testing.assert_array_equal(data.eval.features, [[2, 1], [6, 0]])
    assert (data.categorical, data.classes) == ((1,), 2)
    assert (data.train.weight, data.train.unit) == (None, None)
    assert manifest == MANIFEST


@pytest.mark.parametrize(("known", "classes"), [(0, 2), (2, 2), (5, 5)])
def test_there_are_as_many_classes_as_are_known(tmp_path: Path, known: int, classes: int) -> None:
    assert read_training_data(write(tmp_path), "multiclass", known)[0].classes == classes


@pytest.mark.parametrize(
    ("task", "changes", "message"),
    [
        (
            "binary",
            {"_split": ["train"] * 7},
            r"^the eval split has no rows, at least 2 are needed",
        ),
        ("binary", {"_split": ["eval"] * 7}, r"^the train split has no rows, .* ingest\.window"),
        (
            "regression",
            {"_split": ["test"] * 7},
            r"^the train split has no rows, .*\nthe eval split has no rows",
        ),
        (
            "regression",
            {"_split": ["train", *["eval"] * 6]},
            r"^the train split has one row, at least 2 are needed; look at ingest",
        ),
        ("binary", {"_split": [*["train"] * 6, "eval"]}, r"^the eval split has one row"),
        (
            "binary",
            {"_label": [0, 1, 0, 1, 0, 0, 0]},
            r"all 4 training rows have the same class, so there is nothing to learn; look at labels",
        ),
        (
            "binary",
            {"_label": [0, 1, 1, 1, 0, 0, 0]},
            r"the class with the code 1 has one training row, and a class needs at least 2",
        ),
        (
            "multiclass",
            {"_label": [0, 1, 1, 0, 2, 0, 0]},
            r"the classes with the codes 1, 2 have one training row",
        ),
        (
            "binary",
            {"_label": [0, None, 1, 0, 0, 1, 1]},
            r"1 of 2 eval rows have no finite label; look at labels, and at the asset",
        ),
        (
            "regression",
            {"_label": [0.5, 1, NAN, 0, np.inf, 1, 1]},
            r"2 of 4 train rows have no finite label",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    tmp_path: Path, task: Task, changes: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_training_data(write(tmp_path, **changes), task)


def test_fewer_rows_than_features_are_refused() -> None:
    rows = Examples(np.ones((3, 4)), np.array([0, 1, 0]))
    enough = Examples(np.ones((4, 4)), np.array([0, 0, 1, 1]))
    refuse_unlearnable(enough, enough, "binary")
    with pytest.raises(
        DataError, match=r"fewer training rows \(3\) than features \(4\), .* heart; w"
    ):
        refuse_unlearnable(rows, enough, "regression")
    with pytest.raises(DataError, match=r"than features .*\nthe class with the code 1 has one"):
        refuse_unlearnable(rows, enough, "binary")


def test_a_row_without_weight_is_no_row() -> None:
    weight = np.array([1.0, 1.0, 1.0, 0.0])
    rows = Examples(np.ones((4, 1)), np.array([0, 0, 1, 1]), weight)
    enough = Examples(np.ones((4, 1)), np.array([0, 0, 1, 1]))
    with pytest.raises(DataError, match="the class with the code 1 has one training row"):
        refuse_unlearnable(rows, enough, "binary")
    with pytest.raises(
        DataError, match="the eval split has one row of a weight above 0, at least 2"
    ):
        refuse_unlearnable(enough, replace(rows, weight=weight * [0, 0, 1, 1]), "binary")


def test_a_regression_may_have_one_value(tmp_path: Path) -> None:
    data, _ = read_training_data(write(tmp_path, _label=[1.5] * 7), "regression")
    assert data.classes == 0
    assert data.train.label.dtype == np.float64


def test_weights_and_moments_are_those_of_the_rows(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-01", periods=7)
    examples = facts(tmp_path, w=[1, 2, 3, 4, 5, 6, 7], day=days)
    row_facts = RowFacts(examples, "w", "time", "day")
    data, _ = read_training_data(write(tmp_path), "binary", facts=row_facts)
    assert data.train.weight is not None
    assert data.train.unit is not None
    np.testing.assert_array_equal(data.train.weight, [1, 3, 5, 7])
    np.testing.assert_array_equal(np.diff(data.train.unit) / 86_400e6, [2, 2, 2])
    assert data.split_by == "time"
    drawn = data.sample(2, seed=0).train
    assert drawn.weight is not None
    assert set(zip(drawn.features[:, 0], drawn.weight, strict=True)) <= {
        (row[0], weight) for row, weight in zip(data.train.features, data.train.weight, strict=True)
    } | {(0.0, 3.0)}


def test_a_missing_group_is_a_group(tmp_path: Path) -> None:
    examples = facts(tmp_path, shop=["x", "y", None, "x", "x", "z", None])
    row_facts = RowFacts(examples, None, "group", "shop")
    data, _ = read_training_data(write(tmp_path), "binary", facts=row_facts)
    assert data.train.unit is not None
    assert list(data.train.unit) == [0, 1, 0, 1]


@pytest.mark.parametrize("wrong", [None, -1.0, np.inf])
def test_rows_without_a_sound_weight_are_refused(tmp_path: Path, wrong: float | None) -> None:
    examples = facts(tmp_path, w=[1.0, wrong, 1.0, 1.0, 1.0, 1.0, 1.0])
    with pytest.raises(
        DataError, match=r"statistics\.weight: 1 of 2 eval rows have no weight in 'w'"
    ):
        read_training_data(write(tmp_path), "binary", facts=RowFacts(examples, "w"))


def test_facts_of_other_rows_are_refused(tmp_path: Path) -> None:
    examples = facts(tmp_path, w=[1.0] * 7, _example_id=list("abxdefg"))
    with pytest.raises(DataError, match="train rows of validated_examples are not those of val"):
        read_training_data(write(tmp_path), "binary", facts=RowFacts(examples, "w"))


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
