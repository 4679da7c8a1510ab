import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest

from ml_assets import durable
from ml_assets.artifacts.declared import declared, ingredients_now
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.evaluation.assets import build_assets
from ml_assets.evaluation.pictures import new_figure
from ml_assets.evaluation.result import Evaluation
from ml_assets.pages.figure import save_figure
from ml_assets.pipeline import PipelineSpec
from ml_assets.spec import Task
from ml_assets.statistics.generate import generate_statistics
from ml_assets_tests.artifacts_factory import damage, put_artifact
from ml_assets_tests.evaluation.trained import examples, write_bundle, write_frame

UPSTREAM = (
    "model", "baseline_model", "validated_examples", "statistics", "best_hyperparameters",
)  # fmt: skip


# What takes the longest, and is looked at by one test.
QUICK = {"weak_slices": {"enabled": False}, "explanation": False}


def _pipeline(task: Task, **evaluation: Any) -> PipelineSpec:
    return _pipeline_with({}, task, **QUICK, **evaluation)


def _pipeline_with(parts: dict[str, Any], task: Task, **evaluation: Any) -> PipelineSpec:
    ingest = {"source": {"csv": "a.csv"}, "key": "id", "time": "when"}
    given = {"name": "shop", "task": task, "ingest": ingest, "labels": "paid"}
    return PipelineSpec.model_validate({**given, "evaluation": evaluation, **parts})


def _store(home: Path) -> Store:
    return Store(Home(home).pipeline("shop"))


def _prepare(
    home: Path,
    task: Task,
    seed: int = 0,
    champion: str | None = None,
    email: bool = False,
    **more_of_champion: str,
) -> Artifact:
    store = _store(home)
    frame = examples(task, seed=7)
    if email:
        # The model does worse for one of them.
        is_ann = (frame["amount"] > 40) & (frame["_label"] == 1)
        frame["email"] = np.where(is_ann, "ann@x.org", "bob@x.org")
    put_artifact(
        store, "validated_examples", lambda path: write_frame(path / "examples.parquet", frame)
    )
    described = generate_statistics(frame).to_json()
    put_artifact(
        store,
        "statistics",
        lambda path: durable.write_json(path / "statistics.json", {"all": described}),
    )
    put_artifact(
        store, "best_hyperparameters", lambda path: draw_nothing(path / "tuning_history.png")
    )
    model = put_artifact(store, "model", lambda path: write_bundle(path, task, seed))
    baseline = {"version": 1, "model_digest": champion, **more_of_champion} if champion else {}
    put_artifact(
        store, "baseline_model", lambda path: durable.write_json(path / "baseline.json", baseline)
    )
    return model


def draw_nothing(path: Path) -> None:
    figure, _ = new_figure(1, 1, 1)
    save_figure(figure, path)


def _evaluate(home: Path, pipeline: PipelineSpec) -> tuple[Artifact, dict[str, Any]]:
    keys = [dg.AssetKey(["shop", name]) for name in UPSTREAM]
    upstream = [dg.AssetSpec(key).with_io_manager_key("artifacts") for key in keys]
    result = dg.materialize(
        [*upstream, *build_assets(pipeline)],
        resources={"artifacts": ArtifactIOManager(home=str(home))},
        instance=dg.DagsterInstance.ephemeral(tempdir=str(home)),
    )
    assert result.success
    checks = {found.check_name: found for found in result.get_asset_check_evaluations()}
    return _store(home).current_artifact("evaluation"), checks


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return tmp_path


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
    model = _prepare(home, task)
    artifact, checks = _evaluate(
        home, _pipeline(task, thresholds=thresholds, slices=["city"], min_slice_size=80)
    )
    found = Evaluation.from_json(artifact.json("evaluation.json"))
    assert artifact.json("blessing.json") == {
        "candidate": model.digest,
        "blessed": True,
        "reasons": list(found.reasons),
        "failed": {},
    }
    assert checks["blessing"].passed
    assert found.beats_linear is not None
    assert found.beats_linear.outcome == "pass"
    assert {one.name for one in found.baselines} == {"linear", "majority"}
    assert {piece.name for piece in found.slices} == {"city=Oslo", "city=Rome"}
    assert (artifact.path / picture).stat().st_size < 60_000
    assert (artifact.path / "slices.png").stat().st_size < 60_000
    main = next(iter(thresholds))
    assert artifact.summary["metrics"][main][0] == found.metric(main).value
    assert artifact.summary["candidate"] == model.digest


def test_a_threshold_that_is_missed_fails_the_check_without_stopping_the_run(home: Path) -> None:
    _prepare(home, "binary")
    artifact, checks = _evaluate(home, _pipeline("binary", thresholds={"roc_auc": {"min": 0.999}}))
    assert not artifact.json("blessing.json")["blessed"]
    assert checks["blessing"].severity == dg.AssetCheckSeverity.ERROR
    assert not checks["blessing"].passed
    assert "must be at least 0.999" in (checks["blessing"].description or "")


def test_the_champion_is_scored_on_the_same_rows(home: Path) -> None:
    champion = put_artifact(_store(home), "model", lambda path: write_bundle(path, "binary", 1))
    _prepare(home, "binary", champion=champion.digest)
    rules = {"roc_auc": {"min_change": -0.2}}
    artifact, checks = _evaluate(home, _pipeline("binary", thresholds=rules))
    found = Evaluation.from_json(artifact.json("evaluation.json"))
    assert checks["blessing"].passed
    assert found.baseline("champion") is not None
    assert artifact.json("evaluation.json")["champion_version"] == 1


@pytest.mark.parametrize("file", ["model.skops", "model.json"])
def test_a_champion_whose_files_were_altered_withholds_the_blessing(home: Path, file: str) -> None:
    champion = put_artifact(_store(home), "model", lambda path: write_bundle(path, "binary", 1))
    damage(champion.path / file)
    _prepare(home, "binary", champion=champion.digest)
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = _evaluate(home, _pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    text = checks["blessing"].description or ""
    assert "roc_auc cannot be compared with the champion's" in text
    assert (
        f"shop/model: objects/model/{champion.digest[:12]}... was altered after it was made" in text
    )


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (
            "other classes",
            "the champion knows 3 classes (low, middle, high), the candidate 2 classes (no, yes)",
        ),
        ("gone", "is gone, so it is not used"),
    ],
)
def test_a_champion_that_cannot_be_compared_with_withholds_the_blessing(
    home: Path, harm: str, why: str
) -> None:
    task: Task = "multiclass" if harm == "other classes" else "binary"
    champion = put_artifact(_store(home), "model", lambda path: write_bundle(path, task, 1))
    _prepare(home, "binary", champion=champion.digest)
    if harm == "gone":
        shutil.rmtree(champion.path)
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = _evaluate(home, _pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    text = checks["blessing"].description or ""
    assert "roc_auc cannot be compared with the champion's: " in text
    assert why in text


def test_a_champion_that_an_upgrade_made_unfit_is_not_opened(home: Path) -> None:
    _prepare(home, "binary", champion="never opened", refused="it does not predict what it did")
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = _evaluate(home, _pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    assert "roc_auc cannot be compared with the champion's: it does not predict what it did" in (
        checks["blessing"].description or ""
    )


def test_an_empty_test_split_is_not_blessed(home: Path) -> None:
    _prepare(home, "binary")
    frame = examples("binary").query("_split != 'test'")
    put_artifact(
        _store(home), "validated_examples", lambda p: write_frame(p / "examples.parquet", frame)
    )
    pipeline = _pipeline("binary", thresholds={"roc_auc": {"min": 0.1}}, slices=["city"])
    artifact, checks = _evaluate(home, pipeline)
    assert not checks["blessing"].passed
    assert artifact.json("blessing.json")["reasons"][0].startswith("there are 0 rows")


def test_the_same_evaluation_is_the_same_artifact(home: Path) -> None:
    _prepare(home, "binary")
    pipeline = _pipeline("binary", thresholds={"roc_auc": {"min": 0.6}}, slices=["city"])
    first, _ = _evaluate(home, pipeline)
    record = _store(home).root / "records" / "evaluation" / f"{first.fingerprint}.json"
    record.unlink()
    again, _ = _evaluate(home, pipeline)
    assert again.digest == first.digest
    assert json.loads(record.read_text())["reason"] == "first time"


@pytest.mark.parametrize("required", [False, True])
def test_groups_of_people_are_judged_where_protected_columns_are_named(
    home: Path, required: bool
) -> None:
    _prepare(home, "binary")
    fairness = {
        "protected": ["city"],
        "min_group_size": 5,
        "reference": {"city": {"Oslo": 0.99}},
        "required": required,
    }
    thresholds = {"roc_auc": {"min": 0.5}}

    artifact, checks = _evaluate(
        home, _pipeline("binary", thresholds=thresholds, fairness=fairness)
    )

    blessing = artifact.json("blessing.json")
    stored = artifact.json("fairness.json")
    failed = {
        f"fairness.{one['measure']}[{one['column']}]"
        for one in stored["findings"]
        if one["outcome"] == "fail"
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
    _prepare(home, "binary")

    artifact, checks = _evaluate(home, _pipeline("binary", thresholds={"roc_auc": {"min": 0.5}}))

    assert "disadvantage" not in checks
    files = {path.name for path in artifact.path.iterdir()}
    assert files.isdisjoint(
        {"fairness.json", "weak_slices.json", "explanation.json", "importance.png"}
    )


def test_everything_that_is_found_is_stored_shown_and_on_one_page(home: Path) -> None:
    _prepare(home, "binary", email=True)
    thresholds = {"roc_auc": {"min": 0.6}}
    by_mail: Any = {"slices": ["email"], "sql_slices": {"who": "'of ' || email"}}
    artifact, checks = _evaluate(
        home, _pipeline_with({}, "binary", thresholds=thresholds, **by_mail)
    )
    assert set(checks) == {"blessing", "not_flawless", "probabilities", "staleness"}
    names = [piece["name"] for piece in artifact.json("evaluation.json")["slices"]]
    assert names == ["email=(hidden 2)", "who=(hidden 2)"]  # of ann there are too few
    explained = artifact.json("explanation.json")
    assert [one["column"] for one in explained["importance"]] == ["amount", "city"]
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
    _prepare(home, "binary")
    unreachable = {"roc_auc": {"min": 0.999}}
    late = {"monitoring": {"retraining": {"max_age_days": 60}}}
    _, checks = _evaluate(home, _pipeline_with(late, "binary", **QUICK, thresholds=unreachable))
    assert not checks["staleness"].passed
    assert checks["staleness"].severity == dg.AssetCheckSeverity.WARN
    text = checks["staleness"].description or ""
    assert "the candidate is not worth serving from 30 days after its last training row" in text
    assert "trained anew after 60 days only: set monitoring.retraining.max_age_days to less" in text


def test_the_champion_ages_too_where_its_examples_are_kept(home: Path) -> None:
    store = _store(home)
    champion = put_artifact(store, "model", lambda path: write_bundle(path, "binary", 1))
    frame = examples("binary", seed=1)
    made_from = put_artifact(
        store, "examples", lambda path: write_frame(path / "examples.parquet", frame)
    )
    _prepare(home, "binary", champion=champion.digest, examples_digest=made_from.digest)
    artifact, _ = _evaluate(home, _pipeline("binary", thresholds={"roc_auc": {"min": 0.6}}))
    assert [one["model"] for one in artifact.json("staleness.json")] == ["candidate", "champion"]


def test_rows_count_by_their_weights(home: Path) -> None:
    _prepare(home, "binary")
    parts = {"statistics": {"weight": "amount"}}
    thresholds = {"roc_auc": {"min": 0.5}}
    artifact, _ = _evaluate(home, _pipeline_with(parts, "binary", **QUICK, thresholds=thresholds))
    found = Evaluation.from_json(artifact.json("evaluation.json"))
    plain, _ = _evaluate(home, _pipeline("binary", thresholds=thresholds))
    usual = Evaluation.from_json(plain.json("evaluation.json"))
    assert found.unweighted == usual.metric("roc_auc")
    assert found.metric("roc_auc") != usual.metric("roc_auc")
    assert usual.unweighted is None


def test_any_metric_may_be_measured_and_judged(home: Path) -> None:
    _prepare(home, "binary")
    own = f"{__name__}:share_called"
    evaluation = {
        "metrics": ["specificity", "precision@0.3"],
        "thresholds": {"roc_auc": {"min": 0.5}, own: {"max": 1.0}},
        "slices": ["city", "amount:3"],
        "slice_thresholds": {"recall@0.2": {"min": 0.0}},
    }
    artifact, _ = _evaluate(home, _pipeline("binary", **evaluation))
    found = Evaluation.from_json(artifact.json("evaluation.json"))
    names = [metric.name for metric in found.metrics]
    assert names[-4:] == ["specificity", "precision@0.3", own, "recall@0.2"]
    assert found.blessed
    assert len([piece for piece in found.slices if piece.by == "amount:3"]) == 3
    assert {rule.key for rule in found.rules} >= {f"{own}.max", "recall@0.2.min[city=Oslo]"}


def test_the_module_of_a_metric_of_ones_own_counts_for_the_fingerprint(home: Path) -> None:
    own = f"{__name__}:share_called"
    for evaluation in (
        {"metrics": [own]},
        {"slices": ["city"], "slice_thresholds": {own: {"min": 0.0}}},
    ):
        pipeline = _pipeline("binary", **evaluation)
        build_assets(pipeline)
        stage = declared("shop", "evaluation")
        assert stage is not None
        assert __name__ in ingredients_now(stage, Home(home), {})["code"]
        assert pipeline.user_modules == (__name__,)


def share_called(y_true: Any, y_pred: Any, sample_weight: Any) -> float:
    return float(((y_pred > 0.5) * sample_weight).sum() / sample_weight.sum())
