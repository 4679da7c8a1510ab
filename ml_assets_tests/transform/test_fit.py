import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.transform.fit import fit_transform
from ml_assets.transform.manifest import FeatureColumn, TransformManifest
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets_tests.shared_data import shared_path

NAN = float("nan")
TYPES = {
    "fare": "float",
    "seats": "int",
    "night": "bool",
    "company": "string",
    "day": "date",
    "at": "timestamp",
}


def trips(rows: Any = 60) -> Any:
    number = np.arange(rows)
    return pd.DataFrame(
        {
            "fare": np.where(number % 7 == 0, NAN, number * 0.5),
            "seats": number % 4,
            "night": number % 2 == 0,
            "company": np.array(["red", "blue", None], dtype=object)[number % 3],
            "day": pd.date_range("2013-01-01", periods=rows, freq="7D"),
            "at": pd.date_range("2013-01-01 05:00", periods=rows, freq="17h"),
        }
    )


def fitted(frame: Any = None, types: Any = None, roles: Any = None, **spec: Any) -> Any:
    frame = trips() if frame is None else frame
    return fit_transform(frame, types or TYPES, TransformSpec(**spec), roles or Roles())


def test_each_type_has_its_features() -> None:
    features = [
        (feature.name, feature.kind, feature.categories) for feature in fitted().manifest.features
    ]
    assert features == [
        ("fare", "number", None),
        ("seats", "number", None),
        ("night", "flag", None),
        ("company", "category", 2),
        ("day.month", "date_part", None),
        ("day.day", "date_part", None),
        ("at.month", "date_part", None),
        ("at.day", "date_part", None),
        ("at.day_of_week", "date_part", None),
        ("at.hour", "date_part", None),
    ]


def test_values_are_numbers_codes_and_parts() -> None:
    first = fitted().apply(trips()).iloc[:3]
    np.testing.assert_array_equal(first["fare"], [NAN, 0.5, 1.0])
    np.testing.assert_array_equal(first["night"], [1, 0, 1])
    np.testing.assert_array_equal(first["company"], [1, 0, NAN])  # blue, red in sorted order
    np.testing.assert_array_equal(first["at.hour"], [5, 22, 15])


def test_parts_that_never_change_are_left_out_with_the_reason() -> None:
    dropped = fitted().manifest.dropped
    assert dropped["day.day_of_week"] == "has the same value in every training row"
    assert dropped["at.minute"] == "has the same value in every training row"


def test_codes_agree_with_pandas() -> None:
    frame = pd.DataFrame({"company": list("badcab" * 20)})
    codes = fitted(frame, {"company": "string"}).apply(frame)["company"]
    np.testing.assert_array_equal(codes, frame["company"].astype("category").cat.codes)


def test_rare_categories_share_the_last_code_and_unknown_ones_are_missing() -> None:
    frame = pd.DataFrame({"company": ["a"] * 20 + ["b"] * 15 + ["c"] * 3 + ["d"] * 2})
    transform = fitted(frame, {"company": "string"}, min_category_count=10)
    served = pd.DataFrame({"company": ["a", "b", "c", "d", "new", None]})
    np.testing.assert_array_equal(transform.apply(served)["company"], [0, 1, 2, 2, NAN, NAN])
    assert transform.manifest.features[0].categories == 3


def test_at_most_max_categories_have_codes() -> None:
    frame = pd.DataFrame({"company": [f"c{i % 30:02}" for i in range(900)]})
    transform = fitted(frame, {"company": "string"}, max_categories=8)
    codes = transform.apply(frame)["company"]
    assert codes.max() == 7
    assert transform.manifest.features[0].categories == 8


def test_numbers_can_be_categories() -> None:
    frame = pd.DataFrame({"seats": [4, 2, 9] * 20})
    transform = fitted(frame, {"seats": "int"}, encodings={"seats": "categorical"})
    served = pd.DataFrame({"seats": [2.0, 4.0, 9.0, None, 5.0]})
    np.testing.assert_array_equal(transform.apply(served)["seats"], [0, 1, 2, NAN, NAN])


def test_moments_can_be_numbers_or_categories() -> None:
    frame = pd.DataFrame({"at": pd.to_datetime(["2013-01-01", "2013-01-02"] * 20)})
    seconds = fitted(frame, {"at": "timestamp"}, encodings={"at": "numeric"}).apply(frame)["at"]
    codes = fitted(frame, {"at": "timestamp"}, encodings={"at": "categorical"}).apply(frame)["at"]
    assert list(seconds[:2]) == [1356998400.0, 1357084800.0]
    assert list(codes[:2]) == [0, 1]


@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        ([NAN] * 100, "float", "has no value in the training split"),
        ([1.0] + [NAN] * 99, "float", "has a value in only 1 of 100 training rows"),
        ([5] * 100, "int", "has the same value in every training row"),
        ([np.inf] * 100, "float", "has no value in the training split"),
        ([None] * 100, "string", "has no value in the training split"),
        ([f"id{i}" for i in range(100)], "string", "names its rows: 100 different values in 100"),
        ([f"id{i // 3}" for i in range(100)], "string", "has at most one value that is seen 10"),
        ([pd.NaT] * 100, "timestamp", "has no value in the training split"),
    ],
)
def test_columns_without_information_are_left_out_with_the_reason(
    column: Any, kind: Any, reason: Any
) -> None:
    frame = pd.DataFrame({"x": column, "fare": np.arange(100.0)})
    manifest = fitted(frame, {"x": kind, "fare": "float"}).manifest
    assert manifest.dropped["x"].startswith(reason)
    assert manifest.input_names == ["fare"]


def test_one_value_with_many_gaps_still_tells_something() -> None:
    frame = pd.DataFrame({"x": [1.0, NAN] * 50})
    assert fitted(frame, {"x": "float"}).manifest.feature_names == ["x"]


def test_a_wanted_column_that_names_rows_is_kept() -> None:
    frame = pd.DataFrame({"x": [f"id{i}" for i in range(80)] + ["id0"] * 40})
    assert fitted(frame, {"x": "string"}, features=["x"]).manifest.feature_names == ["x"]


def test_infinite_values_are_missing_and_noted() -> None:
    frame = pd.DataFrame({"fare": [1.0, 2.0, np.inf, -np.inf]})
    transform = fitted(frame, {"fare": "float"})
    assert transform.manifest.notes == {"fare": "2 infinite training values count as missing"}
    np.testing.assert_array_equal(transform.apply(frame)["fare"], [1, 2, NAN, NAN])


def test_texts_that_are_no_numbers_are_missing_and_noted() -> None:
    frame = pd.DataFrame({"fare": ["1", "2", "n/a", None]})
    transform = fitted(frame, {"fare": "string"}, encodings={"fare": "numeric"})
    assert transform.manifest.notes == {
        "fare": "1 training texts are no numbers and count as missing"
    }


@pytest.mark.parametrize(
    ("frame", "spec", "message"),
    [
        (trips().iloc[:0], {}, "the training split has no rows"),
        (
            pd.DataFrame({"x": [1, 1, 1]}),
            {},
            r"no column is left to learn from:\n  'x' has the same",
        ),
        (pd.DataFrame({"x": [1, 2, 3]}), {"exclude": ["x"]}, "'x' is in transform.exclude"),
        (pd.DataFrame({"X": [1, 2]}), {"features": ["x"]}, r"'x'. Did you mean 'X'\?"),
    ],
)
def test_data_that_give_no_feature_are_refused(frame: Any, spec: Any, message: Any) -> None:
    with pytest.raises(DataError, match=message):
        fitted(frame, {"x": "int"}, **spec)


def test_a_column_of_the_schema_that_the_data_lack_is_left_out() -> None:
    manifest = fitted(pd.DataFrame({"x": [1, 2]}), {"x": "int", "y": "int"}).manifest
    assert manifest.dropped == {"y": "is not in the data"}


def test_missing_columns_are_named_with_the_nearest() -> None:
    frame = trips().rename(columns={"company": "Company"}).drop(columns="fare")
    with pytest.raises(DataError) as error:
        fitted().apply(frame)
    assert str(error.value).splitlines() == [
        "2 of the 6 columns that the model reads are missing:",
        "  'fare'.",
        "  'company'. Did you mean 'Company'?",
    ]


def test_order_and_further_columns_do_not_matter() -> None:
    frame, transform = trips(), fitted()
    other = frame[frame.columns[::-1]].assign(more=1)
    pd.testing.assert_frame_equal(transform.apply(other), transform.apply(frame))


def test_dtypes_do_not_matter() -> None:
    frame, transform = trips(), fitted()
    other = frame.astype(
        {"seats": "float64", "night": "object", "company": "object", "fare": "object", "at": "str"}
    )
    pd.testing.assert_frame_equal(transform.apply(other), transform.apply(frame))


def test_nullability_is_that_of_the_schema_or_of_the_data() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, NAN], "c": [1.0, 2.0]})
    types = dict.fromkeys("abc", "float")
    spec, nullable = TransformSpec(), {"a": False, "b": False}
    inputs = fit_transform(frame.loc[[0, 0, 1, 1]], types, spec, Roles(), nullable).manifest.inputs
    assert [column.nullable for column in inputs] == [False, True, True]


def test_the_manifest_survives_json() -> None:
    manifest = fitted().manifest
    assert TransformManifest.from_json(manifest.to_json()) == manifest
    assert manifest.features[3] == FeatureColumn(
        "company", ("company",), "category", 2, "categorical"
    )
    assert manifest.categorical == (3,)


def test_the_cost_of_each_encoder_is_told_by_the_clock() -> None:
    clock = itertools.count(step=2).__next__
    spec = TransformSpec(encodings={"fare": "bucketize"})
    costs = fit_transform(trips(), TYPES, spec, Roles(), clock=clock).costs
    described = {cost.encoder: (cost.columns, len(cost.features)) for cost in costs}
    assert described["bucketize_numbers"] == (("fare",), 1)
    assert described["date_parts_moments"] == (("day", "at"), 6)
    assert {cost.encoder: cost.seconds_each for cost in costs}["date_parts_moments"] == 4 / 6
    assert {(cost.fit_seconds, cost.transform_seconds) for cost in costs} == {(2, 2)}


CELLS = {
    "fare": st.one_of(st.none(), st.floats(), st.integers(-(2**60), 2**60), st.booleans()),
    "seats": st.one_of(st.none(), st.integers(0, 9), st.floats(0, 9)),
    "night": st.one_of(st.none(), st.booleans(), st.integers(0, 1)),
    "company": st.one_of(st.none(), st.text(max_size=5), st.integers(0, 3), st.just("red")),
    "day": st.one_of(st.none(), st.dates()),
    "at": st.one_of(st.none(), st.datetimes()),
}
TRANSFORM = fitted()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=8))
def test_whatever_serving_sends_gives_numbers_in_the_known_ranges(rows: Any) -> None:
    frame = pd.DataFrame(rows, dtype=object)
    features = TRANSFORM.apply(frame)
    assert list(features) == TRANSFORM.manifest.feature_names
    assert not np.isinf(features.to_numpy()).any()
    assert features["company"].dropna().isin([0, 1]).all()
    assert features["at.hour"].dropna().between(0, 23).all()


def test_one_row_and_many_rows_agree() -> None:
    frame = trips()
    many = TRANSFORM.apply(frame)
    for position in range(3):
        single = TRANSFORM.apply(frame.iloc[[position]])
        pd.testing.assert_frame_equal(single, many.iloc[[position]])


def test_the_column_that_is_empty_in_chicago_taxi_is_left_out() -> None:
    frame = pd.read_csv(shared_path("chicago_taxi/data.csv"))
    types = {
        str(name): "string" if dtype == "str" else "float" for name, dtype in frame.dtypes.items()
    }
    roles = Roles(label=("tips", "fare"))
    manifest = fit_transform(frame[:10_000], types, TransformSpec(), roles).manifest
    assert manifest.dropped["pickup_census_tract"] == "has no value in the training split"
    assert len(manifest.features) == 15
