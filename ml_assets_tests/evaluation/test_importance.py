from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import inspection
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ml_assets.errors import DataError
from ml_assets.evaluation.importance import partial_dependence, permutation_importance
from ml_assets_tests.evaluation.trained import CLASSES, examples, write_bundle


def _linear(frame: pd.DataFrame) -> Any:
    return 3 * frame["a"].to_numpy() - frame["b"].to_numpy()


def _rows(n: int = 2000) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(random.normal(size=(n, 3)), columns=["a", "b", "c"])


def test_importance_is_what_shuffling_costs_and_zero_where_nothing_is_read() -> None:
    frame = _rows(5000)
    importances = permutation_importance(
        _linear, frame, _linear(frame), task="regression", repeats=3
    )
    assert [importance.column for importance in importances] == ["a", "b", "c"]
    # |3 (a - a')| has the mean 3 * 2 / sqrt(pi) for independent standard normals.
    assert importances[0].low < 6 / np.sqrt(np.pi) < importances[0].high
    assert importances[1].low < 2 / np.sqrt(np.pi) < importances[1].high
    assert (importances[2].value, importances[2].low, importances[2].high) == (0, 0, 0)


def test_importance_agrees_with_scikit_learn() -> None:
    frame = _rows()
    y = (_linear(frame) + np.random.default_rng(1).logistic(size=len(frame)) > 0).astype(int)
    model = LogisticRegression().fit(frame, y)
    importances = permutation_importance(lambda rows: model.predict_proba(rows)[:, 1], frame, y)
    theirs = inspection.permutation_importance(
        model, frame, y, scoring="neg_log_loss", n_repeats=30, random_state=0
    )
    for importance in importances:
        expected = theirs.importances_mean[["a", "b", "c"].index(importance.column)]
        assert importance.low <= expected <= importance.high


def test_intervals_of_importance_cover_what_it_is_on_many_rows() -> None:
    covered = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame(random.normal(size=(300, 2)), columns=["a", "b"])
        y = _linear(frame) + random.normal(size=300)
        (importance,) = permutation_importance(
            _linear, frame, y, task="regression", columns=["a"], seed=seed
        )
        # E|N(0, 19)| - E|N(0, 1)|: the shuffled column adds twice its variance of 9.
        truth = np.sqrt(2 / np.pi) * (np.sqrt(19) - 1)
        covered += importance.low <= truth <= importance.high
    assert 0.93 * 200 <= covered <= 0.99 * 200


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_real_bundle_is_asked_through_its_raw_columns(task: Any, tmp_path: Path) -> None:
    from ml_assets.training.bundle import load_model

    write_bundle(tmp_path / "model", task)
    model, rows = load_model(tmp_path / "model"), examples(task)
    importances = permutation_importance(
        model.predict, rows, rows["_label"], task=task, columns=model.input_columns
    )
    assert importances[0].column == "amount"
    assert importances[0].low > 0
    predicted = 0 if task == "multiclass" else None
    city = partial_dependence(
        model.predict, rows, "city", predicted=predicted, classes=CLASSES[task]
    )
    assert {point.text for point in city.points} == {"Oslo", "Rome", "Lima", "(null)"}
    assert sum(point.share for point in city.points) == pytest.approx(1)
    assert city.predicted == ("P(low)" if task == "multiclass" else "prediction")
    best = max(city.points, key=lambda point: -point.mean if predicted == 0 else point.mean)
    assert best.text == "Rome"


def test_partial_dependence_agrees_with_scikit_learn() -> None:
    frame = _rows(400)
    y = (np.abs(frame["a"]) + frame["b"] > 0.7).astype(int)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(frame, y)
    dependence = partial_dependence(lambda rows: model.predict_proba(rows)[:, 1], frame, "a")
    grid = [point.position for point in dependence.points]
    theirs = inspection.partial_dependence(
        model, frame, ["a"], method="brute", response_method="predict_proba", kind="average",
        custom_values={"a": np.array(grid)},
    )  # fmt: skip
    assert [point.mean for point in dependence.points] == pytest.approx(theirs["average"][0])
    assert all(point.low <= point.mean <= point.high for point in dependence.points)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pd.Series([1, 2, 3, 3]), ["1", "2", "3"]),
        (pd.Series([1.5, np.nan, 2.5, 2.5]), ["1.5", "2.5", "(null)"]),
        (pd.Series([True, False, True, True]), ["True", "False"]),
        (pd.Series([None, "b", "b", "a"]), ["b", "a", "(null)"]),
        (
            pd.Series(pd.to_datetime(["2024-01-02", "NaT", "2024-01-01", "2024-01-01"])),
            ["2024-01-01T00:00:00", "2024-01-02T00:00:00", "(null)"],
        ),
        (pd.Series([None, None, None, None], dtype=object), ["(null)"]),
    ],
)
def test_every_type_of_column_is_set_to_values_that_occur(
    column: "pd.Series[Any]", texts: list[str]
) -> None:
    seen: list[Any] = []

    def look(frame: pd.DataFrame) -> Any:
        seen.append(frame["x"].dtype)
        return np.zeros(len(frame))

    dependence = partial_dependence(look, pd.DataFrame({"x": column}), "x", points=5)
    assert [point.text for point in dependence.points] == texts
    assert seen == [column.dtype]


def test_what_cannot_be_explained_is_told() -> None:
    frame = _rows(50)
    with pytest.raises(DataError, match=r"'aa': no such column of the rows. Did you mean 'a'"):
        partial_dependence(_linear, frame, "aa")
    with pytest.raises(DataError, match=r"predicts 3 classes; say which one: predicted=0"):
        partial_dependence(lambda rows: np.full((len(rows), 3), 1 / 3), frame, "a")
    with pytest.raises(DataError, match=r"2 labels for 50 rows"):
        permutation_importance(_linear, frame, [1, 2], task="regression")
    with pytest.raises(DataError, match=r"50 of 50 predictions are NaN or infinite"):
        permutation_importance(lambda rows: np.full(len(rows), np.nan), frame, np.zeros(50))
    with pytest.raises(DataError, match=r"partial dependence needs rows; found none"):
        partial_dependence(_linear, frame[:0], "a")
