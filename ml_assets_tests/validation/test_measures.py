"""Distances against scipy's, and by definition."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.comparators import Measurement, measure_distances
from ml_assets.validation.measures import measure

METRICS = (
    "L_INFTY", "JENSEN_SHANNON_DIVERGENCE", "NORMALIZED_ABSOLUTE_DIFFERENCE", "PSI", "WASSERSTEIN", "KS",
)  # fmt: skip


def distance(metric: str, here: Any, there: Any, **feature: Any) -> Any:
    one, other = (
        generate_statistics(pa.table({"x": pa.array(v)})).features[0] for v in (here, there)
    )
    found = measure(metric, one, other, Feature("x", **{"type": "string", **feature}))
    return None if found is None else found.value


def test_of_texts_by_scipy() -> None:
    here, there = list("aaabbc"), list("abbbbdd")
    names = sorted({*here, *there})
    p, q = (np.array([side.count(n) / len(side) for n in names]) for side in (here, there))
    assert distance("L_INFTY", here, there) == pytest.approx(abs(p - q).max())
    assert distance("JENSEN_SHANNON_DIVERGENCE", here, there) == pytest.approx(
        jensenshannon(p, q, base=2) ** 2
    )


@pytest.mark.parametrize("holds", [None, "category"])
@pytest.mark.parametrize("metric", ["L_INFTY", "NORMALIZED_ABSOLUTE_DIFFERENCE"])
def test_numbers_have_no_value_in_common_with_texts(metric: str, holds: Any) -> None:
    assert distance(metric, ["0"], [0], type="int", holds=holds) == 1.0


def test_of_numbers_by_scipy() -> None:
    rng = np.random.default_rng(1)
    here, there = rng.normal(0.3, 1, 150), rng.normal(0, 1.5, 200)
    assert distance("KS", here, there) == pytest.approx(ks_2samp(here, there).statistic)
    assert distance("WASSERSTEIN", here, there) == pytest.approx(
        wasserstein_distance(here, there) / there.std()
    )


def test_of_numbers_on_shared_deciles() -> None:
    rng = np.random.default_rng(2)
    here, there = rng.normal(1, 1, 200), rng.normal(0, 1, 200)
    edges = np.quantile([*here, *there], np.arange(1, 10) / 10, method="inverted_cdf")
    counts = [np.bincount(np.searchsorted(edges, side), minlength=10) for side in (here, there)]
    assert distance("JENSEN_SHANNON_DIVERGENCE", here, there) == pytest.approx(
        jensenshannon(*counts, base=2) ** 2
    )


def test_one_far_outlier_is_no_distance() -> None:
    values = np.random.default_rng(3).normal(size=1000)
    assert distance("JENSEN_SHANNON_DIVERGENCE", [*values, 1e9], values) < 0.001


@pytest.mark.parametrize(
    ("metric", "here", "there", "feature", "expected"),
    [
        ("L_INFTY", [1, 1, 2, 2], [1, 1, 1, 2], {"type": "int", "holds": "category"}, 0.25),
        ("L_INFTY", [1.0, 2.0], [1.0, 1.0], {"type": "float"}, None),
        ("L_INFTY", [True, False], [True, True], {"type": "bool"}, 0.5),
        ("KS", ["a"], ["b"], {}, None),
        ("KS", [None, None], [1.0, 2.0], {"type": "float"}, None),
        ("L_INFTY", [None], ["a"], {}, 1.0),
        ("JENSEN_SHANNON_DIVERGENCE", [None], ["a"], {}, None),
        ("JENSEN_SHANNON_DIVERGENCE", ["a"], [1], {}, None),
        ("WASSERSTEIN", [1.0], [1.0], {"type": "float"}, 0.0),
        ("WASSERSTEIN", [2.0], [1.0], {"type": "float"}, float("inf")),
        ("JENSEN_SHANNON_DIVERGENCE", [1.0, float("nan")], [1.0, 1.0], {"type": "float"}, 0.3113),
        (
            "JENSEN_SHANNON_DIVERGENCE",
            [pd.Timestamp("2024-05-01T08"), pd.Timestamp("2024-05-01T09")],
            [pd.Timestamp("2024-06-01T09")] * 2,
            {"type": "timestamp"},
            0.3113,
        ),
    ],
)
def test_where_a_distance_is_defined(
    metric: Any, here: Any, there: Any, feature: Any, expected: Any
) -> None:
    measured = distance(metric, here, there, **feature)
    assert measured == (None if expected is None else pytest.approx(expected, abs=1e-4))


columns = st.one_of(
    st.lists(st.none() | st.text(max_size=2), min_size=1),
    st.lists(st.none() | st.floats(), min_size=1),
    st.lists(st.none() | st.integers(-5, 5), min_size=1),
    st.lists(st.none() | st.datetimes(), min_size=1),
)


@settings(deadline=None, max_examples=40)
@given(columns, columns, st.sampled_from(METRICS))
def test_a_distance_is_none_or_not_negative_and_to_itself_0(
    here: Any, there: Any, metric: Any
) -> None:
    measured = distance(metric, here, there)
    assert measured is None or measured >= 0
    itself = distance(metric, here, here)
    assert itself is None or itself == pytest.approx(0, abs=1e-9)


def test_distances_within_their_limits_are_measured_as_well() -> None:
    here, there = (generate_statistics(pd.DataFrame({"s": list(v)})) for v in ("abbb", "aabb"))
    schema = Schema((Feature("s", "string", drift=Comparator(l_infinity=0.5, psi=9.0)),))
    measurements = measure_distances(here, schema, there, there)
    assert measurements[0] == Measurement("s", "drift", "L_INFTY", 0.25, 0.5)
    assert [measurement.metric for measurement in measurements] == ["L_INFTY", "PSI"]
