"""How the YAML says an encoding, and how its mistakes are told."""

from pathlib import Path
from typing import Any

import pytest

from ml_assets.transform.encoding import encodings_of
from ml_assets.transform.spec import TransformSpec
from ml_assets_tests.pipeline_factory import mistakes, write_pipeline

NAMES = "one of numeric, scale_to_z_score, scale_to_z_score_per_key, "
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"a": "scale_to_zscore"}, f"a must be {NAMES}"),
    ({"a": 3}, f"a must be {NAMES}"),
    ({"a": None}, f"a must be {NAMES}"),
    ({"a": {"categorical": {"top_k": 3}}}, f"a must be {NAMES}"),
    ({"a": ["numeric", "bucketise"]}, f"a.1 must be {NAMES}"),
    (
        {"a": {"bucketise": {}}},
        "a.bucketise is not a key of encodings.a. Did you mean 'bucketize'? ",
    ),
    (
        {"a": {"bucketize": {"num_bucket": 3}}},
        "a.bucketize.num_bucket is not a key of a.bucketize. Di",
    ),
    (
        {"a": {"bucketize": {"num_buckets": 999}}},
        "a.bucketize.num_buckets must be a whole number >= 2",
    ),
    (
        {"a": ["numeric", {"bucketize": {"num_buckets": 1}}]},
        "a.1.bucketize.num_buckets must be a whol",
    ),
    (
        {"a": {"bucketize": {"boundaries": [3, 3]}}},
        "a.bucketize.boundaries must rise from one to the ",
    ),
    (
        {"a": {"bucketize": {"boundaries": [3], "num_buckets": 2}}},
        "a.bucketize.num_buckets says the s",
    ),
    ({"a": {"numeric": {}, "tfidf": {}}}, "a must name one encoding with its options; found 2."),
    ({"a": {"tfidf": None}}, "a must name one encoding with its options; found 0."),
    (
        {"a": {"tfidf": {"ngram_range": [2, 1]}}},
        "a.tfidf.ngram_range begins at 2, above its end 1.",
    ),
    (
        {"a": {"tfidf": {"ngram_range": [2]}}},
        "a.tfidf.ngram_range must be a list of two whole numbers ",
    ),
    (
        {"a": {"numeric": {"impute": "medan"}}},
        "a.numeric.impute must be mean, median, most_frequent o",
    ),
    (
        {"a": {"numeric": {"impute": {"constant": "x"}}}},
        "a.numeric.impute.constant must be a number; ",
    ),
    (
        {"a": {"target_encoding": {"smooth": -1}}},
        "a.target_encoding.smooth must be auto or a number >",
    ),
    ({"a": []}, "a names no encoding; use drop for no feature."),
    ({"a": ["numeric", {"numeric": {}}]}, "a names numeric twice."),
    ({"a": ["drop", "numeric"]}, "a names drop beside other encodings."),
    (
        {"a": "scale_to_0_1_per_key"},
        "a names scale_to_0_1_per_key without its key; write {scale_to_0_1_per_key: {key: ...}}.",
    ),
    ({"a": ["numeric", "apply_vocabulary"]}, "a names apply_vocabulary without its vocabulary; "),
    ({"a": {"bucketize_per_key": {}}}, "a.bucketize_per_key.key is missing; it must be text."),
    (
        {"a": {"bucketize_per_key": {"key": "b", "boundaries": [1]}}},
        "a.bucketize_per_key.boundaries is not a key of a.bucketize_per_key.",
    ),
    (
        {"a": {"apply_buckets_with_interpolation": {"boundaries": [2, 1]}}},
        "a.apply_buckets_with_interpolation.boundaries must rise from one to the next.",
    ),
    (
        {"a": {"apply_vocabulary": {"vocabulary": []}}},
        "a.apply_vocabulary.vocabulary must be a list of 1 to 253 texts or whole numbers",
    ),
    (
        {"a": {"apply_vocabulary": {"vocabulary": ["x", True]}}},
        "a.apply_vocabulary.vocabulary.1 must be text or a whole number; found true.",
    ),
    (
        {"a": {"apply_vocabulary": {"vocabulary": ["x", 1, "1", "x"]}}},
        "a.apply_vocabulary.vocabulary names x, 1 twice.",
    ),
    (
        {"a": {"scale_to_0_1_per_key": {"key": "late"}}},
        "a names 'late', which known_after names too.",
    ),
    ({"a": {"bucketize_per_key": {"key": "out"}}}, "a names 'out', which exclude names too."),
    ({"a": {"bucketize_per_key": {"key": "paid"}}}, "a names 'paid', which makes the label."),
    ({"a,paid:4": "hash_strings"}, "a,paid:4 names 'paid', which makes the label."),
    ({"a,late": "categorical"}, "a,late names 'late', which known_after names too."),
    ({"a, out": "categorical"}, "a, out names 'out', which exclude names too."),
    ({"a,paid": "hash_strings"}, "a,paid names 'paid', which makes the label."),
]


@pytest.mark.parametrize(
    ("encodings", "message"), MISTAKES, ids=[text[:40] for _, text in MISTAKES]
)
def test_a_mistake_is_told_with_its_key(tmp_path: Path, encodings: Any, message: str) -> None:
    transform = {"known_after": ["late"], "exclude": ["out"], "encodings": encodings}
    lines = mistakes(write_pipeline(tmp_path, transform=transform))
    assert len(lines) == 1
    assert lines[0].partition(": ")[2].startswith(f"transform.encodings.{message}")


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("scale_to_zscore", "scale_to_z_score"), ("target_encode", "target_encoding")],
)
def test_the_nearest_name_is_offered(tmp_path: Path, wrong: str, near: str) -> None:
    for value in (wrong, [wrong]):
        (line,) = mistakes(write_pipeline(tmp_path, transform={"encodings": {"a": value}}))
        assert line.endswith(f"found '{wrong}'. Did you mean '{near}'?")


def test_what_is_known_after_is_not_known_before(tmp_path: Path) -> None:
    transform = {"known_after": ["late"], "known_before": ["late"]}
    (line,) = mistakes(write_pipeline(tmp_path, transform=transform))
    assert line.endswith("transform.known_before names 'late', which known_after names too.")


def test_all_forms_say_the_same() -> None:
    spec = TransformSpec.model_validate(
        {"encodings": {"a": "bucketize", "b": {"bucketize": {}}, "c": ["bucketize"], "d": ["drop"]}}
    )
    plain, *others = (encodings_of(spec.encodings[name]) for name in "abc")
    assert all(other == plain for other in others)
    assert plain[0].key == others[0][0].key
    assert spec.is_dropped("d")


def test_the_form_of_before_is_still_valid() -> None:
    before = {"a": "numeric", "b": "categorical", "c": "date_parts", "d": "drop"}
    assert TransformSpec.model_validate({"encodings": before}).model_dump()["encodings"] == before
