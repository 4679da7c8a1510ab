"""The summary of what a pipeline holds now."""

from pathlib import Path
from typing import Any

import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.cli.summary import print_summary, summary_lines
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets.registry.ledger import Entry, ledger_in
from ml_assets.registry.promotion import ledger_folder
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.pipeline_factory import write_pipeline

SUMMARIES: dict[str, dict[str, Any]] = {
    "examples": {"rows": 15002, "train": 10000, "eval": 2500, "test": 2502,
                 "first_span": "2013-01-01", "last_span": "2013-06-30"},
    "anomalies": {"anomalies": 4, "errors": 1, "warnings": 3},
    "validated_examples": {"rows": 15000, "quarantined": 2},
    "validated_features": {"rows": 15000},
    "best_hyperparameters": {"trials": 20, "value": 0.75,
                             "parameters": {"max_depth": 4, "learning_rate": 0.0831234}},
    "evaluation": {
        "metrics": {"roc_auc": [0.75, 0.74, 0.76], "f1": [0.5, None, None], "brier": [None, None, None]},
        "baselines": {"majority": {"roc_auc": [0.5, None, None]},
                      "linear": {"roc_auc": [0.71, 0.70, 0.72], "f1": [None, None, None]}},
        "blessed": True},
    "infra_validation": {"blessed": True},
    "registered_model": {"version": 3, "champion": 3, "promoted": True, "reasons": []},
    "promotion": {"version": 3, "champion_version": 3, "promoted": True, "said": "is the champion"},
    "predictions": {"rows": 6000, "first_span": "2013-07-01", "last_span": "2013-07-07"},
    "labels": {"rows": 15000, "classes": {"no": 12000, "yes": 3000}},
    "skew": {}, "drift": {"worst": "fare"}, "performance": {}, "staleness": {},
}  # fmt: skip
FAILED = {"name": "gate", "passed": False, "severity": "ERROR", "description": "0.6 < 0.7."}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Give a home, below a folder with the pipeline `shop`."""
    write_pipeline(tmp_path / "defs", "shop", description="Will it sell?")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def put(home: Home, asset: str, **more: Any) -> None:
    put_artifact(
        Store(home.pipeline("shop")),
        asset,
        lambda folder: durable.write_json(folder / "a.json", asset),
        SUMMARIES[asset],
        **more,
    )


def lines(home: Home) -> list[str]:
    return summary_lines(read_pipeline_file(Path("defs/shop/defs.yaml")), home)


def test_everything_is_summed_up_in_about_a_dozen_lines(home: Home) -> None:
    for asset in SUMMARIES:
        put(home, asset)
    assert lines(home) == [
        "",
        "shop: Will it sell?",
        "  examples       15,002 rows: 10,000 train, 2,500 eval, 2,502 test "
        "(2013-01-01 to 2013-06-30)",
        "  positive       'yes', 3,000 of 15,000 labels",
        "  anomalies      1 error, 3 warnings, 2 rows quarantined",
        "  tuning         20 trials: learning_rate=0.08312, max_depth=4",
        "  roc_auc        0.7500 [0.7400, 0.7600] (linear 0.7100, majority 0.5000)",
        "  f1             0.5000",
        "  verdicts       data ok, features ok, evaluation ok, infrastructure ok, promotion ok",
        "  registered     shop version 3, alias champion",
        "  predictions    6,000 rows (2013-07-01 to 2013-07-07)",
        "  watch          skew ok, drift ok, performance ok, staleness ok",
        "  artifacts      home/pipelines/shop/objects, MLflow in home/mlflow",
        "  UI             make ui, then http://127.0.0.1:3000",
    ]


@pytest.mark.parametrize(
    ("rejected", "lost", "line"),
    [
        (3, {"unlabelled": 1067, "duplicates": 0}, "3 cannot be read, 1,067 without a label"),
        (0, {"unlabelled": 0, "duplicates": 2}, "2 repeated or contradictory"),
        (0, {"unlabelled": 0, "duplicates": 0}, None),
    ],
)
def test_rows_that_are_no_examples_are_counted(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    rejected: int,
    lost: dict[str, int],
    line: str | None,
) -> None:
    monkeypatch.setitem(SUMMARIES, "raw_data", {"rows": 20000, "rejected": rejected})
    monkeypatch.setitem(SUMMARIES, "examples", SUMMARIES["examples"] | lost)
    put(home, "raw_data")
    put(home, "examples")
    found = [text for text in lines(home) if "no examples" in text]
    assert found == ([f"  no examples    rows of the source: {line}"] if line else [])


def test_what_does_not_exist_yet_is_left_out(home: Home) -> None:
    put(home, "examples")
    titles = [line.split()[0] for line in lines(home) if line]
    assert titles == ["shop:", "examples", "artifacts", "UI"]


def test_a_pipeline_that_never_ran_says_how_to_run_it(home: Home) -> None:
    assert "    nothing is made yet: python -m ml_assets run shop" in lines(home)


def test_a_failed_verdict_is_shown_with_its_reason(home: Home) -> None:
    put(home, "evaluation", checks=[FAILED])
    assert "  verdicts       evaluation FAILED" in lines(home)
    assert "    gate: 0.6 < 0.7." in lines(home)


def test_columns_that_tell_nothing_are_named_and_what_the_yaml_leaves_out_is_not(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = {"order": "is part of ingest.key", **{f"c{n}": "has no value" for n in range(5)}}
    useless = [name for name in dropped if name != "order"]
    monkeypatch.setitem(SUMMARIES, "validated_features", {"dropped": dropped, "useless": useless})
    put(home, "validated_features")
    told = "c0 has no value; c1 has no value; c2 has no value; and 2 more"
    assert f"  no features    of a.csv: {told}" in lines(home)


def test_a_waiver_that_was_used_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "beats_linear waived by ada until 2026-12-31: a trial"
    monkeypatch.setitem(
        SUMMARIES, "registered_model", {"version": 3, "champion": 3, "waived": [said]}
    )
    put(home, "registered_model")
    assert f"  waived         {said}" in lines(home)


def test_a_failed_gate_is_one_line_whatever_it_found(home: Home) -> None:
    put(home, "evaluation", checks=[{**FAILED, "description": "Two things.\nOne.\nAnother."}])
    assert "    gate: Two things. One. Another." in lines(home)


def test_an_alarm_is_shown(home: Home) -> None:
    put(home, "skew")
    put(home, "drift", checks=[FAILED])
    at = lines(home).index("  watch          skew ok, drift ALARM")
    assert lines(home)[at + 1] == "    alarms stop nothing; look at drift in the UI, first at fare"


def test_what_cannot_be_told_is_not_ok(home: Home) -> None:
    told = {"name": "performance", "passed": True, "severity": "WARN", "description": "cannot tell"}
    put(home, "performance", checks=[told])
    assert "  watch          performance cannot tell" in lines(home)


def test_a_warning_about_a_model_that_is_too_good_is_shown(home: Home) -> None:
    put(home, "evaluation", checks=[{**FAILED, "severity": "WARN"}])
    at = lines(home).index("  verdicts       evaluation ok")
    assert lines(home)[at + 1 : at + 3] == [
        "  warnings       1 that stop nothing",
        "    gate: 0.6 < 0.7.",
    ]


def test_long_names_of_metrics_stay_in_their_column(home: Home) -> None:
    metrics = {"average_precision": [0.5, None, None], "f1": [0.25, None, None]}
    put_artifact(
        Store(home.pipeline("shop")),
        "evaluation",
        lambda folder: durable.write_json(folder / "a.json", 1),
        {"metrics": metrics, "baselines": {}},
    )
    assert "  average_precision 0.5000" in lines(home)
    assert "  f1                0.2500" in lines(home)


# The failed asset, whether its check blocks, and the exit code.
GATES = [("anomalies", True, 1), ("evaluation", False, 0), ("examples", True, 1), (None, True, 0)]


@pytest.mark.parametrize(("failed", "blocks", "code"), GATES)
def test_the_exit_code_tells_of_a_failed_gate(
    home: Home, capsys: pytest.CaptureFixture[str], failed: str | None, blocks: bool, code: int
) -> None:
    for asset in SUMMARIES:
        is_failed = asset == failed
        blocking = ["gate"] if blocks else []
        put(home, asset, checks=[FAILED] if is_failed else [], blocking=blocking)
    assert print_summary(Path("defs"), "shop") == code
    printed = capsys.readouterr().out
    assert ("gate: 0.6 < 0.7." in printed) == (failed is not None)


def test_a_refused_version_is_named_challenger_beside_another_champion(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SUMMARIES, "registered_model", {"version": 3, "champion": 2})
    put(home, "registered_model")
    line = "  registered     shop version 3, alias challenger; the champion is version 2"
    assert line in lines(home)


def test_the_champion_of_a_rollback_since_is_told(home: Home) -> None:
    put(home, "registered_model")
    entry = Entry("rollback", 3, 2, None, None, "ada", "it is slow", "", "2026-01-01T00:00:00")
    ledger_in(ledger_folder(home.mlflow, "shop")).append(entry)
    line = "  registered     shop version 3, alias challenger; the champion is version 2"
    assert line in lines(home)
