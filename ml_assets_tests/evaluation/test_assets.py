import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_assets.artifacts.declared import declared_stage, ingredients_now
from ml_assets.artifacts.home import Home
from ml_assets.evaluation.assets import build_assets
from ml_assets.evaluation.result import Evaluation
from ml_assets.spec import Task
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.evaluation.evaluated import (
    QUICK,
    evaluate_in,
    prepare,
    shop_pipeline,
    shop_pipeline_with,
    shop_store,
)
from ml_assets_tests.evaluation.trained import examples, write_frame


@pytest.mark.parametrize(
    ("task", "thresholds", "picture"),
    [
        ("binary", {"roc_auc": {"min": 0.6}}, "roc_and_calibration.png"),
        ("multiclass", {"accuracy": {"min": 0.4}}, "confusion.png"),
        ("regression", {"rmse": {"max": 1.4}}, "residuals.png"),
    ],
)
def test_a_candidate_of_each_task_is_evaluated_and_blessed(
    task: Task, thresholds: dict[str, Any], picture: str, home: Path
) -> None:
    model = prepare(home, task)
    artifact, checks = evaluate_in(
        home, shop_pipeline(task, thresholds=thresholds, slices=["city"], min_slice_size=80)
    )
    evaluation = Evaluation.from_json(artifact.json("evaluation.json"))
    assert artifact.json("blessing.json") == {
        "candidate": model.digest,
        "blessed": True,
        "reasons": list(evaluation.reasons),
        "failed": {},
    }
    assert checks["blessing"].passed
    assert evaluation.beats_linear is not None
    assert evaluation.beats_linear.outcome == "pass"
    assert {baseline.name for baseline in evaluation.baselines} == {"linear", "majority"}
    assert {piece.name for piece in evaluation.slices} == {"city=Oslo", "city=Rome"}
    assert (artifact.path / picture).stat().st_size < 60_000
    assert (artifact.path / "slices.png").stat().st_size < 60_000
    main = next(iter(thresholds))
    assert artifact.summary["metrics"][main][0] == evaluation.metric(main).value
    assert artifact.summary["candidate"] == model.digest


def test_a_threshold_that_is_missed_fails_the_check_without_stopping_the_run(home: Path) -> None:
    prepare(home, "binary")
    artifact, checks = evaluate_in(
        home, shop_pipeline("binary", thresholds={"roc_auc": {"min": 0.999}})
    )
    assert not artifact.json("blessing.json")["blessed"]
    assert checks["blessing"].severity == dg.AssetCheckSeverity.ERROR
    assert not checks["blessing"].passed
    assert "must be at least 0.999" in (checks["blessing"].description or "")


def test_an_empty_test_split_is_not_blessed(home: Path) -> None:
    prepare(home, "binary")
    frame = examples("binary").query("_split != 'test'")
    put_artifact(
        shop_store(home), "validated_examples", lambda p: write_frame(p / "examples.parquet", frame)
    )
    pipeline = shop_pipeline("binary", thresholds={"roc_auc": {"min": 0.1}}, slices=["city"])
    artifact, checks = evaluate_in(home, pipeline)
    assert not checks["blessing"].passed
    assert artifact.json("blessing.json")["reasons"][0].startswith("there are 0 rows")


def test_the_same_evaluation_is_the_same_artifact(home: Path) -> None:
    prepare(home, "binary")
    pipeline = shop_pipeline("binary", thresholds={"roc_auc": {"min": 0.6}}, slices=["city"])
    first, _ = evaluate_in(home, pipeline)
    record = shop_store(home).root / "records" / "evaluation" / f"{first.fingerprint}.json"
    record.unlink()
    again, _ = evaluate_in(home, pipeline)
    assert again.digest == first.digest
    assert json.loads(record.read_text())["reason"] == "first time"


@pytest.mark.parametrize("required", [False, True])
def test_groups_of_people_are_judged_where_protected_columns_are_named(
    home: Path, required: bool
) -> None:
    prepare(home, "binary")
    fairness = {
        "protected": ["city"],
        "min_group_size": 5,
        "reference": {"city": {"Oslo": 0.99}},
        "required": required,
    }
    thresholds = {"roc_auc": {"min": 0.5}}

    artifact, checks = evaluate_in(
        home, shop_pipeline("binary", thresholds=thresholds, fairness=fairness)
    )

    blessing = artifact.json("blessing.json")
    stored = artifact.json("fairness.json")
    failed = {
        f"fairness.{finding['measure']}[{finding['column']}]"
        for finding in stored["findings"]
        if finding["outcome"] == "fail"
    }
    assert failed
    assert blessing["blessed"] is not required
    assert set(blessing["failed"]) == (failed if required else set())
    assert {"representational_harm", "opportunity_denial", "disproportionate_failure"} <= set(
        checks
    )
    assert not checks["representational_harm"].passed
    assert (artifact.path / "groups.png").is_file()


def test_what_is_not_asked_for_is_not_looked_for(home: Path) -> None:
    prepare(home, "binary")

    artifact, checks = evaluate_in(
        home, shop_pipeline("binary", thresholds={"roc_auc": {"min": 0.5}})
    )

    assert "disadvantage" not in checks
    files = {path.name for path in artifact.path.iterdir()}
    assert files.isdisjoint(
        {"fairness.json", "weak_slices.json", "explanation.json", "importance.png"}
    )


def test_everything_that_is_found_is_stored_shown_and_on_one_page(home: Path) -> None:
    prepare(home, "binary", email=True)
    thresholds = {"roc_auc": {"min": 0.6}}
    by_mail: Any = {"slices": ["email"], "sql_slices": {"who": "'of ' || email"}}
    artifact, checks = evaluate_in(
        home, shop_pipeline_with({}, "binary", thresholds=thresholds, **by_mail)
    )
    assert set(checks) == {"blessing", "not_flawless", "probabilities", "staleness"}
    names = [piece["name"] for piece in artifact.json("evaluation.json")["slices"]]
    assert names == ["email=(hidden 2)", "who=(hidden 2)"]  # of ann there are too few
    explained = artifact.json("explanation.json")
    assert [entry["column"] for entry in explained["importance"]] == ["amount", "city"]
    assert explained["dependence"][0]["column"] == "amount"
    weak = artifact.json("weak_slices.json")
    # The key, the label, reserved columns, and those that may name a person are not searched.
    assert weak["columns"] == len(["when", "amount", "city"])
    assert artifact.json("staleness.json")[0]["period"] == "month"
    page = (artifact.path / "report.html").read_text()
    assert len(page) < 1_000_000
    pictures = {
        "roc_and_calibration.png",
        "scores.png",
        "importance.png",
        "dependence.png",
        "staleness.png",
    }
    assert {path.name for path in artifact.path.glob("*.png")} >= pictures
    assert "Search of hyperparameters" in page
    assert "ann@x.org" not in page + str(weak) + str(artifact.json("evaluation.json"))
    assert checks["staleness"].description == artifact.json("staleness.json")[0]["text"]


def test_a_model_that_went_stale_before_it_is_trained_anew_is_a_warning(home: Path) -> None:
    prepare(home, "binary")
    unreachable = {"roc_auc": {"min": 0.999}}
    late = {"monitoring": {"retraining": {"max_age_days": 60}}}
    _, checks = evaluate_in(
        home, shop_pipeline_with(late, "binary", **QUICK, thresholds=unreachable)
    )
    assert not checks["staleness"].passed
    assert checks["staleness"].severity == dg.AssetCheckSeverity.WARN
    text = checks["staleness"].description or ""
    assert "the candidate is not worth serving from 30 days after its last training row" in text
    assert "trained anew after 60 days only: set monitoring.retraining.max_age_days to less" in text


def test_rows_count_by_their_weights(home: Path) -> None:
    prepare(home, "binary")
    parts = {"statistics": {"weight": "amount"}}
    thresholds = {"roc_auc": {"min": 0.5}}
    artifact, _ = evaluate_in(
        home, shop_pipeline_with(parts, "binary", **QUICK, thresholds=thresholds)
    )
    evaluation = Evaluation.from_json(artifact.json("evaluation.json"))
    plain, _ = evaluate_in(home, shop_pipeline("binary", thresholds=thresholds))
    usual = Evaluation.from_json(plain.json("evaluation.json"))
    assert evaluation.unweighted == usual.metric("roc_auc")
    assert evaluation.metric("roc_auc") != usual.metric("roc_auc")
    assert usual.unweighted is None


def test_any_metric_may_be_measured_and_judged(home: Path) -> None:
    prepare(home, "binary")
    own = f"{__name__}:share_called"
    evaluation = {
        "metrics": ["specificity", "precision@0.3"],
        "thresholds": {"roc_auc": {"min": 0.5}, own: {"max": 1.0}},
        "slices": ["city", "amount:3"],
        "slice_thresholds": {"recall@0.2": {"min": 0.0}},
    }
    artifact, _ = evaluate_in(home, shop_pipeline("binary", **evaluation))
    result = Evaluation.from_json(artifact.json("evaluation.json"))
    names = [metric.name for metric in result.metrics]
    assert names[-4:] == ["specificity", "precision@0.3", own, "recall@0.2"]
    assert result.blessed
    assert len([piece for piece in result.slices if piece.by == "amount:3"]) == 3
    assert {rule.key for rule in result.rules} >= {f"{own}.max", "recall@0.2.min[city=Oslo]"}


def test_the_module_of_a_metric_of_ones_own_counts_for_the_fingerprint(home: Path) -> None:
    own = f"{__name__}:share_called"
    for evaluation in (
        {"metrics": [own]},
        {"slices": ["city"], "slice_thresholds": {own: {"min": 0.0}}},
    ):
        pipeline = shop_pipeline("binary", **evaluation)
        build_assets(pipeline)
        stage = declared_stage("shop", "evaluation")
        assert stage is not None
        assert __name__ in ingredients_now(stage, Home(home), {})["code"]
        assert pipeline.user_modules == (__name__,)


def share_called(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
    return float(((y_pred > 0.5) * sample_weight).sum() / sample_weight.sum())
