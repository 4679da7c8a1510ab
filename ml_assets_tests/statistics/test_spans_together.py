"""Slices, pairs and association of a window are merged from the files of its spans' states."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.statistics import span_blocks
from ml_assets.statistics.association_state import AssociationState
from ml_assets.statistics.block_state import BlockState, StateOptions
from ml_assets.statistics.generate import generate_split_statistics
from ml_assets.statistics.span_blocks import Span
from ml_assets.statistics.span_states import StateFolder, window_state
from ml_assets.statistics.state_file import to_bytes
from ml_assets.table import Table
from ml_assets_tests.statistics.test_slices import assert_close

OPTIONS: Any = {"slices": ["s", "t,s"], "min_slice_rows": 1, "cross_features": True}


@pytest.fixture(autouse=True)
def every_span_is_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_blocks, "BLOCK_ROWS", 1)


def spans_of(rows: int, cuts: Any) -> list[Span]:
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < rows}), rows]
    return [Span(low, high - low, f"d{low}-{high}") for low, high in pairwise(edges)]


def described(table: Any, folder: Path, cuts: Any, **options: Any) -> Any:
    """From files: what is merged was written and read."""
    path, cache = folder / "t.parquet", StateFolder(folder / f"states{len(list(folder.iterdir()))}")
    pq.write_table(table, path)
    arguments: Any = {"spans": spans_of(table.num_rows, cuts), "cache": cache, **options}
    generate_split_statistics(Table((path,)), **arguments)
    return generate_split_statistics(Table((path,)), **arguments)


cells = st.tuples(
    st.sampled_from(["train", "train", "eval", "test"]),
    st.sampled_from([0, 1, 2, None]),
    st.none() | st.sampled_from("abc"),
    st.sampled_from(["x", None]),
    st.none() | st.floats(-1e6, 1e6) | st.sampled_from([float("inf"), float("nan"), 1.0]),
    st.none() | st.integers(-3, 3),
)
TYPES = {
    "_split": pa.string(),
    "_label": pa.int8(),
    "s": pa.string(),
    "t": pa.string(),
    "x": pa.float64(),
    "d": pa.date32(),
}


def table_of(rows: Any) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, t) for c, t in zip(columns, TYPES.values(), strict=True)]
    return pa.table(arrays, list(TYPES))


@settings(deadline=None, max_examples=20)
@given(
    st.lists(cells, min_size=1, max_size=30), st.lists(st.integers(1, 30), min_size=1, max_size=4)
)
def test_any_cut_into_files_equals_the_whole(tmp_path_factory: Any, rows: Any, cuts: Any) -> None:
    table = table_of([("train", 1, "a", None, 0.0, None), *rows])
    folder = tmp_path_factory.mktemp("spans")
    cut = described(table, folder, cuts, label="_label", **OPTIONS)
    whole = described(table, folder, [], label="_label", **OPTIONS)
    assert cut["train"].association == whole["train"].association
    assert_same_slices(cut["all"].slices, whole["all"].slices)
    one, other = cut["all"].cross, whole["all"].cross
    assert [
        (pair.first, pair.second, pair.num_rows) for pair in (*one.numeric, *one.categories)
    ] == [(pair.first, pair.second, pair.num_rows) for pair in (*other.numeric, *other.categories)]
    for cut_pair, whole_pair in zip(one.categories, other.categories, strict=True):
        assert_close(cut_pair.cramers_v, whole_pair.cramers_v)


def assert_same_slices(cut: Any, whole: Any) -> None:
    assert [(piece.name, piece.num_rows) for piece in cut] == [
        (piece.name, piece.num_rows) for piece in whole
    ]
    for cut_slice, whole_slice in zip(cut, whole, strict=True):
        for cut_feature, whole_feature in zip(
            cut_slice.features, whole_slice.features, strict=True
        ):
            exact = ("num_missing", "min", "max", "top_values")
            assert [getattr(cut_feature, key) for key in exact] == [
                getattr(whole_feature, key) for key in exact
            ]
            assert_close(cut_feature.mean, whole_feature.mean)
            assert_close(cut_feature.std_dev, whole_feature.std_dev)


def many_values(rows: int, label: Any) -> Any:
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    columns = {
        "_label": label(x, rng),
        "x": x,
        "steps": np.round(x, 1),
        "s": [f"v{n}" for n in (x * 400).astype(int)],
        "t": rng.choice(["a", "b"], rows),
    }
    return pa.table({"_split": ["train"] * rows, **columns})


@pytest.mark.parametrize(
    ("label", "of_bins", "of_classes"),
    [
        (lambda x, rng: (x > 0).astype(int), 0.001, 0.0),
        (lambda x, rng: np.round(x * 3), 0.001, 0.0),
        (lambda x, rng: x + rng.normal(size=len(x)), 0.005, 0.01),
    ],
    ids=["two classes", "few numbers", "many numbers"],
)
def test_many_values_are_within_the_stated_error(
    tmp_path: Path, label: Any, of_bins: Any, of_classes: Any
) -> None:
    rows, cuts = 8_000, (1_000, 3_000, 3_100, 6_000)  # the edges themselves are exact
    table, path = many_values(rows, label), tmp_path / "t.parquet"
    pq.write_table(table, path)
    cut, whole = (
        association_of(
            window_state(Table((path,)), spans_of(rows, at), StateOptions(label="_label"))
        )
        for at in (cuts, ())
    )
    assert cut.classes == whole.classes
    assert up_to(cut.rows) == pytest.approx(up_to(whole.rows), abs=of_classes * rows)
    for name in ("x", "steps"):
        one, other = cut.numbers[name], whole.numbers[name]
        np.testing.assert_array_equal(one.bins.tops, other.bins.tops)
        error = 0 if name == "steps" else of_bins * rows
        counts = (up_to(binned.counts.sum(axis=0)) for binned in (one, other))
        assert next(counts) == pytest.approx(next(counts), abs=error)
    assert of_classes or (cut.numbers["steps"].counts == whole.numbers["steps"].counts).all()
    assert of_classes or (cut.texts["s"].counts == whole.texts["s"].counts).all()


def association_of(state: BlockState) -> AssociationState:
    assert state.relations
    assert state.relations.association
    return state.relations.association


def up_to(counts: Any) -> Any:
    """How many rows lie below each edge."""
    return np.cumsum(counts)


def test_one_block_has_the_bins_of_the_whole(tmp_path: Path) -> None:
    table = many_values(8_000, lambda x, rng: x + rng.normal(size=len(x)))
    association = described(table, tmp_path, [], label="_label")["train"].association
    counts = [count for _, count in association.classes]
    assert counts == [800] * 10


@pytest.mark.parametrize("kind", ["texts", "numbers"])
def test_a_label_of_more_values_than_a_block_tells_apart(tmp_path: Path, kind: Any) -> None:
    rng = np.random.default_rng(2)
    numbers = rng.zipf(1.3, 6_000) % 400
    label = numbers if kind == "numbers" else numbers.astype(str)
    table = pa.table({"_split": ["train"] * 6_000, "_label": label, "x": -numbers})
    association = described(table, tmp_path, [2_000, 2_500], label="_label")["train"].association
    whole = described(table, tmp_path, [], label="_label")["train"].association
    assert [name for name, _ in association.classes] == [name for name, _ in whole.classes]
    counts = [np.array([count for _, count in one.classes]) for one in (association, whole)]
    assert counts[0].sum() == 6_000
    assert np.abs(counts[0] - counts[1]).max() <= 2 * 0.01 * 6_000


def test_blocks_without_a_label_have_no_part_in_its_association(tmp_path: Path) -> None:
    rows = [("train", n % 2, "a", "x", float(n), n) for n in range(40)]
    rest = [("test", None, "b", None, 1.0, 2)] * 5
    cut = described(table_of([*rest, *rows, *rest]), tmp_path, [5, 45], label="_label")
    assert cut["train"].association.classes == (("0", 20), ("1", 20))
    only = described(table_of(rows), tmp_path, [], label="_label")
    assert cut["train"].association == only["train"].association


def test_without_any_label_the_association_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the label '_label' has no value"):
        described(table_of([("test", 1, "a", "x", 1.0, 1)] * 3), tmp_path, [1], label="_label")


def test_equal_states_give_equal_bytes(tmp_path: Path) -> None:
    table = table_of([("train", n % 3, "abc"[n % 3], "x", n / 7, n) for n in range(50)])
    pq.write_table(table, tmp_path / "t.parquet")
    options = StateOptions(None, ("s", "t,s"), True, "_label")
    made = [
        to_bytes(window_state(Table((tmp_path / "t.parquet",)), spans_of(50, cuts), options))
        for cuts in ([], [], [20])
    ]
    assert made[0] == made[1]
    assert len(made[2]) < 2 * len(made[0])
