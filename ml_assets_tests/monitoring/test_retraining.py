from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ml_assets.monitoring.retraining import (
    Alarm,
    Champion,
    NewSpans,
    State,
    decide_retraining,
)
from ml_assets.monitoring.spec import RetrainingSpec
from ml_assets.pipeline import FRESH_FOR, MAX_AGE_DAYS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALM = State(
    pipeline="flights",
    is_trained=True,
    champion=Champion(3, NOW - timedelta(days=2)),
    new_spans=None,
    alarms=(),
    max_age_days=30,
    is_running=False,
    cursor=None,
)
SPANS = NewSpans(("2013-07-08",), "source-b")
DRIFT = Alarm("drift", "drift-digest", 3, "distance shifted")


@pytest.mark.parametrize(
    ("changes", "spec", "kinds"),
    [
        ({}, {}, []),
        ({"new_spans": SPANS}, {}, ["new_spans"]),
        ({"new_spans": NewSpans((), "source-b")}, {}, []),
        ({"new_spans": SPANS}, {"on_new_spans": False}, []),
        ({"new_spans": SPANS, "champion": None}, {}, ["new_spans"]),
        ({"alarms": (DRIFT,)}, {}, ["drift"]),
        ({"alarms": (replace(DRIFT, kind="skew"),)}, {}, ["skew"]),
        ({"alarms": (replace(DRIFT, kind="performance"),)}, {}, ["performance"]),
        ({"alarms": (DRIFT,)}, {"on_drift": False}, []),
        ({"alarms": (replace(DRIFT, kind="skew"),)}, {"on_skew": False}, []),
        ({"alarms": (replace(DRIFT, kind="performance"),)}, {"on_performance": False}, []),
        ({"alarms": (replace(DRIFT, model_version=2),)}, {}, []),
        ({"alarms": (DRIFT,), "champion": None}, {}, []),
        ({"champion": Champion(3, NOW - timedelta(days=30))}, {}, []),
        ({"champion": Champion(3, NOW - timedelta(days=31))}, {}, ["age"]),
        ({"champion": Champion(3, NOW - timedelta(days=31)), "max_age_days": 40}, {}, []),
        ({"max_age_days": 1}, {}, ["age"]),
        ({"new_spans": SPANS, "alarms": (DRIFT,), "max_age_days": 1}, {},
         ["new_spans", "drift", "age"]),
    ],
)  # fmt: skip
def test_which_reasons_start_a_retraining(
    changes: dict[str, Any], spec: dict[str, Any], kinds: list[str]
) -> None:
    decision = decide_retraining(replace(CALM, **changes), NOW, RetrainingSpec(**spec))
    assert [reason.kind for reason in decision.reasons] == kinds
    assert decision.retrain == bool(kinds)
    assert (decision.run_key is not None) == bool(kinds)


def test_before_the_first_training_it_says_what_to_do() -> None:
    decision = decide_retraining(
        replace(CALM, is_trained=False, champion=None, new_spans=SPANS), NOW, RetrainingSpec()
    )
    assert not decision.retrain
    assert decision.message == (
        "flights was never trained. Materialize it first: python -m ml_assets run flights"
    )


def test_the_same_evidence_starts_one_retraining_only() -> None:
    state = replace(CALM, alarms=(DRIFT,))
    first = decide_retraining(state, NOW, RetrainingSpec())
    later = NOW + timedelta(days=5)
    again = decide_retraining(replace(state, cursor=first.cursor), later, RetrainingSpec())
    assert first.retrain
    assert not again.retrain
    assert again.message == (
        "There is no new reason to retrain. A retraining was started for this and has not ended it: "
        "drift: distance shifted. Look at its run, then: python -m ml_assets run flights"
    )
    running = replace(state, cursor=first.cursor, is_running=True)
    message = decide_retraining(running, later, RetrainingSpec()).message
    assert message == "There is no new reason to retrain."


@pytest.mark.parametrize(
    "changes",
    [
        {"alarms": (replace(DRIFT, digest="other rows"),)},
        {"champion": Champion(4, NOW), "alarms": (replace(DRIFT, model_version=4),)},
        {"new_spans": SPANS},
    ],
)
def test_other_evidence_starts_another_after_the_cool_down(changes: dict[str, Any]) -> None:
    first = decide_retraining(replace(CALM, alarms=(DRIFT,)), NOW, RetrainingSpec())
    changed = replace(CALM, cursor=first.cursor, **changes)
    spec = RetrainingSpec(cool_down_hours=10)
    soon = decide_retraining(changed, NOW + timedelta(hours=9), spec)
    assert not soon.retrain
    assert soon.message.startswith("Cooling down until 2026-11-20 22:00 UTC; then: ")
    assert soon.cursor == first.cursor
    later = decide_retraining(replace(changed, cursor=soon.cursor), NOW + timedelta(hours=10), spec)
    assert later.retrain
    assert later.run_key != first.run_key


def test_the_same_decision_made_twice_has_the_same_run_key() -> None:
    state = replace(CALM, new_spans=SPANS)
    first = decide_retraining(state, NOW, RetrainingSpec())
    second = decide_retraining(state, NOW + timedelta(minutes=1), RetrainingSpec())
    assert first.run_key == second.run_key


def test_evidence_that_comes_up_again_later_is_a_new_run() -> None:
    spec, state = RetrainingSpec(cool_down_hours=0), CALM
    keys = []
    for digest in ("source-b", "source-c", "source-b"):
        decision = decide_retraining(
            replace(state, new_spans=replace(SPANS, digest=digest)), NOW, spec
        )
        keys.append(decision.run_key)
        state = replace(state, cursor=decision.cursor)
    assert None not in keys
    assert len(set(keys)) == 3


def test_while_one_runs_no_other_is_started() -> None:
    decision = decide_retraining(
        replace(CALM, new_spans=SPANS, is_running=True), NOW, RetrainingSpec()
    )
    assert not decision.retrain
    assert decision.message.startswith("A retraining is queued or running already; then: 1 new")


def test_an_old_champion_that_is_not_replaced_is_tried_again_after_as_long_a_time() -> None:
    state = replace(CALM, champion=Champion(3, NOW), max_age_days=10)
    spec = RetrainingSpec()
    started = []
    for day in range(35):
        decision = decide_retraining(state, NOW + timedelta(days=day, hours=1), spec)
        state = replace(state, cursor=decision.cursor)
        if decision.retrain:
            started.append(day)
    assert started == [10, 20, 30]


@pytest.mark.parametrize("cursor", ["", "not json", "[1]", '{"handled": 3}', "null"])
def test_a_strange_cursor_is_no_memory(cursor: str) -> None:
    assert decide_retraining(
        replace(CALM, new_spans=SPANS, cursor=cursor), NOW, RetrainingSpec()
    ).retrain


def test_a_champion_may_never_be_older_than_its_assets_stay_fresh() -> None:
    assert MAX_AGE_DAYS.keys() == FRESH_FOR.keys()
    for pace, fresh_for in FRESH_FOR.items():
        assert timedelta(days=MAX_AGE_DAYS[pace]) <= fresh_for
