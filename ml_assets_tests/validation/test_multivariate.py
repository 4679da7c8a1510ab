"""A classifier tells sets of rows apart only where they differ."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.validation import detect_drift, detect_multivariate_drift


def rows(seed: int, correlation: float = 0.0, size: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, noise, z = rng.normal(size=(3, size))
    y = correlation * x + np.sqrt(1 - correlation**2) * noise
    city = np.where(rng.random(size) < 0.5, "Oslo", "Rome")
    return pd.DataFrame({"x": x, "y": y, "z": z, "city": city})


def test_a_changed_correlation_with_equal_margins_is_found() -> None:
    reference, current = rows(0), rows(1, correlation=0.8)
    assert {one.verdict for one in detect_drift(current, reference)} == {"ok"}
    finding = detect_multivariate_drift(current, reference)
    assert finding.verdict == "alarm"
    assert finding.auc is not None
    assert finding.auc > 0.65
    assert {name for name, _ in finding.features} == {"x", "y"}
    assert "these columns take most of it away: " in finding.explanation
    json.dumps(finding.to_json(), allow_nan=False)


def test_a_category_that_belongs_to_other_numbers_is_found() -> None:
    reference, current = rows(0), rows(1)
    for frame, sign in ((reference, 1), (current, -1)):
        frame["z"] = np.where(frame.city == "Oslo", sign, -sign) + frame.z
    finding = detect_multivariate_drift(current, reference)
    assert finding.verdict == "alarm"
    assert {name for name, _ in finding.features} == {"z", "city"}


def test_random_halves_are_not_told_apart() -> None:
    verdicts = []
    for seed in range(12):
        frame = rows(seed, 0.5, 1200)
        finding = detect_multivariate_drift(frame[:600], frame[600:], seed=seed, min_auc=0.5)
        verdicts.append(finding.verdict)
    assert verdicts.count("alarm") <= 1


def test_the_same_rows_give_the_same_finding() -> None:
    pair = rows(1, 0.3, 3000), rows(2, 0.0, 2000)
    first, second = (detect_multivariate_drift(*pair, max_rows=1000) for _ in range(2))
    assert first == second
    assert first.rows == 1000


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (rows(0, size=499), "499 rows are too few; at least 500 are needed"),
        (pd.DataFrame({"id": [f"{n:x}" for n in range(600)]}), "no column is left"),
    ],
)
def test_where_nothing_can_be_said_it_says_so(frame: Any, words: str) -> None:
    finding = detect_multivariate_drift(frame, frame)
    assert (finding.verdict, finding.auc, finding.p_value) == ("cannot tell", None, None)
    assert words in finding.explanation


def test_keys_and_times_are_left_out_with_their_reason() -> None:
    frame = rows(0).assign(
        id=range(1500), at=pd.Timestamp("2026-01-01"), code=[f"c{n}" for n in range(1500)]
    )
    later = frame.assign(id=frame.id + 5000, at=pd.Timestamp("2026-02-01"))
    finding = detect_multivariate_drift(later.drop(columns="y"), frame, exclude=["z"])
    assert finding.verdict == "ok"
    assert finding.left_out == {
        "y": "it is only in the reference",
        "z": "it was excluded",
        "id": "nearly every row has a value of its own",
        "at": "dates and times always differ",
        "code": "nearly every row has a value of its own",
    }


def test_missing_values_give_a_set_away() -> None:
    reference, current = rows(0), rows(1)
    current.loc[::2, "city"] = None
    current.loc[::2, "x"] = np.nan
    finding = detect_multivariate_drift(current, reference)
    assert finding.verdict == "alarm"
    assert finding.features[0][0] in ("city", "x")


def test_rows_that_were_read_twice_do_not_tell_the_sets_apart() -> None:
    rng = np.random.default_rng(0)
    current, reference = (
        pd.DataFrame(rng.normal(size=(600, 4)), columns=[*"abcd"]).sample(
            1000, replace=True, random_state=side
        )
        for side in (0, 1)
    )
    assert detect_multivariate_drift(current, reference).verdict == "ok"
