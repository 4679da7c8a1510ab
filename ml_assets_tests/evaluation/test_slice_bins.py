"""Columns cut into bins, and bins into groups."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.evaluation.slice_bins import cut_column


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ([True, False] * 50, {"x=True", "x=False"}),
        (["a", "b", "b", None] * 25, {"x=a", "x=b", "x=(null)"}),
        ([[1], [2], [2], [2]] * 25, {"x=[1]", "x=[2]"}),
        ([1.5, None] * 50, {"x=1.5", "x=(null)"}),
        (pd.Series([1, 2, 3, None] * 25, dtype="Int64"), {"x=1", "x=2", "x=3", "x=(null)"}),
        (pd.Series(pd.to_datetime(["2024-01-01", "2025-01-01"] * 50)), None),
        ([np.inf, -np.inf, 0.0, 0.0] * 25, {"x=-inf", "x=0", "x=inf"}),
    ],
)
def test_columns_of_any_type_are_cut(column: Any, names: set[str] | None) -> None:
    cut = cut_column(pd.Series(column, name="x"), 12, 1)
    assert cut is not None
    expected = names or {"x=2024-01-01T00:00:00", "x=2025-01-01T00:00:00"}
    assert {name for name in map(cut.name, range(len(cut.spans))) if "=" in name} == expected


@pytest.mark.parametrize("column", [[1.0] * 50, [None] * 50, [*map(str, range(50))]])
def test_a_column_without_a_choice_is_left_out(column: list[Any]) -> None:
    assert cut_column(pd.Series(column, name="x"), 12, 10) is None


@given(seed=st.integers(0, 2**32 - 1), distinct=st.integers(2, 60), bins=st.integers(2, 15))
@settings(max_examples=40, deadline=None)
def test_every_range_holds_exactly_the_values_between_its_ends(
    seed: int, distinct: int, bins: int
) -> None:
    random = np.random.default_rng(seed)
    values = pd.Series(random.integers(0, distinct, 300), name="x")
    cut = cut_column(values, bins, 1)
    assert cut is not None
    for group in range(len(cut.spans)):
        name = cut.name(group)
        inside = values[cut.holds(group)]
        low, high = inside.min(), inside.max()
        assert cut.holds(group).sum() == values.between(low, high).sum()
        ends = {str(low), str(high)} & set(name.replace("x=", "").split())
        assert ends, name
