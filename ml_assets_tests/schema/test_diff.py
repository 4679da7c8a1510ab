"""What differs between two schemas is told in words and in lines, and changes only those of a file."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.diff import diff_schemas, schema_diff
from ml_assets.schema.model import Comparator, Feature, FunctionalDependency, Schema
from ml_assets.schema.yaml_edit import edited_text
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import schema_text
from ml_assets_tests.schema.schemas import schemas

WIDE = tuple(f"airport {number}" for number in range(30))
OLD = Schema((Feature("x", "int", max=10), Feature("s", "string", domain=("a", "b"))))


def with_x(**changes: Any) -> Schema:
    return replace(OLD, features=(replace(OLD.features[0], **changes), OLD.features[1]))


def with_s(**changes: Any) -> Schema:
    return replace(OLD, features=(OLD.features[0], replace(OLD.features[1], **changes)))


@pytest.mark.parametrize(
    ("new", "text", "lines"),
    [
        (with_x(max=20), "x: max 10 -> 20", ["-  x: {type: int, max: 10}", "+  x: {type: int, max: 20}"]),
        (with_x(max=None), "x: max 10 -> none", ["-  x: {type: int, max: 10}", "+  x: int"]),
        (with_x(required=False), "x: required true -> false", None),
        (with_x(drift=Comparator(ks=0.1)), "x: drift none -> {ks: 0.1}", None),
        (with_s(domain=("a", "b", "NO")), 's: domain gains "NO"', None),
        (with_s(domain=("b", "c")), "s: domain gains c and loses a", None),
        (with_s(domain=("b", "a")), "s: domain is in another order", None),
        (with_s(domain=WIDE), "s: domain gains airport 0, airport 1, airport 2, airport 3, airport 4 "
         "and 25 more and loses a, b", None),
        (with_s(domain=None), "s: domain [a, b] -> none", None),
        (with_s(not_in=("SERVING",)), "s: not_in gains SERVING", None),
        (replace(OLD, features=OLD.features[:1]), "s: gone, s: {type: string, domain: [a, b]}",
         ["-  s: {type: string, domain: [a, b]}"]),
        (replace(OLD, features=(*OLD.features, Feature("n", "date"))), "n: new, n: date", ["+  n: date"]),
        (replace(OLD, min_rows=5), "data set: min_rows none -> 5", ["+min_rows: 5"]),
        (replace(OLD, rows_vs_previous=(0.5, None)),
         "data set: rows_vs_previous none -> {min: 0.5}", ["+rows_vs_previous: {min: 0.5}"]),
        (replace(OLD, functional_dependencies=(FunctionalDependency(("x",), "s"),)),
         "data set: functional_dependencies gains x -> s", None),
        (replace(OLD, left_out=(("z", "a list"),)), "z: left_out none -> a list",
         ["+left_out:", "+  z: a list"]),
    ],
)  # fmt: skip
def test_a_change_is_told(new: Schema, text: str, lines: Any) -> None:
    assert [change.text for change in diff_schemas(OLD, new)] == [text]
    if lines is not None:
        assert schema_diff(OLD, new).splitlines() == lines


def test_of_a_wide_domain_only_the_changed_line_is_shown_below_its_feature() -> None:
    old, new = with_s(domain=WIDE), with_s(domain=(*WIDE, "XYZ"))
    head, before, after = schema_diff(old, new).splitlines()
    assert head == "   s: {type: string, domain: ["
    assert before.startswith("-      airport 23, ")
    assert after == f"+{before[1:]} XYZ,"


def test_reviews_and_reasons_are_no_difference() -> None:
    new = replace(OLD, reviewed="Ada", reason="asked")
    assert (diff_schemas(OLD, new), schema_diff(OLD, new)) == ([], "")


def test_hidden_values_are_only_counted() -> None:
    new = with_s(domain=("b", "secret"))
    (change,) = diff_schemas(OLD, new, {"s"})
    assert change.text == "s: domain [2 values, not shown] -> [2 values, not shown (1 of them new)]"
    assert schema_diff(OLD, new, {"s"}).splitlines() == [
        '-  s: {type: string, domain: ["2 values, not shown"]}',
        '+  s: {type: string, domain: ["2 values, not shown (1 of them new)"]}',
    ]
    (change,) = diff_schemas(Schema(), Schema((Feature("s", "string", domain=("secret",)),)), {"s"})
    assert change.text == 's: new, s: {type: string, domain: ["1 value, not shown"]}'


@settings(deadline=None, max_examples=20)
@given(schemas(), schemas())
def test_any_two_schemas_can_be_compared(old: Schema, new: Schema) -> None:
    same = {(c.feature, c.setting) for c in diff_schemas(old, new)}
    assert bool(schema_diff(old, new)) == bool(same)
    assert all(change.text for change in diff_schemas(old, new))
    assert diff_schemas(new, new) == []


@settings(deadline=None, max_examples=20)
@given(schemas(), schemas(), st.booleans())
def test_a_file_says_what_it_is_changed_to(old: Schema, new: Schema, is_indented: bool) -> None:
    text = schema_text(old)
    if is_indented:
        text = text.replace("\n  ", "\n    ")
        if parse_schema(text, "") != old:
            return
    assert parse_schema(edited_text(text, new), "f") == new
    assert edited_text(text, old) == text
