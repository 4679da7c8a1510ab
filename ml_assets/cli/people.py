"""What a person decides: rollback and approval of versions, and what the schema shall say."""

from collections.abc import Sequence
from pathlib import Path

from ml_assets.artifacts.home import Home, current_home
from ml_assets.cli.environment import prepare_environment
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.pipeline import PipelineSpec


def roll_back(defs: Path, name: str, reason: str, to: int | None) -> int:
    """Make an earlier champion of a pipeline the champion again; give 0."""
    from ml_assets.registry.people import roll_back_pipeline

    home, spec = prepare_environment(), find_pipeline(defs, name).spec
    return _report(home, spec, roll_back_pipeline(home, spec, reason, to))


def approve(defs: Path, name: str, version: int, reason: str) -> int:
    """Note that a person approves of a version of a pipeline; give 0."""
    from ml_assets.registry.people import approve_version

    home, spec = prepare_environment(), find_pipeline(defs, name).spec
    return _report(home, spec, approve_version(home, spec, version, reason))


def _report(home: Home, pipeline: PipelineSpec, text: str) -> int:
    """Print what was done, and show it in the UI too, as the jobs do."""
    print(text)
    import dagster as dg

    from ml_assets.registry.jobs import ledger_observation

    with dg.DagsterInstance.get() as instance:
        instance.report_runless_asset_event(ledger_observation(pipeline, home, text))
    return 0


def accept_schema(
    defs: Path, name: str, reason: str, features: Sequence[str], anomalies: Sequence[str]
) -> int:
    """Change a pipeline's schema so that it allows what `anomalies` found; give 0."""
    from ml_assets.schema.people import Acceptance, accept_schema

    acceptance = Acceptance(reason, tuple(features), tuple(anomalies))
    print(accept_schema(current_home(), find_pipeline(defs, name).spec, acceptance))
    return 0


def show_proposal(defs: Path, name: str) -> int:
    """Print how a pipeline's schema would change if the anomalies were accepted; give 0."""
    from ml_assets.schema.people import proposed_diff

    diff = proposed_diff(current_home(), find_pipeline(defs, name).spec)
    print(diff or f"No change of the schema of {name} is proposed.", end="" if diff else "\n")
    return 0


def restore_schema(defs: Path, name: str, version: int, reason: str) -> int:
    """Make an older version of a pipeline's schema the schema again; give 0."""
    from ml_assets.schema.people import restore_schema

    print(restore_schema(current_home(), find_pipeline(defs, name).spec, version, reason))
    return 0


def show_schema_history(defs: Path, name: str) -> int:
    """Print the versions of a pipeline's schema, the newest last; give 0."""
    from ml_assets.schema.people import schema_versions
    from ml_assets.schema.show import version_text

    versions = schema_versions(current_home(), find_pipeline(defs, name).spec)
    print("\n".join(map(version_text, versions)).rstrip() or f"{name} has no schema yet.")
    return 0
