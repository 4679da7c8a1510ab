"""The ledger: who made which version the champion, when, why and on what evidence. It only grows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ml_assets.chain import Chain, Link
from ml_assets.errors import ModelError

Action = Literal["promotion", "rollback", "approval", "found"]


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
    return next((e for e in reversed(entries) if e.action != "approval"), None)


def champion_before(entries: Sequence[Entry], version: int) -> int | None:
    """Give the version that was champion before `version` was first made champion; None if none was."""
    first = next((e for e in entries if e.action != "approval" and e.to_version == version), None)
    return first.from_version if first else None


def approval_of(entries: Iterable[Entry], digest: str) -> Entry | None:
    """Give the entry in which a person approved this content."""
    return next((e for e in entries if e.action == "approval" and e.digest == digest), None)


def withdrawal_of(entries: Sequence[Entry], digest: str) -> Entry | None:
    """Give the rollback that took this content away, unless a person put it back since."""
    for entry in reversed(entries):
        if entry.action != "approval" and entry.digest == digest:
            return None
        if entry.action == "rollback" and entry.from_digest == digest:
            return entry
    return None


def ledger_rows(entries: Sequence[Entry], limit: int = 20) -> list[dict[str, str | int | None]]:
    """Give the latest entries as a table for a person, the newest first."""
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
        for entry in list(reversed(entries))[:limit]
    ]
