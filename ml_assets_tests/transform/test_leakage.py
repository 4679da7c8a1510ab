from typing import Any

import numpy as np
import pytest

from ml_assets.transform.leakage import describe_leaks, find_label_copies, find_leaks
from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

LABEL = np.tile([0.0, 1.0], 50)


def test_offenders_are_named_with_the_reason() -> None:
    spec = TransformSpec(known_after=["dep_delay", "air_time"])
    inputs = ["carrier", "dep_delay", "arr_delay", "_label", "gate"]
    assert find_leaks(inputs, spec, Roles(label=("arr_delay",), absent=("gate",))) == {
        "dep_delay": "is known only after the moment of prediction",
        "arr_delay": "makes the label",
        "_label": "is made by ml_assets, not by the source",
        "gate": "does not exist when the model serves, by the schema",
    }


def test_what_is_known_before_is_no_leak() -> None:
    spec = TransformSpec(known_after=["dep_delay"])
    roles = Roles(key=("carrier",), time="at", label=("arr_delay",))
    assert find_leaks(["carrier", "at", "distance"], spec, roles) == {}


@pytest.mark.parametrize(
    ("values", "is_copy"),
    [
        (LABEL, True),
        (1 - LABEL, True),
        (LABEL * 7 + 3, True),
        (np.where(np.arange(100) == 99, 0.0, LABEL), False),
        (np.where(np.arange(100) == 0, np.nan, LABEL), False),
        (np.arange(100.0), False),
        (np.zeros(100), False),
    ],
)
def test_a_copy_of_the_label_is_found(values: Any, is_copy: Any) -> None:
    features = [FeatureColumn("x", ("x",), "number")]
    copies = find_label_copies(features, values.reshape(-1, 1), LABEL, TransformSpec())
    assert copies == ({"x": "equals the label in each of 100 training rows"} if is_copy else {})


def test_a_copied_regression_label_is_found() -> None:
    label = np.linspace(0, 1, 2000)
    matrix = np.column_stack([label * 60, np.round(label, 1)])
    features = [FeatureColumn(name, (name,), "number") for name in ("minutes", "r")]
    assert list(find_label_copies(features, matrix, label, TransformSpec())) == ["minutes"]


def test_a_column_that_is_known_before_is_not_suspected_and_one_with_an_encoding_is() -> None:
    features = [FeatureColumn("x", ("x",), "number")]
    matrix = LABEL.reshape(-1, 1)
    known = TransformSpec(known_before=["x"])
    assert find_label_copies(features, matrix, LABEL, known) == {}
    for spec in ({"features": ["x"]}, {"encodings": {"x": "numeric"}}):
        assert find_label_copies(features, matrix, LABEL, TransformSpec(**spec))


def test_a_cross_is_known_before_if_all_its_columns_are() -> None:
    features = [FeatureColumn("x,y", ("x", "y"), "category", 2)]
    matrix = LABEL.reshape(-1, 1)
    found = find_label_copies(features, matrix, LABEL, TransformSpec(known_before=["x"]))
    assert list(found) == ["x,y"]
    known = TransformSpec(known_before=["x", "y"])
    assert find_label_copies(features, matrix, LABEL, known) == {}


def test_few_rows_agree_by_chance() -> None:
    features = [FeatureColumn("x", ("x",), "number")]
    label = LABEL[:20]
    assert find_label_copies(features, label.reshape(-1, 1), label, TransformSpec()) == {}


def test_the_sentence_names_columns_and_the_remedy() -> None:
    forbidden = {"dep_delay": "makes the label"}
    assert describe_leaks(forbidden, {}, {}, 3) == (
        "'dep_delay' makes the label. Take it out of transform.features and transform.encodings."
    )
    description = describe_leaks({}, {"x": "equals it"}, {"y": "is not cross-fitted"}, 3)
    assert description == (
        "'x' equals it. Is it known at the moment of prediction? If not, name it in "
        "transform.known_after; if so, in transform.known_before. 'y' is not cross-fitted. "
        "Materialize the features again; do not train on them."
    )
    assert describe_leaks({}, {}, {}, 2).startswith("none of the 2 columns")
