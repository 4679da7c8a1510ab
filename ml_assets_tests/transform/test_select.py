import re
from typing import Any

import pytest

from ml_assets.errors import PipelineFileError
from ml_assets.transform.select import Roles, select_columns
from ml_assets.transform.spec import TransformSpec

TYPES = {
    "carrier": "string",
    "sched_dep": "timestamp",
    "day": "date",
    "distance": "float",
    "seats": "int",
    "night": "bool",
    "dep_delay": "float",
    "arr_delay": "float",
}
ROLES = Roles(key=("carrier",), time="sched_dep", label=("arr_delay",))


def chosen(**spec: Any) -> Any:
    return select_columns(TYPES, TransformSpec(**spec), ROLES)


def names(selection: Any) -> Any:
    return {key: ",".join(one.name for one in all_) for key, all_ in selection.encodings.items()}


def test_by_default_key_time_and_label_are_left_out_with_the_reason() -> None:
    selection = chosen()
    assert names(selection) == {
        "day": "date_parts",
        "distance": "numeric",
        "seats": "numeric",
        "night": "numeric",
        "dep_delay": "numeric",
    }
    assert selection.dropped == {
        "carrier": "is part of ingest.key",
        "sched_dep": "is ingest.time",
        "arr_delay": "makes the label",
    }


def test_a_weight_is_no_feature_unless_it_is_asked_for() -> None:
    roles = Roles(weight="seats")
    by_default = select_columns(TYPES, TransformSpec(), roles)
    assert by_default.dropped == {"seats": "is statistics.weight"}
    asked = select_columns(TYPES, TransformSpec(encodings={"seats": "numeric"}), roles)
    assert names(asked)["seats"] == "numeric"


@pytest.mark.parametrize(
    ("spec", "column", "encoding"),
    [
        ({"encodings": {"carrier": "categorical"}}, "carrier", "categorical"),
        ({"encodings": {"sched_dep": "date_parts"}}, "sched_dep", "date_parts"),
        ({"encodings": {"seats": "categorical"}}, "seats", "categorical"),
        ({"features": ["carrier"]}, "carrier", "categorical"),
        ({"features": ["arr_delay"]}, "arr_delay", "numeric"),
    ],
)
def test_what_the_yaml_names_is_used(spec: Any, column: Any, encoding: Any) -> None:
    assert names(chosen(**spec))[column] == encoding


@pytest.mark.parametrize(
    ("spec", "column", "reason"),
    [
        ({"exclude": ["seats"]}, "seats", "is in transform.exclude"),
        ({"encodings": {"seats": "drop"}}, "seats", "has the encoding drop"),
        ({"features": ["night"]}, "seats", "is not in transform.features"),
        ({"known_after": ["dep_delay"]}, "dep_delay", "is in transform.known_after"),
        ({"encodings": {"arr_delay": "numeric"}}, "arr_delay", "makes the label"),
    ],
)
def test_what_is_left_out_has_its_reason(spec: Any, column: Any, reason: Any) -> None:
    assert chosen(**spec).dropped[column] == reason


def test_reserved_columns_are_never_features() -> None:
    selection = select_columns({"_label": "int", "x": "int"}, TransformSpec(), Roles())
    assert selection.dropped == {"_label": "is reserved for ml_assets"}


def test_unknown_columns_are_named_all_at_once() -> None:
    with pytest.raises(PipelineFileError) as error:
        chosen(features=["distnce"], exclude=["tailnum"], encodings={"seats": "date_parts"})
    assert str(error.value).splitlines() == [
        "transform.features: the schema has no column 'distnce'. Did you mean 'distance'?",
        "transform.exclude: the schema has no column 'tailnum'.",
        "transform.encodings.seats: date_parts takes date, timestamp; 'seats' is int.",
    ]


SEVERAL = {
    "seats,night": "categorical",
    "distance,dep_delay": "pca",
    "carrier,seats": {"target_encoding": {"folds": 3}},
}


def test_a_cross_is_made_beside_its_columns_and_a_pca_in_their_place() -> None:
    selection = chosen(encodings={**SEVERAL, "dep_delay": "numeric"})
    encodings = names(selection)
    assert list(encodings)[-3:] == list(SEVERAL)
    assert {"seats", "night", "dep_delay"} <= encodings.keys()
    assert selection.dropped["distance"] == "is part of the pca of 'distance,dep_delay'"
    # Part of the key, it is read for the cross only.
    assert selection.dropped["carrier"] == "is part of ingest.key"


@pytest.mark.parametrize(
    ("encodings", "message"),
    [
        ({"seats,nigth": "categorical"}, "the schema has no column 'nigth'. Did you mean 'night'?"),
        ({"seats,night": "numeric"}, "seats,night: numeric takes one column; several can be crossed"),
        ({"seats,distance": "categorical"}, "categorical of several columns takes int, bool, string; "
                                            "'distance' is float; 'distance:10' takes its bins."),
        ({"seats,seats": "hash_strings"}, "seats,seats: names a column twice."),
        ({"seats": "pca"}, "seats: pca gives fewer features than it takes columns; found output_dim 1"),
        ({"seats,distance": {"pca": {"output_dim": 2}}}, "found output_dim 2 for 2."),
        ({"carrier,seats": "pca"}, "pca of several columns takes int, float, bool; 'carrier' is str"),
        ({"seats": "tfidf"}, "seats: tfidf takes string; 'seats' is int."),
        ({"distance": "hash_strings"}, "hash_strings takes int, string; 'distance' is float."),
        ({"day": {"cycles": {"parts": ["month", "hour"]}}}, "day: a date has no hour."),
        ({"distance": ["numeric", "cycles"]}, "distance: cycles takes date, timestamp"),
        ({"distance": {"scale_to_0_1_per_key": {"key": "carier"}}},
         "transform.encodings: the schema has no column 'carier'. Did you mean 'carrier'?"),
        ({"distance": {"scale_to_0_1_per_key": {"key": "dep_delay"}}},
         "distance: scale_to_0_1_per_key takes a key of int, bool, string; 'dep_delay' is float."),
        ({"seats": {"bucketize_per_key": {"key": "seats"}}},
         "seats: bucketize_per_key has 'seats' as its key, which is the column itself."),
        ({"distance,seats": {"bucketize_per_key": {"key": "night"}}},
         "distance,seats: bucketize_per_key takes one column;"),
        ({"distance:4": "categorical"},
         "distance:4: only a cross takes bins; for one column use bucketize with num_buckets."),
        ({"distance:4,seats": "pca"}, "distance:4,seats: only a cross takes bins;"),
        ({"carrier:4,seats": "categorical"},
         "carrier:4,seats: bins are of int, float, date, timestamp; 'carrier' is string."),
        ({"distance:4,distance:5": "categorical"}, "distance:4,distance:5: names a column twice."),
        ({"distanc:4,seats": "categorical"}, "no column 'distanc'. Did you mean 'distance'?"),
        ({"day:4": {"cycles": {"parts": ["hour"]}}}, "day:4: a date has no hour."),
        ({"distance": {"apply_vocabulary": {"vocabulary": [1]}}},
         "distance: apply_vocabulary takes int, string; 'distance' is float."),
        ({"seats": {"compute_and_apply_vocabulary": {"impute": {"constant": "none"}}}},
         "seats: impute.constant is a text, and 'seats' is int; most_frequent takes any type."),
    ],
)  # fmt: skip
def test_encodings_that_do_not_fit_are_named(encodings: Any, message: str) -> None:
    with pytest.raises(PipelineFileError, match=re.escape(message)):
        chosen(encodings=encodings)


def test_all_encodings_that_do_not_fit_are_named_at_once() -> None:
    with pytest.raises(PipelineFileError) as error:
        chosen(encodings={"seats": "tfidf", "distance": "cycles", "seats,night": "numeric"})
    assert len(str(error.value).splitlines()) == 3


def test_what_the_schema_leaves_out_may_be_unwanted_but_not_wanted() -> None:
    roles = Roles(left_out={"tract": "all 9 rows are without a value"})
    selection = select_columns(TYPES, TransformSpec(exclude=["tract"]), roles)
    assert selection.dropped == {
        "tract": "is left out of the schema: all 9 rows are without a value"
    }
    with pytest.raises(
        PipelineFileError, match=r"features: 'tract' is left out of the schema: all"
    ):
        select_columns(TYPES, TransformSpec(features=["tract"]), roles)


def test_what_does_not_exist_when_serving_is_left_out() -> None:
    selection = select_columns(TYPES, TransformSpec(), Roles(absent=("dep_delay",)))
    assert selection.dropped == {"dep_delay": "does not exist when the model serves"}
