import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets.errors import PipelineFileError
from ml_assets.ingest.snapshots import take_snapshots
from ml_assets.ingest.sources import open_source, source_fingerprint
from ml_assets.monitoring.sensors import REASON_TAG, build_retraining
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry.version import RegisteredVersion
from ml_assets_tests.artifacts_factory import put_artifact

NOW = datetime.now(UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


def _pipeline(folder: Path, **retraining: Any) -> PipelineSpec:
    ingest = {"source": {"csv": "data/*.csv"}, "time": "when", "span": "day"}
    fields = {"name": "shop", "task": "binary", "ingest": ingest, "labels": "paid"}
    monitoring = {"retraining": retraining}
    return PipelineSpec.model_validate({**fields, "directory": folder, "monitoring": monitoring})


def _write(folder: Path, day: int) -> None:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / f"{day}.csv").write_text(f"when,paid\n2026-01-{day:02d}T09:00:00,1\n")


def _ingest(pipeline: PipelineSpec, home: Path) -> None:
    store = Store(Home(home).pipeline("shop"))
    scratch = home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    source = open_source(pipeline.ingest.source, pipeline.directory, scratch)
    taken = take_snapshots(source, source.types(), "when", "day", store.root / "spans")
    fingerprint = source_fingerprint(pipeline.ingest.source, pipeline.directory)
    manifest = taken.manifest(fingerprint)
    put_artifact(store, "raw_data", lambda p: durable.write_json(p / "manifest.json", manifest))


def _train(pipeline: PipelineSpec, home: Path) -> None:
    _write(pipeline.directory, 1)
    _ingest(pipeline, home)
    put_artifact(Store(Home(home).pipeline("shop")), "model", lambda p: (p / "m").touch())


def _champion(monkeypatch: pytest.MonkeyPatch, version: int, age: timedelta) -> None:
    registered = RegisteredVersion("shop", version, {"model_digest": "m"}, NOW - age, "file:///m")
    monkeypatch.setattr("ml_assets.registry.registry.champion", lambda uri, name: registered)


def _alarm(home: Path, kind: str, version: int, content: str = "far") -> None:
    check = {
        "name": kind,
        "passed": False,
        "description": "x moved",
        "severity": "ERROR",
        "values": {},
    }
    put_artifact(
        Store(Home(home).pipeline("shop")), kind, lambda path: durable.write_json(path / "x", content),
        summary={"model_version": version}, checks=[check],
    )  # fmt: skip


def _tick(
    pipeline: PipelineSpec, instance: dg.DagsterInstance, cursor: str | None = None
) -> dg.SensorResult:
    (_,), (sensor,) = build_retraining(pipeline)
    result = sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(result, dg.SensorResult)
    return result


def _why_not(result: dg.SensorResult) -> str:
    assert not result.run_requests
    assert result.skip_reason is not None
    return str(
        result.skip_reason.skip_message
        if isinstance(result.skip_reason, dg.SkipReason)
        else result.skip_reason
    )


def test_there_is_a_job_and_a_sensor_that_is_on(tmp_path: Path) -> None:
    (job,), (sensor,) = build_retraining(_pipeline(tmp_path, check_every_seconds=90))
    assert (job.name, sensor.name) == ("shop_retrain", "shop_retraining")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 90


def test_before_the_first_run_it_says_what_to_do(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance
) -> None:
    text = _why_not(_tick(_pipeline(tmp_path), instance))
    assert "was never trained. Materialize it first: python -m ml_assets run shop" in text


def test_nothing_new_starts_nothing(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _pipeline(tmp_path)
    _train(pipeline, home)
    _champion(monkeypatch, 1, timedelta(days=1))
    assert _why_not(_tick(pipeline, instance)) == "There is no new reason to retrain."


@pytest.mark.parametrize(
    ("retraining", "days", "is_too_old"),
    [({}, 29, False), ({}, 31, True), ({"max_age_days": 40}, 31, False)],
)
def test_a_champion_is_retrained_at_the_age_that_staleness_is_judged_by(
    tmp_path: Path,
    home: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    retraining: dict[str, Any],
    days: int,
    is_too_old: bool,
) -> None:
    pipeline = _pipeline(tmp_path, **retraining)
    _train(pipeline, home)
    _champion(monkeypatch, 1, timedelta(days=days))
    result = _tick(pipeline, instance)
    assert [request.tags[REASON_TAG] for request in result.run_requests or ()] == (
        ["age"] if is_too_old else []
    )
    assert is_too_old == (days > pipeline.max_model_age_days)


def test_a_new_file_starts_one_retraining_with_the_reason_as_a_tag(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _pipeline(tmp_path, cool_down_hours=0)
    _train(pipeline, home)
    _champion(monkeypatch, 1, timedelta(days=1))
    _write(tmp_path, 2)
    first = _tick(pipeline, instance)
    (request,) = first.run_requests or ()
    assert request.tags[REASON_TAG] == "new_spans"
    assert request.tags["ml_assets/retrain_champion"] == "1"
    assert "1 new or changed span: 2026-01-02" in request.tags["ml_assets/retrain_why"]
    assert json.loads(first.cursor or "")["run_key"] == request.run_key
    held = _why_not(_tick(pipeline, instance, first.cursor))
    assert "has not ended it: 1 new or changed span: 2026-01-02. Look at its run" in held
    _ingest(pipeline, home)
    assert _why_not(_tick(pipeline, instance, first.cursor)) == "There is no new reason to retrain."
    _write(tmp_path, 3)
    (again,) = _tick(pipeline, instance, first.cursor).run_requests or ()
    assert again.run_key != request.run_key


def test_no_reason_is_used_up_while_another_pipelines_yaml_is_broken(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _pipeline(tmp_path / "shop", cool_down_hours=0)
    pipeline.directory.mkdir()
    _train(pipeline, home)
    _champion(monkeypatch, 1, timedelta(days=1))
    _write(pipeline.directory, 2)
    broken = tmp_path / "other" / "defs.yaml"
    broken.parent.mkdir()
    broken.write_text("type: ml_assets.component.MLPipeline\nattributes: {taskk: binary}\n")
    message = (
        r"(?s)shop is to be retrained \(1 new .*2026-01-02\).*other/defs.yaml:2: .*taskk is not"
    )
    with pytest.raises(PipelineFileError, match=message):
        _tick(pipeline, instance)
    broken.unlink()
    assert _tick(pipeline, instance).run_requests


def test_a_changed_source_is_read_once_for_each_content(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _pipeline(tmp_path)
    _train(pipeline, home)
    _write(tmp_path, 2)
    calls = []

    def find(*arguments: Any) -> tuple[str, ...]:
        calls.append(arguments)
        return ()

    monkeypatch.setattr("ml_assets.monitoring.new_spans.find_new_spans", find)
    _, (sensor,) = build_retraining(pipeline)
    for _ in range(3):
        sensor(dg.build_sensor_context(instance=instance))
    assert len(calls) == 1


@pytest.mark.parametrize("kind", ["skew", "drift", "performance"])
def test_an_alarm_about_the_champion_starts_one_retraining(
    kind: str,
    tmp_path: Path,
    home: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipeline = _pipeline(tmp_path, cool_down_hours=0)
    _train(pipeline, home)
    _champion(monkeypatch, 2, timedelta(days=1))
    _alarm(home, kind, version=1)
    _why_not(_tick(pipeline, instance))
    _alarm(home, kind, version=2)
    first = _tick(pipeline, instance)
    (request,) = first.run_requests or ()
    assert request.tags[REASON_TAG] == kind
    assert request.tags["ml_assets/retrain_why"] == f"{kind}: x moved"
    _why_not(_tick(pipeline, instance, first.cursor))
    _alarm(home, kind, version=2, content="farther")
    assert _tick(pipeline, instance, first.cursor).run_requests


def test_while_a_retraining_runs_no_other_is_started(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _pipeline(tmp_path)
    _train(pipeline, home)
    _champion(monkeypatch, 2, timedelta(days=31))
    instance.add_run(dg.DagsterRun("shop_retrain", status=dg.DagsterRunStatus.STARTED))
    assert "queued or running already" in _why_not(_tick(pipeline, instance))


def test_the_cool_down_is_told(
    tmp_path: Path, home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _pipeline(tmp_path)
    _train(pipeline, home)
    _champion(monkeypatch, 2, timedelta(days=31))
    first = _tick(pipeline, instance)
    _alarm(home, "drift", version=2)
    assert _why_not(_tick(pipeline, instance, first.cursor)).startswith("Cooling down until ")
