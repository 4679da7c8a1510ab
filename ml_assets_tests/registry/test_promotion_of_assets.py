"""Who may promote in Dagster: people's approvals, rollbacks and waivers, and verdicts that still hold."""

import re
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.cli.people import approve
from ml_assets.errors import ModelError
from ml_assets.registry.infra_result import InfraValidation
from ml_assets.registry.jobs import build_jobs
from ml_assets.registry.ledger import ledger_in
from ml_assets.registry.people import roll_back_pipeline
from ml_assets.registry.promotion import ledger_folder
from ml_assets.registry.registry import champion
from ml_assets.registry.run import local_path
from ml_assets_tests.pipeline_factory import write_pipeline
from ml_assets_tests.registry.shop import (
    OURS,
    aliases,
    given,
    materialize,
    pipeline_in,
    put_examples,
    put_model,
    run,
    store_of,
)


@pytest.fixture
def home(shop_home: Home) -> Home:
    return shop_home


def run_job(home: Home, name: str, config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    job = next(job for job in build_jobs(pipeline_in()) if job.name == f"shop_{name}")
    with dg.DagsterInstance.ephemeral(tempdir=str(home.root)) as instance:
        op = {f"shop_{name}_op": {"config": config}}
        return job.execute_in_process({"ops": op}, instance=instance, raise_on_error=False)


def test_where_a_person_must_approve_nothing_is_promoted_before(
    home: Home, served: InfraValidation
) -> None:
    first = run(home, registry={"approval": True})
    assert not first.success
    assert "approval: no person has approved of it yet" in first.said

    assert run_job(home, "approve", {"version": 1, "reason": "looked at the slices"}).success
    again = run(home, registry={"approval": True})

    assert again.success
    assert again.reasons["registered_model"] == "version 1 was approved"
    assert aliases(home) == (1, None)


def test_what_a_command_did_is_shown_with_the_asset_too(
    home: Home, served: InfraValidation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(home)
    monkeypatch.setenv("ML_ASSETS_HOME", str(home.root))
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    write_pipeline(tmp_path / "defs", "shop")

    assert approve(tmp_path / "defs", "shop", 1, "looked at the slices") == 0

    with dg.DagsterInstance.get() as instance:
        key = dg.AssetKey(["shop", "registered_model"])
        (record,) = instance.fetch_observations(key, limit=2).records
    assert record.asset_observation is not None
    ledger = record.asset_observation.metadata["ledger"]
    assert isinstance(ledger, dg.TableMetadataValue)
    assert ledger.records[0].data["reason"] == "looked at the slices"


def test_what_was_rolled_back_is_not_promoted_again_by_itself(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    put_model(home, seed=1)
    run(home)

    back = run_job(home, "rollback", {"reason": "it refused every flight to Boston"})
    assert back.success
    assert aliases(home) == (1, None)
    (observation,) = back.get_asset_observation_events()
    observed = observation.event_specific_data.asset_observation  # type: ignore[union-attr]
    assert observed.asset_key == dg.AssetKey(["shop", "registered_model"])
    ledger = observed.metadata["ledger"]
    assert isinstance(ledger, dg.TableMetadataValue)
    newest = ledger.records[0].data
    assert (newest["action"], newest["from"], newest["to"]) == ("rollback", 2, 1)
    assert newest["reason"] == "it refused every flight to Boston"
    again = run(home)

    assert not again.success
    assert re.search(
        r"version 2 was not promoted, the champion stays version 1: rollback: .* rolled this very "
        r"model back on \d{4}-\d\d-\d\d: it refused every flight to Boston",
        again.said,
    )
    assert aliases(home)[0] == 1
    actions = [e.action for e in ledger_in(ledger_folder(home.mlflow, "shop")).entries()]
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


ONLY = ("registered_model", "promotion")


def test_a_verdict_that_an_older_yaml_gave_does_not_promote(
    home: Home, served: InfraValidation
) -> None:
    run(home, selection=OURS[:3])

    result = run(home, blessed=False, selection=ONLY, upstream_first=False)

    assert not result.success
    assert result.said == (
        "version 1 was not promoted, there is no champion: "
        "evaluation is stale: blessed in the YAML changed since; run the whole pipeline"
    )
    assert aliases(home) == (None, 1)


def test_a_champion_is_not_confirmed_by_a_stale_verdict_and_is_again_when_it_holds(
    home: Home, served: InfraValidation
) -> None:
    run(home)

    stale = run(home, blessed=False, selection=ONLY, upstream_first=False)
    again = run(home, selection=ONLY, upstream_first=False)

    assert stale.reasons["registered_model"].startswith("evaluation is stale: blessed in the YAML")
    assert stale.said.startswith(
        "the champion, version 1, could not be judged again: evaluation is stale: "
    )
    assert again.success
    assert again.reasons["registered_model"] == "its verdicts hold again"
    assert run(home, selection=ONLY).reasons["registered_model"] == "cached"


def test_a_champion_that_does_not_meet_a_stricter_yaml_is_named_with_the_way_back(
    home: Home, served: InfraValidation
) -> None:
    run(home)

    result = run(home, blessed=False)

    description = result.said
    assert description.startswith(
        "the champion itself, version 1, does not meet what is asked now: blessing: roc_auc is 0.81"
    )
    assert description.endswith("or go back: python -m ml_assets rollback shop --reason WHY")


def test_what_was_made_again_since_does_not_count(home: Home, served: InfraValidation) -> None:
    run(home, selection=OURS[:3])
    put_examples(home, [])
    spec = pipeline_in(infra_validation={})
    upstream = [given(spec, home, name) for name in ("model", "validated_examples")]
    (home.root / "put" / "validated_examples" / "more").touch()
    materialize(home, upstream, [given(spec, home, "validated_examples")])

    result = run(home, selection=ONLY, upstream_first=False)

    assert "validated_examples is stale: " in result.said
    assert aliases(home) == (None, 1)


@pytest.mark.parametrize("asset", ["model", "validated_examples", "baseline_model"])
def test_anything_of_the_lineage_that_was_damaged_is_a_no(
    home: Home, served: InfraValidation, asset: str
) -> None:
    run(home, selection=OURS[:3])
    path = store_of(home).current_artifact(asset).path
    file = next(p for p in path.iterdir() if p.is_file())
    file.write_bytes(file.read_bytes()[:-1])

    result = run(home, selection=ONLY, upstream_first=False)

    assert not result.success
    assert aliases(home)[0] is None


@pytest.mark.parametrize(("until", "is_promoted"), [("2999-12-31", True), ("2000-01-01", False)])
def test_a_waiver_holds_until_its_day(
    home: Home, served: InfraValidation, until: str, is_promoted: bool
) -> None:
    waiver = {"rule": "roc_auc.min", "by": "ada", "reason": "a first model", "until": until}

    result = run(home, blessed=False, registry={"waivers": [waiver]})

    assert result.success is is_promoted
    entries = ledger_in(ledger_folder(home.mlflow, "shop")).entries()
    waivers = [entry.evidence.get("waived") for entry in entries]
    expected = [f"roc_auc.min waived by ada until {until}: a first model"]
    assert waivers == (expected if is_promoted else [])


def test_a_check_that_breaks_counts_as_failed_whoever_asks_for_the_promotion(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    put_model(home, seed=1)

    broken = run(home, blessed=None)
    alone = run(home, blessed=None, selection=ONLY, upstream_first=False)

    assert not broken.success
    assert "registered_model" not in broken.reasons
    assert not alone.success
    description = alone.checks["promotion"].description or ""
    assert "blessing: it was given to another candidate" in description
    assert aliases(home) == (1, 2)


def test_a_verdict_that_somebody_reports_to_dagster_by_hand_counts_for_nothing(
    home: Home, served: InfraValidation
) -> None:
    run(home, blessed=False)
    key = dg.AssetKey(["shop", "evaluation"])
    blessing = dg.AssetCheckEvaluation(key, "blessing", passed=True, metadata={})

    result = run(
        home,
        blessed=False,
        selection=ONLY,
        upstream_first=False,
        reported=[dg.AssetMaterialization(key), blessing],
    )

    assert not result.success
    assert aliases(home) == (None, 1)


def test_files_of_the_champion_that_mlflow_lost_are_registered_again(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    version = champion(home.tracking_uri, "shop")
    assert version is not None
    shutil.rmtree(local_path(version.source) or Path("nowhere"))

    again = run(home)

    assert again.reasons["registered_model"] == (
        f"version 1 of shop cannot serve: its files are gone from {version.source}"
    )
    assert again.success
    assert aliases(home) == (2, None)


def test_a_champion_that_the_ledger_does_not_know_asks_the_gate_again(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    shutil.rmtree(ledger_folder(home.mlflow, "shop"))

    refused = run(home, blessed=False, selection=ONLY, upstream_first=False)
    again = run(home)

    assert refused.reasons["registered_model"] == (
        "the ledger does not know that version 1 was promoted"
    )
    assert not refused.success
    assert again.success
    actions = [e.action for e in ledger_in(ledger_folder(home.mlflow, "shop")).entries()]
    assert actions == ["found", "promotion"]
