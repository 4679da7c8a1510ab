"""Vocabularies: those that are learnt, and lists that the YAML gives."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets_tests.transform.encoded import (
    FRAME,
    NAN,
    fitted,
)


def test_a_vocabulary_has_the_frequent_values_and_one_code_for_the_rare_and_unknown() -> None:
    frame = pd.DataFrame({"city": ["a"] * 30 + ["b"] * 20 + ["c"] * 4 + ["d"] * 3 + [None] * 2})
    limits = {"top_k": 2, "frequency_threshold": 5, "unknown": "rare"}
    transform = fitted({"city": {"compute_and_apply_vocabulary": limits}}, frame)
    served = pd.DataFrame({"city": ["a", "b", "c", "d", "new", None]})
    np.testing.assert_array_equal(transform.apply(served)["city"], [0, 1, 2, 2, 2, NAN])
    assert transform.manifest.features[0].categories == 3


def test_an_unknown_value_is_missing_where_no_value_is_rare() -> None:
    transform = fitted({"city": {"compute_and_apply_vocabulary": {"unknown": "rare"}}})
    served = pd.DataFrame({"city": ["Lima", "Bonn", None]})
    np.testing.assert_array_equal(transform.apply(served)["city"], [0, NAN, NAN])


@pytest.mark.parametrize(
    ("policy", "codes"), [("most_frequent", [0, 2, 2]), ({"constant": "none"}, [0, 2, 3])]
)
def test_missing_values_can_be_a_value_of_the_vocabulary(policy: Any, codes: Any) -> None:
    options = {"impute": policy, "indicator": True}
    transform = fitted({"city": {"compute_and_apply_vocabulary": options}})
    encoded = transform.apply(pd.DataFrame({"city": ["Lima", "Rome", None]}))
    np.testing.assert_array_equal(encoded["city"], codes)
    np.testing.assert_array_equal(encoded["city.missing"], [0, 0, 1])


@pytest.mark.parametrize(
    ("unknown", "codes", "categories"),
    [("missing", [1, 0, 2, NAN, NAN], 3), ("rare", [1, 0, 2, 3, NAN], 4)],
)
def test_a_vocabulary_of_ones_own_is_applied_as_it_is(
    unknown: str, codes: Any, categories: int
) -> None:
    options = {"vocabulary": ["Rome", "Lima", "never"], "unknown": unknown, "indicator": True}
    transform = fitted({"city": {"apply_vocabulary": options}})
    encoded = transform.apply(pd.DataFrame({"city": ["Lima", "Rome", "never", "Oslo", None]}))
    np.testing.assert_array_equal(encoded["city"], codes)
    np.testing.assert_array_equal(encoded["city.missing"], [0, 0, 0, 0, 1])
    assert transform.manifest.features[0].categories == categories


def test_a_vocabulary_of_numbers_is_that_of_their_texts() -> None:
    options = {"vocabulary": [5, "3"], "impute": "most_frequent", "unknown": "rare"}
    transform = fitted({"seats": {"apply_vocabulary": options}})
    frequent = FRAME["seats"].astype(str).value_counts().index[0]
    codes = transform.apply(pd.DataFrame({"seats": [3.0, 5.0, 4.0, None]}))["seats"]
    last = {"5": 0, "3": 1}.get(frequent, 2)
    np.testing.assert_array_equal(codes, [1, 0, 2, last])
