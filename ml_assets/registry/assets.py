"""The assets of this room: `baseline_model`, `infra_validation`, `registered_model`, `promotion`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.declared import Unsure
from ml_assets.artifacts.holding import read_lineages, standing_of, why_stale_now
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Markdown, Outcome, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.markdown import escape_markdown
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.registry.gate import Decision, Verdicts
    from ml_assets.registry.infra_result import InfraValidation
    from ml_assets.registry.ledger import Entry
    from ml_assets.registry.registry import Registry
    from ml_assets.registry.version import RegisteredVersion


# The candidate, and who judges it.
JUDGED = ("model", "evaluation", "infra_validation")


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    made = (_baseline_model, _infra_validation, _registered_model, _promotion)
    return [make(pipeline) for make in made]


def _baseline_model(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["model"],
        config={"registry.model": pipeline.model_name},
        kinds=["mlflow"],
        verify=_verify_baseline(pipeline.model_name),
    )
    def baseline_model(stage: Stage, model: Artifact) -> Outcome:
        """The champion that the candidate must beat."""
        from ml_assets import durable
        from ml_assets.registry.baseline import find_baseline

        found = find_baseline(stage.home.tracking_uri, pipeline.model_name, model.digest)
        refused = _why_refused(pipeline, stage, found)
        if refused is not None:
            stage.log(f"    {refused}")
            found = {**found, "refused": refused}
        durable.write_json(stage.directory / "baseline.json", found)
        return Outcome(
            summary={"version": found.get("version"), "candidate": model.digest},
            metadata={
                "version": found.get("version"),
                "model": pipeline.model_name,
                "refused": refused,
            },
        )

    return baseline_model


def _why_refused(pipeline: PipelineSpec, stage: Stage, baseline: Mapping[str, Any]) -> str | None:
    """Why the champion must not be opened under the libraries of this machine, or None."""
    from ml_assets.errors import ModelError
    from ml_assets.registry.registry import registered_version
    from ml_assets.registry.upgraded import refuse_if_upgrades_change_it

    if not baseline:
        return None
    limits, trusted = pipeline.registry.infra_validation, pipeline.training.trusted_types
    version = registered_version(stage.home.tracking_uri, pipeline.model_name, baseline["version"])
    kept = partial(stage.stored, may_be_gone=True)
    try:
        if version is not None:
            refuse_if_upgrades_change_it(version, kept, limits, trusted, stage.store.root)
    except ModelError as error:
        return str(error)
    return None


def _infra_validation(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    limits = pipeline.registry.infra_validation

    @stage_asset(
        pipeline,
        ins=["model", "validated_examples"],
        config={
            "registry.infra_validation": limits,
            "training.trusted_types": pipeline.training.trusted_types,
        },
        kinds=["mlflow"],
        checks=["infra_blessing"],
        verify=_verify_infra,
    )
    def infra_validation(stage: Stage, model: Artifact, validated_examples: Artifact) -> Outcome:
        """How the candidate answers as a real scoring server, beside its answers in training."""
        from ml_assets import durable
        from ml_assets.registry import loader
        from ml_assets.registry.infra_result import Limits
        from ml_assets.registry.infra_validation import validate_infra
        from ml_assets.registry.mlflow_model import interface_of, write_mlflow_model
        from ml_assets.registry.payload import choose_rows
        from ml_assets.registry.upgraded import keep_expected
        from ml_assets.table import Table
        from ml_assets.training.bundle import load_model

        interface = interface_of(model.json("model.json"))
        table = Table((validated_examples.path / "examples.parquet",))
        rows = choose_rows(table, [column.name for column in interface.inputs], limits.rows)
        trusted, directory = pipeline.training.trusted_types, stage.directory / "mlflow_model"
        write_mlflow_model(model.path, directory, interface)
        # Opened when the server has survived it, and once.
        opened = cache(partial(load_model, model.path, tuple(trusted)))
        found = validate_infra(
            directory,
            rows,
            lambda asked: opened().predict(asked.to_pandas()),
            interface,
            Limits.of(limits),
            stage.store.root / "logs" / f"infra_validation-{stage.fingerprint[:12]}.log",
            {loader.TRUSTED_TYPES: ",".join(trusted)},
        )
        verdict = {"candidate": model.digest, "blessed": found.blessed, "reasons": found.reasons}
        durable.write_json(stage.directory / "infra_validation.json", found.answers())
        durable.write_json(stage.directory / "infra_blessing.json", verdict)
        keep_expected(stage.directory, found.expected)
        return _infra_outcome(found)

    return infra_validation


def _registered_model(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=JUDGED,
        config={
            "registry.model": pipeline.model_name,
            "registry.approval": pipeline.registry.approval,
            "registry.waivers": [w.model_dump(mode="json") for w in pipeline.registry.waivers],
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
            waivers=tuple(Waiver(**dict(given)) for given in pipeline.registry.waivers),
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
    # Nothing is made from it, so that what watches the champion that stays is made all the same.
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
        found = {key: facts[key] for key in ("version", "champion_version", "promoted", "said")}
        durable.write_json(stage.directory / "promotion.json", found)
        return Outcome(found, found, [Check("promotion", found["promoted"], found["said"])])

    return promotion


def _verify_baseline(name: str) -> Callable[[Home, Artifact], str | None]:
    def verify(home: Home, artifact: Artifact) -> str | None:
        from ml_assets.registry.baseline import find_baseline

        stored = artifact.json("baseline.json")
        found = find_baseline(home.tracking_uri, name, artifact.summary["candidate"])
        if "refused" in stored:
            return Unsure("the champion was refused, so it is asked again")
        if found == stored:
            return None
        was, now = (_version(facts.get("version")) for facts in (stored, found))
        return f"the champion to beat was {was} and is now {now}"

    return verify


def _verify_infra(home: Home, artifact: Artifact) -> str | None:
    # What failed may have been the machine: a no is asked again, a yes is kept.
    return (
        None if artifact.summary["blessed"] else Unsure("it was not blessed, so it is tried again")
    )


def _verify_registered(pipeline: PipelineSpec) -> Callable[[Home, Artifact], str | None]:
    def verify(home: Home, artifact: Artifact) -> str | None:
        from ml_assets.registry.as_registered import what_differs

        facts = artifact.json("registered_model.json")
        differs = what_differs(home.tracking_uri, home.mlflow, facts)
        if differs is not None:
            return differs
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
    lineage = {name: asdict(record) for one in lineages for name, record in one.items()}
    baseline = lineage.get("baseline_model", {}).get("summary", {}).get("version")
    return Candidate(
        name=pipeline.model_name,
        digest=model.digest,
        directory=infra_validation.path / "mlflow_model",
        tags={
            "pipeline": pipeline.name,
            "dagster_run_id": stage.run_id,
            "baseline": "" if baseline is None else str(baseline),
            **describe.describe_tags(lineage),
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
    found = read_verdicts(
        {name: (one.path, one.digest) for name, one in artifacts.items()},
        [{name: asdict(record) for name, record in one.items()} for one in standing.lineages],
        standing.problems,
    )
    records = [one["baseline_model"] for one in standing.lineages if "baseline_model" in one]
    return replace(
        found,
        stale=standing.stale,
        baseline=records[0].summary.get("version") if records else None,
        champion=champion.version if champion else None,
        is_champion=champion is not None and champion.model_digest == artifacts["model"].digest,
    )


def _infra_outcome(found: "InfraValidation") -> Outcome:
    measured = found.measured()
    said = f"{found.rows} rows were answered as in training, malformed requests were refused"
    return Outcome(
        summary={"blessed": found.blessed, "rows_asked": found.rows, **measured},
        metadata={"rows_asked": found.rows, "max_difference": found.max_difference, **measured},
        checks=[
            Check(
                "infra_blessing",
                found.blessed,
                said if found.blessed else "; ".join(found.reasons),
                values=measured,
            )
        ],
    )


def _registered_outcome(
    facts: dict[str, Any], decision: "Decision", registry: "Registry", entries: "list[Entry]"
) -> Outcome:
    from ml_assets.registry.ledger import ledger_rows

    champion = facts["champion_version"]
    told = {"version": facts["version"], "champion": champion, "promoted": decision.promote}
    serves = facts["said"] if champion is None else f"version {champion} is the champion"
    return Outcome(
        summary={**told, "reasons": list(decision.reasons), "waived": list(decision.waived)},
        metadata={
            "model": facts["name"],
            **told,
            "reasons": _as_list(decision.reasons) or "none",
            "waived": _as_list(decision.waived),
            "ledger": Rows(ledger_rows(entries)) if entries else None,
            "mlflow": registry.tracking_uri if registry.tracking_uri.startswith("sqlite") else None,
        },
        checks=[Check("champion", champion is not None, serves, values={"version": champion})],
    )


def _as_list(texts: Sequence[str]) -> Markdown | None:
    return Markdown("\n".join(f"- {escape_markdown(t, 300)}" for t in texts)) if texts else None


def _version(version: int | None) -> str:
    return "none" if version is None else f"version {version}"
