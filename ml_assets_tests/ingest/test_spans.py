from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.ingest.spans import (
    cut_by_time,
    open_spans,
    rechunk,
    select_spans,
    span_name,
    span_of_rows,
)
from ml_assets.ingest.spec import Granularity, WindowSpec

MONTHS = {
    "granularity": "month",
    "spans": [{"span": f"2013-{m:02d}", "rows": m, "file": f"{m}.parquet"} for m in range(1, 7)],
}


@pytest.mark.parametrize(
    ("span", "name"),
    [
        ("hour", "2012-12-31T23"),
        ("day", "2012-12-31"),
        ("week", "2013-W01"),
        ("month", "2012-12"),
    ],
)
def test_a_span_is_named_for_the_time_it_begins(span: Granularity, name: str) -> None:
    assert span_name(datetime(2012, 12, 31, 23, 59), span) == name


def test_a_moment_with_a_zone_is_taken_to_utc() -> None:
    there = datetime(2013, 1, 1, 1, tzinfo=UTC).astimezone()
    assert span_name(there, "hour") == "2013-01-01T01"


MOMENTS = st.datetimes(datetime(1, 1, 8), datetime(9999, 12, 30))


@given(st.lists(MOMENTS, min_size=1), st.sampled_from(["hour", "day", "week", "month"]))
@settings(max_examples=40, deadline=None)
def test_each_row_goes_to_its_span_in_its_order(moments: list[datetime], span: Granularity) -> None:
    batch = pa.record_batch({"t": pa.array(moments, pa.timestamp("us")), "i": range(len(moments))})
    pieces = dict(cut_by_time(batch, "t", span))
    expected: dict[str, list[int]] = {}
    for i, moment in enumerate(moments):
        expected.setdefault(span_name(moment, span), []).append(i)
    assert {name: piece["i"].to_pylist() for name, piece in pieces.items()} == expected


@given(MOMENTS, st.integers(0, 10**6), st.sampled_from(["hour", "day", "week", "month"]))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_names_is_the_order_of_time(
    moment: datetime, minutes: int, span: Granularity
) -> None:
    later = min(moment + timedelta(minutes=minutes), datetime(9999, 12, 30))
    if later >= moment:
        assert span_name(moment, span) <= span_name(later, span)


@given(st.lists(st.integers(0, 9)), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_rechunked_batches_have_the_same_rows(sizes: list[int], rows: int) -> None:
    def batches() -> Iterator[Any]:
        for i, size in enumerate(sizes):
            yield pa.record_batch({"a": [i] * size}, pa.schema([("a", pa.int64())]))

    found = [batch["a"].to_pylist() for batch in rechunk(batches(), rows)]
    assert [a for part in found for a in part] == [i for i, n in enumerate(sizes) for _ in range(n)]
    assert all(len(part) == rows for part in found[:-1])


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (None, 1, 6),
        (WindowSpec(), 1, 6),
        (WindowSpec(last=2), 5, 6),
        (WindowSpec(last=99), 1, 6),
        (WindowSpec(start=datetime(2013, 2, 15)), 2, 6),
        (WindowSpec(end=datetime(2013, 3, 1)), 1, 3),
        (WindowSpec(start=datetime(2013, 2, 1), end=datetime(2013, 2, 28)), 2, 2),
    ],
)
def test_a_window_takes_the_spans_that_it_touches(
    window: WindowSpec | None, first: int, last: int
) -> None:
    rows = [span["rows"] for span in select_spans(MONTHS, window)]
    assert rows == list(range(first, last + 1))


def test_an_empty_window_says_what_there_is() -> None:
    window = WindowSpec(start=datetime(2014, 1, 1))
    with pytest.raises(DataError, match=r"none of the 6 spans, 2013-01 to 2013-06\. Change start"):
        select_spans(MONTHS, window)


def test_a_snapshot_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"6 of 6 snapshots are gone .* the first is 1\.parquet"):
        open_spans(MONTHS, tmp_path)


def test_each_row_knows_its_span() -> None:
    spans = [{"span": "a", "rows": 2}, {"span": "b", "rows": 1}]
    assert span_of_rows(spans).to_pylist() == ["a", "a", "b"]
