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

Action = Literal["promotion", "rollback", "approval", "found"]
_INTENT = "intent.json"


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
        """Give the move that was begun and not finished, if there is one."""
        path = self.folder / _INTENT
        return _parse(path, path.read_bytes()) if path.is_file() else None

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


def _parse(path: Path, content: bytes) -> Entry:
    try:
        values: dict[str, Any] = json.loads(content)
        return Entry(**values)
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{path}: this entry of the ledger of promotions cannot be read ({error}). Restore it from a "
            "backup; nothing is promoted until then."
        ) from error
