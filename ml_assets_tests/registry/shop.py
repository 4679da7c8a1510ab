"""A pipeline of the registry's assets, with stand-ins for what comes before them."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.outcome import Check, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry.assets import build_assets
from ml_assets.registry.registry import challenger, champion
from ml_assets_tests.registry.rich_model import TYPES, write_rich_examples

PASSED = [{"name": "quarantine", "passed": True, "severity": "ERROR", "description": "none"}]
FAILED = [{**PASSED[0], "passed": False, "description": "9 % of the rows; at most 5 % may be"}]


@dataclass(frozen=True)
class Run:
    """One run of the registry's assets: whether it succeeded, why each asset ran, and its checks."""

    success: bool
    reasons: dict[str, str]
    checks: dict[str, dg.AssetCheckEvaluation]

    @property
    def said(self) -> str:
        """What was decided about the candidate: where nothing can serve, `promotion` is not made."""
        check = self.checks.get("promotion") or self.checks["champion"]
        return check.description or ""


def store_of(home: Home) -> Store:
    return Store(home.pipeline("shop"))


def put_model(home: Home, seed: int, **libraries: str) -> None:
    """A model of which only the description is asked for."""
    columns = [{"name": name, "type": kind, "nullable": True} for name, kind in TYPES.items()]
    facts = {
        "task": "binary", "classes": ["no", "yes"], "input_columns": columns, "seed": seed,
        "libraries": libraries,
    }  # fmt: skip
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
    checks = durable.read_json(home.root / "put" / "checks.json") if is_examples else []

    def stand_in(stage: Stage) -> Outcome:
        shutil.copytree(folder, stage.directory, dirs_exist_ok=True)
        return Outcome(checks=[Check(**check) for check in checks])

    stand_in.__name__ = stand_in.__qualname__ = name
    stand_in.__qualname__ = "given.<locals>.stand_in"
    return stage_asset(
        pipeline,
        config={"put": [durable.directory_digest(folder), checks]},
        blocking_checks=[check["name"] for check in checks],
    )(stand_in)


def judge(pipeline: PipelineSpec, blessed: bool | None) -> dg.AssetsDefinition:
    """A stand-in for the room of evaluation that blesses as it is told; told None, it breaks."""

    @stage_asset(
        pipeline,
        ins=["model", "baseline_model", "validated_examples"],
        config={"blessed": blessed},
        checks=["blessing"],
    )
    def evaluation(
        stage: Stage, model: Artifact, baseline_model: Artifact, validated_examples: Artifact
    ) -> Outcome:
        if blessed is None:
            raise RuntimeError("the metric could not be computed")
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
    home: Home,
    assets: list[dg.AssetsDefinition],
    selected: list[dg.AssetsDefinition],
    reported: Sequence[dg.AssetMaterialization | dg.AssetCheckEvaluation] = (),
) -> dg.ExecuteInProcessResult:
    """Run assets, after somebody has told Dagster of events by hand."""
    with dg.DagsterInstance.ephemeral() as instance:
        for event in reported:
            instance.report_runless_asset_event(event)
        return dg.materialize(
            assets,
            selection=selected,
            resources={"artifacts": ArtifactIOManager(home=str(home.root))},
            instance=instance,
            raise_on_error=False,
        )


OURS = ("evaluation", "baseline_model", "infra_validation", "registered_model", "promotion")


def run(
    home: Home,
    blessed: bool | None = True,
    registry: dict[str, Any] | None = None,
    selection: Sequence[str] = OURS,
    upstream_first: bool = True,
    reported: Sequence[dg.AssetMaterialization | dg.AssetCheckEvaluation] = (),
    **infra: Any,
) -> Run:
    """Run the stand-ins for what comes before, in a run of their own, then these assets."""
    pipeline = pipeline_in(infra_validation=infra, **(registry or {}))
    upstream = [given(pipeline, home, name) for name in ("model", "validated_examples")]
    ours = [judge(pipeline, blessed), *build_assets(pipeline)]
    if upstream_first:
        materialize(home, upstream, upstream)
    selected = [asset for asset in ours if asset.key.path[-1] in selection]
    result = materialize(home, [*upstream, *ours], selected, reported)
    events = result.get_asset_materialization_events()
    materializations = [event.materialization for event in events]
    return Run(
        result.success,
        {
            materialization.asset_key.path[-1]: str(materialization.metadata["reason"].value)
            for materialization in materializations
        },
        {check.check_name: check for check in result.get_asset_check_evaluations()},
    )


def registered(home: Home) -> dict[str, Any]:
    facts: dict[str, Any] = (
        store_of(home).current_artifact("registered_model").json("registered_model.json")
    )
    return facts


def aliases(home: Home) -> tuple[int | None, int | None]:
    versions = (find(home.tracking_uri, "shop") for find in (champion, challenger))
    first, second = (version.version if version else None for version in versions)
    return first, second
