"""Granularity and gaps of dates and timestamps, against pandas."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.time_grid import MOST_RUNS, UNITS, gaps_of, merge_grids, time_grid


def of(moments: Any) -> Any:
    return generate_statistics(pd.DataFrame({"x": moments})).feature("x").time


@pytest.mark.parametrize(
    ("moments", "granularity"),
    [
        (["2013-01-01", "2015-01-01"], "year"),
        (["2013-01-01", "2015-03-01"], "month"),
        (["2013-01-01", "2015-03-02"], "day"),
        (["2013-01-01", "2015-03-02T05"], "hour"),
        (["2013-01-01T00:15", "2015-03-02T05"], "minute"),
        (["2013-01-01T00:15:01", "2015-03-02T05"], "second"),
        (["2013-01-01T00:15:01.5", "2015-03-02T05"], "millisecond"),
        (["2013-01-01T00:15:01.000001", "2015-03-02T05"], "microsecond"),
        ([None, None], None),
    ],
)
def test_granularity(moments: Any, granularity: Any) -> None:
    times = of(pd.to_datetime(pd.Series(moments, dtype="datetime64[us]")))
    assert times.granularity == granularity


@pytest.mark.parametrize(
    ("freq", "first", "last"),
    [
        ("YS", "2013", "2013"),
        ("MS", "2011-03", "2011-04"),
        ("D", "2010-01-03", "2010-01-16"),
        ("h", "2010-01-01T02", "2010-01-01T15"),
        ("min", "2010-01-01T00:02", "2010-01-01T00:15"),
        ("s", "2010-01-01T00:00:02", "2010-01-01T00:00:15"),
    ],
)
def test_gaps(freq: Any, first: Any, last: Any) -> None:
    moments = pd.date_range("2010-01-01", periods=40, freq=freq)
    gone = {"YS": slice(3, 4), "MS": slice(14, 16)}.get(freq, slice(2, 16))
    times = of(moments.delete(range(40)[gone]).repeat(2))
    assert (times.num_gaps, times.num_absent) == (1, gone.stop - gone.start)
    assert times.gaps == ((first, last),)


def test_the_largest_gaps_come_first_and_at_most_ten() -> None:
    days = pd.date_range("2013-01-01", "2013-12-31")
    times = of(days[(days.day_of_week < 5) & (days.month != 8)])
    assert times.gaps[0] == ("2013-08-01", "2013-09-01")
    assert (len(times.gaps), times.num_gaps) == (10, 48)
    assert times.num_absent == 104 + 22


def test_days_are_those_of_the_column_s_zone() -> None:
    days = pd.date_range("2013-01-01", "2013-12-31", tz="Europe/Berlin").delete(200)
    times = of(days)
    assert (times.granularity, times.num_gaps, times.timezone) == ("day", 1, "Europe/Berlin")
    assert times.gaps == (("2013-07-20", "2013-07-20"),)


def test_a_change_of_the_clocks_is_no_gap() -> None:
    hours = pd.date_range("2013-01-01", "2013-12-31", freq="h", tz="Europe/Berlin")
    assert (of(hours).granularity, of(hours).num_gaps) == ("hour", 0)


@pytest.mark.parametrize(
    ("freq", "granularity", "step", "gap"),
    [
        ("15min", "minute", 15, ("2013-01-01T05:00", "2013-01-01T05:15")),
        ("7D", "day", 7, ("2013-05-21", "2013-05-28")),
        ("QS", "month", 3, ("2018-01", "2018-04")),
    ],
)
def test_a_step_of_several_units_is_no_gap(
    freq: str, granularity: str, step: int, gap: Any
) -> None:
    whole = of(pd.date_range("2013-01-01", periods=50, freq=freq))
    assert (whole.granularity, whole.step, whole.num_gaps) == (granularity, step, 0)
    times = of(pd.date_range("2013-01-01", periods=50, freq=freq).delete([20, 21]))
    assert (times.step, times.num_absent, times.gaps) == (step, 2, (gap,))


def test_moments_without_rhythm_have_no_known_gaps() -> None:
    rng = np.random.default_rng(0)
    seconds = pd.to_datetime(rng.integers(0, 10**9, 50_000), unit="s")
    times = of(seconds)
    assert (times.granularity, times.num_gaps, times.gaps) == ("second", None, ())


moments = st.lists(
    st.one_of(
        st.integers(-5, 40).map(lambda day: day * 86_400_000_000),
        st.integers(0, 100).map(lambda hour: hour * 3_600_000_000),
        st.integers(0, 300).map(lambda minute: minute * 60_000_000),
        st.sampled_from([31_536_000_000_000, 1_000_000, 1_000, 1]),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=40)
@given(moments, st.integers(0, 30), st.sampled_from([None, "UTC", "Europe/Berlin", "-03:00"]))
def test_grids_merge(values: Any, cut: Any, zone: Any) -> None:
    def grid(part: Any) -> Any:
        return time_grid(np.unique(np.array(part, np.int64)), zone)

    merged, whole = merge_grids(grid(values[:cut]), grid(values[cut:]), zone), grid(values)
    assert merged.unit == whole.unit
    assert gaps_of(merged, 99) == gaps_of(whole, 99)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=30))
def test_gaps_agree_with_pandas(days: Any) -> None:
    present = pd.to_datetime(sorted(set(days)), unit="D")
    grid = time_grid(present.astype("datetime64[us]").astype(np.int64).to_numpy(), None)
    period = {"year": "Y", "month": "M", "day": "D"}[UNITS[grid.unit or 0]]
    gaps = gaps_of(grid, 9999)
    assume(gaps is None or gaps.step == 1)
    seen = present.to_period(period).unique()
    absent = pd.period_range(seen.min(), seen.max(), freq=period).difference(seen)
    assert gaps is not None
    assert gaps.units == len(absent)
    assert sum(len(pd.period_range(*gap, freq=period)) for gap in gaps.largest) == len(absent)


def test_runs_are_limited() -> None:
    hours = np.arange(0, 4 * MOST_RUNS, 2) * 3_600_000_000
    assert time_grid(hours[:MOST_RUNS], None).first is not None
    assert time_grid(hours[: MOST_RUNS + 1], None).first is None


def test_dates_have_a_granularity() -> None:
    feature: Any = generate_statistics(pa.table({"x": pa.array([0, 31, 90], pa.date32())})).feature(
        "x"
    )
    assert (feature.time.granularity, feature.time.gaps) == ("month", (("1970-03", "1970-03"),))
