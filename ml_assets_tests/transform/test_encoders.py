"""Each encoding against scikit-learn, called directly."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)

from ml_assets.errors import DataError, PipelineFileError
from ml_assets.transform.fit import fit_transform
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets_tests.transform.encoded import (
    FARE,
    FRAME,
    NAN,
    NOTE,
    ROWS,
    features,
    fitted,
)

NUMBERS = FRAME[["fare"]].to_numpy()
SCALERS = {
    "scale_to_z_score": StandardScaler(),
    "scale_to_0_1": MinMaxScaler(),
    "scale_to_gaussian": QuantileTransformer(
        n_quantiles=ROWS, output_distribution="normal", random_state=0
    ),
}


@pytest.mark.parametrize("name", SCALERS)
def test_numbers_are_scaled_and_missing_ones_stay_missing(name: str) -> None:
    expected = SCALERS[name].fit_transform(NUMBERS)
    np.testing.assert_allclose(features({"fare": name}), expected, rtol=1e-12)
    assert np.isnan(expected).sum() == np.isnan(FARE).sum()


def test_a_power_transform_is_gaussian_too() -> None:
    scaled = features({"fare": {"scale_to_gaussian": {"method": "power"}}})
    np.testing.assert_allclose(scaled, PowerTransformer().fit_transform(NUMBERS), rtol=1e-12)


@pytest.mark.parametrize(
    ("policy", "imputer"),
    [
        ("mean", SimpleImputer(strategy="mean")),
        ("median", SimpleImputer(strategy="median")),
        ("most_frequent", SimpleImputer(strategy="most_frequent")),
        ({"constant": -1}, SimpleImputer(strategy="constant", fill_value=-1)),
    ],
)
@pytest.mark.parametrize("name", ["numeric", "scale_to_z_score"])
def test_missing_numbers_are_imputed_before_they_are_scaled(
    policy: Any, imputer: Any, name: str
) -> None:
    imputed = features({"fare": {name: {"impute": policy, "indicator": True}}})
    scaler = StandardScaler() if name == "scale_to_z_score" else "passthrough"
    expected = make_pipeline(imputer, scaler).fit_transform(NUMBERS)
    np.testing.assert_allclose(imputed["fare"], expected[:, 0], rtol=1e-12)
    np.testing.assert_array_equal(imputed["fare.missing"], np.isnan(FARE))


def test_an_indicator_without_anything_missing_is_left_out() -> None:
    manifest = fitted({"seats": {"numeric": {"indicator": True}}}).manifest
    assert manifest.feature_names == ["seats"]
    assert manifest.dropped["seats.missing"] == "has the same value in every training row"


def test_buckets_are_those_of_scikit_learn_and_a_missing_number_has_none() -> None:
    present = ~np.isnan(FARE)
    bins = KBinsDiscretizer(7, encode="ordinal", subsample=None, quantile_method="inverted_cdf")
    expected = bins.fit_transform(NUMBERS[present])[:, 0]
    transform = fitted({"fare": {"bucketize": {"num_buckets": 7}}})
    buckets = transform.apply(FRAME)["fare"].to_numpy()
    np.testing.assert_array_equal(buckets[present], expected)
    assert np.isnan(buckets[~present]).all()
    feature = transform.manifest.features[0]
    assert (feature.kind, feature.categories) == ("category", 7)


def test_boundaries_of_ones_own_belong_to_the_bucket_above() -> None:
    served = pd.DataFrame({"seats": [-5, 1, 2, 5, 99, None]})
    transform = fitted({"seats": {"bucketize": {"boundaries": [2, 5]}}})
    np.testing.assert_array_equal(transform.apply(served)["seats"], [0, 0, 1, 2, 2, NAN])


def test_a_value_that_fills_several_buckets_has_one() -> None:
    frame = pd.DataFrame({"seats": [0] * 50 + [1] * 30 + [2] * 20})
    buckets = features({"seats": {"bucketize": {"num_buckets": 10}}}, frame)["seats"]
    assert buckets.value_counts().to_dict() == {0: 50, 1: 30, 2: 20}


def test_hashes_are_those_of_scikit_learn_also_of_values_that_training_never_saw() -> None:
    transform = fitted({"city": {"hash_strings": {"hash_buckets": 11}}})
    texts = ["Lima", "Oslo", "Rome", "Bonn", ""]
    hasher = FeatureHasher(11, input_type="string", alternate_sign=False)
    expected = hasher.transform([[text] for text in texts]).toarray().argmax(axis=1)
    encoded = transform.apply(pd.DataFrame({"city": [*texts, None]}))["city"]
    np.testing.assert_array_equal(encoded, [*expected, NAN])
    assert transform.manifest.features[0].categories == 11


LABELS = {
    "binary": FRAME["_label"].to_numpy(),
    "multiclass": (FRAME["_label"] + (FRAME["seats"] > 4)).to_numpy("int16"),
    "continuous": FARE.copy(),
}
LABELS["continuous"][np.isnan(FARE)] = 0.0


@pytest.mark.parametrize("kind", LABELS)
def test_target_encodings_are_cross_fitted_in_training_and_whole_in_serving(kind: str) -> None:
    label = LABELS[kind]
    cut = KFold if kind == "continuous" else StratifiedKFold
    encoder = TargetEncoder(target_type=kind, smooth=20.0, cv=cut(4, shuffle=True, random_state=0))
    texts = FRAME[["city"]].fillna(NAN).to_numpy(dtype=object)
    training = encoder.fit_transform(texts, label if kind == "continuous" else label.astype(int))
    frame = FRAME.assign(_label=label)
    transform = fitted({"city": {"target_encoding": {"smooth": 20, "folds": 4}}}, frame)
    np.testing.assert_allclose(transform.training, training, rtol=1e-12)
    served = encoder.transform(texts)
    np.testing.assert_allclose(transform.apply(frame), served, rtol=1e-12)
    np.testing.assert_allclose(np.column_stack(list(transform.served.values())), served)
    assert not np.isclose(training, served).all()
    shares = [f"city.target_encoding_{code}" for code in range(3)]
    assert transform.manifest.feature_names == (shares if kind == "multiclass" else ["city"])


def test_an_unknown_value_has_the_mean_label() -> None:
    transform = fitted({"city": "target_encoding"})
    encoded = transform.apply(pd.DataFrame({"city": ["Bonn"]}))
    assert encoded.iloc[0, 0] == pytest.approx(FRAME["_label"].mean())


def test_a_class_with_fewer_rows_than_folds_is_encoded_too() -> None:
    label = np.where(np.arange(ROWS) < 2, 2, FRAME["_label"])
    transform = fitted({"city": "target_encoding"}, FRAME.assign(_label=label))
    np.testing.assert_allclose(transform.training.sum(axis=1), 1.0, atol=0.01)


def test_a_column_that_tells_nothing_is_left_out_although_its_folds_differ() -> None:
    frame = FRAME.assign(city="Oslo")
    manifest = fitted({"city": "target_encoding", "seats": "numeric"}, frame).manifest
    assert manifest.dropped["city"] == "has the same value in every training row"


def test_cycles_close() -> None:
    frame = pd.DataFrame({"at": pd.date_range("2026-12-28", periods=200, freq="h")})
    cycles = features({"at": {"cycles": {"parts": ["hour", "day_of_week"]}}}, frame)
    assert list(cycles) == [
        "at.hour_sin",
        "at.hour_cos",
        "at.day_of_week_sin",
        "at.day_of_week_cos",
    ]
    angle = 2 * np.pi * frame["at"].dt.hour / 24
    np.testing.assert_allclose(cycles["at.hour_sin"], np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(cycles["at.hour_cos"], np.cos(angle), atol=1e-12)
    steps = np.linalg.norm(cycles[["at.hour_sin", "at.hour_cos"]].diff()[1:], axis=1)
    np.testing.assert_allclose(steps, steps[0])


def test_several_encodings_of_a_column_have_names_of_their_own() -> None:
    transform = fitted(
        {"at": ["date_parts", {"cycles": {"parts": ["hour"]}}, "numeric"],
         "seats": ["categorical", "scale_to_0_1", "target_encoding"]}
    )  # fmt: skip
    names = set(transform.manifest.feature_names)
    assert {"at.hour", "at.hour_sin", "at", "at.day", "seats", "seats.scale_to_0_1"} <= names
    assert "seats.target_encoding" in names
    encodings = {feature.name: feature.encoding for feature in transform.manifest.features}
    assert encodings["at.hour"] == "date_parts"


@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_words_are_those_of_scikit_learn(analyzer: str) -> None:
    options = {"max_features": 6, "ngram_range": [1, 2], "analyzer": analyzer}
    words = TfidfVectorizer(max_features=6, ngram_range=(1, 2), analyzer=analyzer)
    np.testing.assert_allclose(
        features({"note": {"tfidf": options}}), words.fit_transform(NOTE).toarray(), rtol=1e-12
    )
    hashed = HashingVectorizer(
        n_features=6, ngram_range=(1, 2), analyzer=analyzer, alternate_sign=False
    )
    transform = fitted({"note": {"hashed_ngrams": options}})
    np.testing.assert_allclose(transform.apply(FRAME), hashed.transform(NOTE).toarray(), rtol=1e-12)
    assert transform.manifest.feature_names == [f"note.hashed_ngrams_{i}" for i in range(6)]


def test_a_text_without_a_known_word_has_none() -> None:
    transform = fitted({"note": "tfidf"})
    encoded = transform.apply(pd.DataFrame({"note": [None, "", "zebra", "late"]}))
    assert (encoded.iloc[:3] == 0).all(axis=None)
    assert encoded.iloc[3].sum() == 1


def test_a_pca_takes_the_place_of_its_columns() -> None:
    numbers = FRAME[["fare", "seats", "night"]].to_numpy(dtype=float)
    steps = make_pipeline(StandardScaler(), SimpleImputer(), PCA(2, svd_solver="covariance_eigh"))
    transform = fitted(
        {"fare,seats,night": {"pca": {"output_dim": 2}}, "city": "categorical"}, features=None
    )
    encoded = transform.apply(FRAME)
    names = ["fare,seats,night.pca_0", "fare,seats,night.pca_1"]
    np.testing.assert_allclose(encoded[names], steps.fit_transform(numbers), atol=1e-9)
    assert transform.manifest.dropped["fare"] == "is part of the pca of 'fare,seats,night'"
    assert transform.manifest.features[-1].sources == ("fare", "seats", "night")


def test_numbers_lie_between_their_boundaries() -> None:
    options = {"boundaries": [2, 5, 6]}
    transform = fitted({"seats": {"apply_buckets_with_interpolation": options}})
    served = pd.DataFrame({"seats": [-9, 2, 3.5, 5, 5.5, 6, 99, None]})
    positions = transform.apply(served)["seats"]
    np.testing.assert_allclose(positions, [0, 0, 0.25, 0.5, 0.75, 1, 1, NAN])
    assert transform.manifest.features[0].kind == "number"


def test_boundaries_between_which_numbers_lie_can_be_quantiles() -> None:
    positions = features({"fare": {"apply_buckets_with_interpolation": {"num_buckets": 5}}})["fare"]
    edges = np.nanpercentile(FARE, [20, 40, 60, 80], method="inverted_cdf")
    np.testing.assert_allclose(positions, np.interp(FARE, edges, [0, 1 / 3, 2 / 3, 1]))


def test_one_boundary_is_a_step() -> None:
    encoding = {"apply_buckets_with_interpolation": {"boundaries": [5]}}
    served = pd.DataFrame({"seats": [-9, 4.9, 5, 99, None]})
    np.testing.assert_array_equal(
        fitted({"seats": encoding}).apply(served)["seats"], [0, 0, 1, 1, NAN]
    )
    constant = fitted({"seats": "apply_buckets_with_interpolation", "fare": "numeric"},
                      FRAME.assign(seats=3)).manifest  # fmt: skip
    assert constant.dropped["seats"] == "has the same value in every training row"


def test_words_are_counted() -> None:
    served = pd.DataFrame({"note": ["late again", "", "  a\tb  c ", "late again", None]})
    np.testing.assert_array_equal(
        fitted({"note": "word_count"}).apply(served)["note"], [2, 0, 3, 2, NAN]
    )


def test_a_column_whose_name_has_a_comma_is_one_column() -> None:
    frame = pd.DataFrame({"a,b": np.arange(50.0)})
    spec = TransformSpec(encodings={"a,b": "scale_to_0_1"})
    manifest = fit_transform(frame, {"a,b": "float"}, spec, Roles()).manifest
    assert manifest.features[0].sources == ("a,b",)


@pytest.mark.parametrize(
    ("encodings", "frame", "message"),
    [
        (
            {"note": "tfidf"},
            FRAME.assign(note="!"),
            "tfidf of 'note' cannot be learnt from 300 trai",
        ),
        ({"city": "target_encoding"}, FRAME.drop(columns="_label"), "needs the column _label"),
        (
            {"city": "target_encoding"},
            FRAME[:3],
            "target_encoding of 'city' cannot be learnt from 3",
        ),
    ],
)
def test_what_cannot_be_learnt_is_said(encodings: Any, frame: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted(encodings, frame)


def test_features_of_the_same_name_are_refused() -> None:
    frame = pd.DataFrame({"at": FRAME["at"], "at.hour": FRAME["seats"]})
    types = {"at": "timestamp", "at.hour": "int"}
    message = (
        r"several features have the name 'at.hour': numeric of 'at.hour', date_parts of 'at'\."
    )
    with pytest.raises(DataError, match=message):
        fit_transform(frame, types, TransformSpec(), Roles())


@pytest.mark.parametrize("name", ["numeric", "scale_to_z_score", "bucketize"])
def test_texts_that_are_no_numbers_are_refused(name: str) -> None:
    message = rf"encodings.note: {name}, but 300 of 300 training texts of 'note' are no numbers"
    with pytest.raises(PipelineFileError, match=message):
        fitted({"note": name})
