from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from ml_assets.errors import DataError
from ml_assets.training.data import Examples, TrainingData
from ml_assets.training.folds import cut_folds, held_out_part

RNG = np.random.default_rng(0)
ROWS = 60


def data(split_by: Any = "hash", task: Any = "binary", **changes: Any) -> TrainingData:
    label = RNG.integers(0, 2, ROWS) if task == "binary" else RNG.normal(size=ROWS)
    unit = {"hash": None, "group": RNG.integers(0, 12, ROWS), "time": RNG.permutation(ROWS)}
    train = Examples(np.ones((ROWS, 1)), label, unit=unit[split_by])
    return TrainingData(task, replace(train, **changes), train, (), 2, split_by)


@pytest.mark.parametrize(
    ("split_by", "task", "splitter"),
    [
        ("hash", "binary", StratifiedKFold),
        ("hash", "regression", KFold),
        ("group", "binary", StratifiedGroupKFold),
        ("group", "regression", GroupKFold),
    ],
)
def test_folds_are_scikit_learns(split_by: Any, task: Any, splitter: Any) -> None:
    training_data = data(split_by, task)
    expected = splitter(4, shuffle=True, random_state=7).split(
        training_data.train.features, training_data.train.label, training_data.train.unit
    )
    for fold, expected_fold in zip(cut_folds(training_data, 4, 7), expected, strict=True):
        for ours, theirs in zip(fold, expected_fold, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_no_group_is_on_both_sides() -> None:
    training_data = data("group")
    groups = training_data.train.unit
    assert groups is not None
    for fitted, measured in [*cut_folds(training_data, 4, 0), held_out_part(training_data, 0)]:
        assert not {*groups[fitted]} & {*groups[measured]}


def test_by_time_what_is_measured_is_later_and_no_moment_is_on_both_sides() -> None:
    moments = np.sort(RNG.integers(0, 25, ROWS))[RNG.permutation(ROWS)]
    training_data = data("time", unit=moments)
    folds = cut_folds(training_data, 4, 0)
    for fitted, measured in folds:
        assert moments[fitted].max() < moments[measured].min()
        assert (np.diff(fitted) > 0).all()
    assert np.sort(np.concatenate([measured for _, measured in folds])).tolist() == sorted(
        np.argsort(moments, kind="stable")[ROWS - 4 * (ROWS // 5) :]
    )


def test_by_time_with_distinct_moments_the_folds_are_scikit_learns() -> None:
    training_data = data("time")
    assert training_data.train.unit is not None
    order = np.argsort(training_data.train.unit)
    for fold, expected_fold in zip(
        cut_folds(training_data, 4, 0), TimeSeriesSplit(4).split(order), strict=True
    ):
        for ours, theirs in zip(fold, expected_fold, strict=True):
            np.testing.assert_array_equal(ours, np.sort(order[theirs]))


@pytest.mark.parametrize("split_by", ["hash", "time"])
def test_a_fifth_is_held_out_by_time_the_latest(split_by: Any) -> None:
    training_data = data(split_by)
    fitted, measured = held_out_part(training_data, 0)
    assert (len(fitted), len(measured)) == (48, 12)
    if training_data.train.unit is not None:
        assert set(training_data.train.unit[measured]) == set(range(48, 60))


@pytest.mark.parametrize(
    ("training_data", "message"),
    [
        (
            data("group", unit=np.arange(ROWS) % 3),
            r"cannot be cut into folds: 3 groups\. Use fewer",
        ),
        (data("time", unit=np.zeros(ROWS, int)), r"one has no rows to fit on\. Use fewer folds"),
        (
            data(label=np.array([1, *[0] * 59])),
            r"one has rows of one class only to fit on\. .*\(training\.tuning\.folds\)",
        ),
        (
            data("time", unit=np.arange(ROWS), label=np.arange(ROWS) // 40),
            "one has rows of one class only to fit on",
        ),
        (
            data(label=np.arange(ROWS) % 2, weight=np.where(np.arange(ROWS) % 2, 0.0, 1.0)),
            "one has rows of one class only to fit on",
        ),
        (data(label=np.arange(ROWS) // 2), "2 rows of the largest class"),
    ],
)
def test_rows_that_cannot_be_cut_are_refused(training_data: TrainingData, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cut_folds(training_data, 4, 0)


def test_too_few_rows_are_refused() -> None:
    few = Examples(np.ones((3, 1)), np.zeros(3), unit=np.arange(3))
    for split_by in ("hash", "time"):
        training_data = TrainingData("regression", few, few, (), 0, split_by)
        with pytest.raises(DataError, match=r"cut into folds: 3 training rows\."):
            cut_folds(training_data, 4, 0)
