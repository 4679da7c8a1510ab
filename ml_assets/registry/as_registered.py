"""What MLflow and the ledger said of a version when it was registered, and whether they still do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_assets.registry.gate import Decision, describe_decision
from ml_assets.registry.kept_files import why_not_as_registered
from ml_assets.registry.ledger import Entry, approval_of, ledger_in, passed_the_gate
from ml_assets.registry.promotion import ledger_folder
from ml_assets.registry.registry import challenger, champion, registered_version
from ml_assets.registry.run import local_path
from ml_assets.registry.version import RegisteredVersion


def facts_of(
    tracking_uri: str, version: RegisteredVersion, decision: Decision, pipeline: str
) -> dict[str, Any]:
    """Give the content of ``registered_model.json``: what was registered, and what became of it."""
    current, contender = (find(tracking_uri, version.name) for find in (champion, challenger))
    return {
        "name": version.name,
        "version": version.version,
        "model_digest": version.model_digest,
        "champion": current is not None and current.version == version.version,
        "champion_version": current.version if current else None,
        "challenger": contender.version if contender else None,
        "reasons": list(decision.reasons),
        "stale": list(decision.stale),
        "promoted": decision.promote,
        "said": describe_decision(
            decision, version.version, current.version if current else None, pipeline
        ),
    }


def what_differs(tracking_uri: str, folder: Path, facts: Mapping[str, Any]) -> str | None:
    """Say what is otherwise in MLflow or the ledger than when a version was registered, or None.

    Parameters
    ----------
    tracking_uri : str
        MLflow's URI. Files that it keeps elsewhere than on this machine are not looked at.
    folder : Path
        The registry's folder.
    facts : mapping
        What `facts_of` gave.

    Raises
    ------
    ModelError
        If MLflow or the ledger cannot be read.
    """
    name, number = facts["name"], facts["version"]
    version = registered_version(tracking_uri, name, number)
    if version is None:
        return f"version {number} of {name} is gone from MLflow"
    if version.model_digest != facts["model_digest"]:
        return f"version {number} of {name} is another model in MLflow now"
    why_not = why_not_as_registered(version, tracking_uri) if local_path(version.source) else None
    if why_not:
        return f"version {number} of {name} cannot serve: {why_not}"
    entries = ledger_in(ledger_folder(folder, name)).entries()
    if facts["champion"]:
        return _why_champion_differs(tracking_uri, version, entries)
    if _was_approved(entries, facts):
        return f"version {number} was approved"
    return _why_moved("challenger", version, challenger(tracking_uri, name))


def _why_champion_differs(
    tracking_uri: str, version: RegisteredVersion, entries: Sequence[Entry]
) -> str | None:
    reason = _why_moved("champion", version, champion(tracking_uri, version.name))
    if reason is None and not passed_the_gate(entries, version):
        return f"the ledger does not know that version {version.version} was promoted"
    return reason


def _was_approved(entries: Sequence[Entry], facts: Mapping[str, Any]) -> bool:
    waited = any(reason.startswith("approval:") for reason in facts["reasons"])
    return waited and approval_of(entries, facts["model_digest"]) is not None


def _why_moved(
    alias: str, version: RegisteredVersion, current: RegisteredVersion | None
) -> str | None:
    if current is not None and current.version == version.version:
        return None
    bearer = "none" if current is None else f"version {current.version}"
    return f"the alias {alias} was moved in MLflow, from version {version.version} to {bearer}"
