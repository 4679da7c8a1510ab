"""Outliers of a column and of a group."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.validation.cells.groups import best_grouping, categories_of, rows_to_choose_by
from ml_assets.validation.cells.outliers import limits_of
from ml_assets_tests.validation.cells.columns import counted

RANDOM = np.random.default_rng(7)
ROWS = 20_000
TAILS = {
    "normal": RANDOM.normal(size=ROWS),
    "lognormal": RANDOM.lognormal(size=ROWS),
    "Pareto": RANDOM.pareto(1.5, ROWS),
    "exponential": RANDOM.exponential(size=ROWS),
    "uniform": RANDOM.uniform(size=ROWS),
    "Student": RANDOM.standard_t(3, ROWS),
    "counts": RANDOM.poisson(2, ROWS).astype(float),
    "mostly zero": np.where(RANDOM.random(ROWS) < 0.9, 0, RANDOM.lognormal(8, 1, ROWS)),
}


def outliers(numbers: Any) -> Any:
    ends = np.unique(numbers)
    limits = limits_of(numbers[:20_000], ends[:64], ends[::-1][:64], len(numbers))
    return numbers[np.zeros(len(numbers), bool) if limits is None else limits.scores(numbers) > 0]


@pytest.mark.parametrize("tail", TAILS)
def test_a_tail_is_no_outlier(tail: str) -> None:
    assert not len(outliers(TAILS[tail]))


@pytest.mark.parametrize("tail", TAILS)
def test_numbers_far_beyond_the_tail_are_outliers(tail: str) -> None:
    wrong = TAILS[tail].max() * np.array([1e3, 2e3, 1e4])
    assert set(outliers(np.concatenate([wrong, TAILS[tail]]))) == set(wrong)


def test_many_outliers_do_not_hide_each_other() -> None:
    minutes = RANDOM.normal(150, 60, ROWS).clip(20, 600)
    wrong = minutes[:40] * 60
    assert set(outliers(np.concatenate([wrong, minutes]))) >= set(wrong[wrong > 3_000])


def test_both_sides_have_their_own_limit() -> None:
    numbers = np.concatenate([RANDOM.lognormal(0, 1, ROWS), [-50.0]])
    assert outliers(numbers).tolist() == [-50.0]


@pytest.mark.parametrize("numbers", [[], [1.0] * 500, [1.0, 2.0] * 10, [np.inf] * 100])
def test_too_little_to_go_by(numbers: list[float]) -> None:
    assert not len(outliers(np.array(numbers)))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=200))
def test_no_numbers_crash(numbers: list[float]) -> None:
    outliers(np.array(numbers, float))


def test_a_number_is_measured_within_its_group() -> None:
    medians = {"BOS": 40.0, "ORD": 120.0, "LAX": 330.0}
    dest = np.array(list(medians))[RANDOM.integers(0, 3, 9_000)]
    minutes = np.array([medians[d] for d in dest]) + RANDOM.normal(0, 8, 9_000)
    minutes[5], dest[5] = 330.0, "BOS"
    number, category = counted(minutes.tolist(), "air_time"), counted(dest.tolist(), "dest")
    grouping = best_grouping(number, categories_of([category]))
    assert grouping is not None
    assert grouping.category == "dest"
    places = {category.values[place].as_py(): place for place in range(3)}
    for name, median in medians.items():
        assert grouping.medians[places[name]] == pytest.approx(median, abs=1)
    scores = grouping.scores(minutes, np.array([places[d] for d in dest]))
    assert np.flatnonzero(scores).tolist() == [5]


@pytest.mark.parametrize("late", [24, 100])
def test_a_second_habit_of_the_groups_is_no_error(late: int) -> None:
    hour = np.repeat([9, 12, 23], 3_000)
    arrival = (hour * 100 + 130 + RANDOM.integers(0, 60, 9_000)) % 2_400
    arrival[6_000 : 6_000 + late] = 2_355
    number, category = counted(arrival.tolist(), "arrival"), counted(hour.tolist(), "hour")
    grouping = best_grouping(number, categories_of([category]))
    assert grouping is None or not grouping.scores(arrival[6_000:].astype(float), 2).any()


@pytest.mark.parametrize(
    ("zeros", "nulls", "is_ratio"),
    [(0, 0, True), (100, 0, True), (101, 0, False), (80, 1_000, True), (81, 1_000, False)],
)
def test_numbers_are_compared_by_their_ratio_where_nearly_all_of_those_known_are_positive(
    zeros: int, nulls: int, is_ratio: bool
) -> None:
    group = [f"g{place % 4}" for place in range(5_000)]
    fares = [10.0 ** (place % 4) * (1 + place % 7 / 100) for place in range(5_000)]
    fares[:zeros] = [0.0] * zeros
    known = [*fares[: 5_000 - nulls], *[None] * nulls]
    found = best_grouping(counted(known), categories_of([counted(group, "group")]))
    assert found is not None
    assert found.is_ratio == is_ratio


def test_a_category_that_says_nothing_makes_no_groups() -> None:
    number = counted(RANDOM.normal(size=2_000).tolist())
    category = counted(["a", "b"] * 1_000, "category")
    assert best_grouping(number, categories_of([category])) is None


@pytest.mark.parametrize(("pairs", "rows"), [(0, 40_000_000), (10_000, 4_000), (10_001, 0)])
def test_the_more_pairs_of_columns_the_fewer_rows_are_looked_at(pairs: int, rows: int) -> None:
    assert rows_to_choose_by(pairs) == rows


def test_groups_are_those_of_all_rows_though_few_rows_choose_the_category() -> None:
    hours = [f"h{n % 24}" for n in range(6_000)]
    delays = [n % 24 * 100 + RANDOM.normal() for n in range(6_000)]
    categories = categories_of([counted(hours, "hour"), counted(["a", "b"] * 3_000, "other")])
    few, every = (best_grouping(counted(delays), categories, rows) for rows in (1_000, None))
    assert few is not None
    assert every is not None
    assert few.category == "hour"
    np.testing.assert_array_equal(few.medians, every.medians)
