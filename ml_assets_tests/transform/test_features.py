from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ml_assets.table import Table
from ml_assets.transform.features import feature_failures, write_features
from ml_assets.transform.fit import fit_transform
from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

FEATURES = [
    FeatureColumn("fare", ("fare",), "number"),
    FeatureColumn("night", ("night",), "flag"),
    FeatureColumn("company", ("company",), "category", 3),
]


def table(**changes: Any) -> Any:
    columns = {
        "_example_id": pd.Series(["a", "b", "c"], dtype="str"),
        "_split": pd.Series(["train", "eval", "test"], dtype="str"),
        "_label": np.array([0, 1, 0], dtype="int8"),
        "fare": [1.5, np.nan, 2.0],
        "night": [0.0, 1.0, np.nan],
        "company": [0.0, 2.0, np.nan],
    }
    return pd.DataFrame(columns | changes)


def test_a_sound_table_has_no_failures() -> None:
    assert feature_failures(table(), FEATURES, rows=3) == []


@pytest.mark.parametrize(
    ("changes", "rows", "failure"),
    [
        ({"fare": [1.0, np.inf, 2.0]}, 3, "'fare' breaks finite in 1 rows"),
        ({"fare": [1, 2, 3]}, 3, "'fare' breaks dtype('float64') in 1 rows"),
        ({"night": [0.0, 2.0, 3.0]}, 3, "'night' breaks isin([0.0, 1.0]) in 2 rows"),
        ({"company": [0.0, 3.0, -1.0]}, 3, "'company' breaks known code in 2 rows"),
        ({"company": [0.0, 0.5, 1.0]}, 3, "'company' breaks known code in 1 rows"),
        (
            {"_split": ["train", "eval", "dev"]},
            3,
            "'_split' breaks isin(['train', 'eval', 'test'])",
        ),
        ({"_example_id": ["a", None, "c"]}, 3, "'_example_id' breaks not_nullable in 1 rows"),
        ({"_label": [0.0, np.nan, 1.0]}, 3, "'_label' breaks not_nullable in 1 rows"),
        ({}, 4, "breaks 4 rows in"),
    ],
)
def test_each_broken_rule_is_named(changes: Any, rows: Any, failure: Any) -> None:
    assert failure in "\n".join(feature_failures(table(**changes), FEATURES, rows))


def test_many_failures_are_counted_not_listed() -> None:
    features = [FeatureColumn(f"f{i}", ("x",), "number") for i in range(9)]
    broken = table().drop(columns=["fare", "night", "company"])
    broken = broken.assign(**{feature.name: np.inf for feature in features})
    failures = feature_failures(broken, features, rows=3)
    assert len(failures) == 6
    assert failures[-1] == "and 4 more"


def test_features_of_every_split_are_written_in_order(tmp_path: Path) -> None:
    rows = 300
    examples = pa.table(
        {
            "_example_id": [f"e{i}" for i in range(rows)],
            "_span": ["s"] * rows,
            "_split": ["train", "eval", "train", "test"] * 75,
            "_label": pa.array([0, 1] * 150, pa.int8()),
            "fare": pa.array([None if i % 10 == 0 else i for i in range(rows)], pa.int64()),
            "company": ["red", "blue", None] * 100,
        }
    )
    pq.write_table(examples, tmp_path / "examples.parquet", row_group_size=64)
    types, spec = {"fare": "int", "company": "string"}, TransformSpec()
    train = examples.filter(pc.equal(examples["_split"], "train")).to_pandas()
    fitted = fit_transform(train, types, spec, Roles())
    written = write_features(
        Table((tmp_path / "examples.parquet",)), fitted, tmp_path / "features.parquet"
    )
    assert written.columns == ["_example_id", "_split", "_label", "fare", "company"]
    assert written.schema.field("_label").type == pa.int8()
    features = written.to_pandas()
    assert list(features["_example_id"]) == [f"e{i}" for i in range(rows)]
    assert feature_failures(features, fitted.manifest.features, rows) == []
    np.testing.assert_array_equal(features["company"][:3], [1, 0, np.nan])
    assert written.to_arrow(["fare"])["fare"].null_count == 30
