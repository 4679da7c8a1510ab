from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from ml_assets.table import Table
from ml_assets.transform import fit_groups
from ml_assets.transform.build import BuiltFeatures, build_features
from ml_assets.transform.cross_fitting import find_uncrossed
from ml_assets.transform.encoders import fit_encoder
from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

ROWS = 400
RNG = np.random.default_rng(0)
LABEL = RNG.integers(0, 2, ROWS)
NUMBER = RNG.normal(size=ROWS)
CITY = RNG.integers(0, 8, ROWS)
NAME = np.arange(ROWS)
REASON = np.where(LABEL == 1, RNG.integers(1, 3, ROWS), 0)


def encoded(column: Any, label: Any, smooth: Any = "auto") -> Any:
    """What training rows must get, and what is served."""
    kind = "continuous" if label.dtype.kind == "f" else "binary"
    cut = KFold(5, shuffle=True, random_state=0)
    encoder = TargetEncoder(target_type=kind, smooth=smooth, cv=cut)
    values = column.astype(str).astype(object).reshape(-1, 1)
    return encoder.fit_transform(values, label)[:, 0], encoder.transform(values)[:, 0]


@pytest.mark.parametrize("smooth", ["auto", 0.0, 20.0])
@pytest.mark.parametrize("label", [LABEL, NUMBER], ids=["classes", "numbers"])
@pytest.mark.parametrize("column", [CITY, NAME, NAME // 2], ids=["city", "name", "pairs"])
def test_what_is_not_cross_fitted_is_found_and_what_is_is_not(
    column: Any, label: Any, smooth: Any
) -> None:
    training, served = encoded(column, label, smooth)
    assert uncrossed(column, training, served, label) == {}
    reasons = uncrossed(column, served, served, label)
    assert reasons == {
        "x": "is a target encoding that is not cross-fitted: its training rows know their label"
    }


def uncrossed(column: Any, training: Any, served: Any, label: Any) -> dict[str, str]:
    features = [FeatureColumn("x", ("x",), "number"), FeatureColumn("y", ("y",), "number")]
    table, raw = pd.DataFrame({"x": training, "y": 0.0}), pd.DataFrame({"x": column})
    return find_uncrossed(features, table, {"x": served}, raw, label)


def test_where_each_category_has_rows_of_one_label_folds_may_agree() -> None:
    training, served = encoded(REASON, LABEL)
    np.testing.assert_array_equal(training, served)
    assert uncrossed(REASON, training, served, LABEL) == {}


def built(folder: Path, **columns: Any) -> BuiltFeatures:
    frame = pd.DataFrame(
        {
            "_example_id": [f"e{i}" for i in range(ROWS)],
            "_span": "s",
            "_split": np.array(["train", "train", "train", "eval", "test"])[np.arange(ROWS) % 5],
            "_label": LABEL.astype("int8"),
            "noise": RNG.normal(size=ROWS),
            **columns,
        }
    )
    frame.to_parquet(folder / "examples.parquet")
    spec = TransformSpec.model_validate({"encodings": dict.fromkeys(columns, "target_encoding")})
    types = {"noise": "float", **dict.fromkeys(columns, "string")}
    source = Table((folder / "examples.parquet",))
    return build_features(source, types, {}, spec, Roles(), folder)


def texts(column: Any) -> Any:
    return pd.Series(column).astype(str)


def test_features_that_were_not_cross_fitted_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit_without_folds(*arguments: Any) -> Any:
        encoder, crossed = fit_encoder(*arguments)
        return encoder, None if crossed is None else encoder.transform(arguments[1])

    monkeypatch.setattr(fit_groups, "fit_encoder", fit_without_folds)
    assert list(built(tmp_path, name=texts(NAME), city=texts(CITY)).uncrossed) == ["name", "city"]


def test_an_encoding_of_names_tells_nothing_and_is_not_suspected(tmp_path: Path) -> None:
    features = built(tmp_path, name=texts(NAME), city=texts(CITY))
    assert (features.telling, features.suspected, features.uncrossed) == ({}, {}, {})


def test_an_encoding_of_a_column_that_tells_the_label_is_found(tmp_path: Path) -> None:
    features = built(tmp_path, reason=texts(REASON))
    assert features.telling == {"reason": "equals the label in each of 240 training rows"}
