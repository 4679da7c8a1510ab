"""What a model does to groups of people, with scikit-learn, SciPy and known truths as oracles."""

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, precision_score, recall_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from ml_assets.errors import DataError
from ml_assets.evaluation.fairness import Limits, find_unfairness, judge
from ml_assets.evaluation.group_metrics import group_metrics
from ml_assets.evaluation.proxies import find_proxies
from ml_assets.evaluation.rates import Estimate, Rate, difference, rate, ratio
from ml_assets.evaluation.spec import FAILURES
from ml_assets_tests.shared_data import shared_path


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.sampled_from(["a", "b", None])),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=40, deadline=None)
def test_rates_of_groups_are_those_of_scikit_learn(rows: list[tuple[bool, bool, Any]]) -> None:
    y, d, g = (np.array(part, dtype=object) for part in zip(*rows, strict=True))
    y, d = y.astype(int), d.astype(int)
    metrics = group_metrics(y, d, g, min_group_size=1)

    assert metrics.overall.rows == len(rows) == sum(group.rows for group in metrics.groups)
    for group in metrics.groups:
        mine = np.array([("(null)" if name is None else name) == group.name for name in g])
        rates = group.rates
        assert rates["accuracy"].value == pytest.approx(accuracy_score(y[mine], d[mine]))
        assert rates["selection_rate"].value == pytest.approx(d[mine].mean())
        for name, label in (("true_positive_rate", 1), ("true_negative_rate", 0)):
            if (y[mine] == label).any():
                expected = recall_score(y[mine], d[mine], pos_label=label)
                assert rates[name].value == pytest.approx(expected)
            else:
                assert rates[name].value is None
        if d[mine].any():
            assert rates["precision"].value == pytest.approx(precision_score(y[mine], d[mine]))


def test_a_frame_of_groups_gives_their_intersections() -> None:
    groups = pd.DataFrame({"sex": ["f", "m", "f", "m"] * 10, "race": ["x", "x", None, "y"] * 10})

    metrics = group_metrics([0, 1] * 20, [0, 1] * 20, groups, min_group_size=5)

    names = {group.name for group in metrics.groups}
    assert names == {"sex=f, race=x", "sex=m, race=x", "sex=f, race=(null)", "sex=m, race=y"}
    frame = metrics.to_frame()
    assert list(frame.index[:1]) == ["all"]
    assert frame.loc["all", "accuracy"] == 1.0


def test_small_groups_are_counted_and_not_judged() -> None:
    metrics = group_metrics([0, 1] * 20, [0, 1] * 20, ["a"] * 37 + ["b"] * 3, min_group_size=5)

    assert [group.name for group in metrics.groups] == ["a"]
    assert metrics.too_small == (("b", 3),)
    assert metrics.disparity("selection_rate") is None


@pytest.mark.parametrize(
    ("y_true", "y_pred", "groups", "message"),
    [
        ([0, 1], [0.2, 0.7], ["a", "b"], "y_pred must be one column of 0 and 1 .*; 2 of 2 values"),
        ([0, 2], [0, 1], ["a", "b"], "y_true must be one column of 0 and 1 .*; 1 of 2 values"),
        ([0, 1], [0, 1], ["a"], "must have as many rows; found 2, 2 and 1"),
        ([0, 1], [0, 1], pd.DataFrame(index=[0, 1]), "groups must have at least one column"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    y_true: Any, y_pred: Any, groups: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        group_metrics(y_true, y_pred, groups)


@pytest.mark.parametrize(("p", "q", "n", "m"), [(0.1, 0.3, 400, 300), (0.5, 0.5, 100, 900)])
def test_intervals_of_ratio_and_difference_cover_the_truth(
    p: float, q: float, n: int, m: int
) -> None:
    random = np.random.default_rng(0)
    hits = zip(random.binomial(n, p, 2000), random.binomial(m, q, 2000), strict=True)
    inside_ratio = inside_difference = 0
    for one, other in hits:
        rates = rate(int(one), n, 0.95), rate(int(other), m, 0.95)
        apart, gap = ratio(*rates), difference(*rates)
        assert apart is not None
        assert gap is not None
        inside_ratio += apart.low <= p / q <= apart.high
        inside_difference += gap.low <= p - q <= gap.high

    assert 0.93 <= inside_ratio / 2000 <= 0.97
    assert 0.93 <= inside_difference / 2000 <= 0.97


def test_a_ratio_to_nothing_is_undefined_and_to_little_is_wide() -> None:
    nothing, little, much = rate(0, 50, 0.95), rate(1, 50, 0.95), rate(40, 50, 0.95)

    assert ratio(much, nothing) is None
    assert ratio(much, Rate(0, 0, None, 0.0, 1.0)) is None
    wide = ratio(much, little)
    assert wide is not None
    assert wide.high > 100
    assert difference(much, Rate(0, 0, None, 0.0, 1.0)) is None


def test_a_score_at_the_threshold_is_no_favourable_decision_as_where_it_serves() -> None:
    groups = pd.DataFrame({"sex": ["f", "m"] * 400})
    scores = np.where(groups["sex"] == "f", 0.3, np.tile([0.3, 0.9], 400))
    findings = find_unfairness([0, 1] * 400, scores, groups, decision_threshold=0.3)

    (selection,) = [finding for finding in findings if finding.measure == "selection_rate_ratio"]
    assert (selection.value, selection.outcome) == (0.0, "fail")


@pytest.mark.parametrize(
    ("measure", "ends", "outcome"),
    [
        ("selection_rate_ratio", (0.8, 0.9, 1.0), "pass"),
        ("selection_rate_ratio", (0.6, 0.7, 0.8), "cannot tell"),
        ("selection_rate_ratio", (0.6, 0.7, 0.7999), "fail"),
        ("base_rate_difference", (0.6, 0.7, 0.8), "pass"),
        ("base_rate_difference", (0.8, 0.9, 1.0), "cannot tell"),
        ("base_rate_difference", (0.8001, 0.9, 1.0), "fail"),
    ],
)
def test_an_end_that_equals_the_limit_keeps_it(
    measure: str, ends: tuple[float, float, float], outcome: str
) -> None:
    low, value, high = ends
    finding = judge("opportunity_denial", measure, "sex", Estimate(value, low, high), 0.8, "it")

    assert finding.outcome == outcome


def test_of_many_equal_groups_the_worst_rarely_fails() -> None:
    random, failed = np.random.default_rng(8), 0
    groups = pd.DataFrame({"town": np.repeat([f"t{n}" for n in range(20)], 200)})
    limits = Limits(max_error_ratio=1.0)
    for _ in range(200):
        truth = random.integers(0, 2, 4000)
        scores = np.where(random.random(4000) < 0.2, 1 - truth, truth)
        findings = find_unfairness(truth, scores, groups, limits=limits)
        failed += (
            next(finding.outcome for finding in findings if finding.measure == "error_ratio")
            == "fail"
        )

    assert failed <= 15


@functools.cache
def adult() -> tuple[pd.Series, pd.DataFrame, np.ndarray]:
    """The labels, the columns, and a model's scores out of fold."""
    rows = pd.read_csv(shared_path("adult/adult.csv"))
    labels = rows.pop("income-per-year").str.contains(">").astype(int)
    table = rows.apply(lambda c: c if c.dtype.kind in "if" else c.astype("category"))
    scores = cross_val_predict(
        HistGradientBoostingClassifier(
            categorical_features="from_dtype", random_state=0, max_iter=50
        ),
        table,
        labels,
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        method="predict_proba",
    )[:, 1]
    return labels, rows, scores


def test_the_checks_fire_on_adult() -> None:
    labels, rows, scores = adult()
    unfair = find_unfairness(
        labels,
        scores,
        rows[["sex", "race"]],
        features=rows,
        reference={"sex": {"Female": 0.5, "Male": 0.5}},
    )
    by = {(finding.measure, finding.column): finding for finding in unfair}

    selection = by["selection_rate_ratio", "sex"]
    assert selection.value == pytest.approx(0.31, abs=0.015)
    assert selection.outcome == "fail"
    opportunity = by["true_positive_rate_difference", "sex"]
    assert opportunity.value == pytest.approx(0.087, abs=0.02)
    assert by["base_rate_difference", "sex"].outcome == "fail"
    shares = [finding for finding in unfair if finding.measure == "share_ratio"]
    assert [finding.outcome for finding in shares] == ["fail", "pass"]
    assert {finding.failure for finding in unfair} == set(FAILURES[:3])
    assert [finding.column for finding in unfair if finding.measure == "selection_rate_ratio"] == [
        "sex",
        "race",
        "sex, race",
    ]
    assert "sex=Female to sex=Male is 0.3" in selection.text

    findings, proxies = find_proxies(labels, rows, rows[["sex"]])

    assert findings[0].outcome == "fail"
    assert proxies[0].columns[0][0] == "relationship"
    assert proxies[0].score_gap_without < proxies[0].score_gap


def test_the_intervals_of_a_test_split_of_adult_hold_what_all_of_it_says() -> None:
    labels, rows, scores = adult()
    known = {"selection_rate_ratio": 0.31, "true_positive_rate_difference": 0.087}
    held = dict.fromkeys(known, 0)
    for seed in range(40):
        part = np.random.default_rng(seed).random(len(rows)) < 0.15
        for finding in find_unfairness(labels[part], scores[part], rows.loc[part, ["sex"]]):
            if finding.measure in known and finding.low is not None and finding.high is not None:
                held[finding.measure] += finding.low < known[finding.measure] < finding.high

    assert min(held.values()) >= 35


def credit(rows: int) -> tuple[Any, Any, pd.DataFrame]:
    """Data of the size of German credit, in which two groups are treated alike."""
    random = np.random.default_rng(3)
    scores = random.beta(4, 2, rows)
    labels = (random.random(rows) < scores).astype(int)
    return labels, scores, pd.DataFrame({"sex": random.choice(["f", "m"], rows, p=[0.3, 0.7])})


def test_a_thousand_rows_cannot_tell_where_the_interval_says_so() -> None:
    labels, scores, protected = credit(1000)
    by_measure = {
        finding.measure: finding for finding in find_unfairness(labels, scores, protected)
    }

    uncertain = by_measure["equalized_odds_false_positive_rate_difference"]
    assert uncertain.outcome == "cannot tell"
    assert uncertain.low is not None
    assert uncertain.high is not None
    assert uncertain.low < uncertain.limit < uncertain.high
    assert "cannot tell if it is at most 0.1" in uncertain.text
    assert not any(finding.outcome == "fail" for finding in by_measure.values())


def test_enough_rows_of_equal_treatment_pass() -> None:
    labels, scores, protected = credit(60_000)

    findings = find_unfairness(labels, scores, protected)

    assert {finding.outcome for finding in findings} == {"pass"}


def test_a_group_that_is_too_small_cannot_be_judged() -> None:
    protected = pd.DataFrame({"sex": ["f"] * 5 + ["m"] * 195})
    labels = np.tile([0, 1], 100)

    findings = find_unfairness(labels, labels * 0.8 + 0.1, protected)

    outcomes = {finding.measure: finding.outcome for finding in findings}
    assert outcomes["selection_rate_ratio"] == "cannot tell"


def test_missing_values_of_one_group_are_found() -> None:
    labels, scores, protected = credit(4000)
    income = np.where((protected["sex"] == "f") & (np.arange(4000) % 2 == 0), np.nan, 1.0)

    findings = find_unfairness(
        labels, scores, protected, features=pd.DataFrame({"income": income, "age": 1.0})
    )

    (missing,) = [finding for finding in findings if finding.measure == "missing_difference"]
    assert missing.outcome == "fail"
    assert "missing income between sex=f and sex=m" in missing.text


def test_a_model_that_is_miscalibrated_for_one_group_is_found() -> None:
    labels, scores, protected = credit(20_000)
    scores = np.where(protected["sex"] == "f", np.clip(scores - 0.2, 0, 1), scores)

    by_measure = {
        finding.measure: finding for finding in find_unfairness(labels, scores, protected)
    }

    assert by_measure["calibration_difference"].outcome == "fail"
    assert "for sex=f" in by_measure["calibration_difference"].text


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            {"sexx": {"f": 0.5}},
            "reference names 'sexx', which is no protected column. Did you mean",
        ),
        ({"sex": {"female": 0.5}}, "the group 'female', which no row has"),
    ],
)
def test_a_reference_that_does_not_fit_is_refused(reference: Any, message: str) -> None:
    labels, scores, protected = credit(300)

    with pytest.raises(DataError, match=message):
        find_unfairness(labels, scores, protected, reference=reference)


def test_columns_that_do_not_tell_the_group_pass() -> None:
    random = np.random.default_rng(0)
    labels, _, protected = credit(3000)
    features = pd.DataFrame({"x": random.normal(size=3000), "c": random.choice(list("abc"), 3000)})

    findings, proxies = find_proxies(labels, features, protected, limits=Limits(max_proxy_auc=0.6))

    assert [finding.outcome for finding in findings] == ["pass"]
    assert proxies[0].columns == ()


def test_the_protected_column_is_no_proxy_of_itself_and_times_and_texts_are_read() -> None:
    labels, _, protected = credit(1500)
    is_f = (protected["sex"] == "f").to_numpy()
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.where(is_f, 0, 400), "D")
    features = pd.DataFrame({"sex": protected["sex"], "born": days, "empty": np.nan})

    findings, proxies = find_proxies(labels, features, protected)

    assert findings[0].outcome == "fail"
    assert [name for name, _ in proxies[0].columns] == ["born"]
