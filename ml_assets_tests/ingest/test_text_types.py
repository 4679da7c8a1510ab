import datetime
import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.ingest.text_types import Inference, to_type

INFERRED = [
    (["1", "-20", "9223372036854775807"], "int"),
    (["1", None, "2"], "int"),
    (["1.5", "0", "-0", "1e+05", "2.5E-3", ".5", "3."], "float"),
    (["1.5", "nan", "inf", "-Infinity"], "float"),
    (["true", "false"], "bool"),
    (["True"], "bool"),
    (["TRUE", "FALSE"], "bool"),
    (["2013-02-28"], "date"),
    (["2013-02-28", "2013-02-28 05:06"], "timestamp"),
    (["2013-02-28T05:06:07.5"], "timestamp"),
    (["2013-02-28T05:06:07Z", "2013-02-28T05:06:07+02:00"], "timestamp"),
    ([None, None], "null"),
    ([], "null"),
    # What a narrower type would not give back as it is written.
    (["001", "2"], "string"),
    (["NA", "1"], "string"),
    (["NULL"], "string"),
    (["1e5", "2"], "string"),
    (["1_000"], "string"),
    (["+5"], "string"),
    ([" 5"], "string"),
    (["0x1F"], "string"),
    (["9223372036854775808"], "string"),
    (["9007199254740993", "0.5"], "string"),
    (["1e+400"], "string"),
    (["1,5"], "string"),
    (["nan", "nan"], "string"),
    (["true", "False"], "string"),
    (["yes"], "string"),
    (["2013-02-30"], "string"),
    (["13-02-28"], "string"),
    (["2013-02-28T05:06", "2013-02-28T05:06Z"], "string"),
    (["001", "NA", "NULL", "1e5", "TRUE", "1_000"], "string"),
]


@pytest.mark.parametrize(("texts", "kind"), INFERRED)
def test_the_narrowest_type_that_holds_every_text_as_it_is_written(
    texts: list[str | None], kind: str
) -> None:
    assert _inferred(texts) == kind


@pytest.mark.parametrize(("texts", "kind"), INFERRED)
def test_the_type_does_not_depend_on_how_the_texts_are_batched(
    texts: list[str | None], kind: str
) -> None:
    inference = Inference()
    for text in texts:
        inference.update(pa.array([text], pa.string()))
    assert inference.kind == kind


def test_texts_that_mean_no_value_do_not_count_unless_the_column_is_text() -> None:
    assert _inferred(["1", "NA"], null_values=["NA"]) == "int"
    assert _inferred(["x", "NA"], null_values=["NA"]) == "string"
    assert _inferred(["NA"], null_values=["NA"]) == "string"


def test_a_number_of_json_may_have_any_exponent() -> None:
    assert _inferred(["1e5"], numbers=True) == "float"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "007", 7),
        ("int", " 5 ", 5),
        ("int", "+5", 5),
        ("float", "1e5", 1e5),
        ("float", " 2.5", 2.5),
        ("float", "inf", math.inf),
        ("bool", "TRUE", True),
        ("bool", "0", False),
        ("date", "2013-01-02", datetime.date(2013, 1, 2)),
        ("timestamp", "2013-01-02", datetime.datetime(2013, 1, 2)),
        ("timestamp", "1400269500", datetime.datetime(2014, 5, 16, 19, 45)),
        ("timestamp", "2013-01-01T00:30:00+02:00", datetime.datetime(2012, 12, 31, 22, 30)),
        ("string", " NA ", " NA "),
    ],
)
def test_a_declared_type_is_read_freely(kind: str, text: str, value: Any) -> None:
    values, wrong = to_type(pa.array([text]), kind, ["-"])
    assert values.to_pylist() == [value]
    assert wrong.to_pylist() == [False]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "1.0"),
        ("int", "0x1F"),
        ("int", "1_000"),
        ("int", "9223372036854775808"),
        ("int", "NA"),
        ("float", "1e400"),
        ("float", "1,5"),
        ("float", "9007199254740993"),
        ("bool", "yes"),
        ("date", "2013-13-01"),
        ("date", "01/02/2013"),
        ("timestamp", "2013-01-01T25:00"),
        ("timestamp", "tomorrow"),
    ],
)
def test_a_text_that_is_not_of_its_declared_type_is_marked(kind: str, text: str) -> None:
    values, wrong = to_type(pa.array(["", "-", None, text]), kind, ["-"])
    assert values.to_pylist() == [None] * 4
    assert wrong.to_pylist() == [False, False, False, True]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@settings(max_examples=50, deadline=None)
def test_integers_come_back_equal(numbers: list[int]) -> None:
    _assert_round_trip([str(number) for number in numbers], numbers, "int")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
@settings(max_examples=50, deadline=None)
def test_floats_come_back_equal(numbers: list[float]) -> None:
    texts = [repr(number) for number in numbers]
    _assert_round_trip(["0.5", *texts], [0.5, *numbers], "float")


@given(st.lists(st.datetimes(), min_size=1))
@settings(max_examples=50, deadline=None)
def test_timestamps_come_back_equal(moments: list[datetime.datetime]) -> None:
    first = datetime.datetime(2013, 1, 1, 5, 6)
    texts = [first.isoformat(), *(moment.isoformat() for moment in moments)]
    _assert_round_trip(texts, [first, *moments], "timestamp")


def _assert_round_trip(texts: list[str], values: list[Any], kind: str) -> None:
    assert _inferred(texts) == kind
    read_back, wrong = to_type(pa.array(texts), kind, ())
    assert read_back.to_pylist() == values
    assert not any(wrong.to_pylist())


def _inferred(texts: Sequence[str | None], **options: Any) -> str:
    inference = Inference(**options)
    inference.update(pa.array(texts, pa.string()))
    return inference.kind
