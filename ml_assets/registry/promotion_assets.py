"""The assets that end in the registry: `registered_model`, and `promotion`, which fails if refused."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.holding import read_lineages, standing_of, why_stale_now
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Markdown, Outcome, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.markdown import escape_markdown
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.registry.gate import Decision, Verdicts
    from ml_assets.registry.ledger import Entry
    from ml_assets.registry.registry import Registry
    from ml_assets.registry.version import RegisteredVersion


# The candidate, and the assets that judge it.
JUDGED = ("model", "evaluation", "infra_validation")


def build_promotion_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets that register the candidate and promote it."""
    return [_registered_model(pipeline), _promotion(pipeline)]


def _registered_model(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=JUDGED,
        config={
            "registry.model": pipeline.model_name,
            "registry.approval": pipeline.registry.approval,
            "registry.waivers": [
                waiver.model_dump(mode="json") for waiver in pipeline.registry.waivers
            ],
        },
        kinds=["mlflow"],
        blocking_checks=["champion"],
        verify=_verify_registered(pipeline),
    )
    def registered_model(
        stage: Stage, model: Artifact, evaluation: Artifact, infra_validation: Artifact
    ) -> Outcome:
        """The candidate in MLflow; it is promoted if every verdict about it is positive."""
        from ml_assets import durable
        from ml_assets.asking import current_user
        from ml_assets.registry.as_registered import facts_of
        from ml_assets.registry.gate import People, Waiver, decide_promotion
        from ml_assets.registry.people import registry_of
        from ml_assets.registry.promotion import Request, ledger_of, promote
        from ml_assets.registry.registry import register
        from ml_assets.registry.verdicts import with_people

        judged = (model, evaluation, infra_validation)
        registry = registry_of(stage.home)
        version = register(registry, _candidate(pipeline, stage, judged))
        people = People(
            needs_approval=pipeline.registry.approval,
            waivers=tuple(Waiver(**dict(waiver)) for waiver in pipeline.registry.waivers),
            today=stage.now.date(),
        )
        decision = promote(
            registry,
            version,
            lambda champion, entries: decide_promotion(
                model.digest,
                with_people(
                    _read_verdicts(pipeline, stage, judged, champion), model.digest, entries, people
                ),
            ),
            Request(
                by=current_user(),
                reason="every verdict is positive",
                run_id=stage.run_id,
                evidence={artifact.asset: artifact.digest for artifact in judged},
            ),
        )
        facts = facts_of(registry.tracking_uri, version, decision, pipeline.name)
        durable.write_json(stage.directory / "registered_model.json", facts)
        entries = ledger_of(registry, version.name).entries()
        return _registered_outcome(facts, decision, registry, entries)

    return registered_model


def _promotion(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    # No asset depends on it, so after a refusal the champion that stays is still monitored.
    @stage_asset(
        pipeline,
        ins=["registered_model"],
        config={},
        kinds=["mlflow"],
        blocking_checks=["promotion"],
    )
    def promotion(stage: Stage, registered_model: Artifact) -> Outcome:
        """Whether the candidate was promoted, with every reason; if not, the run fails here."""
        from ml_assets import durable

        facts = registered_model.json("registered_model.json")
        summary = {key: facts[key] for key in ("version", "champion_version", "promoted", "said")}
        durable.write_json(stage.directory / "promotion.json", summary)
        return Outcome(summary, summary, [Check("promotion", summary["promoted"], summary["said"])])

    return promotion


def _verify_registered(pipeline: PipelineSpec) -> Callable[[Home, Artifact], str | None]:
    def verify(home: Home, artifact: Artifact) -> str | None:
        from ml_assets.registry.as_registered import what_differs

        facts = artifact.json("registered_model.json")
        difference = what_differs(home.tracking_uri, home.mlflow, facts)
        if difference is not None:
            return difference
        stale = why_stale_now(home, pipeline.name, JUDGED)
        if facts["stale"] and not stale:
            return "its verdicts hold again"
        return stale[0] if stale else None

    return verify


def _candidate(pipeline: PipelineSpec, stage: Stage, judged: Iterable[Artifact]) -> Any:
    from ml_assets.registry import describe
    from ml_assets.registry.candidate import Candidate

    model, evaluation, infra_validation = judged
    lineages, _ = read_lineages(stage.store, judged)
    records = {name: asdict(record) for lineage in lineages for name, record in lineage.items()}
    baseline = records.get("baseline_model", {}).get("summary", {}).get("version")
    return Candidate(
        name=pipeline.model_name,
        digest=model.digest,
        directory=infra_validation.path / "mlflow_model",
        tags={
            "pipeline": pipeline.name,
            "dagster_run_id": stage.run_id,
            "baseline": "" if baseline is None else str(baseline),
            **describe.describe_tags(records),
        },
        params=describe.describe_parameters(model.json("model.json")),
        metrics=describe.describe_metrics(evaluation.summary, infra_validation.summary),
        description=describe.describe_in_words(pipeline.name, stage.run_id, evaluation.summary),
    )


def _read_verdicts(
    pipeline: PipelineSpec,
    stage: Stage,
    judged: Iterable[Artifact],
    champion: "RegisteredVersion | None",
) -> "Verdicts":
    from ml_assets.registry.verdicts import read_verdicts

    artifacts = {artifact.asset: artifact for artifact in judged}
    standing = standing_of(stage.home, pipeline.name, artifacts.values(), stage.run_id)
    verdicts = read_verdicts(
        {name: (artifact.path, artifact.digest) for name, artifact in artifacts.items()},
        [
            {name: asdict(record) for name, record in lineage.items()}
            for lineage in standing.lineages
        ],
        standing.problems,
    )
    baselines = [
        lineage["baseline_model"] for lineage in standing.lineages if "baseline_model" in lineage
    ]
    return replace(
        verdicts,
        stale=standing.stale,
        baseline=baselines[0].summary.get("version") if baselines else None,
        champion=champion.version if champion else None,
        is_champion=champion is not None and champion.model_digest == artifacts["model"].digest,
    )


def _registered_outcome(
    facts: dict[str, Any], decision: "Decision", registry: "Registry", entries: "list[Entry]"
) -> Outcome:
    from ml_assets.registry.ledger import ledger_rows

    champion = facts["champion_version"]
    state = {"version": facts["version"], "champion": champion, "promoted": decision.promote}
    champion_text = facts["said"] if champion is None else f"version {champion} is the champion"
    return Outcome(
        summary={**state, "reasons": list(decision.reasons), "waived": list(decision.waived)},
        metadata={
            "model": facts["name"],
            **state,
            "reasons": _as_list(decision.reasons) or "none",
            "waived": _as_list(decision.waived),
            "ledger": Rows(ledger_rows(entries)) if entries else None,
            "mlflow": registry.tracking_uri if registry.tracking_uri.startswith("sqlite") else None,
        },
        checks=[
            Check("champion", champion is not None, champion_text, values={"version": champion})
        ],
    )


def _as_list(texts: Sequence[str]) -> Markdown | None:
    return (
        Markdown("\n".join(f"- {escape_markdown(text, 300)}" for text in texts)) if texts else None
    )
