from typing import Any

import pyarrow as pa
import pytest

from ml_assets.errors import DataError
from ml_assets.ingest.example_ids import example_ids
from ml_assets.labels.label import MAX_CLASSES, Labels, alike_classes, make_labels
from ml_assets.labels.spec import LabelSpec
from ml_assets.spec import Task

SPEC = LabelSpec(column="y")


def _batch(values: list[Any]) -> Any:
    return pa.record_batch({"k": pa.array(range(len(values))), "y": pa.array(values)})


def _make(values: list[Any], task: Task, spec: LabelSpec = SPEC) -> Labels:
    return make_labels([_batch(values)], spec, task, ["k"])


@pytest.mark.parametrize(
    ("values", "classes", "codes"),
    [
        ([True, False, None], ["false", "true"], [1, 0]),
        ([0, 1, 1], ["0", "1"], [0, 1, 1]),
        ([1.0, 0.0], ["0", "1"], [1, 0]),
        ([1, 2], ["2", "1"], [1, 0]),
        ([-1, 1], ["-1", "1"], [0, 1]),
        ([9, 10], ["9", "10"], [0, 1]),
        (["no", "yes"], ["no", "yes"], [0, 1]),
        (["TRUE", "x"], ["x", "TRUE"], [1, 0]),
        ([1.5, float("nan"), 2.5, float("inf")], ["1.5", "2.5"], [0, 1]),
    ],
)
def test_binary_labels_are_0_and_1(values: list[Any], classes: list[str], codes: list[int]) -> None:
    labels = _make(values, "binary")
    assert labels.table["_label"].to_pylist() == codes
    assert labels.table.schema.field("_label").type == pa.int8()
    assert labels.to_json() == {"task": "binary", "classes": classes, "positive": classes[1]}


@pytest.mark.parametrize(
    ("positive", "values", "name"),
    [(2, [1, 2], "2"), ("no", ["no", "yes"], "no"), (False, [True, False], "false")],
)
def test_the_positive_class_can_be_named(positive: Any, values: list[Any], name: str) -> None:
    labels = _make(values, "binary", LabelSpec(column="y", positive=positive))
    assert labels.to_json()["positive"] == name


def test_multiclass_labels_are_positions_in_the_sorted_names() -> None:
    labels = _make(["b", "a", None, "c", "a"], "multiclass")
    assert labels.classes == ["a", "b", "c"]
    assert labels.table["_label"].to_pylist() == [1, 0, 2, 0]
    assert labels.table.schema.field("_label").type == pa.int16()
    assert labels.counts == {"a": 2, "b": 1, "c": 1}
    assert (labels.rows, labels.missing, labels.missing_fraction) == (5, 1, 0.2)


def test_numbers_as_classes_are_sorted_as_numbers() -> None:
    assert _make([10, 9, 2], "multiclass").classes == ["2", "9", "10"]


def test_regression_labels_are_floats() -> None:
    labels = _make([1, None, 3], "regression")
    assert labels.table["_label"].to_pylist() == [1.0, 3.0]
    assert labels.to_json() == {"task": "regression", "classes": None, "positive": None}


def test_an_expression_is_a_label_too() -> None:
    labels = _make([1, 20, None], "binary", LabelSpec(expression="y > 15"))
    assert labels.classes == ["false", "true"]
    assert labels.table["_label"].to_pylist() == [0, 1]


def test_ids_are_those_of_the_examples() -> None:
    labels = _make([0, 1], "binary")
    assert labels.table["_example_id"].to_pylist() == example_ids(_batch([0, 1]), ["k"]).to_pylist()


def test_an_id_has_one_label_or_none() -> None:
    batch = pa.record_batch({"k": [1, 1, 2, 2, 3], "y": [0, 0, 0, 1, 1]})
    labels = make_labels([batch.slice(0, 2), batch.slice(2)], SPEC, "binary", ["k"])
    assert labels.table["_label"].to_pylist() == [0, 1]
    assert labels.contradictory == 1


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([None, None], "binary", r"labels\.column: 'y' has no value in any of 2 rows"),
        (["no", "no"], "binary", r"has one class only: all 2 labelled rows are 'no'"),
        (["no"], "multiclass", r"has one class only"),
        (["a", "b", "c"], "binary", r"has 3 classes \('a', 'b', 'c', \.\.\.\); .* has at most 2"),
        (list(range(MAX_CLASSES + 1)), "multiclass", r"1,001 classes .* Set task: regression"),
        (["1", "2"], "regression", r"a regression needs numbers; the label is of type string"),
        ([True, False], "regression", r"the label is of type bool"),
    ],
)  # fmt: skip
def test_labels_that_do_not_fit_the_task_are_refused(
    values: list[Any], task: Task, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        _make(values, task)


def test_a_missing_column_and_a_wrong_positive_class_are_refused() -> None:
    with pytest.raises(DataError, match=r"there is no column 'yy'\. Did you mean 'y'\?"):
        _make([0, 1], "binary", LabelSpec(column="yy"))
    with pytest.raises(DataError, match=r"'x' is not a class of the label; found '0' and '1'"):
        _make([0, 1], "binary", LabelSpec(column="y", positive="x"))


def test_texts_that_mean_nothing_are_no_label() -> None:
    spec = LabelSpec(column="y", null_values=["NA", "?"])
    labels = _make(["no", "NA", "yes", "?"], "binary", spec)
    assert labels.classes == ["no", "yes"]
    assert (labels.missing, labels.table["_label"].to_pylist()) == (2, [0, 1])
    assert _make([1, 0, None], "binary", spec).missing == 1


def test_classes_that_differ_by_case_or_spaces_only_are_found() -> None:
    assert alike_classes(["Yes", "no", "yes", " yes", "maybe"]) == [["Yes", "yes", " yes"]]
    assert alike_classes(["a", "b"]) == []
