"""What the texts of a column are: numbers, dates, addresses, identifiers."""

import uuid
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.text_bytes import hash_texts, text_bytes
from ml_assets.statistics.text_kinds import text_kinds


def only(values: Any, type_: Any = None) -> Any:
    return generate_statistics(pa.table({"x": pa.array(values, type_)})).feature("x")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("7", "int float"),
        ("007", "int float"),
        (" -12\t", "int float"),
        ("+5", "int float"),
        ("9223372036854775807", "int float"),
        ("9223372036854775808", "float"),
        ("0" * 30 + "9", "int float"),
        ("1" * 5000, ""),
        ("1.5", "float"),
        (".5", "float"),
        ("5.", "float"),
        ("-1e-3", "float"),
        ("1e999", ""),
        ("NaN", ""),
        ("inf", ""),
        ("1,5", ""),
        ("1 2", ""),
        ("1_000", ""),
        ("0x1f", ""),
        ("٣", ""),
        ("-", ""),
        ("", ""),
        ("1.2.3", ""),
        ("2013-06-30", "date"),
        ("2013-6-3", "date"),
        ("2013-06-30T05:15:00.25+02:00", "date"),
        ("2013-01-01T10:00:00Z", "date"),
        ("2013-06-30 05:15", "date"),
        ("6/30/2013", "date"),
        ("30.06.2013", "date"),
        ("1/2/2013 3:04 PM", "date"),
        ("2013-13-01", ""),
        ("2013-06-32", ""),
        ("2013-06-30 nonsense", ""),
        ("20130630", "int float"),
        ("a@b.co", "email"),
        ("first.last+tag@mail.example.org", "email"),
        ("a@b", ""),
        ("a@@b.co", ""),
        ("a b@c.de", ""),
        ("@", ""),
        ("https://example.org/a?b=c", "url"),
        ("s3://bucket/key", "url"),
        ("http://a b", ""),
        ("://x", ""),
        ("note: this", ""),
    ],
)
def test_kinds_of_a_text(text: Any, kinds: Any) -> None:
    counted = text_kinds(pa.array([text]), np.array([3]))
    expected = {
        kind: 3 * (kind in kinds.split()) for kind in ("int", "float", "date", "email", "url")
    }
    assert {kind: getattr(counted, f"num_{kind}") for kind in expected} == expected


@settings(deadline=None)
@given(st.lists(st.text(" +-.0123456789eE", max_size=8)))
def test_numbers_are_those_that_python_reads(values: Any) -> None:
    def read(convert: Any) -> list[Any]:
        numbers = []
        for value in values:
            try:
                numbers.append(convert(value))
            except ValueError:
                continue
        return [number for number in numbers if abs(number) < float("inf")]

    described = only(values, pa.string()).string.numbers
    floats = read(float)
    assert (described.num_int, described.num_float) == (len(read(int)), len(floats))
    assert (described.min, described.max) == (
        (min(floats), max(floats)) if floats else (None, None)
    )


def test_numbers_in_text_are_exact() -> None:
    numbers = only(["9007199254740993", "-0.5", "x"]).string.numbers
    assert (numbers.num_int, numbers.num_float, numbers.min, numbers.max) == (
        1,
        2,
        -0.5,
        9007199254740993,
    )


IDS = [str(uuid.UUID(int=number)) for number in range(200)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (IDS, "identifier"),
        (IDS[:49], None),
        (IDS[:100] * 2, None),
        ([f"two words {number}" for number in range(200)], None),
        (list(range(1000, 1200)), "identifier"),
        ([float(number) for number in range(1000, 1200)], None),
        (list(range(0, 2000, 10)), None),
        ([1, 2, 3] * 50, None),
        (["12", "7", "x"] * 10, None),
        (["12"] * 97 + ["x"] * 3, "int"),
        (["12"] * 97 + [""] * 50, "int"),
        (["12"] * 50 + ["1.5"] * 50, "float"),
        (["2013-06-30"] * 5, "date"),
        ([f"u{number}@example.org" for number in range(200)], "email"),
        ([f"http://example.org/{number}" for number in range(200)], "url"),
        (["", ""], None),
        ([], None),
        ([True] * 100, None),
    ],
)
def test_semantic_type(values: Any, expected: Any) -> None:
    type_ = pa.string() if not values else None
    assert only(values, type_).semantic_type == expected


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), unique=True, max_size=50), st.integers(0, 5))
def test_hashes_depend_on_the_text_alone(values: Any, skipped: Any) -> None:
    whole = hash_texts(pa.array(values, pa.string()))
    assert len(set(whole.tolist())) == len(values)
    part = hash_texts(pa.array(values, pa.string()).slice(skipped))
    np.testing.assert_array_equal(part, whole[skipped:])


@settings(deadline=None)
@given(st.lists(st.text("a@ é", max_size=4)), st.integers(0, 3))
def test_characters_are_found_where_they_are(values: Any, skipped: Any) -> None:
    array = pa.array(values, pa.string()).slice(skipped)
    expected = pc.match_substring(array, "@").to_pylist()
    assert text_bytes(array).has("@").tolist() == expected


def test_different_texts_are_counted_within_the_stated_error() -> None:
    string = only([f"user-{number % 60_000}" for number in range(120_000)]).string
    assert not string.unique_is_exact
    assert string.unique == pytest.approx(60_000, rel=0.08)
