import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.ingest.split import EVAL, TEST, TRAIN, split_by_hash, split_by_time


def _hashes(rows: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (rows, 16), dtype=np.uint8)


def test_shares_by_hash_are_those_asked_for() -> None:
    codes = split_by_hash(_hashes(40_000), 0.2, 0.1)
    shares = np.bincount(codes) / len(codes)
    np.testing.assert_allclose(shares, [0.7, 0.2, 0.1], atol=0.01)


def test_a_split_by_hash_does_not_depend_on_the_order() -> None:
    hashes = _hashes(1_000)
    order = np.random.default_rng(1).permutation(1_000)
    np.testing.assert_array_equal(
        split_by_hash(hashes, 0.2, 0.1)[order], split_by_hash(hashes[order], 0.2, 0.1)
    )


def test_a_larger_test_share_keeps_what_was_test() -> None:
    small, large = (split_by_hash(_hashes(1_000), 0.2, share) for share in (0.1, 0.2))
    assert ((small == TEST) <= (large == TEST)).all()


@given(st.lists(st.integers(0, 15), min_size=3).filter(lambda times: len(set(times)) >= 3))
@settings(max_examples=40, deadline=None)
def test_by_time_train_lies_before_eval_and_eval_before_test(times: list[int]) -> None:
    at = np.array(times)
    codes = split_by_time(at, 0.2, 0.2)
    assert at[codes == TRAIN].max() < at[codes == EVAL].min()
    assert at[codes == EVAL].max() < at[codes == TEST].min()


def test_shares_by_time_are_as_close_as_whole_moments_allow() -> None:
    at = np.repeat(np.arange(10), 10)
    codes = split_by_time(at, 0.24, 0.16)
    assert np.bincount(codes).tolist() == [60, 20, 20]


def test_fewer_than_three_moments_cannot_be_split() -> None:
    with pytest.raises(DataError, match=r"at least 3 different times; the examples have 2"):
        split_by_time(np.array([1, 2, 2]), 0.2, 0.2)
