"""Entries that are only ever added: numbered files, each with the SHA-256 of the one before it.

An entry is published under its number only if there is none yet, so of two writers one wins and the chain
stays one line. One that was altered or removed is found by whoever reads it. Order is the number, not the
clock. What is about to be done can be noted first (`begin`), so that a killed process leaves word.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from ml_assets import durable
from ml_assets.errors import MLAssetsError

_INTENT = "intent.json"


@dataclass(frozen=True, kw_only=True)
class Link:
    """What every entry has.

    Attributes
    ----------
    sequence : int
        From 1, without gaps.
    previous : str
        The SHA-256 of the entry before; empty for the first.
    """

    sequence: int = 0
    previous: str = ""


EntryT = TypeVar("EntryT", bound=Link)


@dataclass(frozen=True)
class Chain(Generic[EntryT]):
    """The entries of one kind in a folder.

    Attributes
    ----------
    folder : Path
        Where they lie.
    read : callable
        Makes an entry of the mapping that `dataclasses.asdict` gave; raises TypeError or KeyError for
        another one.
    name : str
        What messages call the whole, such as ``"ledger of promotions"``.
    until : str
        What does not happen while the chain is broken, such as ``"nothing is promoted"``.
    error : type of MLAssetsError
        What is raised where it is broken.
    """

    folder: Path
    read: Callable[[Mapping[str, Any]], EntryT]
    name: str
    until: str
    error: type[MLAssetsError]

    def entries(self) -> list[EntryT]:
        """Read them all.

        Raises
        ------
        MLAssetsError
            The chain's `error`, if an entry is missing, unreadable, or not the one that its successor was
            written after.
        """
        entries: list[EntryT] = []
        previous = ""
        for number, path in enumerate(self._files(), start=1):
            content = path.read_bytes()
            entry = self._parse(path, content)
            if entry.sequence != number or entry.previous != previous:
                raise self.error(
                    f"{path}: the {self.name} is broken here: this entry says it is number "
                    f"{entry.sequence} after {entry.previous[:12] or 'none'}, and it is number {number} "
                    f"after {previous[:12] or 'none'}. Somebody altered or removed an entry. Restore the "
                    f"folder from a backup; {self.until} until then."
                )
            entries.append(entry)
            previous = hashlib.sha256(content).hexdigest()
        return entries

    def append(self, entry: EntryT) -> EntryT:
        """Add an entry at the end and give it with its number; raises `error` if it lost a race."""
        files = self._files()
        previous = hashlib.sha256(files[-1].read_bytes()).hexdigest() if files else ""
        numbered = replace(entry, sequence=len(files) + 1, previous=previous)
        path = self.folder / f"{numbered.sequence:06d}.json"
        try:
            durable.write_new(path, durable.json_bytes(asdict(numbered)))
        except FileExistsError as error:
            raise self.error(
                f"{path}: another process wrote this entry of the {self.name} first. Run again."
            ) from error
        return numbered

    def intent(self) -> EntryT | None:
        """Give what was begun and not finished, if there is something that can be read.

        What cannot counts as not begun: its outcome is then judged as if somebody else had made it.
        """
        content = durable.read_json_object(self.folder / _INTENT)
        try:
            return None if content is None else self.read(content)
        except (TypeError, KeyError):
            return None

    def begin(self, entry: EntryT) -> None:
        """Note what is about to be done."""
        durable.write_json(self.folder / _INTENT, asdict(entry))

    def end(self) -> None:
        """Forget what was begun."""
        (self.folder / _INTENT).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes left half-written. No other process may be writing."""
        durable.sweep_staging(self.folder, lambda pid: False)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))

    def _parse(self, path: Path, content: bytes) -> EntryT:
        try:
            return self.read(json.loads(content))
        except (ValueError, TypeError, KeyError) as error:
            raise self.error(
                f"{path}: this entry of the {self.name} cannot be read ({error}). Restore it from a "
                f"backup; {self.until} until then."
            ) from error
