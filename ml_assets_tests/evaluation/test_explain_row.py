from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.evaluation.explain_row import explain_row
from ml_assets_tests.evaluation.trained import CLASSES, examples, write_bundle


def _rows(n: int, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    table = {"a": random.normal(size=n), "b": random.normal(size=n), "c": random.choice([*"xy"], n)}
    return pd.DataFrame(table)


def _crossed(frame: pd.DataFrame) -> Any:
    a, b = frame["a"].to_numpy(), frame["b"].to_numpy()
    return a * b + 2 * a + np.where(frame["c"] == "x", 1.0, 0.0)


def _exact(own: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Shapley's values from every order of the columns, against one other row."""
    orders = list(permutations(own.columns))
    total = dict.fromkeys(map(str, own.columns), 0.0)
    for order in orders:
        mixed = other.copy()
        for name in order:
            before = float(_crossed(mixed)[0])
            mixed[name] = own[name].to_numpy()
            total[str(name)] += (float(_crossed(mixed)[0]) - before) / len(orders)
    return total


@given(seed=st.integers(0, 2**32 - 1), samples=st.integers(2, 40))
@settings(max_examples=30, deadline=None)
def test_contributions_add_up_to_the_difference_from_the_usual_prediction(
    seed: int, samples: int
) -> None:
    rows = _rows(20, seed)
    explanation = explain_row(_crossed, rows[:1], rows[1:], samples=samples, seed=seed)
    assert explanation.prediction == _crossed(rows[:1])[0]
    total = sum(contribution.value for contribution in explanation.contributions)
    assert explanation.usual + total == pytest.approx(explanation.prediction)


def test_contributions_are_the_shapley_values() -> None:
    rows = _rows(2, 3)
    expected = _exact(rows[:1], rows[1:].reset_index(drop=True))
    explanation = explain_row(_crossed, rows[:1], rows[1:], samples=2000)
    assert {
        contribution.column: contribution.value for contribution in explanation.contributions
    } == pytest.approx(expected, abs=0.02)


def test_intervals_of_contributions_cover_the_shapley_values() -> None:
    rows = _rows(60, 1)
    others = [rows[k : k + 1].reset_index(drop=True) for k in range(1, 60)]
    parts = [_exact(rows[:1], other) for other in others]
    truth = {name: np.mean([part[name] for part in parts]) for name in parts[0]}
    covered = 0
    for seed in range(100):
        explanation = explain_row(_crossed, rows[:1], rows[1:], samples=100, seed=seed)
        covered += sum(bool(c.low <= truth[c.column] <= c.high) for c in explanation.contributions)
    assert covered >= 0.91 * 300


def test_a_column_that_is_not_read_contributes_nothing() -> None:
    rows = _rows(30).assign(noise=np.arange(30))
    explanation = explain_row(_crossed, rows[:1], rows[1:])
    (noise,) = (
        contribution for contribution in explanation.contributions if contribution.column == "noise"
    )
    assert (noise.value, noise.low, noise.high) == (0, 0, 0)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_stage_of_a_real_bundle_is_told(task: Any, tmp_path: Path) -> None:
    from ml_assets.training.bundle import load_model

    write_bundle(tmp_path / "model", task)
    model, rows = load_model(tmp_path / "model"), examples(task)
    source = {feature["name"]: feature["sources"][0] for feature in model.manifest["features"]}

    def features(frame: pd.DataFrame) -> pd.DataFrame:
        made = model.pipeline[:-1].transform(frame)
        return pd.DataFrame(np.asarray(made, dtype=np.float64), columns=list(source))

    row = rows[rows["city"].isna()][:1]
    explanation = explain_row(
        model.predict, row, rows, columns=model.input_columns, classes=CLASSES[task],
        features=features, sources=source.__getitem__, samples=40,
    )  # fmt: skip
    strength = [-abs(contribution.value) for contribution in explanation.contributions]
    assert strength == sorted(strength)
    by_column = {contribution.column: contribution for contribution in explanation.contributions}
    assert by_column["city"].raw == "(null)"
    assert dict(by_column["city"].transformed)["city"] is None
    assert {
        name for contribution in explanation.contributions for name, _ in contribution.transformed
    } == set(source)
    scores = model.predict(row)
    assert explanation.prediction == pytest.approx(
        scores.max() if task == "multiclass" else scores[0]
    )
    # The row is among the others, and is its own nearest neighbour.
    assert explanation.neighbours[0].distance == 0
    assert explanation.neighbours[0].differs == ()
    assert explanation.neighbours[0].prediction == pytest.approx(explanation.prediction)
    assert explanation.to_json()["samples"] == 40


def test_neighbours_are_the_most_alike_rows_and_say_in_what_they_differ() -> None:
    others = pd.DataFrame(
        {
            "n": [0.0, 10.0, 5.2, None],
            "c": ["x", "y", "x", None],
            "t": pd.to_datetime(["2024-01-01", "2024-12-31", "2024-06-01", "NaT"]),
        }
    )
    row = others[2:3].assign(n=5.0)
    explanation = explain_row(lambda f: np.arange(len(f)), row, others, samples=2, neighbours=3)
    assert explanation.neighbours[0].place == 2
    assert explanation.neighbours[0].differs == (("n", "5.2"),)
    assert explanation.neighbours[0].distance == pytest.approx(0.2 / 9 / 3, rel=0.2)
    assert explanation.neighbours[1].place == 0


def test_there_must_be_one_row_with_the_columns_and_others() -> None:
    rows = _rows(5)
    with pytest.raises(DataError, match=r"needs one row and at least one other; found 2 and 5"):
        explain_row(_crossed, rows[:2], rows)
    with pytest.raises(DataError, match=r"found 1 and 0"):
        explain_row(_crossed, rows[:1], rows[:0])
    with pytest.raises(DataError, match=r"'z': no such column of the rows"):
        explain_row(_crossed, rows[:1], rows, columns=["a", "z"])
    with pytest.raises(DataError, match=r"'b', 'c': no such column of the rows"):
        explain_row(_crossed, rows[:1], rows[["a"]])
