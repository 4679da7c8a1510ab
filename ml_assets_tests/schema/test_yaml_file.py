"""The schema file: what is written is read back, and every mistake is named."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.yaml_file import read_schema, write_schema
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import schema_body, schema_text

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    [
        "no",
        "null",
        "~",
        "1e5",
        "007",
        "a: b",
        "a #b",
        "- x",
        "{",
        "é",
        "\u2028",
        "\x00",
        "=",
        "<<",
        "y",
    ]
)
finite = st.floats(allow_nan=False, allow_infinity=False)
rows = st.none() | st.integers(0, 10**9)


@st.composite
def features(draw: Any, name: Any = names) -> Any:
    kind = draw(st.sampled_from(["int", "float", "string", "bool", "date", "timestamp"]))
    numbers = {"int": st.integers(-(2**63), 2**63), "float": finite}.get(kind)
    low = draw(st.none() | numbers) if numbers is not None else None
    high = draw(st.none() | numbers) if numbers is not None else None
    if low is not None and high is not None and low > high:
        low, high = high, low
    domains = st.none() | st.lists(names, min_size=1, max_size=40, unique=True).map(tuple)
    return Feature(
        name=draw(name),
        type=kind,
        required=draw(st.booleans()),
        min_fraction=draw(st.floats(0, 1)),
        nullable=draw(st.none() | st.booleans()),
        domain=draw(domains) if kind == "string" else None,
        min=low,
        max=high,
        unique=draw(st.booleans()),
        allow_nan=draw(st.booleans()) and kind == "float",
        allow_inf=draw(st.booleans()) and kind == "float",
        not_in=draw(st.sampled_from([(), ("SERVING",), ("TRAINING", "SERVING")])),
        note=draw(names | st.just("")),
    )


@settings(deadline=None, max_examples=200)
@given(
    st.lists(features(), max_size=6, unique_by=lambda f: f.name).map(tuple),
    st.dictionaries(names, names, max_size=3),
    rows,
    rows,
    st.booleans() | names,
)
def test_what_is_written_is_read_back(
    found: Any, left_out: Any, low: Any, high: Any, reviewed: Any
) -> None:
    schema = Schema(found, tuple(left_out.items()), low, high, reviewed=reviewed)
    assert parse_schema(schema_text(schema, "toy"), "f") == schema
    assert parse_schema(schema_body(schema), "f") == replace(schema, reviewed=False)


def test_a_simple_column_is_one_line() -> None:
    schema = Schema(
        (
            Feature("seats", "int"),
            Feature("fare", "float", min=0, max=1060.0),
            Feature("origin", "string", min_fraction=0.9, domain=("EWR", "JFK", "NO")),
            Feature("late", "bool", not_in=("SERVING",), note="label"),
        ),
        left_out=(("tract", "all 9 rows are without a value"),),
        reviewed="Ada",
    )
    assert schema_text(schema).split("remark\n")[1] == (
        "reviewed: Ada\n"
        "features:\n"
        "  seats: int\n"
        "  fare: {type: float, min: 0, max: 1060}\n"
        '  origin: {type: string, min_fraction: 0.9, domain: [EWR, JFK, "NO"]}\n'
        "  late: {type: bool, not_in: [SERVING], note: label}\n"
        "left_out:\n"
        "  tract: all 9 rows are without a value\n"
    )


def test_a_long_domain_is_wrapped() -> None:
    schema = Schema((Feature("s", "string", domain=tuple(f"value {i}" for i in range(60))),))
    text = schema_text(schema)
    assert max(len(line) for line in text.splitlines()) <= 106
    assert parse_schema(text, "f").features == schema.features


def test_a_domain_is_read_as_it_is_written() -> None:
    text = "features:\n  s: {type: string, domain: [NO, 007, 1e5, null, '', true]}"
    assert parse_schema(text, "f").features[0].domain == ("NO", "007", "1e5", "null", "", "true")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a: flot", "a must be one of int, .* found 'flot'. Did you mean 'float'?"),
        ("a: [int]", "a must be a mapping of keys to values; found a list."),
        ("a: {min: 1}", "a.type is missing. Allowed: int, float"),
        ("a: {type: int, mni: 1}", "mni is not a key of a. Did you mean 'min'?"),
        ("a: {type: int, colour: 1}", "colour is not a key of a. Allowed: type, required"),
        ("a: {type: int, min: many}", "a.min must be a finite number; found 'many'."),
        ("a: {type: int, min: .inf}", "a.min must be a finite number; found '.inf'."),
        ("a: {type: int, min: true}", "a.min must be a finite number; found 'true'."),
        ("a: {type: int, min: 1.5}", "a: min and max of an int must be whole; found [1.5]."),
        ("a: {type: int, min: 5, max: 2}", "a.min 5 is above max 2."),
        ("a: {type: string, min: 5}", "a: min and max are for numbers; it is string."),
        (
            "a: {type: int, min_fraction: 2}",
            "a.min_fraction must be a share from 0 to 1; found '2'.",
        ),
        ("a: {type: int, required: maybe}", "a.required must be true or false; found 'maybe'."),
        ("a: {type: int, domain: [x]}", "a.domain is for string; it is int."),
        ("a: {type: string, domain: []}", "a.domain must be a list of at least one text; found a"),
        ("a: {type: string, domain: [x, x]}", "a.domain has 'x' more than once."),
        ("a: {type: int, allow_nan: true}", "a.allow_nan is for float; it is int."),
        ("a: {type: int, allow_inf: true}", "a.allow_inf is for float; it is int."),
        ("a: {type: int, not_in: SERVNG}", "found 'SERVNG'. Did you mean 'SERVING'?"),
        ("a: {type: int, note: [x]}", "a.note must be a text; found a list."),
        ("x: int", "x appears twice (first in line 2)."),
    ],
)
def test_a_mistake_is_named_with_its_line(line: Any, message: Any) -> None:
    pattern = "^toy/schema.yaml:3: .*" + re.escape(message).replace(r"\.\*", ".*")
    with pytest.raises(PipelineFileError, match=pattern):
        parse_schema(f"features:\n  x: int\n  {line}\n", "toy/schema.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f:1: the file is empty"),
        ("reviewed: true", "f:1: features is missing"),
        ("- a", "f:1: the schema must be a mapping of keys to values; found a list"),
        (
            "features: {}\nfeature: {}",
            "f:2: feature is not a key of the schema. Did you mean 'features'",
        ),
        ("features: {}\nmin_rows: -1", "f:2: min_rows must be a whole number >= 0; found '-1'"),
        ("features: {}\nmin_rows: true", "f:2: min_rows must be a whole number"),
        ("features: {}\nreviewed: [me]", "f:2: reviewed must be a text; found a list"),
        ("features: {}\nleft_out: {a: [b]}", "f:2: left_out.a must be a text"),
        ("features: {a: *b}", "f:1: YAML aliases"),
        ("features: {", "f:1: this is not YAML"),
        ("features: \x00", "f: this is not YAML"),
    ],
)
def test_a_mistake_of_the_file_is_named(text: Any, message: Any) -> None:
    with pytest.raises(PipelineFileError, match="^" + re.escape(message)):
        parse_schema(text, "f")


def test_all_mistakes_are_named_at_once_in_the_order_of_lines() -> None:
    text = "features:\n  a: flot\n  b: {type: int, min: x}\nreviewed: []\n"
    with pytest.raises(PipelineFileError) as error:
        parse_schema(text, "f")
    lines = str(error.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineFileError, match=r"schema.yaml cannot be read: No such file"):
        read_schema(tmp_path / "schema.yaml")
    (tmp_path / "schema.yaml").write_bytes(b"features: \xff")
    with pytest.raises(PipelineFileError, match="is not UTF-8 at byte 10"):
        read_schema(tmp_path / "schema.yaml")


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    for kind in ("int", "float"):
        write_schema(path, Schema((Feature("a", kind),)), "toy")
    assert read_schema(path).features == (Feature("a", "float"),)
    assert [p.name for p in tmp_path.iterdir()] == ["schema.yaml"]
    assert "columns of toy must" in path.read_text()
