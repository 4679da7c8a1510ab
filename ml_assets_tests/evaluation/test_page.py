"""The evaluation as one HTML file: whole, harmless, small, and the same for the same assessment."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.evaluation.assessment import Assessment
from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.fairness import find_unfairness
from ml_assets.evaluation.fairness_report import Fairness
from ml_assets.evaluation.group_metrics import group_metrics
from ml_assets.evaluation.group_thresholds import offer_group_thresholds
from ml_assets.evaluation.importance import Importance
from ml_assets.evaluation.page import MAX_BYTES, evaluation_html
from ml_assets.evaluation.result import (
    BaselineResult,
    Evaluation,
    Metric,
    RuleResult,
    SliceResult,
)
from ml_assets.evaluation.staleness import find_staleness
from ml_assets.evaluation.weak_slices import find_weak_slices

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}'\"&<"


def _assessment(rows: int = 3000) -> Assessment:
    random = np.random.default_rng(0)
    group = np.where(np.arange(rows) % 3 == 0, HOSTILE, "plain")
    cause = random.normal(size=rows)
    y = (random.random(rows) < 1 / (1 + np.exp(-cause))).astype(int)
    score = 1 / (1 + np.exp(-cause - np.where(group == HOSTILE, 1.0, 0.0)))
    table = pd.DataFrame({HOSTILE: group})
    how: Any = {"goal": "selection_rate_ratio", "limit": 0.9}
    offer = offer_group_thresholds(y, score, group, **how)
    assert offer is not None
    people = Fairness(
        tuple(find_unfairness(y, score, table)),
        {HOSTILE: group_metrics(y, score > 0.5, group)},
        (),
        ((HOSTILE, offer),),
    )
    times = pd.Series(pd.Timestamp(0) + pd.to_timedelta(np.linspace(0, 5, rows), unit="D"))
    return Assessment(
        evaluate(
            y, score, features=table, slices=[HOSTILE.replace(",", "")], baselines={"linear": score},
            thresholds={"roc_auc": {"min": 0.99}}, bootstrap_samples=20,
        ),
        people,
        find_weak_slices(table, y, score),
        (Importance(HOSTILE, 0.1, 0.05, 0.15, 0.2),),
        (),
        (find_staleness(y, score, times, pd.Timestamp(0), bootstrap_samples=20),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return _assessment()


def test_everything_that_was_found_is_on_the_page(assessment: Assessment) -> None:
    pictures = {name: (b"png", name) for name in ("curves", "staleness_picture", "history.png")}
    html = evaluation_html(assessment, pictures, "Evaluation of shop")
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    assert titles == [
        "Not blessed", "Metrics", "Slices", "Weak slices", "Groups of people",
        "Thresholds for groups", "Explanation", "Staleness", "Search of hyperparameters",
    ]  # fmt: skip
    assert "but it must be at least 0.99" in html
    assert '<span class="tag error">fail</span>' in html
    assert html.count("<img ") == 3


def test_a_part_that_was_not_looked_at_is_left_out(assessment: Assessment) -> None:
    html = evaluation_html(Assessment(assessment.evaluation), {})
    assert re.findall(r"<h2>(.*?)</h2>", html) == ["Not blessed", "Metrics", "Slices"]


def test_nothing_of_the_data_is_run_and_nothing_is_fetched(assessment: Assessment) -> None:
    html = evaluation_html(assessment, {"curves": (b"png", HOSTILE)}, HOSTILE)
    assert html.count("</script>") == html.count("<script>") == 1
    assert "<img src=x" not in html
    assert "49" not in re.findall(r"<title>(.*?)</title>", html)[0]
    assert re.findall(r"(?:src|href)=\"(?!data:|#)", html) == []
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html


def test_it_stays_below_a_megabyte_and_says_where_the_rest_is(assessment: Assessment) -> None:
    pictures = {f"p{n}.png": (bytes(200_000), f"picture {n}") for n in range(9)}
    html = evaluation_html(assessment, pictures)
    assert len(html.encode()) < MAX_BYTES < 1_000_000
    assert html.count("<img ") == 1
    assert "picture 8: in the artifact's folder." in html


def test_wide_and_hostile_data_leave_it_below_a_megabyte() -> None:
    long = HOSTILE * 40
    rule = RuleResult("min", long, long, 0.5, 0.1, 0.0, 0.2, "fail", long)
    metrics = tuple(Metric("roc_auc" if not n else f"{n}{long}", 0.5, 0.4, 0.6) for n in range(200))
    piece = SliceResult("a", (long,), long, 10, metrics)
    evaluation = Evaluation(
        "binary", 10, "roc_auc", 0.95, 20, 0, metrics, (piece,) * 200, 0,
        (BaselineResult("linear", metrics),), (rule,) * 300, False, (long,) * 300,
    )  # fmt: skip
    whole = Assessment(evaluation, importance=(Importance(long, 0.1, 0.0, 0.2, 0.3),) * 300)
    pictures = {f"p{n}.png": (bytes(100_000), long) for n in range(9)}
    html = evaluation_html(whole, pictures)
    assert len(html.encode()) < MAX_BYTES
    assert "more reasons" in html


def test_the_same_assessment_gives_the_same_page(assessment: Assessment) -> None:
    assert evaluation_html(assessment, {}) == evaluation_html(assessment, {})
