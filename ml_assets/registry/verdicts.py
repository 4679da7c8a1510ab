"""Reads back from disk, at the moment of promotion, what the gate decides on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.registry.gate import Made, People, Verdicts
from ml_assets.registry.ledger import Entry, approval_of, withdrawal_of

_UNREADABLE = ""


def read_verdicts(
    objects: Mapping[str, tuple[Path, str]],
    lineages: Sequence[Mapping[str, Mapping[str, Any]]],
    problems: Sequence[str] = (),
) -> Verdicts:
    """Read the blessings of a candidate and its lineage. Nothing is raised: what is wrong is a problem.

    Parameters
    ----------
    objects : mapping of str to (Path, str)
        For ``model``, ``evaluation`` and ``infra_validation`` its folder and the digest it must have.
    lineages : sequence of mapping
        The records, as plain values, of the lineage of each of them, by asset.
    problems : sequence of str
        What could not be read before.

    Returns
    -------
    Verdicts
        Without what only the registry knows: `baseline`, `champion` and `is_champion`.
    """
    return Verdicts(
        blessing=_read(objects["evaluation"][0] / "blessing.json"),
        infra_blessing=_read(objects["infra_validation"][0] / "infra_blessing.json"),
        lineages=[
            {name: _made_from_record(record) for name, record in lineage.items()}
            for lineage in lineages
        ],
        problems=(*problems, *_altered_artifacts(objects)),
    )


def with_people(
    verdicts: Verdicts, digest: str, entries: Sequence[Entry], people: People
) -> Verdicts:
    """Give the verdicts with `people`, completed by what the ledger says of this content."""
    withdrawal = withdrawal_of(entries, digest)
    withdrawn = None
    if withdrawal is not None:
        day = withdrawal.at[:10]
        withdrawn = f"{withdrawal.by} rolled this very model back on {day}: {withdrawal.reason}"
    is_approved = approval_of(entries, digest) is not None
    return replace(verdicts, people=replace(people, withdrawn=withdrawn, is_approved=is_approved))


def _altered_artifacts(objects: Mapping[str, tuple[Path, str]]) -> list[str]:
    return [
        f"{asset}: its files are missing or were altered after it was made ({path})"
        for asset, (path, digest) in objects.items()
        if not path.is_dir() or durable.directory_digest(path) != digest
    ]


def _read(path: Path) -> Any:
    """What a verdict's file holds; None where there is none, and no verdict where it cannot be read."""
    try:
        return durable.read_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return _UNREADABLE


def _made_from_record(record: Mapping[str, Any]) -> Made:
    return Made(
        asset=record["asset"],
        digest=record["digest"],
        inputs=record["ingredients"].get("inputs", {}),
        checks=record["checks"],
        blocking=record["blocking"],
    )
