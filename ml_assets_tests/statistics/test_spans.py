"""A window over spans is a merge: a new span reads its own rows only, and the result is the same."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.durable import json_bytes
from ml_assets.statistics import relations_state, span_blocks, split_states
from ml_assets.statistics.block_state import BlockState
from ml_assets.statistics.dataset_state import DatasetState, batch_state
from ml_assets.statistics.generate import generate_split_statistics
from ml_assets.statistics.span_blocks import Span, blocks_of
from ml_assets.statistics.span_states import StateFolder
from ml_assets.statistics.state_file import from_bytes, to_bytes
from ml_assets.table import Table

TOGETHER: Any = {
    "slices": ["b", "n,b"],
    "min_slice_rows": 1,
    "cross_features": True,
    "label": "_label",
}


def rows_of(sizes: Any, seed: int = 0) -> Any:
    rng, rows = np.random.default_rng(seed), sum(sizes)
    return pa.table(
        {
            "_span": np.repeat([f"2013-{n:02d}" for n in range(len(sizes))], sizes),
            "_split": rng.choice(["train", "eval", "test"], rows),
            "_label": pa.array(rng.integers(0, 2, rows), pa.int8()),
            "x": rng.normal(size=rows),
            "n": pa.array(rng.integers(0, 50, rows), mask=rng.random(rows) < 0.1),
            "s": rng.integers(0, 20_000, rows).astype(str),
            "b": rng.random(rows) < 0.5,
            "t": pa.array(rng.integers(0, 400, rows) * 86_400_000_000, pa.timestamp("us")),
            "w": rng.random(rows),
            "l": pa.array([[1]] * rows),
        }
    )


def spans_of(sizes: Any) -> list[Span]:
    starts = np.cumsum([0, *sizes]).tolist()
    return [Span(start, rows, f"d{start}") for start, rows in zip(starts, sizes, strict=False)]


def written(table: Any, path: Path, **options: Any) -> Table:
    pq.write_table(table, path, **options)
    return Table((path,))


def content(table: Table, **options: Any) -> dict[str, bytes]:
    by_split = generate_split_statistics(table, **options)
    return {name: json_bytes(statistics.to_json()) for name, statistics in by_split.items()}


class Reads:
    """Counts the rows that states are made of, by column, and of columns together."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows = dict[str, int]()
        monkeypatch.setattr(split_states, "batch_state", self._of_columns)
        self._state = relations_state.relations_state
        monkeypatch.setattr(relations_state, "relations_state", self._together)

    def _of_columns(self, batch: Any, columns: Any, weight_column: Any) -> DatasetState:
        for name in columns:
            self.rows[name] = self.rows.get(name, 0) + batch.num_rows
        return batch_state(batch, columns, weight_column)

    def _together(self, batch: Any, plan: Any) -> Any:
        self.rows["together"] = self.rows.get("together", 0) + batch.num_rows
        return self._state(batch, plan)


@pytest.fixture
def every_span_is_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_blocks, "BLOCK_ROWS", 1)


@pytest.mark.usefixtures("every_span_is_a_block")
@pytest.mark.parametrize(
    "options",
    [{}, {"weight_column": "w"}, TOGETHER, {"label": "n"}],
    ids=["columns", "weight", "together", "a column as label"],
)
def test_a_new_span_reads_only_its_own_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Any
) -> None:
    sizes = [1000, 30_000, 170_000, 2_500]
    table, cache = rows_of(sizes), StateFolder(tmp_path / "states")
    first = written(table.slice(0, sum(sizes[:3])), tmp_path / "3.parquet", row_group_size=9_999)
    generate_split_statistics(first, spans=spans_of(sizes[:3]), cache=cache, **options)
    whole, reads = written(table, tmp_path / "4.parquet"), Reads(monkeypatch)
    from_cache = content(whole, spans=spans_of(sizes), cache=cache, **options)
    assert set(reads.rows.values()) == {2_500}
    assert from_cache == content(whole, spans=spans_of(sizes), **options)
    assert from_cache == content(whole, spans=spans_of(sizes), cache=cache, **options)


@pytest.mark.usefixtures("every_span_is_a_block")
def test_a_window_that_moves_on_merges_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, cache = [300, 400, 500, 600], StateFolder(tmp_path / "states")
    table = written(rows_of(sizes), tmp_path / "all.parquet")
    generate_split_statistics(table, spans=spans_of(sizes), cache=cache, **TOGETHER)
    moved = written(rows_of(sizes).slice(300), tmp_path / "moved.parquet")
    spans = [Span(s.start - 300, s.rows, s.digest) for s in spans_of(sizes)[1:]]
    reads = Reads(monkeypatch)
    from_cache = content(moved, spans=spans, cache=cache, **TOGETHER)
    assert reads.rows == {}
    assert from_cache == content(moved, spans=spans, **TOGETHER)


def test_a_large_span_is_a_block_and_small_ones_form_blocks() -> None:
    rng = np.random.default_rng(0)
    sizes = [*rng.integers(500, 1500, 1000).tolist(), 131_072, 10, 400_000]
    blocks = blocks_of(spans_of(sizes))
    rows = [block.rows for block in blocks]
    assert (sum(rows), rows[-3:]) == (sum(sizes), [131_072, 10, 400_000])
    assert all(32_768 <= size <= 2 * 65_536 + 1500 for size in rows[:-4])
    starts = np.cumsum([0, *rows])[:-1].tolist()
    assert [block.start for block in blocks] == starts


def test_a_window_that_moves_on_keeps_its_blocks() -> None:
    spans = spans_of(np.random.default_rng(1).integers(500, 1500, 2000).tolist())
    before = {block.digest for block in blocks_of(spans[:-1])}
    after = {block.digest for block in blocks_of(spans[30:])}
    assert len(after - before) <= 3
    assert len(before & after) >= 20


def test_small_spans_cost_at_most_their_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_blocks, "BLOCK_ROWS", 2_000)
    sizes, cache = [90] * 200, StateFolder(tmp_path / "states")
    table = written(rows_of(sizes), tmp_path / "t.parquet")
    generate_split_statistics(table, spans=spans_of(sizes)[:-1], cache=cache)
    reads = Reads(monkeypatch)
    from_cache = content(table, spans=spans_of(sizes), cache=cache)
    (read,) = set(reads.rows.values())
    assert read == blocks_of(spans_of(sizes))[-1].rows < 18_000
    assert from_cache == content(table, spans=spans_of(sizes))


def test_spans_equal_the_whole_within_the_stated_error(tmp_path: Path) -> None:
    sizes = [7_000, 140_000, 53_000]
    table = written(rows_of(sizes), tmp_path / "t.parquet")
    whole = generate_split_statistics(table)["all"]
    cut = generate_split_statistics(table, spans=spans_of(sizes))["all"]
    for name in ("n", "b", "t", "l"):  # these have few values, so everything is exact
        left, right = (
            statistics.feature(name).string or statistics.feature(name).time
            for statistics in (whole, cut)
        )
        assert left == right
    x: Any = whole.feature("x").numeric
    y: Any = cut.feature("x").numeric
    assert (x.min, x.max, x.unique) == (y.min, y.max, y.unique)
    assert (x.mean, x.std_dev) == pytest.approx((y.mean, y.std_dev), rel=1e-12)
    values = np.sort(table.to_arrow(["x"])["x"].to_numpy())
    ranks = np.searchsorted(values, [x.median, y.median]) / len(values)
    assert np.abs(ranks - 0.5) == pytest.approx(0, abs=max(x.rank_error, y.rank_error) + 1e-5)


@settings(deadline=None, max_examples=12)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=5),
    st.sets(st.integers(0, 4)),
    st.sampled_from([1, 50]),
)
def test_any_states_that_were_kept_give_the_same_bytes(
    tmp_path_factory: Any, sizes: Any, stored: Any, block_rows: Any
) -> None:
    span_blocks.BLOCK_ROWS, usual = block_rows, span_blocks.BLOCK_ROWS
    try:
        same_bytes(tmp_path_factory.mktemp("spans"), sizes, stored)
    finally:
        span_blocks.BLOCK_ROWS = usual


def same_bytes(folder: Path, sizes: Any, stored: Any) -> None:
    table = written(rows_of(sizes), folder / "t.parquet", row_group_size=7)
    spans = [span for span in spans_of(sizes) if span.rows]
    cache, full = StateFolder(folder / "some"), StateFolder(folder / "all")
    options = TOGETHER if sum(sizes) > 5 else {}
    expected = content(table, spans=spans, cache=full, **options)
    blocks = blocks_of(spans)
    for place in stored & {*range(len(blocks))}:
        state = full.get(blocks[place].digest)
        assert state is not None
        cache.put(blocks[place].digest, state)
    assert content(table, spans=spans, cache=cache, **options) == expected


def test_a_state_survives_its_file() -> None:
    batch = rows_of([20_000]).drop_columns(["_span", "_split"]).combine_chunks().to_batches()[0]
    splits = {"train": batch_state(batch, weight_column="w"), "eval": DatasetState()}
    raw = to_bytes(BlockState({**splits, "test": batch_state(batch.slice(0, 0))}))
    assert raw == to_bytes(from_bytes(raw))


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    cache = StateFolder(tmp_path / "states")
    table = written(rows_of([50]), tmp_path / "t.parquet")
    expected = content(table, spans=spans_of([50]), cache=cache, **TOGETHER)
    (path,) = (tmp_path / "states").iterdir()
    sound = path.read_bytes()
    flipped = sound[:-900] + bytes([sound[-900] ^ 1]) + sound[-899:]
    for damaged in (b"", b"not arrow", sound[:-20], sound[: len(sound) // 2], flipped):
        path.write_bytes(damaged)
        assert cache.get(path.stem) is None
        assert content(table, spans=spans_of([50]), cache=cache, **TOGETHER) == expected
        assert path.read_bytes() == sound


def test_a_state_file_of_something_else_is_refused() -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("x", pa.int64())])) as writer:
        writer.write_batch(pa.record_batch({"x": [1]}))
    content = sink.getvalue().to_pybytes()
    with pytest.raises(ValueError, match="no statistics: they differ from their SHA-256"):
        from_bytes(content)
    with pytest.raises(ValueError, match="no statistics: TypeError"):
        from_bytes(hashlib.sha256(content).digest() + content)


def test_a_table_without_rows_or_columns(tmp_path: Path) -> None:
    empty = written(rows_of([3]).slice(0, 0), tmp_path / "empty.parquet")
    by_split = generate_split_statistics(empty)
    assert by_split["train"].feature("x").type == "float"
    bare = written(rows_of([30]).select(["_split"]), tmp_path / "bare.parquet")
    assert generate_split_statistics(bare)["all"].num_rows == 30
