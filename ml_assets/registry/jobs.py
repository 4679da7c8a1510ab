"""The jobs of this room: `rollback` and `approve`, for whoever works in the UI."""

import dagster as dg

from ml_assets.artifacts.home import Home, current_home
from ml_assets.artifacts.outcome import Rows
from ml_assets.artifacts.show import shown, to_metadata
from ml_assets.pipeline import PipelineSpec


class RollbackConfig(dg.Config):
    """Why, and to which version; by default to the champion before the present one."""

    reason: str
    to: int | None = None


class ApprovalConfig(dg.Config):
    """Which version, and why."""

    version: int
    reason: str


def build_jobs(pipeline: PipelineSpec) -> list[dg.JobDefinition]:
    """Give the jobs ``<pipeline>_rollback`` and ``<pipeline>_approve``."""
    name = pipeline.name

    @dg.op(name=f"{name}_rollback_op")
    def roll_back(context: dg.OpExecutionContext, config: RollbackConfig) -> None:
        """Make an earlier champion the champion again."""
        from ml_assets.registry.people import roll_back_pipeline

        home = current_home()
        message = roll_back_pipeline(home, pipeline, config.reason, config.to, context.run_id)
        _report(context, pipeline, home, message)

    @dg.op(name=f"{name}_approve_op")
    def approve(context: dg.OpExecutionContext, config: ApprovalConfig) -> None:
        """Note that a person approves of a version."""
        from ml_assets.registry.people import approve_version

        home = current_home()
        message = approve_version(home, pipeline, config.version, config.reason, context.run_id)
        _report(context, pipeline, home, message)

    @dg.job(
        name=f"{name}_rollback",
        description=f"Make an earlier champion of {name} the champion again, with a reason.",
    )
    def rollback_job() -> None:
        roll_back()

    @dg.job(
        name=f"{name}_approve",
        description=f"Approve of a version of {name}, so that it may become the champion.",
    )
    def approve_job() -> None:
        approve()

    return [rollback_job, approve_job]


def ledger_observation(pipeline: PipelineSpec, home: Home, message: str) -> dg.AssetObservation:
    """Give the ledger as the UI shows it with the asset `registered_model`, and what was done."""
    from ml_assets.registry.ledger import ledger_rows
    from ml_assets.registry.people import ledger_entries

    ledger = shown(Rows(ledger_rows(ledger_entries(home, pipeline))), home.root)
    return dg.AssetObservation(
        asset_key=dg.AssetKey([pipeline.name, "registered_model"]),
        description=message,
        metadata=to_metadata({"ledger": ledger}, home.root),
    )


def _report(
    context: dg.OpExecutionContext, pipeline: PipelineSpec, home: Home, message: str
) -> None:
    """Say what was done, and show the ledger with the asset `registered_model`."""
    context.log.info(message)
    context.log_event(ledger_observation(pipeline, home, message))
