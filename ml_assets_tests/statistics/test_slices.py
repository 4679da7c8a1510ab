"""Statistics by slice, against pandas, and in any cut of the rows."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.statistics import slice_state
from ml_assets.statistics.relate import describe_relations, relate
from ml_assets.statistics.relations import Relations
from ml_assets.statistics.relations_state import Plan, merge_relations, relations_state


def batch_of(frame: pd.DataFrame) -> Any:
    table = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    return table.to_batches()[0] if len(frame) else pa.RecordBatch.from_pandas(frame)


def in_parts(batch: Any, cuts: Any, plan: Plan) -> Relations:
    edges = [0, *sorted(min(cut, batch.num_rows) for cut in cuts), batch.num_rows]
    parts = [batch.slice(a, b - a) for a, b in pairwise(edges)]
    states = [relations_state(part, plan) for part in parts]
    merged = states[0]
    for state in states[1:]:
        merged = merge_relations(merged, state)
    return describe_relations(merged, plan)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 3000
    frame = pd.DataFrame(
        {
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows, p=[0.6, 0.3, 0.1]),
            "carrier": rng.choice(["UA", "AA"], rows),
            "delay": rng.normal(10, 3, rows),
            "miles": rng.integers(1, 5000, rows),
        }
    )
    frame.loc[::7, "delay"] = None
    frame.loc[::11, "carrier"] = None
    return frame


def test_slices_agree_with_pandas(frame: pd.DataFrame) -> None:
    plan = Plan(tuple(frame.columns), ("origin", "origin,carrier"), min_slice_rows=1)
    slices = relate([batch_of(frame)], plan).slices
    assert [piece.name for piece in slices if piece.by == "origin"] == [
        "origin=EWR",
        "origin=JFK",
        "origin=LGA",
    ]
    keyed = {piece.values: piece for piece in slices if piece.by == "origin,carrier"}
    assert len(keyed) == 9
    grouped: Any = frame.groupby(["origin", "carrier"], dropna=False)
    for key, part in grouped:
        piece = keyed[tuple(None if pd.isna(value) else value for value in key)]
        assert piece.num_rows == len(part)
        delay, miles = piece.feature("delay"), piece.feature("miles")
        assert delay.num_missing == part["delay"].isna().sum()
        assert delay.mean == pytest.approx(part["delay"].mean())
        assert delay.std_dev == pytest.approx(part["delay"].std(ddof=0))
        assert (delay.min, delay.max) == (part["delay"].min(), part["delay"].max())
        assert (miles.min, miles.max) == (part["miles"].min(), part["miles"].max())
        assert piece.feature("origin").top_values == ((key[0], len(part)),)


def assert_close(one: float | None, other: float | None) -> None:
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one == pytest.approx(other, rel=1e-6, abs=1e-3)


cells = st.tuples(
    st.sampled_from(["a", "b", "", None]),
    st.sampled_from(["x", None]),
    st.none() | st.floats(-1e6, 1e6) | st.sampled_from([float("inf"), float("nan")]),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(cells), st.lists(st.integers(0, 30), max_size=3))
def test_the_slices_of_any_cut_equal_those_of_the_whole(rows: Any, cuts: Any) -> None:
    columns: Any = list(zip(*rows, strict=True)) or [(), (), ()]
    arrays = [
        pa.array(c, t) for c, t in zip(columns, [pa.string()] * 2 + [pa.float64()], strict=True)
    ]
    batch = pa.record_batch(arrays, ["s", "t", "x"])
    plan = Plan(("s", "t", "x"), ("s", "t,s"), min_slice_rows=1)
    cut, whole = in_parts(batch, cuts, plan), in_parts(batch, [], plan)
    assert [(piece.name, piece.num_rows) for piece in cut.slices] == [
        (piece.name, piece.num_rows) for piece in whole.slices
    ]
    assert cut.slices_left_out == whole.slices_left_out == ()
    for cut_slice, whole_slice in zip(cut.slices, whole.slices, strict=True):
        for cut_feature, whole_feature in zip(
            cut_slice.features, whole_slice.features, strict=True
        ):
            assert (cut_feature.num_missing, cut_feature.min, cut_feature.max) == (
                whole_feature.num_missing,
                whole_feature.min,
                whole_feature.max,
            )
            assert cut_feature.top_values == whole_feature.top_values
            assert_close(cut_feature.mean, whole_feature.mean)
            assert_close(cut_feature.std_dev, whole_feature.std_dev)


def test_small_slices_and_those_beyond_the_largest_are_counted_as_left_out() -> None:
    sizes = range(1, 101)
    frame = pd.DataFrame({"k": [f"k{n:03}" for n in sizes for _ in range(n)]})
    relations = relate([batch_of(frame)], Plan(("k",), ("k",), min_slice_rows=30))
    assert [piece.num_rows for piece in relations.slices] == list(range(100, 50, -1))
    (rest,) = relations.slices_left_out
    assert (rest.by, rest.num_slices, rest.num_rows) == ("k", 50, sum(range(1, 51)))


def test_no_slice_with_lost_rows_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_state, "CAPACITY", 8)
    rng = np.random.default_rng(1)
    # Some keys are frequent, most are rare, and one comes back after it was dropped.
    keys = [*["first"], *(f"k{k}" for k in rng.zipf(1.3, 4000) % 500), *["first"] * 300]
    frame = pd.DataFrame({"k": keys, "x": np.arange(len(keys), dtype=float)})
    relations = in_parts(
        batch_of(frame), range(0, len(keys), 50), Plan(("x",), ("k",), min_slice_rows=1)
    )
    true: Any = frame["k"].value_counts()
    assert relations.slices
    for piece in relations.slices:
        assert piece.num_rows == true[piece.values[0]]
    assert relations.slices[0].values == (true.index[0],)
    (rest,) = relations.slices_left_out
    assert rest.num_rows == len(keys) - sum(piece.num_rows for piece in relations.slices)


def test_values_of_texts_with_too_many_cells_are_not_counted_by_slice() -> None:
    frame = pd.DataFrame({"k": np.arange(600) % 600, "id": [f"id{n}" for n in range(600)]})
    relations = relate([batch_of(frame)], Plan(("k", "id"), ("k",), min_slice_rows=1))
    assert relations.slices[0].feature("id").top_values is None


def test_a_missing_value_and_its_name_are_different_slices() -> None:
    frame = pd.DataFrame({"k": ["(null)", None]})
    relations = relate([batch_of(frame)], Plan(("k",), ("k",), min_slice_rows=1))
    assert {piece.values for piece in relations.slices} == {("(null)",), (None,)}


def test_a_column_that_a_part_lacks_is_missing_there() -> None:
    plan = Plan(("k", "x"), ("k",), min_slice_rows=1)
    with_x = relations_state(pa.record_batch({"k": ["a", "a"], "x": [1.0, 3.0]}), plan)
    without = relations_state(pa.record_batch({"k": ["a", "b"]}), plan)
    for parts in ([with_x, without], [without, with_x]):
        relations = describe_relations(merge_relations(*parts), plan)
        first, second = relations.slices
        assert (first.num_rows, first.feature("x").num_missing, first.feature("x").mean) == (
            3,
            1,
            2,
        )
        assert (second.feature("x").num_missing, second.feature("x").mean) == (1, None)


def test_nested_values_cannot_make_slices() -> None:
    with pytest.raises(DataError, match="column 'k' holds nested values"):
        relate([pa.record_batch({"k": [[1]]})], Plan(("k",), ("k",)))


def test_slices_by_numbers_booleans_and_bytes() -> None:
    batch = pa.record_batch(
        {"i": [1, 2, 1], "b": [True, None, True], "y": [b"\xff", b"\xfe", b"a"]}
    )
    relations = relate([batch], Plan((), ("i", "b", "y"), min_slice_rows=1))
    assert [(p.name, p.num_rows) for p in relations.slices] == [
        ("i=1", 2), ("i=2", 1), ("b=true", 2), ("b=(null)", 1), ("y=\ufffd", 2), ("y=a", 1),
    ]  # fmt: skip
