"""`update_schema`: every anomaly has a way out, nothing is narrowed, only what is named is relaxed."""

import contextlib
import datetime as dt
import math
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import PipelineFileError, RequestError
from ml_assets.schema.diff import diff_schemas
from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Comparator, Feature, FunctionalDependency, Schema
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import schema_text
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import anomaly
from ml_assets.validation.dependencies import CODE
from ml_assets.validation.update import update_schema
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.schema.schemas import features
from ml_assets_tests.validation.test_codes import OF_ONE_COLUMN
from ml_assets_tests.validation.test_comparators import COMPARED
from ml_assets_tests.validation.test_tfdv_cases import KINDS, described
from ml_assets_tests.validation.tfdv_cases import load_cases

DAY = dt.date(2024, 5, 1)


def statistics(**columns: Any) -> DatasetStatistics:
    return generate_statistics(pa.table({name: pa.array(v) for name, v in columns.items()}))


def updated(feature: dict[str, Any], values: Any, **options: Any) -> Feature:
    """The feature x of a schema that was updated for these values."""
    schema = update_schema(Schema((Feature("x", **feature),)), statistics(x=values), **options)
    return schema.by_name["x"]


def assert_accepted(
    schema: Schema,
    current: DatasetStatistics,
    environment: str | None = None,
    *others: DatasetStatistics | None,
) -> Schema:
    """Update a schema for all anomalies: none is left, it is final, and a file can say it."""
    anomalies = validate_statistics(current, schema, environment, *others)
    after = update_schema(schema, current, anomalies, environment)
    left = validate_statistics(current, after, environment, *others)
    assert [(one.feature, one.code) for one in left if current.num_rows] == []
    assert update_schema(after, current, anomalies, environment) == after
    if can_be_written(schema):
        assert parse_schema(schema_text(after), "f") == after
    return after


def test_columns_that_can_only_be_left_out_keep_their_order() -> None:
    schema = Schema((Feature("a", "int", required=False, min_fraction=0.0),))
    after = assert_accepted(schema, statistics(a=[[1]], b=[[1]]))
    assert [name for name, _ in after.left_out] == ["a", "b"]


def can_be_written(schema: Schema) -> bool:
    with contextlib.suppress(PipelineFileError):
        return parse_schema(schema_text(schema), "f") == schema
    return False


@pytest.mark.parametrize(("code", "values", "feature", "message"), OF_ONE_COLUMN)
def test_a_code_of_one_column_is_accepted(
    code: Any, values: Any, feature: Any, message: Any
) -> None:
    schema = Schema((Feature("x", **feature),))
    assert assert_accepted(schema, statistics(x=values)) != schema


@pytest.mark.parametrize("kind", ["drift", "skew"])
@pytest.mark.parametrize(("values", "other", "key"), [(c[1], c[2], c[3]) for c in COMPARED])
def test_a_code_of_a_comparator_is_accepted(kind: Any, values: Any, other: Any, key: Any) -> None:
    type_: Any = "string" if isinstance(values[0], str) else "float"
    limit: Any = {kind: Comparator(**{key: 0.01})}
    schema = Schema((Feature("x", type_, **limit),))
    others = (statistics(x=other), None) if kind == "drift" else (None, statistics(x=other))
    assert assert_accepted(schema, statistics(x=values), None, *others) != schema


def test_all_anomalies_of_tfdvs_cases_are_accepted() -> None:
    accepted = 0
    for case in load_cases(*KINDS):
        if "expected_error" in case:
            continue
        schema = Schema.from_tfmd(case["schema"])
        current, *others = (described(case.get(s), True) for s in ("data", "previous", "serving"))
        assert current is not None
        after = assert_accepted(schema, current, case.get("environment"), *others)
        accepted += bool(case["expected"])
        assert (after != schema) == bool(case["expected"]), case["name"]
    assert accepted > 30


FOUND_BY_CHANCE: list[tuple[Feature, list[Any]]] = [
    (Feature("b", "int", max=-1), [False]),
    (Feature("b", "int", min=1, max=1), [False, True]),
    # More than a whole number in YAML can be.
    (Feature("b", "float", max=1.7014118346046923e38), [-1, 0]),
    (Feature("b", "float", min=-1.7014118346046923e39, max=1e300), [-1, 0]),
]


@pytest.mark.parametrize(("feature", "values"), FOUND_BY_CHANCE)
def test_what_was_found_by_chance_is_accepted(feature: Feature, values: list[Any]) -> None:
    assert_accepted(Schema((feature,)), statistics(b=values), None, None, None)


cells = st.one_of(
    *(
        st.lists(st.none() | kind, max_size=6)
        for kind in (
            st.integers(-(2**40), 2**40), st.integers(0, 2), st.floats(), st.booleans(),
            st.text(max_size=3), st.sampled_from(["1", "2.5", "true", "", "nan", "-7", "1e999"]),
            st.binary(max_size=2), st.dates(), st.datetimes(), st.lists(st.just(1), max_size=1),
        )
    )
)  # fmt: skip


@st.composite
def tables(draw: Any, names: str = "abc") -> DatasetStatistics:
    columns = draw(st.dictionaries(st.sampled_from(names), cells, max_size=3))
    rows = min(map(len, columns.values()), default=0)
    return statistics(**{name: values[:rows] for name, values in columns.items()})


rules = st.lists(features(st.sampled_from("abc")), max_size=3, unique_by=lambda f: f.name)


@settings(deadline=None, max_examples=60)
@given(
    rules, tables(), st.none() | tables(), st.none() | tables(), st.sampled_from([None, "SERVING"])
)
def test_any_anomaly_is_accepted(
    found: Any, current: Any, previous: Any, serving: Any, environment: Any
) -> None:
    assert_accepted(Schema(tuple(found)), current, environment, previous, serving)


@settings(deadline=None, max_examples=60)
@given(tables(), tables())
def test_nothing_is_narrowed(first: Any, second: Any) -> None:
    schema = infer_schema(first)
    after = update_schema(schema, second)
    types = {feature.name: feature.type for feature in after.features}
    same = {f.name for f in schema.features if types.get(f.name) in (f.type, None)}
    anomalies = validate_statistics(first, after)
    assert [(a.feature, a.code) for a in anomalies if a.feature in same and first.num_rows] == []


CHANGED: list[tuple[str, dict[str, Any], Any, dict[str, Any]]] = [
    ("a range gets the margin of inference", {"type": "int", "max": 10}, [0, 50, 90], {"max": 135}),
    ("numbers that look like keys have no limit", {"type": "int", "unique": True, "min": 0, "max": 99},
     [*range(200)], {"max": None}),
    ("zero is not crossed", {"type": "int", "min": 5, "max": 99}, [1, 50], {"min": 0}),
    ("one number has no margin", {"type": "float", "max": 1.0}, [7.0, 7.0], {"max": 7.0}),
    ("whole numbers for floats", {"type": "float", "min": 0.5, "max": 9.5}, [2, 3],
     {"type": "int", "min": 0, "max": 10}),
    ("numbers in texts", {"type": "string", "holds": "int", "max": 9}, ["0", "20"], {"max": 30}),
    ("new values come last", {"type": "string", "domain": ("z", "a")}, ["m", "b"],
     {"domain": ("z", "a", "b", "m")}),
    ("too large a domain is dropped", {"type": "string", "domain": ("a",), "min_domain_mass": 0.9},
     [str(n) + "x" for n in range(101)] * 2, {"domain": None, "min_domain_mass": 1.0}),
    ("names of rows are no domain", {"type": "string", "domain": ("a",)},
     [f"name {n}" for n in range(20)], {"domain": None}),
    ("presence as it was seen", {"type": "int"}, [1, None, None], {"min_fraction": 0.33}),
    ("no values at all", {"type": "int", "nullable": False}, [None],
     {"min_fraction": 0.0, "nullable": None}),
    ("no shape", {"type": "int", "min_fraction": 0.0, "fixed_shape": True}, [1, None],
     {"fixed_shape": False}),
    ("a type takes its values along", {"type": "int", "min": 3, "max": 4, "note": "n"},
     ["a", "b", "a"], {"type": "string", "min": None, "max": None, "domain": ("a", "b")}),
    ("a wider type keeps its range", {"type": "int", "min": -7, "max": 99}, [0.5, 2.5],
     {"type": "float", "min": -7, "max": 99}),
    ("a bool becomes a number", {"type": "bool"}, [0, 1, 2], {"type": "int", "min": 0, "max": 3}),
    ("texts of bools stay", {"type": "string", "holds": "bool"}, ["true", "maybe", "maybe"],
     {"holds": None, "domain": ("true", "false", "maybe")}),
    ("halves in texts of ints", {"type": "string", "holds": "int", "min": 1}, ["1", "2.5"],
     {"holds": "float"}),
    ("words in texts of ints", {"type": "string", "holds": "int", "min": 1}, ["1", "x"],
     {"holds": None, "min": None}),
    ("repeats", {"type": "string", "unique": True}, ["a", "a"], {"unique": False}),
    ("fewer different ones", {"type": "string", "unique": True, "min_unique": 3}, ["a", "b"],
     {"min_unique": 2}),
    ("more different ones", {"type": "string", "max_unique": 1}, ["a", "b"], {"max_unique": 2}),
    ("lengths", {"type": "string", "max_length": 2}, ["abcdef", "a", "a"], {"max_length": 6}),
    ("early days", {"type": "date", "earliest": DAY}, [dt.date(2020, 2, 2), DAY],
     {"earliest": dt.date(2017, 1, 1)}),
    ("late days", {"type": "timestamp", "latest": DAY}, [dt.datetime(2024, 6, 1, 12)],
     {"latest": dt.date(2024, 6, 1)}),
    ("a measured number has no limit of different ones", {"type": "int", "max_unique": 5}, [1],
     {"max_unique": None}),
    ("NaN", {"type": "float"}, [math.nan, 1.0], {"allow_nan": True}),
    ("infinity", {"type": "float"}, [math.inf, 1.0], {"allow_inf": True}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "feature", "values", "changes"), CHANGED)
def test_a_feature_is_relaxed(what: Any, feature: Any, values: Any, changes: Any) -> None:
    assert updated(feature, values) == replace(Feature("x", **feature), **changes), what


def test_a_new_column_is_described_and_a_missing_one_deprecated() -> None:
    schema = Schema(
        (Feature("gone", "int"), Feature("kept", "int")), environments=("TRAINING", "SERVING")
    )
    current = statistics(kept=[1], gate=["a", "b"][:1], nested=[[1]])
    after = update_schema(schema, current, absent_in_serving=["gate"], infer_feature_shape=False)
    assert after.by_name["gone"] == Feature("gone", "int", stage="DEPRECATED")
    assert after.by_name["gate"] == Feature(
        "gate", "string", domain=("a",), not_in=("SERVING",), note="constant"
    )
    assert after.left_out == (("nested", "nested values are not supported"),)
    assert [change.text for change in diff_schemas(schema, after)] == [
        "gone: stage none -> DEPRECATED",
        "gate: new, gate: {type: string, domain: [a], not_in: [SERVING], note: constant}",
        "nested: left_out none -> nested values are not supported",
    ]


def test_a_column_that_becomes_nested_is_left_out() -> None:
    after = update_schema(Schema((Feature("x", "int"),)), statistics(x=[[1], [2]]))
    assert (after.features, after.left_out) == ((), (("x", "nested values are not supported"),))


def test_an_environment_is_added_or_taken_away() -> None:
    label = Feature("label", "int", not_in=("SERVING",))
    schema = Schema((Feature("x", "int"), label))
    served = statistics(label=[1])
    after = update_schema(schema, served, environment="SERVING")
    assert {f.name: (f.not_in, f.stage) for f in after.features} == {
        "x": (("SERVING",), None),
        "label": ((), None),
    }


def test_row_counts_and_a_broken_dependency() -> None:
    before = Schema(
        (Feature("a", "int"), Feature("b", "int")),
        min_rows=5, max_rows=9, rows_vs_previous=(0.5, 2.0),
        functional_dependencies=(FunctionalDependency(("a",), "b"), FunctionalDependency(("b",), "a")),
    )  # fmt: skip
    few, many = statistics(a=[1] * 3, b=[1] * 3), statistics(a=[1] * 10, b=[1] * 10)
    anomalies = validate_statistics(few, before, None, many)
    after = update_schema(before, few, anomalies)
    assert (after.min_rows, after.rows_vs_previous) == (3, (0.3, 2.0))
    anomalies = validate_statistics(many, before, None, few)
    after = update_schema(before, many, anomalies)
    assert (after.max_rows, after.rows_vs_previous) == (10, (0.5, 3.4))
    broken = anomaly("b", CODE, "", expected="", found="", setting="a -> b")
    after = update_schema(before, few, [broken])
    assert after.functional_dependencies == before.functional_dependencies[1:]


def test_data_without_rows_cannot_be_accepted() -> None:
    schema = Schema((Feature("x", "int"),), min_rows=5)
    after = update_schema(schema, statistics(x=pa.array([], pa.int64())))
    assert after.min_rows is None


def test_the_default_alarm_is_accepted_as_a_comparator() -> None:
    schema = Schema((Feature("x", "string"),))
    sides = statistics(x=["a", "b"] * 500), statistics(x=["a"] * 1000)
    anomalies = validate_statistics(sides[0], schema, None, sides[1])
    after = update_schema(schema, sides[0], anomalies)
    assert after.by_name["x"].drift == Comparator(jensen_shannon=0.32)
    assert validate_statistics(sides[0], after, None, sides[1]) == []


TWO = Schema((Feature("x", "int", max=1), Feature("y", "string", domain=("a",))))
SEEN = statistics(x=[5, None], y=["b", None])


@pytest.mark.parametrize(
    ("named", "changed"),
    [
        ({}, {"x.max", "x.min_fraction", "y.domain", "y.min_fraction"}),
        ({"features": ["x"]}, {"x.max", "x.min_fraction"}),
        ({"codes": ["FEATURE_TYPE_LOW_FRACTION_PRESENT"]}, {"x.min_fraction", "y.min_fraction"}),
        ({"features": ["x"], "codes": ["INT_TYPE_BIG_INT"]}, {"x.max"}),
    ],
)
def test_only_what_is_named_is_relaxed(named: Any, changed: Any) -> None:
    after = update_schema(TWO, SEEN, **named)
    assert {f"{c.feature}.{c.setting}" for c in diff_schemas(TWO, after)} == changed


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"features": ["z"]}, "No anomaly is of the feature 'z'.*\nThere are: x FEATURE_TYPE_LOW"),
        (
            {"codes": ["INT_TYPE_BIGINT"]},
            "the code 'INT_TYPE_BIGINT'. Did you mean 'INT_TYPE_BIG_INT'?",
        ),
        (
            {"features": ["y"], "codes": ["INT_TYPE_BIG_INT"]},
            "of these features and of these codes",
        ),
    ],
)
def test_a_name_without_an_anomaly_is_refused(named: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        update_schema(TWO, SEEN, **named)
