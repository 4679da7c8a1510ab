"""Crosses of columns, and of the bins of numbers."""

import numpy as np
import pandas as pd
import pytest

from ml_assets.transform.fit import fit_transform
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets_tests.transform.encoded import FARE, FRAME, features, fitted


def test_a_cross_is_a_column_of_pairs() -> None:
    transform = fitted({"city,seats,night": "categorical", "city": "drop"})
    pairs = pd.Series(
        [
            f"{city} {seats} {night}" if isinstance(city, str) else None
            for city, seats, night in FRAME[["city", "seats", "night"]].to_numpy()
        ]
    )
    codes = transform.apply(FRAME)["city,seats,night"]
    assert (codes.isna() == pairs.isna()).all()
    assert pd.concat([codes, pairs], axis=1).dropna().drop_duplicates().nunique().nunique() == 1
    assert transform.manifest.features[-1].sources == ("city", "seats", "night")
    assert "city" not in transform.manifest.feature_names
    assert "city" in transform.manifest.input_names


def test_parts_of_a_cross_do_not_run_together() -> None:
    frame = pd.DataFrame({"city": ["ab", "a"] * 20, "note": ["c", "bc"] * 20})
    assert features({"city,note": "categorical"}, frame)["city,note"].nunique() == 2


@pytest.mark.parametrize("encoding", ["categorical", "target_encoding"])
def test_a_cross_takes_numbers_and_moments_by_the_bins_of_the_training_split(encoding: str) -> None:
    transform = fitted({"fare:4,at:3,city": encoding})
    fare, at, city = FRAME["fare"], FRAME["at"].astype("int64"), FRAME["city"].astype("str")
    bins = [
        np.searchsorted(
            np.nanpercentile(values, places, method="inverted_cdf"), values, side="right"
        )
        for values, places in ((fare, [25, 50, 75]), (at, [100 / 3, 200 / 3]))
    ]
    triples = pd.Series(list(zip(*bins, city, strict=True))).mask(fare.isna() | city.isna())
    codes = transform.apply(FRAME)["fare:4,at:3,city"]
    pairs = pd.DataFrame({"found": codes, "wanted": triples}).dropna().drop_duplicates()
    assert triples.nunique() == pairs["wanted"].nunique() == len(pairs) == 36
    if encoding == "categorical":
        assert pairs["found"].is_unique
        assert (codes.isna() == triples.isna()).all()
    sources = {feature.name: feature.sources for feature in transform.manifest.features}
    assert sources["fare:4,at:3,city"] == ("fare", "at", "city")


def test_bins_crossed_with_each_other_are_hashed_the_same_in_every_dtype() -> None:
    transform = fitted({"fare:10,seats:3": {"hash_strings": {"hash_buckets": 40}}})
    encoded = transform.apply(FRAME)
    assert (encoded["fare:10,seats:3"].isna() == FRAME["fare"].isna()).all()
    other = FRAME.astype({"fare": "object", "seats": "float"})
    pd.testing.assert_frame_equal(transform.apply(other), encoded)
    beyond = pd.DataFrame({"fare": [1e9, FARE[1:].max() + 1], "seats": [99, 8]})
    assert transform.apply(beyond)["fare:10,seats:3"].nunique() == 1


def test_a_column_whose_name_has_a_colon_has_no_bins() -> None:
    frame = pd.DataFrame({"a:4": [1, 2] * 20, "b": [1, 1, 2, 2] * 10})
    spec = TransformSpec(encodings={"a:4,b": "categorical"})
    transform = fit_transform(frame, {"a:4": "int", "b": "int"}, spec, Roles())
    assert transform.manifest.features[-1].sources == ("a:4", "b")
    assert transform.manifest.features[-1].categories == 4
