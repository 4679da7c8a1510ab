"""How a model ages, on rows whose decay is known."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.evaluation.age_picture import draw_staleness
from ml_assets.evaluation.spec import ThresholdSpec
from ml_assets.evaluation.staleness import Staleness, find_staleness

TRAINED = pd.Timestamp("2026-01-01")


def _aged(
    strength: NDArray[Any], linear: NDArray[Any] | None = None, seed: int = 0
) -> tuple[NDArray[Any], NDArray[Any], Any, "pd.Series[Any]"]:
    """A model whose signal has the strength of each day, 300 rows a day."""
    random = np.random.default_rng(seed)
    day = np.repeat(np.arange(len(strength)), 300)
    cause = random.normal(0, 1.5, len(day))
    y = (random.random(len(day)) < 1 / (1 + np.exp(-cause))).astype(int)

    def score(weight: NDArray[Any]) -> NDArray[Any]:
        noisy = weight[day] * cause + (1 - weight[day]) * random.normal(0, 1.5, len(day))
        return np.asarray(1 / (1 + np.exp(-noisy)))

    own, theirs = score(strength), None if linear is None else {"linear": score(linear)}
    hours = pd.to_timedelta(24 * day + random.uniform(0.1, 23.9, len(day)), unit="h")
    return y, own, theirs, pd.Series(TRAINED + hours)


def _stale(strength: NDArray[Any], linear: NDArray[Any] | None = None, **how: Any) -> Staleness:
    y, score, baselines, times = _aged(strength, linear)
    return find_staleness(
        y, score, times, TRAINED, baselines=baselines, bootstrap_samples=100, **how
    )


GOOD, BAD = 0.9, 0.1
AT_LEAST = ThresholdSpec(min=0.7)


@pytest.mark.parametrize(
    ("strength", "stale_from", "told"),
    [
        ([GOOD] * 8, None, "is worth serving at every age measured, up to 8 days"),
        ([GOOD] * 4 + [BAD] * 4, 4, "is not worth serving from 4 days"),
        ([GOOD] * 4 + [BAD] + [GOOD] * 3, None, "was not worth serving at 1 of 8 ages"),
        ([BAD] * 8, 0, "is not worth serving from 0 days"),
    ],
)
def test_a_model_is_stale_from_the_age_after_which_it_is_never_good_again(
    strength: list[float], stale_from: float | None, told: str
) -> None:
    staleness = _stale(np.array(strength), threshold=AT_LEAST)
    assert staleness.period == "day"
    assert staleness.stale_from == stale_from
    assert told in staleness.text
    assert [age.outcome == "fail" for age in staleness.ages] == [value == BAD for value in strength]


def test_a_model_is_stale_where_a_baseline_that_was_trained_with_it_is_better() -> None:
    falling = np.array([GOOD] * 3 + [0.2] * 5)
    staleness = _stale(falling, linear=np.full(8, 0.7))
    assert staleness.stale_from == 3
    assert "the linear's roc_auc is better by 0." in staleness.text


def test_the_decay_is_the_slope_over_the_days() -> None:
    strength = np.linspace(0.9, 0.2, 8)
    staleness = _stale(strength)
    y, score, _, times = _aged(strength)
    days = ((times - TRAINED) / pd.Timedelta(days=1)).astype(int)
    aucs = [roc_auc_score(y[days == day], score[days == day]) for day in range(8)]
    assert staleness.decay is not None
    assert staleness.decay.value == pytest.approx(-np.polyfit(range(8), aucs, 1)[0])
    assert staleness.decay.low is not None
    assert staleness.decay.value is not None
    assert 0 < staleness.decay.low < staleness.decay.value
    assert "roc_auc gets worse by 0.0" in staleness.text


def test_a_steady_model_is_rarely_called_stale_and_its_decay_may_be_chance() -> None:
    wrong = 0
    for seed in range(10):
        y, score, baselines, times = _aged(np.full(6, 0.6), np.full(6, 0.6), seed)
        staleness = find_staleness(
            y, score, times, TRAINED, baselines=baselines, bootstrap_samples=60, seed=seed
        )
        wrong += any(age.outcome == "fail" for age in staleness.ages)
    assert wrong <= 1


def test_lower_is_better_counts_the_other_way_round() -> None:
    random = np.random.default_rng(0)
    day = np.repeat(np.arange(6), 250)
    y = random.normal(size=len(day))
    score = y + 0.2 + 0.3 * day
    times = pd.Series(TRAINED + pd.to_timedelta(day + 0.5, unit="D"))
    staleness = find_staleness(
        y, score, times, TRAINED, task="regression", metric="mae", threshold={"max": 1.0}
    )
    assert staleness.decay is not None
    assert staleness.decay.value == pytest.approx(0.3)
    assert staleness.stale_from == 3
    assert "mae is 1.1, at most 1 is allowed" in staleness.text


@pytest.mark.parametrize(
    ("rows", "days", "period"),
    [
        (300 * 4, 4 / 24, "hour"),
        (6_000, 19, "day"),
        (6_000, 60, "week"),
        (8_000, 500, "month"),
        (300, 170, "quarter"),
    ],
)
def test_the_period_is_the_shortest_with_few_and_large_enough_ages(
    rows: int, days: float, period: str
) -> None:
    y = np.arange(rows) % 2
    score = np.full(rows, 0.5)
    times = pd.Series(TRAINED + pd.to_timedelta(np.linspace(0.01, days, rows), unit="D"))
    staleness = find_staleness(y, score, times, TRAINED, metric="accuracy", bootstrap_samples=20)
    assert staleness.period == period
    assert 2 <= len(staleness.ages) <= 20


@pytest.mark.parametrize("before", [True, False], ids=["all rows are earlier", "too few are later"])
def test_without_later_rows_it_cannot_be_told_and_the_text_says_what_to_do(before: bool) -> None:
    y = np.arange(300) % 2
    days = np.linspace(-30, -1, 300) if before else np.linspace(0, 300, 300)
    times = pd.Series(TRAINED + pd.to_timedelta(days, unit="D"))
    staleness = find_staleness(y, np.full(300, 0.5), times, TRAINED)
    assert (staleness.ages, staleness.stale_from, staleness.decay) == ((), None, None)
    assert staleness.text.startswith("cannot tell how the candidate ages: ")
    assert "ingest.split: {by: time}" in staleness.text


def test_an_age_at_which_the_metric_is_undefined_cannot_be_told() -> None:
    y = np.concatenate([np.arange(300) % 2, np.ones(300), np.arange(300) % 2])
    times = pd.Series(TRAINED + pd.to_timedelta(np.repeat([0.5, 1.5, 2.5], 300), unit="D"))
    staleness = find_staleness(y, np.linspace(0, 1, 900), times, TRAINED, threshold={"min": 0})
    assert [age.outcome for age in staleness.ages] == ["pass", "cannot tell", "pass"]
    assert staleness.decay is None


def test_dates_count_as_times_and_missing_ones_are_left_out() -> None:
    y, score, _, times = _aged(np.full(4, 0.8))
    dates = times.dt.date.astype(object)
    dates.iloc[::50] = None
    staleness = find_staleness(y, score, dates, TRAINED.date(), bootstrap_samples=20)
    assert (
        sum(age.rows for age in staleness.ages)
        == dates.notna().sum() - (dates == TRAINED.date()).sum()
    )


@pytest.mark.parametrize("zones", [("UTC", None), (None, "UTC"), ("America/New_York", "UTC")])
def test_a_zone_that_a_column_got_or_lost_changes_no_age(zones: tuple[Any, Any]) -> None:
    y, score, _, times = _aged(np.array([GOOD] * 8))
    plain = find_staleness(y, score, times, TRAINED, bootstrap_samples=10)
    theirs = times.dt.tz_localize("UTC").dt.tz_convert(zones[0]) if zones[0] else times
    zoned = find_staleness(y, score, theirs, TRAINED.tz_localize(zones[1]), bootstrap_samples=10)
    assert zoned == plain


def test_times_of_other_rows_are_refused() -> None:
    with pytest.raises(DataError, match="times has 1 rows, y_true 2"):
        find_staleness([0, 1], [0.1, 0.9], pd.Series([TRAINED]), TRAINED)


def test_it_is_drawn_and_stored(tmp_path: Any) -> None:
    staleness = _stale(np.array([GOOD] * 3 + [BAD] * 3), np.full(6, 0.4), threshold=AT_LEAST)
    assert draw_staleness(tmp_path / "a.png", [staleness], AT_LEAST)
    assert (tmp_path / "a.png").stat().st_size < 60_000
    assert not draw_staleness(tmp_path / "b.png", [])
    durable.json_bytes(staleness.to_json())
