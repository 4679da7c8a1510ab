"""The assets of this room: `baseline_model` and `infra_validation`; `promotion_assets` has the others."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.declared import Unsure
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry.promotion_assets import build_promotion_assets

if TYPE_CHECKING:
    from pathlib import Path

    from ml_assets.registry.infra_result import InfraValidation


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [
        _baseline_model(pipeline),
        _infra_validation(pipeline),
        *build_promotion_assets(pipeline),
    ]


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

        baseline = find_baseline(stage.home.tracking_uri, pipeline.model_name, model.digest)
        refusal = _why_refused(pipeline, stage, baseline)
        if refusal is not None:
            stage.log(f"    {refusal}")
            baseline = {**baseline, "refused": refusal}
        durable.write_json(stage.directory / "baseline.json", baseline)
        return Outcome(
            summary={"version": baseline.get("version"), "candidate": model.digest},
            metadata={
                "version": baseline.get("version"),
                "model": pipeline.model_name,
                "refused": refusal,
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
    folder_of = partial(stage.stored, may_be_gone=True)
    try:
        if version is not None:
            refuse_if_upgrades_change_it(version, folder_of, limits, trusted, stage.store.root)
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
        from ml_assets.registry import loader
        from ml_assets.registry.infra_result import Limits
        from ml_assets.registry.infra_validation import validate_infra
        from ml_assets.registry.mlflow_model import interface_of, write_mlflow_model
        from ml_assets.registry.payload import choose_rows
        from ml_assets.table import Table
        from ml_assets.training.bundle import load_model

        interface = interface_of(model.json("model.json"))
        table = Table((validated_examples.path / "examples.parquet",))
        rows = choose_rows(table, [column.name for column in interface.inputs], limits.rows)
        trusted, directory = pipeline.training.trusted_types, stage.directory / "mlflow_model"
        write_mlflow_model(model.path, directory, interface)
        # Opened when the server has survived it, and once.
        load = cache(partial(load_model, model.path, tuple(trusted)))
        validation = validate_infra(
            directory,
            rows,
            lambda batch: load().predict(batch.to_pandas()),
            interface,
            Limits.of(limits),
            stage.store.root / "logs" / f"infra_validation-{stage.fingerprint[:12]}.log",
            {loader.TRUSTED_TYPES: ",".join(trusted)},
        )
        _write_validation(stage.directory, model.digest, validation)
        return _infra_outcome(validation)

    return infra_validation


def _write_validation(directory: "Path", candidate: str, validation: "InfraValidation") -> None:
    """Write the answers, the blessing of exactly this candidate, and what it is to predict ever after."""
    from ml_assets import durable
    from ml_assets.registry.upgraded import keep_expected

    verdict = {
        "candidate": candidate,
        "blessed": validation.blessed,
        "reasons": validation.reasons,
    }
    durable.write_json(directory / "infra_validation.json", validation.answers())
    durable.write_json(directory / "infra_blessing.json", verdict)
    keep_expected(directory, validation.expected)


def _verify_baseline(name: str) -> Callable[[Home, Artifact], str | None]:
    def verify(home: Home, artifact: Artifact) -> str | None:
        from ml_assets.registry.baseline import find_baseline

        stored = artifact.json("baseline.json")
        baseline = find_baseline(home.tracking_uri, name, artifact.summary["candidate"])
        if "refused" in stored:
            return Unsure("the champion was refused, so it is asked again")
        if baseline == stored:
            return None
        before, after = (_version_text(facts.get("version")) for facts in (stored, baseline))
        return f"the champion to beat was {before} and is now {after}"

    return verify


def _verify_infra(home: Home, artifact: Artifact) -> str | None:
    # The machine may have been at fault: a no is tried again, a yes is kept.
    return (
        None if artifact.summary["blessed"] else Unsure("it was not blessed, so it is tried again")
    )


def _infra_outcome(validation: "InfraValidation") -> Outcome:
    measurements = validation.measured()
    success = (
        f"{validation.rows} rows were answered as in training, malformed requests were refused"
    )
    return Outcome(
        summary={"blessed": validation.blessed, "rows_asked": validation.rows, **measurements},
        metadata={
            "rows_asked": validation.rows,
            "max_difference": validation.max_difference,
            **measurements,
        },
        checks=[
            Check(
                "infra_blessing",
                validation.blessed,
                success if validation.blessed else "; ".join(validation.reasons),
                values=measurements,
            )
        ],
    )


def _version_text(version: int | None) -> str:
    return "none" if version is None else f"version {version}"
