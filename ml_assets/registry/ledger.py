"""The ledger: who made which version the champion, when, why and on what evidence. It only grows.

An entry is a file of its own that is published under its sequence number only if there is none yet, so of
two writers one wins and the ledger stays one line. Each entry bears the SHA-256 of the one before it: an
entry that was altered or removed is found by whoever reads it. Order is the sequence, not the clock.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.registry.version import RegisteredVersion

Action = Literal["promotion", "rollback", "approval", "found"]
_INTENT = "intent.json"
# What the gate decided, or took back to what it had decided. A `found` champion never asked it.
_THROUGH_THE_GATE = ("promotion", "rollback")


@dataclass(frozen=True)
class Entry:
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
    sequence : int
        From 1, without gaps.
    previous : str
        The SHA-256 of the entry before; empty for the first.
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
    sequence: int = 0
    previous: str = ""


@dataclass(frozen=True)
class Ledger:
    """The ledger of one registered model, in a folder."""

    folder: Path

    def entries(self) -> list[Entry]:
        """Read the whole ledger.

        Raises
        ------
        ModelError
            If an entry is missing, unreadable, or not the one that its successor was written after.
        """
        found: list[Entry] = []
        previous = ""
        for number, path in enumerate(self._files(), start=1):
            content = path.read_bytes()
            entry = _parse(path, content)
            if entry.sequence != number or entry.previous != previous:
                raise ModelError(
                    f"{path}: the ledger of promotions is broken here: this entry says it is number "
                    f"{entry.sequence} after {entry.previous[:12] or 'none'}, and it is number {number} "
                    f"after {previous[:12] or 'none'}. Somebody altered or removed an entry. Restore the "
                    "folder from a backup; nothing is promoted until then."
                )
            found.append(entry)
            previous = hashlib.sha256(content).hexdigest()
        return found

    def append(self, entry: Entry) -> Entry:
        """Add an entry at the end and give it with its sequence; raises ModelError if it lost a race."""
        files = self._files()
        previous = hashlib.sha256(files[-1].read_bytes()).hexdigest() if files else ""
        numbered = replace(entry, sequence=len(files) + 1, previous=previous)
        path = self.folder / f"{numbered.sequence:06d}.json"
        try:
            durable.write_new(path, durable.json_bytes(asdict(numbered)))
        except FileExistsError as error:
            raise ModelError(
                f"{path}: another process wrote this entry of the ledger first. Run again."
            ) from error
        return numbered

    def intent(self) -> Entry | None:
        """Give the move that was begun and not finished, if there is one that can be read.

        A champion whose intent was lost is entered as found, so the gate is asked again.
        """
        found = durable.read_json_object(self.folder / _INTENT)
        is_entry = found is not None and found.keys() == Entry.__dataclass_fields__.keys()
        return Entry(**found) if found is not None and is_entry else None

    def begin(self, entry: Entry) -> None:
        """Note a move before it is made."""
        durable.write_json(self.folder / _INTENT, asdict(entry))

    def end(self) -> None:
        """Forget the move that was begun."""
        (self.folder / _INTENT).unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))


def last_move(entries: Sequence[Entry]) -> Entry | None:
    """Give the entry that made the latest champion."""
    return next((e for e in reversed(entries) if e.action != "approval"), None)


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
    made = [entry.to_version for entry in gate_moves(entries)]
    before = made[: made.index(version)] if version in made else made
    return before[-1] if before else None


def approval_of(entries: Iterable[Entry], digest: str) -> Entry | None:
    """Give the entry in which a person approved this content."""
    return next((e for e in entries if e.action == "approval" and e.digest == digest), None)


def withdrawal_of(entries: Sequence[Entry], digest: str) -> Entry | None:
    """Give the rollback that took this content away, unless a person put it back by another since."""
    for entry in reversed(gate_moves(entries)):
        if entry.digest == digest:
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


def _parse(path: Path, content: bytes) -> Entry:
    try:
        values: dict[str, Any] = json.loads(content)
        return Entry(**values)
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{path}: this entry of the ledger of promotions cannot be read ({error}). Restore it from a "
            "backup; nothing is promoted until then."
        ) from error
