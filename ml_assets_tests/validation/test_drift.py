"""`detect_drift`: what moved is found and named, and chance is not taken for a change."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pv
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation import distances, evidence
from ml_assets.validation.drift import DriftFinding, detect_drift
from ml_assets.validation.skew import detect_skew
from ml_assets_tests.shared_data import shared_path

ROWS = 20_000
NEW_YEAR = pd.Timestamp("2013-01-01")


def flights(seed: Any, rows: Any = ROWS) -> pd.DataFrame:
    """Data with the shapes of real ones: skewed, discrete, wide, with missing values, and times."""
    rng = np.random.default_rng(seed)
    delay = np.round(rng.lognormal(2.5, 1, rows) - 15)
    delay[rng.random(rows) < 0.02] = np.nan
    hour = rng.choice(
        np.arange(5, 24), rows, p=np.bincount(np.arange(190) % 19 // 2, minlength=19) / 190
    )
    return pd.DataFrame(
        {
            "delay": delay,
            "distance": rng.choice(
                [184, 284, 719, 1089, 2475], rows, p=[0.12, 0.3, 0.2, 0.25, 0.13]
            ),
            "noise": rng.normal(size=rows),
            "hour": hour,
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows, p=[0.36, 0.33, 0.31]),
            "tail": [f"N{n}" for n in rng.zipf(1.3, rows) % 3000],
            "id": [f"{n:x}" for n in rng.integers(0, 2**62, rows)],
            "at": NEW_YEAR + pd.to_timedelta(hour * 60 + rng.integers(0, 59, rows), "min"),
            "on": (NEW_YEAR + pd.to_timedelta(rng.integers(0, 365, rows), "D")).date,
            "late": rng.random(rows) < 0.2,
        }
    )


REFERENCE = generate_statistics(flights(0))


def alarms(frame: Any, reference: Any = REFERENCE, **options: Any) -> dict[str, DriftFinding]:
    findings = detect_drift(generate_statistics(frame), reference, **options)
    return {finding.feature: finding for finding in findings if finding.verdict == "alarm"}


def some(share: Any) -> Any:
    return np.random.default_rng(9).random(ROWS) < share


def nothing(frame: Any) -> Any:
    return frame


@pytest.mark.parametrize(
    ("change", "feature", "words"),
    [
        (lambda f: f.assign(delay=f.delay.mask(some(0.4))), "delay", "missing values rose from 2"),
        (lambda f: f.assign(origin=f.origin.mask(some(0.03), "SWF")), "origin", "new values: 'SWF'"),
        (lambda f: f.assign(origin=f.origin.mask(some(0.35), "JFK")), "origin", "'JFK' rose from 3"),
        (lambda f: f.assign(distance=f.distance * 1.609344), "distance", "miles to kilometres"),
        (lambda f: f.assign(noise=f.noise * 1000), "noise", "times as large: a thousandfold"),
        (lambda f: f.assign(delay=f.delay.mask(some(0.01), -999)), "delay", "down to -999"),
        (lambda f: f.assign(hour=f.hour + 1), "hour", "about 1 higher: a constant offset"),
        (lambda f: f.assign(delay=f.delay.mask(some(0.35), 0)), "delay", "the value 0 rose from"),
        (lambda f: f.assign(noise=np.where(some(0.5), f.noise * 9, 0.5)), "noise", "the value 0.5 rose"),
        (lambda f: f.assign(noise=f.noise**3), "noise", "of the rows"),
        (lambda f: f.assign(at=f["at"].mask(some(0.5), NEW_YEAR)), "at", "0:00 to"),
        (lambda f: f.assign(late=~f.late), "late", "'false' fell from 8"),
        (lambda f: f.assign(delay=f.delay.astype(str)), "delay", "its type changed from float to string"),
        (lambda f: f.assign(origin=None), "origin", "missing values rose from 0.0% to 100.0%"),
        (lambda f: f.assign(tail=f["tail"].mask(some(0.4), "N1")), "tail", "'N1' rose"),
    ],
)  # fmt: skip
def test_a_change_is_found_and_named(change: Any, feature: Any, words: Any) -> None:
    alarmed = alarms(change(flights(1)))
    assert list(alarmed) == [feature]
    assert words in alarmed[feature].explanation


def test_without_a_change_there_is_no_alarm() -> None:
    assert alarms(flights(1)) == {}


@pytest.mark.parametrize("rows", [200, 500, 2_000, 20_000])
def test_random_halves_alarm_in_at_most_one_per_cent_of_tests(rows: Any) -> None:
    tests, alarmed = 0, 0
    for seed in range(8 if rows > 2_000 else 15):
        frame = flights(seed, 2 * rows)
        halves = (generate_statistics(half) for half in (frame[:rows], frame[rows:]))
        findings = detect_drift(*halves)
        tests += len(findings)
        alarmed += sum(finding.verdict == "alarm" for finding in findings)
    assert alarmed <= 0.01 * tests


def test_halves_of_taxi_do_not_alarm() -> None:
    options = pv.ConvertOptions(strings_can_be_null=True)
    table = pv.read_csv(shared_path("chicago_taxi/data.csv"), convert_options=options)
    first, second = (generate_statistics(table.slice(start, 7501)) for start in (0, 7501))
    assert [
        finding.feature for finding in detect_drift(second, first) if finding.verdict == "alarm"
    ] == []


def test_too_few_rows_cannot_tell() -> None:
    findings = detect_drift(generate_statistics(flights(1, 199)), REFERENCE)
    assert {finding.verdict for finding in findings} == {"cannot tell"}
    assert findings[0].explanation == "199 rows are too few; at least 200 are needed"
    assert (findings[0].p_value, dict(findings[0].distances)) == (None, {})


def test_a_column_of_one_side_cannot_be_compared() -> None:
    findings = detect_drift(
        generate_statistics(flights(1).drop(columns="hour").assign(new=1)), REFERENCE
    )
    explanations = {
        finding.feature: finding.explanation
        for finding in findings
        if finding.verdict == "cannot tell"
    }
    assert explanations == {
        "hour": "it is only in the reference",
        "new": "it is only in the current data",
    }


def test_the_threshold_and_the_significance_are_those_of_the_caller() -> None:
    changed = flights(1).assign(origin=lambda f: f.origin.mask(some(0.1), "JFK"))
    assert list(alarms(changed, threshold=0.05)) == ["origin"]
    assert alarms(changed, threshold=0.3) == {}
    assert alarms(flights(1, 300).assign(late=lambda f: ~f.late), significance=1e-300) == {}


def test_a_large_change_that_chance_explains_is_said_so() -> None:
    even, odd = (
        generate_statistics(pd.DataFrame({"x": [*"ab" * 6, *more]})) for more in ("", "bbbb")
    )
    (finding,) = detect_drift(odd, even, min_rows=1)
    assert finding.verdict == "ok"
    assert finding.explanation.startswith(
        "not more than chance explains at this size: 'b' rose from"
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"x": pa.nulls(300)},
        {"x": pa.nulls(300, pa.float64())},
        {"x": pa.array([math.nan] * 300)},
        {"x": pa.array([math.inf] * 300)},
        {"x": pa.array([1e308, -1e308] * 150)},
        {"x": pa.array([5] * 300)},
        {"x": pa.array([[1]] * 300)},
        {"x": pa.array([b"\xff"] * 300)},
    ],
    ids=["null", "null float", "nan", "inf", "huge", "constant", "list", "bytes"],
)
def test_strange_columns_are_compared_without_an_error(columns: Any) -> None:
    strange = generate_statistics(pa.table(columns))
    usual = generate_statistics(pa.table({"x": np.random.default_rng(0).normal(size=300)}))
    for pair in ((strange, strange), (strange, usual), (usual, strange)):
        (finding,) = detect_drift(*pair)
        assert (
            DriftFinding.from_json(json.loads(json.dumps(finding.to_json(), allow_nan=False)))
            == finding
        )
    assert detect_drift(strange, strange)[0].verdict != "alarm"


def test_statistics_read_back_from_json_give_the_same_findings() -> None:
    from ml_assets.statistics.model import DatasetStatistics

    current = generate_statistics(flights(1))
    again = DatasetStatistics.from_json(json.loads(json.dumps(current.to_json())))
    assert detect_drift(again, REFERENCE) == detect_drift(current, REFERENCE)


counts = st.lists(st.integers(0, 1000), min_size=2, max_size=8).filter(any)


@settings(deadline=None)
@given(counts, st.randoms())
def test_distances_agree_with_scipy(first: Any, random: Any) -> None:
    one = np.array(first, float)
    other = np.array(random.sample(first, len(first)), float)
    expected = scipy.spatial.distance.jensenshannon(one, other, base=2) ** 2
    assert distances.jensen_shannon(one, other) == pytest.approx(expected, abs=1e-9)
    assert distances.l_infinity(one, other) == pytest.approx(
        np.abs(one / one.sum() - other / other.sum()).max()
    )
    assert distances.population_stability(one, other) >= 0


def test_distances_of_numbers_agree_with_scipy() -> None:
    rng = np.random.default_rng(3)
    here, there = rng.normal(0.3, 1, 240), rng.normal(0, 1.5, 250)
    (finding,) = detect_drift(pd.DataFrame({"x": here}), pd.DataFrame({"x": there}))
    assert finding.distances["ks"] == pytest.approx(scipy.stats.ks_2samp(here, there).statistic)
    expected = scipy.stats.wasserstein_distance(here, there) / there.std()
    assert finding.distances["wasserstein"] == pytest.approx(expected)


def test_distances_of_few_texts_are_those_of_tfdv() -> None:
    here, there = list("bbaac") * 50, list("aaZYX") * 50
    (finding,) = detect_drift(pd.DataFrame({"s": here}), pd.DataFrame({"s": there}))
    assert finding.distances["jensen_shannon"] == pytest.approx(0.6)
    assert finding.distances["l_infinity"] == pytest.approx(0.4)
    assert finding.distances["normalized_abs_difference"] == pytest.approx(0.2)


def test_tables_give_what_their_statistics_give() -> None:
    current, reference = flights(1), flights(0)
    of_statistics = detect_drift(generate_statistics(current), REFERENCE)
    assert detect_drift(current, reference) == of_statistics
    assert detect_drift(pa.Table.from_pandas(current), reference) == of_statistics


def test_a_comparator_takes_the_place_of_the_alarm() -> None:
    changed = flights(1).assign(origin=lambda f: f.origin.mask(some(0.35), "JFK"))
    lax = Feature("origin", "string", drift=Comparator(l_infinity=0.9))
    strict = Feature("noise", "float", drift=Comparator(jensen_shannon=1e-7))
    alarmed = alarms(changed, schema=Schema((lax, strict)))
    assert list(alarmed) == ["noise"]
    assert "above the schema's limit of 1e-07" in alarmed["noise"].explanation
    assert list(alarms(changed)) == ["origin"]


def test_the_test_over_bins_agrees_with_scipy() -> None:
    table = np.array([[50.0, 30, 120], [70, 25, 90]])
    expected = scipy.stats.chi2_contingency(table, correction=False).pvalue
    assert evidence.p_value_of_bins(*table) == pytest.approx(expected)


@pytest.mark.parametrize("counts", [([0, 0], [0, 0]), ([5, 5], [0, 0]), ([9], [7])])
def test_bins_that_say_nothing_have_a_p_value_of_one(counts: Any) -> None:
    assert evidence.p_value_of_bins(*(np.array(side, float) for side in counts)) == 1.0


def test_p_values_are_adjusted_as_by_scipy() -> None:
    p_values = np.random.default_rng(0).random(40) ** 3
    expected = scipy.stats.false_discovery_control(p_values)
    np.testing.assert_allclose(evidence.adjusted(p_values), expected)
    assert len(evidence.adjusted(np.array([]))) == 0


def test_skew_is_found_in_the_schema_and_in_the_distribution() -> None:
    schema = Schema(
        (
            Feature("delay", "float", min_fraction=0.0, not_in=("SERVING",)),
            Feature("hour", "int"),
            Feature("origin", "string", domain=("EWR", "JFK", "LGA")),
            Feature("noise", "float"),
        ),
        left_out=tuple(
            (name, "not used") for name in ("distance", "tail", "id", "at", "on", "late")
        ),
    )
    serving = flights(1).assign(
        hour=lambda f: f.hour.astype(str), noise=lambda f: f.noise + 3, score=0.5
    )
    skew = detect_skew(
        generate_statistics(serving.drop(columns="delay")), schema, REFERENCE, ignore=["score"]
    )
    assert [(a.feature, a.code) for a in skew.anomalies] == [("hour", "UNEXPECTED_DATA_TYPE")]
    assert set(skew.alarms) == {"hour", "noise"}
    assert "delay" not in {finding.feature for finding in skew.findings}
    json.dumps(skew.to_json(), allow_nan=False)


def test_equal_data_have_no_skew() -> None:
    schema = Schema(
        (Feature("hour", "int"),), left_out=tuple((c, "") for c in flights(0, 1).columns)
    )
    skew = detect_skew(generate_statistics(flights(1)), schema, REFERENCE)
    assert skew.alarms == ()
