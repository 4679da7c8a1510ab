"""The jobs of this room: `rollback` and `approve`, for whoever works in the UI."""

import dagster as dg

from ml_assets.artifacts.home import current_home
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

        context.log.info(
            roll_back_pipeline(current_home(), pipeline, config.reason, config.to, context.run_id)
        )

    @dg.op(name=f"{name}_approve_op")
    def approve(context: dg.OpExecutionContext, config: ApprovalConfig) -> None:
        """Note that a person approves of a version."""
        from ml_assets.registry.people import approve_version

        context.log.info(
            approve_version(current_home(), pipeline, config.version, config.reason, context.run_id)
        )

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
