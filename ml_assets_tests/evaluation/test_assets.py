import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.evaluation.assets import build_assets
from ml_assets.evaluation.metrics import Task
from ml_assets.evaluation.result import Evaluation
from ml_assets.pipeline import PipelineSpec
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.evaluation.trained import examples, write_bundle, write_frame

UPSTREAM = ("model", "baseline_model", "validated_examples")


def _pipeline(task: Task, **evaluation: Any) -> PipelineSpec:
    ingest = {"source": {"csv": "a.csv"}, "key": "id", "time": "when"}
    return PipelineSpec.model_validate(
        {"name": "shop", "task": task, "ingest": ingest, "labels": "paid", "evaluation": evaluation}
    )


def _store(home: Path) -> Store:
    return Store(Home(home).pipeline("shop"))


def _prepare(home: Path, task: Task, seed: int = 0, champion: str | None = None) -> Artifact:
    store = _store(home)
    frame = examples(task, seed=7)
    put_artifact(
        store, "validated_examples", lambda path: write_frame(path / "examples.parquet", frame)
    )
    model = put_artifact(store, "model", lambda path: write_bundle(path, task, seed))
    baseline = {"version": 1, "model_digest": champion} if champion else {}
    put_artifact(
        store, "baseline_model", lambda path: durable.write_json(path / "baseline.json", baseline)
    )
    return model


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
    assert checks["beats_linear"].passed
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


@pytest.mark.parametrize("is_whole", [False, True], ids=["one file", "all, with new digests"])
def test_a_champion_whose_files_were_altered_withholds_the_blessing(
    home: Path, is_whole: bool
) -> None:
    champion = put_artifact(_store(home), "model", lambda path: write_bundle(path, "binary", 1))
    if is_whole:
        write_bundle(champion.path, "binary", 2)
    else:
        (champion.path / "model.skops").write_bytes(b"x")
    _prepare(home, "binary", champion=champion.digest)
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = _evaluate(home, _pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    text = checks["blessing"].description or ""
    assert "roc_auc cannot be compared with the champion's" in text
    assert (
        f"shop/model: objects/model/{champion.digest[:12]}... was altered after it was made" in text
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
    assert not checks["beats_linear"].passed
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


def test_without_protected_columns_nobody_is_judged(home: Path) -> None:
    _prepare(home, "binary")

    artifact, checks = _evaluate(home, _pipeline("binary", thresholds={"roc_auc": {"min": 0.5}}))

    assert "disadvantage" not in checks
    assert not (artifact.path / "fairness.json").exists()
