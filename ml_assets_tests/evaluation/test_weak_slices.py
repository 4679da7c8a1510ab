from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation.metrics import check_predictions
from ml_assets.evaluation.slice_bins import Bins, cut_column
from ml_assets.evaluation.slice_search import Candidate, Limits, Tables, rows_of
from ml_assets.evaluation.surprise import surprise_of
from ml_assets.evaluation.weak_slices import WeakSlices, find_weak_slices

Array = NDArray[Any]
ROWS = 50_000


def _rows(seed: int, rows: int = ROWS) -> tuple[pd.DataFrame, Array, Array, np.random.Generator]:
    """Columns of each kind, and the log odds and mean that some of them cause."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": random.normal(40, 10, rows).round(1),
            "income": random.lognormal(10, 1, rows),
            "noise": random.normal(size=rows),
            "origin": random.choice(["EWR", "JFK", "LGA", "HPN"], rows),
            "carrier": random.choice([*"abcdefghij"], rows),
            "when": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(random.integers(0, 366, rows), "D"),
        }
    )
    table.loc[random.random(rows) < 0.1, "income"] = np.nan
    cause = (table["age"] - 40) / 8 + (table["origin"] == "JFK") - (table["carrier"] == "a")
    return table, cause.to_numpy(), random.random(rows), random


def _binary(cause: Array, chance: Array) -> tuple[Array, Array]:
    score = 1 / (1 + np.exp(-cause))
    return (chance < score).astype(int), score


def _multiclass(cause: Array, chance: Array) -> tuple[Array, Array]:
    odds = np.exp(np.column_stack([cause, -cause, np.zeros(len(cause))]))
    score = odds / odds.sum(axis=1, keepdims=True)
    return (chance[:, None] > score.cumsum(axis=1)[:, :2]).sum(axis=1), score


def _places(table: pd.DataFrame, seed: int) -> tuple[set[str], Array]:
    """Two per cent of the rows, told by a value, a range, a null or two of these."""
    at = 0.05 + 0.2 * (seed % 4)
    income, noise = (table[name].rank(pct=True).to_numpy() for name in ("income", "noise"))
    match seed % 5:
        case 0:
            return {"noise"}, (noise > at) & (noise < at + 0.02)
        case 1:
            inside = (noise > at) & (noise < at + 0.08)
            return {"noise", "origin"}, inside & (table["origin"] == "HPN").to_numpy()
        case 2:
            is_null = table["income"].isna().to_numpy()
            return {"income", "carrier"}, is_null & table["carrier"].isin(["c", "d"]).to_numpy()
        case 3:
            inside = (income > at) & (income < at + 0.15)
            return {"income", "noise"}, inside & (noise > at) & (noise < at + 0.14)
        case _:
            late = (table["when"] >= "2024-11-01").to_numpy() & (table["when"] < "2025-01-01")
            return {"when", "carrier"}, late & (table["carrier"] == "e").to_numpy()


def _spoil(how: int, inside: Array, y: Array, score: Array, random: np.random.Generator) -> None:
    """Turn the labels round, draw them anew, or give every row the score of another."""
    values = np.unique(y)
    if how == 0:
        y[inside] = values[(np.searchsorted(values, y[inside]) + 1) % len(values)]
    elif how == 1:
        y[inside] = random.choice(values, inside.sum())
    else:
        score[inside] = score[random.permutation(np.flatnonzero(inside))]


@pytest.mark.slow
def test_a_weak_slice_of_two_per_cent_is_found_in_twenty_of_twenty_tries() -> None:
    for seed in range(20):
        table, cause, chance, random = _rows(seed)
        columns, inside = _places(table, seed)
        y, score = _binary(cause, chance)
        _spoil(seed % 3, inside, y, score, random)
        slices = find_weak_slices(table, y, score).slices
        assert slices, (seed, columns)
        first = slices[0]
        assert set(first.columns) <= columns, (seed, first.text)
        assert inside.sum() / 3 < first.rows < 5 * inside.sum(), (seed, first.text)


@pytest.mark.slow
def test_nothing_is_found_in_nineteen_of_twenty_tries_where_nothing_is_weak() -> None:
    told = 0
    for seed in range(100, 120):
        table, cause, chance, _ = _rows(seed)
        told += bool(find_weak_slices(table, *_binary(cause, chance)).slices)
    assert told <= 1


@pytest.mark.parametrize("how", [0, 1, 2], ids=["turned", "drawn", "swapped"])
@pytest.mark.parametrize("seed", [1, 2])
def test_weak_slices_of_a_multiclass_task_are_found(seed: int, how: int) -> None:
    table, cause, chance, random = _rows(seed, 20_000)
    columns, inside = _places(table, seed)
    y, score = _multiclass(cause, chance)
    _spoil(how, inside, y, score, random)
    weak = find_weak_slices(table, y, score, task="multiclass")
    assert set(weak.slices[0].columns) == columns


@pytest.mark.parametrize("how", ["turned", "swapped", "noisy"])
def test_weak_slices_of_a_regression_are_found_and_nothing_beside_them(how: str) -> None:
    table, cause, _, random = _rows(1, 20_000)
    columns, inside = _places(table, 1)
    y = cause + random.standard_t(3, len(cause))
    score = cause.copy()
    assert find_weak_slices(table, y, score, task="regression").slices == ()
    if how == "turned":
        y[inside] = -y[inside]
    elif how == "swapped":
        _spoil(2, inside, y, score, random)
    else:
        y[inside] += random.normal(0, 4, inside.sum())
    weak = find_weak_slices(table, y, score, task="regression")
    assert {frozenset(piece.columns) for piece in weak.slices} == {frozenset(columns)}
    assert weak.slices[0].kind == "large errors"
    assert weak.slices[0].promised is None


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_nothing_is_found_in_other_tasks_where_nothing_is_weak(task: Any) -> None:
    for seed in range(5):
        table, cause, chance, random = _rows(seed, 10_000)
        kept = cause + random.standard_t(3, len(cause)), cause
        y, score = _multiclass(cause, chance) if task == "multiclass" else kept
        assert find_weak_slices(table, y, score, task=task).slices == ()


def test_a_slice_whose_label_is_uncertain_is_not_weak_where_the_model_says_so() -> None:
    table, cause, chance, _ = _rows(0, 20_000)
    unsure = (table["origin"] == "HPN").to_numpy()
    y, score = _binary(np.where(unsure, cause, 3 * cause), chance)
    assert find_weak_slices(table, y, score).slices == ()


def test_a_slice_of_which_the_model_tells_nothing_is_uninformative() -> None:
    table, cause, chance, _ = _rows(0, 20_000)
    blank = (table["origin"] == "HPN").to_numpy()
    y, score = _binary(np.where(blank, 0, 2 * cause), chance)
    (piece,) = find_weak_slices(table, y, score).slices
    assert (piece.name, piece.kind) == ("origin=HPN", "uninformative")
    assert piece.loss == pytest.approx(np.log(2))
    assert piece.text.endswith("tells hardly more here than the share of each class")


def test_a_column_that_decides_the_label_alone_makes_no_slice_of_it_uninformative() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=20_000)
    y, score = _binary(2 * x, random.random(len(x)))
    table = pd.DataFrame({"x": x, "noise": random.normal(size=len(x))})
    assert find_weak_slices(table, y, score, bins=20).slices == ()


def test_a_model_that_is_too_sure_of_itself_everywhere_is_weak_in_no_slice() -> None:
    table, _, chance, random = _rows(0, 20_000)
    cause = random.normal(0, 2, len(table))
    y, _ = _binary(cause, chance)
    assert find_weak_slices(table, y, 1 / (1 + np.exp(-2 * cause - 1))).slices == ()


def test_rare_positives_are_no_weakness() -> None:
    for seed in range(5):
        table, _, chance, random = _rows(seed, 20_000)
        y, score = _binary(random.normal(-6, 1, len(table)), chance)
        assert 20 < y.sum() < 200
        assert find_weak_slices(table, y, score).slices == ()


def test_what_a_single_column_explains_is_not_told_again_as_a_pair() -> None:
    table, cause, chance, _ = _rows(3)
    table["copy"] = table["carrier"].str.upper()
    y, score = _binary(cause, chance)
    inside = (table["carrier"] == "e").to_numpy()
    y[inside] = 1 - y[inside]
    weak = find_weak_slices(table, y, score)
    assert [piece.name for piece in weak.slices] in (["carrier=e"], ["copy=E"])


def test_two_weak_slices_are_told_apart() -> None:
    table, cause, chance, _ = _rows(3)
    y, score = _binary(cause, chance)
    null_and_b = (table["income"].isna() & (table["carrier"] == "b")).to_numpy()
    lga_and_f = ((table["origin"] == "LGA") & (table["carrier"] == "f")).to_numpy()
    for inside in (null_and_b, lga_and_f):
        y[inside] = 1 - y[inside]
    names = {piece.name for piece in find_weak_slices(table, y, score).slices}
    assert names == {"income=(null) and carrier=b", "origin=LGA and carrier=f"}


def test_a_slice_is_told_in_words_with_its_numbers() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"hour": random.integers(0, 24, 20_000)})
    y, score = _binary(random.normal(size=20_000), random.random(20_000))
    inside = table["hour"].between(18, 21).to_numpy()
    y[inside] = 1 - y[inside]
    (piece,) = find_weak_slices(table, y, score, bins=24).slices
    loss = -np.log(np.where(y == 1, score, 1 - score))
    assert piece.name == "hour in 18 to 21"
    assert (piece.rows, piece.share) == (inside.sum(), inside.mean())
    assert piece.loss == pytest.approx(loss[inside].mean())
    assert piece.loss_of_rest == pytest.approx(loss[~inside].mean())
    assert piece.promised is not None
    assert piece.text == (
        f"hour in 18 to 21: log loss {piece.loss:.3g} against {piece.loss_of_rest:.3g} of the rest, "
        f"{piece.rows:,} rows ({piece.share:.1%}); its own probabilities promise {piece.promised:.3g}"
    )


def test_more_rows_than_asked_for_are_drawn_and_the_same_seed_draws_the_same() -> None:
    table, cause, chance, _ = _rows(1, 20_000)
    y, score = _binary(cause, chance)
    inside = (table["origin"] == "HPN").to_numpy()
    y[inside] = 1 - y[inside]
    first, again = (find_weak_slices(table, y, score, max_rows=5000, seed=7) for _ in range(2))
    assert first == again
    assert (first.rows, first.searched) == (20_000, 5000)
    assert first.to_json()["slices"][0]["name"] == "origin=HPN"


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_sums_of_the_tables_are_those_of_the_rows_before_and_after_some_are_set_aside(
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"a": random.normal(size=400), "b": random.choice([*"pqr"], 400)})
    bins = _cut(table)
    y, score = _binary(random.normal(size=400), random.random(400))
    surprise = surprise_of(check_predictions("binary", y, score))
    tables = Tables(bins, surprise, Limits(1, 400, -1.0))
    left = np.ones(400, dtype=bool)
    for _ in range(2):
        for place in ((0,), (1,), (0, 1)):
            sums = tables._sums(place)
            at = [np.intp(random.integers(0, size)) for size in sums.shape[1:]]
            inside = rows_of(bins, Candidate(place, tables.groups_at(place, at), 0.0)) & left
            cell_sums = [sums[(k, *at)] for k in range(4)]
            parts = (surprise.tested, surprise.variance, surprise.third)
            assert cell_sums == pytest.approx(
                [inside.sum(), *(p[inside].sum() for p in parts)], abs=1e-9
            )
        gone = random.random(400) < 0.3
        tables.set_aside(np.flatnonzero(gone))
        left &= ~gone


def _cut(table: pd.DataFrame) -> list[Bins]:
    cut = [cut_column(table[name], 5, 1) for name in table]
    return [bins for bins in cut if bins is not None]


def test_what_cannot_be_searched_is_told_with_the_reason() -> None:
    table = pd.DataFrame({"a": [1, 2, 3]})
    broken = find_weak_slices(table, [0, 1, 1], [0.1, np.nan, 0.2])
    assert broken == WeakSlices(
        "log loss", 3, 0, 0, 0, 0.05, (), "1 of 3 predictions are NaN or infinite"
    )
    assert find_weak_slices(table[:0], [], []).reason == "there are no rows"
    assert find_weak_slices(table, [0, 1, 1], [0.1, 0.5, 0.2]).slices == ()
    assert find_weak_slices(table[[]], [0, 1, 1], [0.1, 0.5, 0.2]).columns == 0


def test_features_must_be_of_the_same_rows_and_have_the_columns() -> None:
    table = pd.DataFrame({"age": [1, 2, 3]})
    with pytest.raises(DataError, match=r"features for the same 2 rows; found 3 rows"):
        find_weak_slices(table, [0, 1], [0.1, 0.2])
    with pytest.raises(DataError, match=r"'aeg': no such column. Did you mean 'age'"):
        find_weak_slices(table, [0, 1, 1], [0.1, 0.2, 0.3], columns=["aeg"])


def test_wide_tables_are_searched_in_pairs_of_the_columns_that_say_most() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({f"x{i}": random.choice([*"ab"], 3000) for i in range(80)})
    y, score = _binary(random.normal(size=3000), random.random(3000))
    inside = ((table["x3"] == "a") & (table["x70"] == "b")).to_numpy()
    y[inside] = 1 - y[inside]
    weak = find_weak_slices(table, y, score)
    assert weak.slices[0].name == "x3=a and x70=b"
    # Pairs that were not searched count as looked at.
    assert weak.looked_at > 80 * 79 / 2 * 4 * 0.9
