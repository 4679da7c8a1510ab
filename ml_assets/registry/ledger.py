"""The ledger: who made which version the champion, when, why and on what evidence. It only grows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ml_assets.chain import Chain, Link
from ml_assets.errors import ModelError
from ml_assets.registry.version import RegisteredVersion

Action = Literal["promotion", "rollback", "approval", "found"]
# What the gate decided, or took back to what it had decided. A `found` champion never asked it.
_THROUGH_THE_GATE = ("promotion", "rollback")
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Entry(Link):
    """One line of the ledger.

    Attributes
    ----------
    action : str
        ``promotion`` and ``rollback`` moved the alias champion; ``approval`` allows a promotion;
        ``found`` records a champion that something else than this package made.
    from_version, to_version : int, optional
        The champion before and after; of an approval, the version that is approved is `to_version`.
    digest, from_digest : str, optional
        The model's content after and before, where this package registered it.
    by, reason, run_id : str
        Who, why, and in which Dagster run, if in one.
    evidence : mapping of str to str
        What was read at that moment: digests of the verdicts, waivers.
    at : str
        When, in ISO 8601, UTC.
    """

    action: Action
    from_version: int | None
    to_version: int | None
    digest: str | None
    from_digest: str | None
    by: str
    reason: str
    run_id: str
    at: str
    evidence: Mapping[str, str] = field(default_factory=dict)


def ledger_in(folder: Path) -> Chain[Entry]:
    """Give the ledger of one registered model, in a folder."""
    return Chain(
        folder,
        lambda values: Entry(**values),
        "ledger of promotions",
        "nothing is promoted",
        ModelError,
    )


def last_move(entries: Sequence[Entry]) -> Entry | None:
    """Give the entry that made the latest champion."""
    return next((entry for entry in reversed(entries) if entry.action != "approval"), None)


def gate_moves(entries: Iterable[Entry]) -> list[Entry]:
    """Give the moves of the champion that the gate allowed, in their order."""
    return [entry for entry in entries if entry.action in _THROUGH_THE_GATE]


def passed_the_gate(entries: Iterable[Entry], version: RegisteredVersion | None) -> bool:
    """Whether the gate ever made this version, with this very content, the champion."""
    return version is not None and any(
        (entry.to_version, entry.digest) == (version.version, version.model_digest)
        for entry in gate_moves(entries)
    )


def champion_before(entries: Iterable[Entry], version: int) -> int | None:
    """Give the version that the gate had made champion before it first made `version` so, or None.

    For a version that never passed the gate that is the latest that did.
    """
    champions = [entry.to_version for entry in gate_moves(entries)]
    earlier = champions[: champions.index(version)] if version in champions else champions
    return earlier[-1] if earlier else None


def approval_of(entries: Iterable[Entry], digest: str) -> Entry | None:
    """Give the entry in which a person approved this content."""
    return next(
        (entry for entry in entries if entry.action == "approval" and entry.digest == digest), None
    )


def withdrawal_of(entries: Sequence[Entry], digest: str) -> Entry | None:
    """Give the rollback that took this content away, unless a person put it back by another since."""
    for entry in reversed(gate_moves(entries)):
        if entry.digest == digest:
            return None
        if entry.action == "rollback" and entry.from_digest == digest:
            return entry
    return None


def ledger_rows(entries: Sequence[Entry]) -> list[dict[str, str | int | None]]:
    """Give the latest 20 entries as a table for a person, the newest first."""
    return [
        {
            "number": entry.sequence,
            "at": entry.at[:19],
            "action": entry.action,
            "from": entry.from_version,
            "to": entry.to_version,
            "by": entry.by,
            "reason": entry.reason[:200],
            "waived": entry.evidence.get("waived", ""),
            "run": entry.run_id[:8],
        }
        for entry in list(reversed(entries))[:_MOST_SHOWN]
    ]
