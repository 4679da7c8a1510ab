"""Moves the alias champion, and writes each move into the ledger: promotion, rollback, approval.

A move is noted before it is made and entered into the ledger after it, all under the registry's lock. A
process that is killed in between leaves either the old champion, or the new one whose entry the next
process writes. A champion that something else made is entered as found before anything else is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml_assets.chain import Chain
from ml_assets.errors import ModelError
from ml_assets.registry.candidate import MAX_TAG
from ml_assets.registry.client import connect, locked
from ml_assets.registry.gate import Decision
from ml_assets.registry.kept_files import foreign, why_not_as_registered
from ml_assets.registry.ledger import (
    Action,
    Entry,
    champion_before,
    gate_moves,
    last_move,
    ledger_in,
    passed_the_gate,
)
from ml_assets.registry.registry import Registry, challenger, champion, registered_version
from ml_assets.registry.version import CHALLENGER, CHAMPION, PREFIX, RegisteredVersion

Decide = Callable[[RegisteredVersion | None, Sequence[Entry]], Decision]


@dataclass(frozen=True)
class Request:
    """Who requests a move, why, in which Dagster run, and the digests of what was read for it."""

    by: str
    reason: str
    run_id: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


def ledger_of(registry: Registry, name: str) -> Chain[Entry]:
    """Give the ledger of the registered model `name`."""
    return ledger_in(ledger_folder(registry.folder, name))


def ledger_folder(folder: Path, name: str) -> Path:
    """Give the folder of a registered model's ledger, below the registry's own."""
    return folder / "ledger" / name


def promote(
    registry: Registry, version: RegisteredVersion, decide: Decide, request: Request
) -> Decision:
    """Make a version the champion if `decide` says so at this moment.

    Parameters
    ----------
    registry : Registry
        The registry.
    version : RegisteredVersion
        The candidate, as registered.
    decide : callable
        Given the champion and the ledger of this moment, says whether to promote. No other process of
        this machine can move an alias before this one has.
    request : Request
        Who wants it and why, for the ledger.

    Returns
    -------
    Decision
        What `decide` gave. It is kept as the version's tag `promotion`; where it is a no, nothing else
        changes.

    Raises
    ------
    ModelError
        If MLflow fails, or the ledger is broken. The champion is then the old one, or the move is
        finished by the next process.
    """
    name = version.name
    with (
        locked(registry.folder, registry.tracking_uri),
        connect(registry.tracking_uri, f"promoting {name}") as client,
    ):
        entries = _settle(client, registry, name)
        before = champion(registry.tracking_uri, name)
        decision = _refuse_altered_files(registry, version, decide(before, entries))
        verdict = "promoted" if decision.promote else f"refused: {'; '.join(decision.reasons)}"
        tag = {"key": PREFIX + "promotion", "value": verdict[:MAX_TAG]}
        client.set_model_version_tag(name, str(version.version), **tag)
        if decision.promote:
            waived = {"waived": "; ".join(decision.waived)} if decision.waived else {}
            full_request = replace(request, evidence={**request.evidence, **waived})
            _move(client, registry, "promotion", before, version, full_request)
            _drop_challenger(client, registry, version)
        return decision


def rollback(
    registry: Registry,
    name: str,
    request: Request,
    to: int | None = None,
    refuse: Callable[[RegisteredVersion], str | None] = lambda version: None,
) -> Entry:
    """Make an earlier champion the champion again. No verdict is read: it had them all.

    Parameters
    ----------
    registry : Registry
        The registry.
    name : str
        The registered model.
    request : Request
        Who wants it and why.
    to : int, optional
        The version; by default the champion before the present one.
    refuse : callable
        Says why a version cannot serve any more, or None.

    Returns
    -------
    Entry
        The last entry of the ledger now.

    Raises
    ------
    ModelError
        If there is nothing to go back to, or its files are not those that were registered.
    """
    with (
        locked(registry.folder, registry.tracking_uri),
        connect(registry.tracking_uri, f"rolling {name} back") as client,
    ):
        entries = _settle(client, registry, name)
        current = champion(registry.tracking_uri, name)
        target = _target(registry, name, current, entries, to)
        why_not = why_not_as_registered(target, registry.tracking_uri) or refuse(target)
        if why_not:
            raise ModelError(
                f"version {target.version} of '{name}' cannot be the champion again: {why_not}. Name "
                "another one with --to. The champion was not changed."
            )
        return _move(client, registry, "rollback", current, target, request)


def approve(registry: Registry, version: RegisteredVersion, request: Request) -> Entry:
    """Note that a person approves of a version: of exactly its content.

    Raises
    ------
    ModelError
        If this package did not register it.
    """
    if version.model_digest is None:
        raise ModelError(f"{foreign(version)}, so it cannot be approved.")
    with (
        locked(registry.folder, registry.tracking_uri),
        connect(registry.tracking_uri, f"approving {version.name}") as client,
    ):
        _settle(client, registry, version.name)
        return ledger_of(registry, version.name).append(
            _make_entry("approval", None, version, request)
        )


def _settle(client: Any, registry: Registry, name: str) -> list[Entry]:
    """Finish a move that was interrupted, record one made outside ml_assets, and give the entries."""
    ledger = ledger_of(registry, name)
    ledger.sweep()
    entries = ledger.entries()
    current = champion(registry.tracking_uri, name)
    intent = ledger.intent()
    if intent is not None:
        if (
            _is_missing(intent, entries)
            and current is not None
            and current.version == intent.to_version
        ):
            entries.append(ledger.append(intent))
            _drop_challenger(client, registry, current)
        ledger.end()
    last = last_move(entries)
    recorded, actual = (last.to_version if last else None), (current.version if current else None)
    if recorded != actual:
        reason = "the alias champion was moved in MLflow, not by ml_assets"
        before = (
            None if recorded is None else registered_version(registry.tracking_uri, name, recorded)
        )
        entry = _make_entry("found", before, current, Request("unknown", reason))
        entries.append(ledger.append(entry))
    return entries


def _is_missing(intent: Entry, entries: Sequence[Entry]) -> bool:
    return not entries or entries[-1].at != intent.at or entries[-1].to_version != intent.to_version


def _refuse_altered_files(
    registry: Registry, version: RegisteredVersion, decision: Decision
) -> Decision:
    """Give the decision; a refusal where MLflow's files are not those that the verdicts are about."""
    why_not = why_not_as_registered(version, registry.tracking_uri) if decision.promote else None
    return decision if why_not is None else replace(decision, promote=False, reasons=(why_not,))


def _move(
    client: Any,
    registry: Registry,
    action: Action,
    before: RegisteredVersion | None,
    version: RegisteredVersion,
    request: Request,
) -> Entry:
    ledger = ledger_of(registry, version.name)
    entry = _make_entry(action, before, version, request)
    is_champion = before is not None and before.version == version.version
    # A champion that only got the alias by hand is entered: from now on it has passed the gate.
    if is_champion and passed_the_gate(ledger.entries(), version):
        return entry
    ledger.begin(entry)
    client.set_registered_model_alias(version.name, CHAMPION, str(version.version))
    written = ledger.append(entry)
    ledger.end()
    return written


def _make_entry(
    action: Action,
    before: RegisteredVersion | None,
    after: RegisteredVersion | None,
    request: Request,
) -> Entry:
    return Entry(
        action=action,
        from_version=before.version if before else None,
        to_version=after.version if after else None,
        digest=after.model_digest if after else None,
        from_digest=before.model_digest if before else None,
        by=request.by,
        reason=request.reason,
        run_id=request.run_id,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        evidence=dict(request.evidence),
    )


def _drop_challenger(client: Any, registry: Registry, version: RegisteredVersion) -> None:
    current = challenger(registry.tracking_uri, version.name)
    if current is not None and current.version == version.version:
        client.delete_registered_model_alias(version.name, CHALLENGER)


def _target(
    registry: Registry,
    name: str,
    current: RegisteredVersion | None,
    entries: Sequence[Entry],
    to: int | None,
) -> RegisteredVersion:
    if current is None and to is None:
        raise ModelError(f"'{name}' has no champion, so there is nothing to roll back from.")
    number = to if to is not None or current is None else champion_before(entries, current.version)
    if number is None:
        raise ModelError(
            f"No version of '{name}' passed the gate before version "
            f"{current.version if current else None}, so there is nothing to go back to. Name a version "
            "with --to."
        )
    if current is not None and current.version == number:
        raise ModelError(f"version {number} of '{name}' is the champion already.")
    target = registered_version(registry.tracking_uri, name, number)
    if target is None or not passed_the_gate(entries, target):
        passed = sorted({entry.to_version or 0 for entry in gate_moves(entries)})
        raise ModelError(
            f"version {number} of '{name}', as MLflow has it now, never passed the gate. Those that "
            f"did: {', '.join(map(str, passed)) or 'none'}."
        )
    return target
