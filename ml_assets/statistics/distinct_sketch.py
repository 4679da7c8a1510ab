"""A mergeable estimate of how many different values a column has.

The bottom-k sketch (Bar-Yossef et al. 2002, doi:10.1007/3-540-45726-7_1; the estimator of Beyer et al.
2007, doi:10.1145/1247480.1247504): of the hashes of all values the `SIZE` smallest are kept. It depends
only on the set of values, so every order and every cut of the data give the same sketch. The relative
standard error is ``1 / sqrt(SIZE - 2)``, 2.2 %; below `SIZE` different values it is exact.
"""

import numpy as np

from ml_assets.statistics.points import Array, points_of_sorted
from ml_assets.statistics.text_bytes import mix

SIZE = 2048
_EXACT_FLOATS = 2**53


def hash_numbers(values: Array) -> Array:
    """Give a 64-bit hash of each number; an integer and the float equal to it hash alike."""
    if values.dtype.kind == "i" and _beyond_exact_floats(values):
        return mix(values.astype(np.int64).view(np.uint64))
    floats = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
    return mix(floats.view(np.uint64))


def bottom(hashes: Array) -> Array:
    """Give the sketch of the values with these hashes: the smallest ones, sorted, each once."""
    if len(hashes) > 8 * SIZE:
        # Hashes are uniform, so the smallest ones almost surely lie below this; sorting few is cheap.
        low = _sorted_distinct(hashes[hashes < np.uint64(2.0**65 * SIZE / len(hashes))])
        if len(low) >= SIZE:
            return low[:SIZE]
    return _sorted_distinct(hashes)[:SIZE]


def merge_bottoms(first: Array, second: Array) -> Array:
    """Give the sketch of both sets of values together."""
    return bottom(np.concatenate([first, second]))


def estimate_distinct(sketch: Array) -> int:
    """Give the estimated number of different values."""
    if len(sketch) < SIZE:
        return len(sketch)
    return round((SIZE - 1) / (float(sketch[-1]) / 2.0**64))


def _beyond_exact_floats(values: Array) -> bool:
    return len(values) > 0 and bool(values.max() > _EXACT_FLOATS or values.min() < -_EXACT_FLOATS)


def _sorted_distinct(hashes: Array) -> Array:
    return points_of_sorted(np.sort(hashes)).values
