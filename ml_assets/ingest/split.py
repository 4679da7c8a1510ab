"""Cuts examples into train, eval and test, the same way however the rows are ordered."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ml_assets.errors import DataError
from ml_assets.ingest.example_ids import Digests

SPLITS = ("train", "eval", "test")
TRAIN, EVAL, TEST = range(3)
Codes = npt.NDArray[np.int8]


def split_by_hash(digests: Digests, eval_share: float, test_share: float) -> Codes:
    """Give the split of each row by a hash of what identifies it.

    Parameters
    ----------
    digests : array of uint8, shape (rows, 16)
        Hashes, uniform over their range; equal ones get the same split.
    eval_share, test_share : float
        The expected shares, 0 to 1, exclusive.

    Returns
    -------
    array of int8
        Positions in `SPLITS`.
    """
    # The last 8 bytes; the first ones tell duplicates apart.
    fraction = digests[:, 8:].copy().view(">u8").ravel().astype(np.float64) / 2.0**64
    codes = np.full(len(digests), TRAIN, dtype=np.int8)
    codes[fraction < test_share + eval_share] = EVAL
    codes[fraction < test_share] = TEST
    return codes


def split_by_time(times: npt.NDArray[Any], eval_share: float, test_share: float) -> Codes:
    """Give the split of each row by its time: train first, then eval, then test.

    Parameters
    ----------
    times : array
        Comparable numbers or moments, none missing.
    eval_share, test_share : float
        The shares to come close to. A cut lies between two different times, so that no moment is in
        two splits.

    Returns
    -------
    array of int8
        Positions in `SPLITS`.

    Raises
    ------
    DataError
        If there are fewer than three different times.
    """
    values, counts = np.unique(times, return_counts=True)
    if len(values) < len(SPLITS):
        raise DataError(
            f"ingest.split: by time needs at least 3 different times; the examples have {len(values)}. "
            "Widen the window, or split by hash."
        )
    # How many rows lie at or after each time, as a share of all.
    share_after = np.cumsum(counts[::-1])[::-1] / len(times)
    first_test = 2 + int(np.argmin(np.abs(share_after[2:] - test_share)))
    distances = np.abs(share_after[1:first_test] - share_after[first_test] - eval_share)
    first_eval = 1 + int(np.argmin(distances))
    codes = np.full(len(times), TRAIN, dtype=np.int8)
    codes[times >= values[first_eval]] = EVAL
    codes[times >= values[first_test]] = TEST
    return codes
