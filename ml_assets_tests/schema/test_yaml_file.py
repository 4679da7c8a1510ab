"""The schema file: what is written is read back, and every mistake is named."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from ml_assets.errors import PipelineFileError
from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Comparator, Feature, FunctionalDependency, Schema
from ml_assets.schema.yaml_file import read_schema, write_schema
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import schema_body, schema_text
from ml_assets.statistics.generate import generate_statistics
from ml_assets_tests.schema.schemas import schemas


@settings(deadline=None, max_examples=40)
@given(schemas())
def test_what_is_written_is_read_back(schema: Schema) -> None:
    assert parse_schema(schema_text(schema, "toy"), "f") == schema
    assert parse_schema(schema_body(schema), "f") == replace(schema, reviewed=False, reason="")


def test_limits_of_the_greatest_numbers_are_read_back() -> None:
    most = pa.table({"i": [-(2**63), 2**63 - 1], "u": pa.array([0, 2**64 - 1], pa.uint64())})
    schema = infer_schema(generate_statistics(most))
    assert all(isinstance(one.max, int) and one.max > 2**63 for one in schema.features)
    assert parse_schema(schema_text(schema), "schema.yaml") == schema


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


def test_every_kind_of_rule_is_a_readable_line() -> None:
    schema = Schema(
        (
            Feature("ok", "string", "bool", ("Y", "N"), min_count=5, fixed_shape=True),
            Feature("zip", "string", "int", min=501, drift=Comparator(jensen_shannon=0.1, psi=0.2)),
            Feature("born", "date", earliest=dt.date(1900, 1, 1)),
            Feature("at", "timestamp", latest=dt.datetime(2030, 1, 1, 7, 30), stage="BETA"),
            Feature("id", "string", min_length=8, max_length=8, unique=True, also_in=("TRAINING",)),
        ),
        rows_vs_previous=(0.5, 2),
        functional_dependencies=(
            FunctionalDependency(("zip",), "ok"),
            FunctionalDependency(("zip", "born"), "ok", 0.998),
        ),
        note="of 2013",
    )
    assert schema_body(schema) == (
        "note: of 2013\n"
        "rows_vs_previous: {min: 0.5, max: 2}\n"
        "features:\n"
        "  ok: {type: string, holds: bool, bool_values: {true: Y, false: N}, min_count: 5, "
        "fixed_shape: true}\n"
        "  zip: {type: string, holds: int, min: 501, drift: {jensen_shannon: 0.1, psi: 0.2}}\n"
        "  born: {type: date, earliest: 1900-01-01}\n"
        "  at: {type: timestamp, latest: 2030-01-01 07:30:00, stage: BETA}\n"
        "  id: {type: string, min_length: 8, max_length: 8, unique: true, also_in: [TRAINING]}\n"
        "functional_dependencies:\n"
        "  - zip -> ok\n"
        '  - {rule: "zip, born -> ok", support: 0.998}\n'
    )


def test_a_schema_with_mistakes_is_not_written() -> None:
    schema = Schema.from_tfmd({"feature": [{"name": "x", "type": "INT", "domain": "d"}]})
    with pytest.raises(
        PipelineFileError, match=r"before this is corrected:\nx: a domain does not go"
    ):
        schema_text(schema)


def test_a_schema_without_environments_names_any() -> None:
    text = "environments: []\nfeatures:\n  x: {type: int, not_in: [PROD]}\n"
    schema = parse_schema(text, "f")
    assert schema.environments == ()
    assert schema_body(schema) == text


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
        ("a: {type: int, colour: 1}", "colour is not a key of a. Allowed: type, holds"),
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
        ("a: {type: int, holds: text}", "a.holds must be one of int, float, bool, category; found"),
        ("a: {type: date, holds: bool}", "a.holds bool is for int or float or string; it is date."),
        (
            "a: {type: int, bool_values: {true: Y}}",
            "a.bool_values is for a string that holds bool.",
        ),
        (
            "a: {type: string, holds: bool, bool_values: {true: Y, false: Y}}",
            "a.bool_values has 'Y' for both true and false.",
        ),
        (
            "a: {type: string, holds: bool, bool_values: {}}",
            "a.bool_values needs the text for true, the one for false, or both.",
        ),
        (
            "a: {type: string, holds: bool, bool_values: {yes: Y, true: Z}}",
            "yes is not a key of a.bool_values. Allowed: true, false",
        ),
        (
            "a: {type: string, holds: int, domain: [x]}",
            "a.domain is for a string that holds nothing else; it holds int.",
        ),
        ("a: {type: string, min_domain_mass: 0.9}", "a.min_domain_mass needs a domain."),
        ("a: {type: string, holds: int, max: 1.5}", "a: min and max of an int must be whole"),
        ("a: {type: int, holds: bool, max: 1}", "a: min and max are for numbers; it is int."),
        (
            "a: {type: int, earliest: 2013-01-01}",
            "a: earliest and latest are for times; it is int.",
        ),
        (
            "a: {type: date, earliest: 2013-02-30}",
            "a.earliest must be a date such as 2013-01-31, or",
        ),
        ("a: {type: date, earliest: 20130230}", "a.earliest must be a date such as 2013-01-31, or"),
        (
            "a: {type: date, latest: 2013-01-01 10:00:00}",
            "a: earliest and latest of a date must be dates without a time.",
        ),
        (
            "a: {type: timestamp, earliest: 2013-01-02, latest: 2013-01-01 10:00:00+01:00}",
            "a.earliest 2013-01-02 is after latest 2013-01-01 10:00:00+01:00.",
        ),
        (
            "a: {type: timestamp, earliest: 2013-01-02 00:00:00, latest: 2013-01-03 10:00:00+01:00}",
            "a: earliest and latest must both have a time zone, or neither.",
        ),
        (
            "a: {type: int, min_length: 1}",
            "a: min_length and max_length are for string; it is int.",
        ),
        (
            "a: {type: string, min_length: 3, max_length: 1}",
            "a.min_length 3 is above max_length 1.",
        ),
        ("a: {type: int, min_unique: 3, max_unique: 1}", "a.min_unique 3 is above max_unique 1."),
        ("a: {type: int, stage: DONE}", "a.stage must be one of PLANNED, .*found 'DONE'."),
        ("a: {type: int, drift: {psy: 1}}", "psy is not a key of a.drift. Did you mean 'psi'?"),
        ("a: {type: int, drift: {ks: 2}}", "a.drift.ks must be a share from 0 to 1; found '2'."),
        ("a: {type: int, skew: {psi: -1}}", "a.skew.psi must be a number >= 0; found '-1'."),
        ("a: {type: int, skew: 0.1}", "a.skew must be a mapping of keys to values; found '0.1'."),
        (
            "a: {type: int, not_in: [SERVING], also_in: [SERVING]}",
            "a has SERVING in both not_in and also_in.",
        ),
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
        ("features: {a: *b}", "f:1: this is not YAML: aliases"),
        (
            "features: {}\nrows_vs_previous: {min: 2, max: 1}",
            "f:2: rows_vs_previous.min 2 is above",
        ),
        (
            "features: {}\nrows_vs_version: {least: 2}",
            "f:2: least is not a key of rows_vs_version.",
        ),
        (
            "features: {city: int}\nfunctional_dependencies: [ctiy -> city]",
            "f:2: functional_dependencies: 'ctiy' is not a column of the schema. Did you mean 'city'",
        ),
        (
            "features: {}\nfunctional_dependencies: city -> county",
            "f:2: functional_dependencies must be a list of rules such as `city -> county`; found",
        ),
        (
            "features: {}\nfunctional_dependencies: [city]",
            "f:2: functional_dependencies: a rule must be like `city -> county`; found 'city'",
        ),
        (
            "features: {}\nfunctional_dependencies: [{support: 0.9}]",
            "f:2: functional_dependencies needs a rule such as `city -> county`, or determinant",
        ),
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
