import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml_assets.monitoring.findings import finding_table, judge_findings, worst_features
from ml_assets.monitoring.picture import draw_drift
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.drift import DriftFinding, detect_drift


def _finding(feature: str, verdict: str, size: float = 0.0) -> DriftFinding:
    distances = {} if verdict == "cannot tell" else {"jensen_shannon": size, "l_infinity": 0.0}
    return DriftFinding(feature, distances, None, verdict, f"why {feature}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("findings", "outcome", "worst", "text"),
    [
        ([], "cannot tell", None, "cannot tell: the model reads no column"),
        ([_finding("a", "cannot tell")], "cannot tell", None, "cannot tell: why a"),
        ([_finding("a", "cannot tell"), _finding("b", "ok")], "pass", "b", "none of 1 features moved"),
        ([_finding("a", "ok", 0.2), _finding("b", "alarm", 0.1)], "fail", "b",
         "1 of 2 features moved: b: why b"),
        ([_finding(name, "alarm", i) for i, name in enumerate("abcd")], "fail", "d",
         "4 of 4 features moved: d: why d; c: why c; b: why b; and 1 more"),
    ],
)  # fmt: skip
def test_findings_add_up(
    findings: list[DriftFinding], outcome: str, worst: str | None, text: str
) -> None:
    verdict = judge_findings(findings, "moved")
    assert (verdict.outcome, verdict.worst, verdict.text) == (outcome, worst, text)


def test_the_worst_come_first_and_what_cannot_be_told_last() -> None:
    findings = [_finding("a", "cannot tell"), _finding("b", "ok", 0.3), _finding("c", "alarm", 0.1)]
    assert [row["feature"] for row in finding_table(findings)] == ["c", "b", "a"]
    assert worst_features(findings, 6) == ["c", "b"]


def _statistics(seed: int, shift: float) -> DatasetStatistics:
    random = np.random.default_rng(seed)
    rows = 3000
    names = np.array([f"$v{i}^ a long value 航空\n" for i in range(40)])
    frame = pd.DataFrame(
        {
            "number": random.normal(size=rows) + shift,
            "count": random.poisson(3 + shift, rows),
            "text $x$": names[(random.gamma(1 + shift, 8, rows) % 40).astype(int)],
            "flag": random.random(rows) < 0.3 + shift / 5,
            "when": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(random.integers(0, 999, rows), unit="h"),
            "constant": 1,
            "empty": None,
        }
    )
    return generate_statistics(frame)


def test_a_picture_of_drift_is_small_and_the_same_each_time(tmp_path: Path) -> None:
    reference, current = _statistics(0, 0.0), _statistics(1, 1.0)
    findings = detect_drift(current, reference)
    names = worst_features(findings, 6)
    assert {"number", "count"} <= set(names)
    for name in ("one.png", "other.png"):
        draw_drift(tmp_path / name, reference, current, names, {})
    content = (tmp_path / "one.png").read_bytes()
    assert content == (tmp_path / "other.png").read_bytes()
    assert len(content) < 80_000
    assert struct.unpack(">II", content[16:24])[0] > 500


def test_only_the_columns_of_the_model_are_kept() -> None:
    statistics = _statistics(0, 0.0).only(["flag", "number", "absent"])
    assert [feature.name for feature in statistics.features] == ["number", "flag"]
    assert statistics.num_rows == 3000


@pytest.mark.parametrize(
    "names", [["age"], ["age", "plan"], [f"a_rather_long_name_{i}" for i in range(99)]]
)
def test_the_console_is_told_how_many_and_which_in_one_line(names: list[str]) -> None:
    findings = [_finding(name, "alarm") for name in names]
    brief = judge_findings(findings, "drifted").brief
    assert brief.startswith(f"{len(names)} of {len(names)} features drifted: {names[0]}")
    assert len(brief) <= 120
    assert ("more" in brief) == (len(names) > 2)
