"""`infer_schema`: what is concluded from statistics."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics


def inferred(values: Any, type_: Any = None, **options: Any) -> Schema:
    return infer_schema(generate_statistics(pa.table({"x": pa.array(values, type_)})), **options)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 3, 11], {"type": "int", "min": 0, "max": 16}),
        ([-10, 10], {"type": "int", "min": -20, "max": 20}),
        ([-4, -2], {"type": "int", "min": -5, "max": -1}),
        ([0.0, 703.5], {"type": "float", "min": 0.0, "max": 1060.0}),
        ([41.6949, 42.0096], {"type": "float", "min": 41.53, "max": 42.17}),
        ([7, 7], {"type": "int", "note": "constant: 7"}),
        ([1.0, float("nan"), float("inf")], {"allow_nan": True, "allow_inf": True}),
        (["b", "a", "b"], {"type": "string", "domain": ("a", "b")}),
        ([True, False], {"type": "bool", "domain": None}),
        ([1, 2, 3, None] * 5, {"min_fraction": 0.5}),
        ([1, 2, None, None, None], {"min_fraction": 0.0}),
        ([1, 2], {"min_fraction": 1.0, "nullable": None, "required": True}),
    ],
)
def test_what_is_inferred(values: Any, expected: Any) -> None:
    (feature,) = inferred(values).features
    assert {key: getattr(feature, key) for key in expected} == expected


def test_without_a_margin_the_range_is_the_one_seen() -> None:
    (feature,) = inferred([3, 900], range_margin=0).features
    assert (feature.min, feature.max) == (0, 900)


@pytest.mark.parametrize(
    ("values", "has_domain"),
    [
        ([f"v{i}" for i in range(7)], True),
        ([f"v{i}" for i in range(20)], False),
        ([f"v{i % 19}" for i in range(20)], True),
        ([f"v{i % 150}" for i in range(600)], False),
        (["x" * 300], False),
    ],
    ids=["few", "all differ", "one repeats", "too many", "long"],
)
def test_which_texts_get_a_domain(values: Any, has_domain: Any) -> None:
    (feature,) = inferred(values).features
    assert (feature.domain is not None) == has_domain


def test_the_size_of_a_domain_can_be_limited() -> None:
    assert inferred(["a", "a", "b"], max_domain_size=1).features[0].domain is None


def test_columns_without_values_are_left_out_with_the_reason() -> None:
    table = pa.table(
        {"tract": pa.nulls(3, pa.int64()), "none": pa.nulls(3), "list": [[1], [2], []]}
    )
    found = infer_schema(generate_statistics(table))
    assert found.features == ()
    assert dict(found.left_out) == {
        "tract": "all 3 rows are without a value",
        "none": "all 3 rows are without a value",
        "list": "nested values are not supported",
    }


def test_what_is_absent_in_serving_is_marked() -> None:
    statistics = generate_statistics(pd.DataFrame({"late": [True, False], "hour": [1, 2]}))
    found = infer_schema(statistics, absent_in_serving={"late"})
    assert [f.name for f in found.expected_in("SERVING")] == ["hour"]
    assert [f.name for f in found.expected_in("TRAINING")] == ["late", "hour"]


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ValueError, match="one of TRAINING, SERVING; got 'PROD'"):
        Schema().expected_in("PROD")


def test_a_schema_is_not_reviewed_when_it_is_inferred() -> None:
    assert inferred([1]).reviewed is False


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1)
    | st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    st.floats(0, 1),
)
def test_a_range_holds_all_that_was_seen(values: Any, margin: Any) -> None:
    (feature,) = inferred(values, range_margin=margin).features
    assert feature.min is None or feature.min <= min(values)
    assert feature.max is None or feature.max >= max(values)
    assert feature.min is None or min(values) < 0 or feature.min >= 0


def test_a_feature_allows_null_as_its_share_says_unless_told() -> None:
    assert not Feature("x", "int").allows_null
    assert Feature("x", "int", min_fraction=0.9).allows_null
    assert not Feature("x", "int", min_fraction=0.9, nullable=False).allows_null
