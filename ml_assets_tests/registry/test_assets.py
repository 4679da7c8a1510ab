"""The registry's assets in Dagster: from a model and its verdicts to a champion."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.outcome import Check, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.errors import ModelError
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry.assets import build_assets
from ml_assets.registry.client import connect
from ml_assets.registry.infra_validation import InfraValidation
from ml_assets.registry.jobs import build_jobs
from ml_assets.registry.ledger import Ledger
from ml_assets.registry.people import roll_back_pipeline
from ml_assets.registry.promotion import ledger_folder
from ml_assets.registry.registry import challenger, champion, registered_version
from ml_assets_tests.registry.rich_model import TYPES, write_rich_bundle, write_rich_examples

PASSED = [{"name": "quarantine", "passed": True, "severity": "ERROR", "description": "none"}]
FAILED = [{**PASSED[0], "passed": False, "description": "9 % of the rows; at most 5 % may be"}]


@dataclass(frozen=True)
class Run:
    """One run of the registry's assets: whether it succeeded, why each asset ran, and its checks."""

    success: bool
    reasons: dict[str, str]
    checks: dict[str, dg.AssetCheckEvaluation]


@pytest.fixture
def home(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    found = Home(tmp_path)
    found.mlflow.mkdir()
    shutil.copy(empty_database, found.mlflow / "mlflow.db")
    put_model(found, seed=0)
    put_examples(found, PASSED)
    return found


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> InfraValidation:
    """The verdict on the candidate's server, without one."""
    verdict = InfraValidation(rows=3, load_seconds=1.0, p50_ms=9.0, p99_ms=12.0, memory_mb=280.0)
    monkeypatch.setattr(
        "ml_assets.registry.infra_validation.validate_infra", lambda *given: verdict
    )
    return verdict


def store_of(home: Home) -> Store:
    return Store(home.pipeline("shop"))


def put_model(home: Home, seed: int) -> None:
    """A model of which only the description is asked for."""
    columns = [{"name": name, "type": kind, "nullable": True} for name, kind in TYPES.items()]
    facts = {"task": "binary", "classes": ["no", "yes"], "input_columns": columns, "seed": seed}
    put(home, "model", lambda path: durable.write_json(path / "model.json", facts))


def put_examples(home: Home, checks: list[dict[str, Any]]) -> None:
    put(home, "validated_examples", lambda path: write_rich_examples(path / "examples.parquet"))
    durable.write_json(home.root / "put" / "checks.json", checks)


def put(home: Home, asset: str, write: Callable[[Path], None]) -> None:
    """Lay down what the stand-in for an upstream asset will give."""
    folder = home.root / "put" / asset
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write(folder)


def given(pipeline: PipelineSpec, home: Home, name: str) -> dg.AssetsDefinition:
    """A stand-in for an upstream asset: what was put is its setting, so that it holds while that does."""
    folder = home.root / "put" / name
    is_examples = name == "validated_examples"
    found = durable.read_json(home.root / "put" / "checks.json") if is_examples else []

    def stand_in(stage: Stage) -> Outcome:
        shutil.copytree(folder, stage.directory, dirs_exist_ok=True)
        return Outcome(checks=[Check(**check) for check in found])

    stand_in.__name__ = stand_in.__qualname__ = name
    stand_in.__qualname__ = "given.<locals>.stand_in"
    return stage_asset(
        pipeline,
        config={"put": [durable.directory_digest(folder), found]},
        blocking_checks=[check["name"] for check in found],
    )(stand_in)


def judge(pipeline: PipelineSpec, blessed: bool) -> dg.AssetsDefinition:
    """A stand-in for the room of evaluation that blesses whatever it is told to."""

    @stage_asset(
        pipeline,
        ins=["model", "baseline_model", "validated_examples"],
        config={"blessed": blessed},
        checks=["blessing"],
    )
    def evaluation(
        stage: Stage, model: Artifact, baseline_model: Artifact, validated_examples: Artifact
    ) -> Outcome:
        reasons = [] if blessed else ["roc_auc is 0.81; it must be at least 0.99"]
        failed = {} if blessed else {"roc_auc.min": reasons[0]}
        verdict = {
            "candidate": model.digest, "blessed": blessed, "reasons": reasons, "failed": failed
        }  # fmt: skip
        durable.write_json(stage.directory / "blessing.json", verdict)
        metrics = {"roc_auc": [0.81, 0.79, 0.83]}
        return Outcome({"rows": 3, "metrics": metrics}, {}, [Check("blessing", blessed, "as told")])

    return evaluation


def pipeline_in(**registry: Any) -> PipelineSpec:
    return PipelineSpec.model_validate(
        {
            "name": "shop",
            "task": "binary",
            "ingest": {"source": {"csv": "a.csv"}, "key": "id", "time": "when"},
            "labels": "paid",
            "registry": registry,
        }
    )


def materialize(
    home: Home, assets: list[dg.AssetsDefinition], selected: list[dg.AssetsDefinition]
) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            assets,
            selection=selected,
            resources={"artifacts": ArtifactIOManager(home=str(home.root))},
            instance=instance,
            raise_on_error=False,
        )


OURS = ("evaluation", "baseline_model", "infra_validation", "registered_model")


def run(
    home: Home,
    blessed: bool = True,
    registry: dict[str, Any] | None = None,
    wanted: Sequence[str] = OURS,
    upstream_first: bool = True,
    **infra: Any,
) -> Run:
    """Run the stand-ins for what comes before, in a run of their own, then these assets."""
    pipeline = pipeline_in(infra_validation=infra, **(registry or {}))
    upstream = [given(pipeline, home, name) for name in ("model", "validated_examples")]
    ours = [judge(pipeline, blessed), *build_assets(pipeline)]
    if upstream_first:
        materialize(home, upstream, upstream)
    result = materialize(home, [*upstream, *ours], [a for a in ours if a.key.path[-1] in wanted])
    events = result.get_asset_materialization_events()
    found = [event.materialization for event in events]
    return Run(
        result.success,
        {one.asset_key.path[-1]: str(one.metadata["reason"].value) for one in found},
        {check.check_name: check for check in result.get_asset_check_evaluations()},
    )


def registered(home: Home) -> dict[str, Any]:
    facts: dict[str, Any] = (
        store_of(home).current_artifact("registered_model").json("registered_model.json")
    )
    return facts


def aliases(home: Home) -> tuple[int | None, int | None]:
    found = (f(home.tracking_uri, "shop") for f in (champion, challenger))
    first, second = (one.version if one else None for one in found)
    return first, second


def test_a_good_candidate_is_served_registered_and_promoted_and_then_cached(home: Home) -> None:
    put(home, "model", write_rich_bundle)
    first = run(home, max_latency_ms=5_000, tolerance=0)

    assert first.success
    assert first.checks["infra_blessing"].passed
    assert first.checks["promotion"].description == "version 1 is the champion"
    digest = store_of(home).current_artifact("model").digest
    assert registered(home) == {
        "name": "shop",
        "version": 1,
        "model_digest": digest,
        "champion": True,
        "champion_version": 1,
        "challenger": None,
        "reasons": [],
        "stale": [],
    }
    version = champion(home.tracking_uri, "shop")
    assert version is not None
    assert version.baseline is None
    tags = dict(version.tags)
    assert tags.pop("dagster_run_id")
    assert tags.pop("code_version")
    assert set(tags) == {
        "baseline",
        "evaluation_digest",
        "infra_validation_digest",
        "model_digest",
        "pipeline",
        "promotion",
        "validated_examples_digest",
        "verdict.blessing",
        "verdict.infra_blessing",
        "verdict.quarantine",
    }
    assert tags["verdict.infra_blessing"] == "passed"
    infra = store_of(home).current_artifact("infra_validation")
    answers = infra.json("infra_validation.json")
    assert (answers["rows"], answers["max_difference"]) == (50, 0.0)
    assert set(answers["refused"].values()) == {400, 415}
    assert None not in [infra.summary[n] for n in ("load_seconds", "p50_ms", "p99_ms", "memory_mb")]
    assert infra.json("infra_blessing.json") == {
        "candidate": digest,
        "blessed": True,
        "reasons": [],
    }
    assert list((store_of(home).root / "logs").iterdir()) == []

    second = run(home, max_latency_ms=5_000, tolerance=0)

    assert second.success
    assert set(second.reasons.values()) == {"cached"}


def test_a_candidate_that_is_not_blessed_stays_the_challenger(
    home: Home, served: InfraValidation
) -> None:
    found = run(home, blessed=False)

    assert not found.success
    assert found.checks["promotion"].description == (
        "version 1 was not promoted, there is no champion: "
        "blessing: roc_auc is 0.81; it must be at least 0.99"
    )
    assert aliases(home) == (None, 1)


def test_a_refused_candidate_leaves_the_champion(home: Home, served: InfraValidation) -> None:
    run(home)
    put_model(home, seed=1)

    found = run(home, blessed=False)

    assert not found.success
    description = found.checks["promotion"].description or ""
    assert description.startswith("version 2 was not promoted, the champion stays version 1: bless")
    assert aliases(home) == (1, 2)
    again = run(home, blessed=False)
    assert not again.success
    assert set(again.reasons.values()) == {"cached"}


def test_a_better_candidate_becomes_champion_and_remembers_whom_it_replaced(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    first = store_of(home).current_artifact("model").digest
    put_model(home, seed=1)

    assert run(home).success

    assert aliases(home) == (2, None)
    baseline = store_of(home).current_artifact("baseline_model").json("baseline.json")
    assert baseline == {
        "version": 1,
        "model_digest": first,
        "statistics_digest": None,
        "path": f"objects/model/{first}",
    }
    again = run(home)
    assert again.success
    assert set(again.reasons.values()) == {"cached"}


def test_a_candidate_whose_server_failed_is_not_promoted_and_tried_again(
    home: Home, served: InfraValidation
) -> None:
    served.reasons.append("the 99th percentile of the latency is 1400 ms; the limit is 1000 ms")

    found = run(home)

    assert not found.success
    assert not found.checks["infra_blessing"].passed
    assert (
        "infra_blessing: the 99th percentile of the latency is 1400 ms; the limit is 1000 ms"
        in (found.checks["promotion"].description or "")
    )
    served.reasons.clear()
    again = run(home)
    assert again.success
    assert again.reasons["infra_validation"] == "it was not blessed, so it is tried again"
    assert aliases(home) == (1, None)


def test_a_check_that_failed_anywhere_before_is_a_no(home: Home, served: InfraValidation) -> None:
    put_examples(home, FAILED)

    found = run(home)

    assert not found.success
    assert "validated_examples: quarantine failed: 9 % of the rows; at most 5 % may be" in (
        found.checks["promotion"].description or ""
    )
    assert aliases(home) == (None, 1)


def test_verdicts_are_read_from_the_disk_at_the_moment_of_promotion(
    home: Home, served: InfraValidation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml_assets.registry import registry

    original = registry.register

    def register_while_someone_alters(*given: Any) -> Any:
        found = original(*given)
        path = store_of(home).current_artifact("evaluation").path / "blessing.json"
        path.write_text(path.read_text().replace("[]", '["altered"]'))
        return found

    monkeypatch.setattr(registry, "register", register_while_someone_alters)

    found = run(home)

    assert not found.success
    description = found.checks["promotion"].description or ""
    assert "evaluation: its files are missing or were altered after it was made" in description


def test_aliases_that_someone_moves_are_seen(home: Home, served: InfraValidation) -> None:
    run(home)
    put_model(home, seed=1)
    run(home)
    with connect(home.tracking_uri, "a test") as client:
        client.set_registered_model_alias("shop", "champion", "1")

    found = run(home)

    assert found.reasons["baseline_model"] == "cached"
    assert found.reasons["registered_model"] == (
        "the alias champion was moved in MLflow, from version 2 to version 1"
    )
    assert aliases(home) == (2, None)


def test_a_version_that_someone_deletes_is_registered_again(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    with connect(home.tracking_uri, "a test") as client:
        client.delete_model_version("shop", "1")

    found = run(home)

    assert found.success
    assert found.reasons["registered_model"] == "version 1 of shop is gone from MLflow"
    assert registered_version(home.tracking_uri, "shop", 1) is None
    assert aliases(home) == (2, None)


def test_a_champion_of_someone_else_is_refused_as_a_baseline(home: Home) -> None:
    from ml_assets.registry.baseline import find_baseline

    with connect(home.tracking_uri, "a test") as client:
        client.create_registered_model("shop")
        client.create_model_version("shop", source=home.root.as_uri())
        client.set_registered_model_alias("shop", "champion", "1")

    with pytest.raises(
        ModelError, match=r"champion of 'shop', version 1, was not registered by ml_assets .*Remove"
    ):
        find_baseline(home.tracking_uri, "shop", "a" * 64)


def run_job(home: Home, name: str, config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    job = next(one for one in build_jobs(pipeline_in()) if one.name == f"shop_{name}")
    with dg.DagsterInstance.ephemeral(tempdir=str(home.root)) as instance:
        op = {f"shop_{name}_op": {"config": config}}
        return job.execute_in_process({"ops": op}, instance=instance, raise_on_error=False)


def test_where_a_person_must_approve_nothing_is_promoted_before(
    home: Home, served: InfraValidation
) -> None:
    first = run(home, registry={"approval": True})
    assert not first.success
    assert "approval: no person has approved of it yet" in (
        first.checks["promotion"].description or ""
    )

    assert run_job(home, "approve", {"version": 1, "reason": "looked at the slices"}).success
    again = run(home, registry={"approval": True})

    assert again.success
    assert again.reasons["registered_model"] == "version 1 was approved"
    assert aliases(home) == (1, None)


def test_what_was_rolled_back_is_not_promoted_again_by_itself(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    put_model(home, seed=1)
    run(home)

    assert run_job(home, "rollback", {"reason": "it refused every flight to Boston"}).success
    assert aliases(home) == (1, None)
    again = run(home)

    assert not again.success
    assert re.search(
        r"version 2 was not promoted, the champion stays version 1: rollback: .* rolled this very "
        r"model back on \d{4}-\d\d-\d\d: it refused every flight to Boston",
        again.checks["promotion"].description or "",
    )
    assert aliases(home)[0] == 1
    actions = [e.action for e in Ledger(ledger_folder(home.mlflow, "shop")).entries()]
    assert actions == ["promotion", "promotion", "rollback"]


def test_a_rollback_to_a_model_that_the_store_lost_is_refused(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    first = store_of(home).current_artifact("model").path
    put_model(home, seed=1)
    run(home)
    shutil.rmtree(first)

    with pytest.raises(ModelError, match=r"its model is gone from .* The champion was not changed"):
        roll_back_pipeline(home, pipeline_in(), "slow")
    assert aliases(home) == (2, None)


ONLY = ("registered_model",)


def test_a_verdict_that_an_older_yaml_gave_does_not_promote(
    home: Home, served: InfraValidation
) -> None:
    run(home, wanted=OURS[:3])

    found = run(home, blessed=False, wanted=ONLY, upstream_first=False)

    assert not found.success
    assert found.checks["promotion"].description == (
        "version 1 was not promoted, there is no champion: "
        "evaluation is stale: blessed in the YAML changed since; run the whole pipeline"
    )
    assert aliases(home) == (None, 1)


def test_a_champion_is_not_confirmed_by_a_stale_verdict_and_is_again_when_it_holds(
    home: Home, served: InfraValidation
) -> None:
    run(home)

    stale = run(home, blessed=False, wanted=ONLY, upstream_first=False)
    again = run(home, wanted=ONLY, upstream_first=False)

    assert stale.reasons["registered_model"].startswith("evaluation is stale: blessed in the YAML")
    assert (stale.checks["promotion"].description or "").startswith(
        "the champion, version 1, could not be judged again: evaluation is stale: "
    )
    assert again.success
    assert again.reasons["registered_model"] == "its verdicts hold again"
    assert run(home, wanted=ONLY).reasons["registered_model"] == "cached"


def test_a_champion_that_does_not_meet_a_stricter_yaml_is_named_with_the_way_back(
    home: Home, served: InfraValidation
) -> None:
    run(home)

    found = run(home, blessed=False)

    description = found.checks["promotion"].description or ""
    assert description.startswith(
        "the champion itself, version 1, does not meet what is asked now: blessing: roc_auc is 0.81"
    )
    assert description.endswith("or roll back with python -m ml_assets rollback shop")


def test_what_was_made_again_since_does_not_count(home: Home, served: InfraValidation) -> None:
    run(home, wanted=OURS[:3])
    put_examples(home, [])
    spec = pipeline_in(infra_validation={})
    upstream = [given(spec, home, name) for name in ("model", "validated_examples")]
    (home.root / "put" / "validated_examples" / "more").touch()
    materialize(home, upstream, [given(spec, home, "validated_examples")])

    found = run(home, wanted=ONLY, upstream_first=False)

    assert "validated_examples is stale: " in (found.checks["promotion"].description or "")
    assert aliases(home) == (None, 1)


@pytest.mark.parametrize("asset", ["model", "validated_examples", "baseline_model"])
def test_anything_of_the_lineage_that_was_damaged_is_a_no(
    home: Home, served: InfraValidation, asset: str
) -> None:
    run(home, wanted=OURS[:3])
    path = store_of(home).current_artifact(asset).path
    file = next(p for p in path.iterdir() if p.is_file())
    file.write_bytes(file.read_bytes()[:-1])

    found = run(home, wanted=ONLY, upstream_first=False)

    assert not found.success
    assert aliases(home)[0] is None


@pytest.mark.parametrize(("until", "is_promoted"), [("2999-12-31", True), ("2000-01-01", False)])
def test_a_waiver_holds_until_its_day(
    home: Home, served: InfraValidation, until: str, is_promoted: bool
) -> None:
    waiver = {"rule": "roc_auc.min", "by": "ada", "reason": "a first model", "until": until}

    found = run(home, blessed=False, registry={"waivers": [waiver]})

    assert found.success is is_promoted
    entries = Ledger(ledger_folder(home.mlflow, "shop")).entries()
    told = [entry.evidence.get("waived") for entry in entries]
    expected = [f"roc_auc.min waived by ada until {until}: a first model"]
    assert told == (expected if is_promoted else [])
