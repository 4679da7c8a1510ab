"""What is done per key, against scikit-learn and NumPy on the rows of each key alone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from ml_assets.errors import DataError
from ml_assets.transform.encoders import fit_encoder
from ml_assets.transform.encoding import EncodingSpec, encodings_of
from ml_assets.transform.fit import FittedTransform, fit_transform
from ml_assets.transform.plan import plan_features, plan_groups
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

NAN = float("nan")
LEAST = 3
TYPES = {"fare": "float", "company": "string", "seats": "int", "night": "bool", "at": "timestamp"}
SCALERS = {"scale_to_z_score": StandardScaler, "scale_to_0_1": MinMaxScaler}
BUCKETS = 4
ROWS = 400


def encoder_of(name: str, frame: pd.DataFrame, key: str = "company", **options: Any) -> Any:
    """The fitted encoder alone: of a whole fit, columns that say nothing are left out."""
    spec = EncodingSpec.model_validate({name: {"key": key, **options}})
    (group,) = plan_groups(plan_features("fare", TYPES, encodings_of(spec)))
    limits = TransformSpec(min_category_count=LEAST)
    encoder, _ = fit_encoder(group, frame[group.columns], None, limits)
    return encoder


def expected(name: str, numbers: Any, training: Any) -> Any:
    """What the encoding without a key gives for these numbers, learnt from those."""
    if name in SCALERS:
        scaler = SCALERS[name]().fit(np.reshape(training, (-1, 1)))
        return scaler.transform(np.reshape(numbers, (-1, 1)))[:, 0]
    percents = np.linspace(0, 100, BUCKETS + 1)[1:-1]
    edges = np.unique(np.percentile(training, percents, method="inverted_cdf"))
    buckets = np.searchsorted(edges[edges > np.min(training)], numbers, side="right")
    return np.where(np.isnan(numbers), NAN, buckets)


def options_of(name: str) -> dict[str, Any]:
    return {"num_buckets": BUCKETS} if name == "bucketize" else {}


NAMES = [*SCALERS, "bucketize"]
# In cents, so that no two differ by rounding only.
CENTS = st.one_of(st.integers(-(10**8), 10**8), st.integers(0, 3)).map(lambda cents: cents / 100)
FARES = st.one_of(st.none(), CENTS)
TABLES = st.lists(
    st.tuples(st.sampled_from(["red", "blue", "a\0", "a", "", None]), FARES),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(fare is not None for _, fare in rows))


def table(rows: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["company", "fare"])
    return frame.astype({"company": object, "fare": float})


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(TABLES)
def test_a_key_with_enough_numbers_is_encoded_alone_and_others_as_the_whole(
    name: str, rows: Any
) -> None:
    frame = table(rows)
    encoded = encoder_of(f"{name}_per_key", frame, **options_of(name)).transform(frame)[:, 0]
    whole = frame["fare"].dropna()
    for key, part in frame.groupby("company", dropna=False):
        present = part["fare"].dropna()
        training = present if isinstance(key, str) and len(present) >= LEAST else whole
        alone = expected(name, part["fare"].to_numpy(), training.to_numpy())
        np.testing.assert_allclose(encoded[part.index], alone, rtol=1e-6, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(TABLES)
def test_each_key_of_training_has_mean_0_and_deviation_1_or_lies_within_0_and_1(rows: Any) -> None:
    frame = table(rows)
    scores = encoder_of("scale_to_z_score_per_key", frame).transform(frame)[:, 0]
    shares = encoder_of("scale_to_0_1_per_key", frame).transform(frame)[:, 0]
    assert (np.isnan(shares) == frame["fare"].isna()).all()
    for _, part in frame.dropna().groupby("company"):
        values = part["fare"]
        if len(values) >= LEAST and values.nunique() > 1:
            assert scores[part.index].mean() == pytest.approx(0, abs=1e-6)
            assert scores[part.index].std() == pytest.approx(1, abs=1e-6)
            assert (shares[part.index].min(), shares[part.index].max()) == (0, 1)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(TABLES, TABLES)
def test_one_row_is_encoded_as_the_table_is(name: str, training: Any, served: Any) -> None:
    encoder = encoder_of(f"{name}_per_key", table(training), **options_of(name))
    frame = table(served[:5])
    alone = [encoder.transform(frame.iloc[[position]]) for position in range(len(frame))]
    np.testing.assert_array_equal(np.vstack(alone), encoder.transform(frame))


RNG = np.random.default_rng(0)
NUMBERS = {
    "single precision": RNG.normal(size=ROWS).astype("float32"),
    "large": 1e9 + RNG.normal(size=ROWS),
    "infinite": np.where(np.arange(ROWS) % 7 == 0, np.inf, RNG.normal(size=ROWS)),
    "constant": np.where(np.arange(ROWS) % 5 == 0, NAN, 0.1),
    "constant but for rounding": 1e15 + np.arange(ROWS) % 2 * 0.125,
    "objects": np.array([1.5, None, 2] * (ROWS // 3) + [4], dtype=object),
}


@pytest.mark.parametrize("impute", [None, "mean", {"constant": 7}])
@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("name", NAMES)
def test_with_one_key_for_all_rows_it_is_as_without(name: str, kind: str, impute: Any) -> None:
    frame = pd.DataFrame({"fare": NUMBERS[kind], "company": "red"})
    options = options_of(name) | {"impute": impute}
    spec = EncodingSpec.model_validate({name: options})
    (group,) = plan_groups(plan_features("fare", TYPES, encodings_of(spec)))
    plain, _ = fit_encoder(group, frame[["fare"]], None, TransformSpec())
    found = encoder_of(f"{name}_per_key", frame, **options).transform(frame)
    np.testing.assert_allclose(found, plain.transform(frame[["fare"]]), atol=1e-7)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", SCALERS)
def test_numbers_whose_spread_is_beyond_the_floats_are_missing(name: str) -> None:
    frame = pd.DataFrame({"fare": [1.7e308, -1.7e308, 0.0, 1.0] * 5, "company": "red"})
    assert np.isnan(encoder_of(f"{name}_per_key", frame).transform(frame)).all()


FRAME = pd.DataFrame(
    {
        "fare": RNG.gamma(2, 5, ROWS),
        "seats": RNG.integers(0, 9, ROWS),
        "company": np.where(np.arange(ROWS) < 4, "rare", RNG.choice(["red", "blue"], ROWS)),
        "night": RNG.random(ROWS) < 0.5,
        "at": pd.date_range("2026-01-01", periods=ROWS, freq="7h"),
    }
)


def fitted(encodings: Any, frame: pd.DataFrame = FRAME, **spec: Any) -> FittedTransform:
    options = {"features": list(encodings), "encodings": encodings} | spec
    return fit_transform(frame, TYPES, TransformSpec(**options), Roles())


def test_a_key_that_is_missing_unknown_or_rare_has_the_scale_of_the_whole() -> None:
    transform = fitted({"fare": {"scale_to_z_score_per_key": {"key": "company"}}})
    served = pd.DataFrame({"fare": 20.0, "company": [None, "new", "rare", "red"]})
    scaled = transform.apply(served)["fare"].to_numpy()
    fare, is_red = FRAME["fare"], FRAME["company"] == "red"
    whole = (20 - fare.mean()) / fare.std(ddof=0)
    red = (20 - fare[is_red].mean()) / fare[is_red].std(ddof=0)
    np.testing.assert_allclose(scaled, [whole, whole, whole, red], rtol=1e-12)
    enough = fitted(
        {"fare": {"scale_to_z_score_per_key": {"key": "company"}}}, min_category_count=4
    )
    assert not np.isclose(enough.apply(served)["fare"][2], whole)


def test_a_key_may_have_rows_enough_and_too_few_numbers() -> None:
    frame = FRAME.assign(fare=FRAME["fare"].where((FRAME["company"] != "red") | (FRAME.index < 12)))
    assert 0 < frame["fare"][frame["company"] == "red"].count() < 10
    encodings = {name: {"scale_to_0_1_per_key": {"key": "company"}} for name in ("fare", "seats")}
    transform = fitted(encodings, frame)
    served = pd.DataFrame({"fare": frame["fare"].max(), "seats": 8, "company": ["red"]})
    np.testing.assert_array_equal(transform.apply(served), [[1, 1]])


@pytest.mark.parametrize("key", ["seats", "night", "company"])
def test_a_key_is_the_same_in_every_dtype(key: str) -> None:
    transform = fitted({"fare": {"bucketize_per_key": {"key": key, "num_buckets": 3}}})
    buckets = transform.apply(FRAME)
    for value, part in FRAME.groupby(key):
        if value != "rare":
            sizes = buckets.loc[part.index, "fare"].value_counts()
            assert sizes.max() - sizes.min() <= 1
    other = "object" if key == "company" else "float"
    pd.testing.assert_frame_equal(transform.apply(FRAME.astype({key: other})), buckets)
    pd.testing.assert_frame_equal(transform.apply(FRAME.astype({key: "object"})), buckets)


def test_the_lineage_names_both_columns_and_the_indicator_its_own() -> None:
    options = {"key": "company", "impute": "mean", "indicator": True}
    frame = FRAME.assign(fare=FRAME["fare"].where(FRAME.index % 7 > 0))
    manifest = fitted({"fare": {"scale_to_z_score_per_key": options}}, frame).manifest
    assert {feature.name: feature.sources for feature in manifest.features} == {
        "fare": ("fare", "company"),
        "fare.missing": ("fare",),
    }
    assert manifest.input_names == ["fare", "company"]


def test_missing_numbers_are_imputed_before_they_are_scaled() -> None:
    options = {"key": "company", "impute": {"constant": 3}}
    frame = FRAME.assign(fare=FRAME["fare"].where(FRAME.index % 7 > 0))
    scaled = fitted({"fare": {"scale_to_z_score_per_key": options}}, frame).apply(frame)["fare"]
    filled = frame["fare"].fillna(3)
    blue = filled[FRAME["company"] == "blue"]
    np.testing.assert_allclose(
        scaled[blue.index], (blue - blue.mean()) / blue.std(ddof=0), rtol=1e-9, atol=1e-12
    )


def test_texts_that_are_numbers_and_moments_have_keys_too() -> None:
    frame = FRAME.assign(company=FRAME["seats"].astype(str))
    encodings = {
        "company": {"scale_to_0_1_per_key": {"key": "night"}},
        "at": {"bucketize_per_key": {"key": "night", "num_buckets": 2}},
    }
    encoded = fitted(encodings, frame).apply(frame)
    np.testing.assert_allclose(encoded["company"], FRAME["seats"] / 8)
    for _, part in FRAME.groupby("night"):
        halves = encoded.loc[part.index, "at"]
        assert halves.is_monotonic_increasing
        assert halves.mean() == pytest.approx(0.5, abs=0.01)


def test_a_key_column_that_the_rows_lack_is_named() -> None:
    with pytest.raises(DataError, match="columns that the model reads are missing:\n  'company'"):
        fitted(
            {"fare": {"scale_to_0_1_per_key": {"key": "company"}}}, FRAME.drop(columns="company")
        )


def test_a_number_that_says_nothing_is_dropped_by_its_own_name() -> None:
    encodings = {"fare": {"scale_to_0_1_per_key": {"key": "company"}}, "seats": "numeric"}
    manifest = fitted(encodings, FRAME.assign(fare=1.0)).manifest
    assert manifest.dropped["fare"] == "has the same value in every training row"
    assert manifest.input_names == ["seats"]
