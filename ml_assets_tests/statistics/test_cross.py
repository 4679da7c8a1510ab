"""Pairs of columns, against NumPy, pandas and SciPy, and in any cut of the rows."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import association

from ml_assets.statistics.information import cramers_v
from ml_assets.statistics.relate import relate
from ml_assets.statistics.relations_state import Plan
from ml_assets_tests.statistics.test_slices import assert_close, batch_of, in_parts


def numbers(rows: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=list("abcd"))
    frame["b"] += 2 * frame["a"]
    frame["d"] = 1e9 + frame["a"]
    frame.loc[rng.random(rows) < 0.3, "b"] = None
    frame.loc[rng.random(rows) < 0.5, "c"] = None
    return frame


@pytest.mark.parametrize("cuts", [[], [1, 700, 1300], range(0, 2000, 10)])
def test_correlation_and_covariance_are_those_of_complete_pairs(cuts: Any) -> None:
    frame = numbers()
    cross = in_parts(batch_of(frame), cuts, Plan(tuple(frame.columns), (), True)).cross
    assert cross is not None
    expected = frame.corr()
    assert len(cross.numeric) == 6
    for pair in cross.numeric:
        both: Any = frame[[pair.first, pair.second]].dropna()
        assert pair.num_rows == len(both)
        exact = (both - both.mean()).prod(axis=1).mean()
        assert pair.covariance == pytest.approx(exact, rel=1e-6, abs=1e-9)
        assert pair.correlation == pytest.approx(expected.loc[pair.first, pair.second], abs=1e-6)


def test_complete_columns_agree_with_numpy() -> None:
    values = np.random.default_rng(1).gamma(2, 5, (1000, 5))
    relations = relate(
        [batch_of(pd.DataFrame(values, columns=list("abcde")))], Plan(tuple("abcde"), (), True)
    )
    expected: Any = np.corrcoef(values.T)
    assert relations.cross is not None
    got = [pair.correlation for pair in relations.cross.numeric]
    assert got == pytest.approx(expected[np.triu_indices(5, 1)], abs=1e-12)


def test_what_cannot_be_correlated_is_none() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "same": [3.0, 3.0], "none": [None, None]})
    frame["none"] = frame["none"].astype(float)
    frame["huge"] = [1e308, -1e308]
    cross = relate([batch_of(frame)], Plan(tuple(frame.columns), (), True)).cross
    assert cross is not None
    by = {(pair.first, pair.second): pair for pair in cross.numeric}
    assert (by["a", "same"].correlation, by["a", "same"].covariance) == (None, 0.0)
    assert (by["a", "none"].num_rows, by["a", "none"].covariance) == (0, None)
    assert by["a", "huge"].correlation is None


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(*[st.none() | st.integers(-1000, 1000)] * 3), max_size=30),
    st.lists(st.integers(0, 30), max_size=3),
)
def test_the_pairs_of_any_cut_equal_those_of_the_whole(rows: Any, cuts: Any) -> None:
    columns: Any = list(zip(*rows, strict=True)) or [(), (), ()]
    batch = pa.record_batch([pa.array(c, pa.int64()) for c in columns], ["a", "b", "c"])
    both: Any = (cuts, [])
    cut, whole = (in_parts(batch, at, Plan(("a", "b", "c"), (), True)).cross for at in both)
    assert cut is not None
    assert whole is not None
    for one, other in zip(cut.numeric, whole.numeric, strict=True):
        assert one.num_rows == other.num_rows
        assert_close(one.covariance, other.covariance)


texts = st.sampled_from(["a", "b", "c", None])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(texts, texts, texts), max_size=40), st.lists(st.integers(0, 40), max_size=3)
)
def test_the_pairs_of_texts_of_any_cut_equal_those_of_the_whole(rows: Any, cuts: Any) -> None:
    columns: Any = list(zip(*rows, strict=True)) or [(), (), ()]
    batch = pa.record_batch([pa.array(c, pa.string()) for c in columns], ["s", "t", "u"])
    both: Any = (cuts, [])
    cut, whole = (in_parts(batch, at, Plan(("s", "t", "u"), (), True)).cross for at in both)
    assert cut is not None
    assert whole is not None
    for one, other in zip(cut.categories, whole.categories, strict=True):
        assert (one.first, one.second, one.num_rows) == (other.first, other.second, other.num_rows)
        assert_close(one.cramers_v, other.cramers_v)


def test_cramers_v_is_scipys_but_for_the_bias() -> None:
    table = np.random.default_rng(2).integers(1, 200, (4, 3))
    total, rows, columns = table.sum(), 4, 3
    effect = association(table, method="cramer") ** 2 * 2
    unbiased = effect - (rows - 1) * (columns - 1) / (total - 1)
    smaller = min(n - (n - 1) ** 2 / (total - 1) for n in (rows, columns)) - 1
    assert cramers_v(table) == pytest.approx(np.sqrt(unbiased / smaller))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (np.diag([10, 20, 30]), 1.0),
        (np.outer([10, 20], [30, 40]), 0.0),
        (np.ones((20, 20), int), 0.0),  # chance alone, though the plain V is not 0
        (np.array([[5, 5]]), None),
        (np.zeros((2, 2), int), None),
    ],
)
def test_cramers_v_at_its_ends(table: Any, expected: float | None) -> None:
    assert cramers_v(table) == pytest.approx(expected, abs=1e-9)


def test_what_is_in_no_pair_is_named_with_the_reason() -> None:
    columns: dict[str, Any] = {f"n{i:02}": [float(i), 1.0] * 100 for i in range(52)}
    columns["id"] = [f"id{n}" for n in range(200)]
    columns |= {f"t{i:02}": ["a", "b"] * 100 for i in range(13)}
    cross = relate([pa.record_batch(columns)], Plan(tuple(columns), (), True)).cross
    assert cross is not None
    assert len(cross.numeric) == 50 * 49 / 2
    assert cross.left_out == (
        ("n50", "only the first 50 columns of numbers are related"),
        ("n51", "only the first 50 columns of numbers are related"),
        ("id", "more than 100 different values"),
        ("t11", "only the first 12 columns of texts are related"),
        ("t12", "only the first 12 columns of texts are related"),
    )
