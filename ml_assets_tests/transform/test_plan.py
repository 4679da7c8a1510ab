from typing import Any

import pytest

from ml_assets.transform.encoding import encodings_of
from ml_assets.transform.plan import plan_features, plan_groups
from ml_assets.transform.spec import TransformSpec

TYPES = {"fare": "float", "seats": "int", "night": "bool", "city": "string", "at": "timestamp"}


def planned(**encodings: Any) -> Any:
    spec = TransformSpec.model_validate({"encodings": encodings})
    return [
        features
        for key, value in spec.encodings.items()
        for features in plan_features(key, TYPES, encodings_of(value))
    ]


def test_columns_that_are_encoded_alike_share_an_encoder() -> None:
    groups = plan_groups(
        planned(
            fare="scale_to_z_score",
            seats={"scale_to_z_score": {}},
            night={"scale_to_z_score": {"impute": "mean"}},
            city="categorical",
        )
    )
    assert {group.name: group.columns for group in groups} == {
        "scale_to_z_score_numbers_0": ["fare", "seats"],
        "scale_to_z_score_numbers_1": ["night"],
        "categorical_texts": ["city"],
    }


@pytest.mark.parametrize(
    ("key", "encoding", "reading"),
    [
        ("fare", "numeric", "numbers"),
        ("night", "numeric", "flags"),
        ("night", "scale_to_0_1", "numbers"),
        ("city", "bucketize", "parsed"),
        ("at", "numeric", "seconds"),
        ("city", "target_encoding", "texts"),
        ("seats", "target_encoding", "numbers"),
        ("seats", "hash_strings", "texts"),
        ("at", "categorical", "seconds"),
        ("at", "cycles", "moments"),
        ("city", "tfidf", "documents"),
        ("city", "word_count", "texts"),
        ("city", {"scale_to_0_1_per_key": {"key": "seats"}}, "parsed"),
        ("at", {"bucketize_per_key": {"key": "city"}}, "seconds"),
        ("seats", {"apply_vocabulary": {"vocabulary": [1]}}, "texts"),
        ("fare:4,at:2", "hash_strings", "crossed"),
        ("city,seats", "hash_strings", "crossed"),
        ("fare,seats", "pca", "numbers"),
    ],
)
def test_each_encoding_reads_what_it_needs(key: str, encoding: Any, reading: str) -> None:
    assert planned(**{key: encoding})[0].reading == reading


def test_columns_share_an_encoder_where_they_share_the_key() -> None:
    def encoding(key: str) -> Any:
        return {"scale_to_0_1_per_key": {"key": key}}

    groups = plan_groups(
        planned(fare=encoding("city"), seats=encoding("city"), night=encoding("seats"))
    )
    assert [group.columns for group in groups] == [["fare", "city", "seats"], ["night", "seats"]]
    assert [group.by for group in groups] == [{"city": "string"}, {"seats": "int"}]


def test_an_indicator_reads_the_column_as_its_encoding_does() -> None:
    members = planned(city={"compute_and_apply_vocabulary": {"indicator": True}})
    assert [(member.encoding.name, member.reading) for member in members] == [
        ("compute_and_apply_vocabulary", "texts"),
        ("missing", "texts"),
    ]
    assert members[1].features(1) == ("city.missing",)


def test_only_the_first_single_feature_has_the_columns_own_name() -> None:
    members = planned(at=["cycles", "numeric", "bucketize"])
    assert members[1].features(1) == ("at",)
    assert members[2].features(1) == ("at.bucketize",)
    assert members[0].features(1)[:2] == ("at.month_sin", "at.month_cos")
