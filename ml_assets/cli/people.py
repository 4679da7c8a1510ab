"""What a person decides about versions: rollback and approval."""

from pathlib import Path

from ml_assets.artifacts.home import current_home
from ml_assets.cli.pipelines import find_pipeline


def roll_back(defs: Path, name: str, reason: str, to: int | None) -> int:
    """Make an earlier champion of a pipeline the champion again; give 0."""
    from ml_assets.registry.people import roll_back_pipeline

    print(roll_back_pipeline(current_home(), find_pipeline(defs, name).spec, reason, to))
    return 0


def approve(defs: Path, name: str, version: int, reason: str) -> int:
    """Note that a person approves of a version of a pipeline; give 0."""
    from ml_assets.registry.people import approve_version

    print(approve_version(current_home(), find_pipeline(defs, name).spec, version, reason))
    return 0
