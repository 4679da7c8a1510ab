"""Confidence intervals: the bootstrap, and Wilson's interval where a metric is a share of rows.

One resample is a whole-number weight for each row, the same for every model and every slice, so that
differences between models are paired. Metrics are computed from weights, without copying rows.

References
----------
Efron (1979), Bootstrap methods, doi:10.1214/aos/1176344552: percentile intervals, here at the ranks
p * (samples + 1). Chamandy et al. (2012), Estimating uncertainty for massive data streams: the Poisson
bootstrap. Wilson (1927), doi:10.1080/01621459.1927.10502953.
"""

from collections.abc import Sequence
from math import factorial
from statistics import NormalDist

import numpy as np

from ml_assets.evaluation.metrics import Measure
from ml_assets.evaluation.ranking import Floats

Interval = tuple[float, float]
# With more undefined resamples than this, those that are left say little about the sampling.
_MAX_UNDEFINED = 0.1
# Of more rows than that each is drawn by itself, which is quicker, and as good.
POISSON_ABOVE = 200_000


def resample(measures: Sequence[Measure], n_rows: int, samples: int, seed: int) -> list[Floats]:
    """Evaluate metrics on bootstrap resamples of the rows.

    Parameters
    ----------
    measures : sequence of callable
        Functions from weights to metric values, as from `metrics.measure`.
    n_rows : int
        How many weights they take.
    samples : int
        How many resamples to draw.
    seed : int
        Of the drawing.

    Returns
    -------
    list of array of float, shape (samples, metrics)
        One array for each of `measures`, NaN where undefined. The resamples are the same for all.
    """
    random = np.random.default_rng(seed)
    draw = _draw_poisson if n_rows > POISSON_ABOVE else _draw
    results: list[list[Floats]] = [[] for _ in measures]
    for _ in range(samples):
        weights = draw(random, n_rows)
        for result, measure in zip(results, measures, strict=True):
            result.append(measure(weights))
    return [np.array(result) for result in results]


def _draw(random: np.random.Generator, n_rows: int) -> Floats:
    """How often each row is drawn, of as many draws as there are rows."""
    drawn = random.integers(0, max(n_rows, 1), n_rows, dtype=np.int32)
    return np.bincount(drawn, minlength=n_rows).astype(np.float64)


def _draw_poisson(random: np.random.Generator, n_rows: int) -> Floats:
    """The same for many rows, each by itself: a Poisson number of mean 1, from 16 random bits."""
    bits = np.frombuffer(random.bytes(2 * n_rows), dtype=np.uint16)
    return _POISSON[bits]


def _poisson_table() -> Floats:
    levels = (np.arange(2**16) + 0.5) / 2**16
    ends = np.cumsum([np.exp(-1) / factorial(k) for k in range(10)])
    return np.searchsorted(ends, levels, "right").astype(np.float64)


_POISSON = _poisson_table()


def percentile_interval(values: Floats, confidence: float) -> Interval | None:
    """Give the central interval of resampled values; None where too many of them are undefined.

    Parameters
    ----------
    values : array of float
        One for each resample, NaN where undefined.
    confidence : float
        The share of resamples inside, 0 to 1, exclusive.
    """
    defined = values[np.isfinite(values)]
    if not len(defined) or len(defined) < (1 - _MAX_UNDEFINED) * len(values):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail], method="weibull")
    return float(low), float(high)


def wilson_interval(share: float, trials: int, confidence: float) -> Interval:
    """Give Wilson's score interval of a share of `trials` rows (>= 1).

    Unlike the bootstrap's it is not a point where the share is 0 or 1.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    shrink = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
