"""The history of a schema file: every version with its text, who made it, how, and why. It only grows."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ml_assets.chain import Chain, Link
from ml_assets.errors import PipelineFileError
from ml_assets.schema.diff import schema_diff
from ml_assets.schema.model import Schema
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import schema_body

How = Literal["inferred", "found", "accepted", "edited", "restored"]
_MAX_REASON, _MOST_SHOWN = 200, 20


@dataclass(frozen=True)
class Version(Link):
    """One version of a schema file; its number is its `sequence`.

    Attributes
    ----------
    how : str
        ``inferred`` from data; ``found`` beside the pipeline when there was no history yet; ``accepted``
        by a person because of anomalies; ``edited`` by people; ``restored`` from an older version.
    text : str
        The whole file.
    digest : str
        The SHA-256 of the text.
    diff : str
        What changed, as `schema_diff` gives it; shows no values that may name a person or a row.
    at : str
        When, in ISO 8601, UTC; of an edit, when it was first seen.
    by, reason, run_id : str
        Who, why, and in which Dagster run; empty where that is not known.
    features, anomalies : tuple of str
        Of what was accepted, the columns and codes that the person named; empty where none was named.
    """

    how: How
    text: str
    digest: str
    diff: str
    at: str
    by: str
    reason: str
    run_id: str
    features: tuple[str, ...]
    anomalies: tuple[str, ...]

    @property
    def schema(self) -> Schema:
        """What the version says."""
        return parse_schema(self.text, f"version {self.sequence} of the schema")

    @property
    def is_explained(self) -> bool:
        """Whether it bears a reason, or needs none since nobody changed anything."""
        return bool(self.reason) or self.how in ("inferred", "found")


History = Chain[Version]


def history_in(folder: Path) -> History:
    """Give the history that is kept in a folder."""
    name, until = "history of the schema", "no change of the schema is recorded"
    return Chain(folder, _version_from_json, name, until, PipelineFileError)


def new_version(
    how: How,
    text: str,
    before: Sequence[Version],
    *,
    at: str,
    by: str,
    reason: str = "",
    run_id: str = "",
    features: Sequence[str] = (),
    anomalies: Sequence[str] = (),
    harmless: Collection[str] = (),
) -> Version:
    """Give a version that is not in the history yet.

    Parameters
    ----------
    how, text, at, by, reason, run_id, features, anomalies
        As in `Version`.
    before : sequence of Version
        The history.
    harmless : collection of str
        The columns whose values the diff may show: those known not to name a person or a row.

    Raises
    ------
    PipelineFileError
        If the text is no valid schema file.
    """
    schema = parse_schema(text, "the schema file")
    last = before[-1].schema if before else schema
    hidden = {*last.by_name, *schema.by_name} - {*harmless}
    return Version(
        how=how,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        diff=schema_diff(last, schema, hidden),
        at=at,
        by=by,
        reason=reason,
        run_id=run_id,
        features=tuple(features),
        anomalies=tuple(anomalies),
    )


def edited_version(
    text: str, before: Sequence[Version], *, at: str, run_id: str, harmless: Collection[str]
) -> Version | None:
    """Give the version that people made by editing the file; None where they changed no demand.

    Who it was is known where the file says ``reviewed: NAME``. The reason is the file's `reason`, unless
    it was there before the edit; one that comes later for an edit without it makes a version too.

    Parameters
    ----------
    text, before, at, run_id, harmless
        As in `new_version`.
    """
    schema = parse_schema(text, "the schema file")
    reason = schema.reason
    if before:
        last = before[-1].schema
        reason = "" if reason == last.reason else reason
        if schema_body(schema) == schema_body(last) and not reason:
            return None
    return new_version(
        "edited" if before else "found",
        text,
        before,
        at=at,
        by=schema.reviewed if isinstance(schema.reviewed, str) else "",
        reason=reason,
        run_id=run_id,
        harmless=harmless,
    )


def version_rows(versions: Sequence[Version]) -> list[dict[str, str | int]]:
    """Give the latest 20 versions as a table for a person, the newest first."""
    return [
        {
            "version": version.sequence,
            "at": version.at[:19],
            "how": version.how,
            "by": version.by,
            "reason": version.reason[:_MAX_REASON],
            "features": ", ".join(version.features),
            "anomalies": ", ".join(version.anomalies),
            "run": version.run_id[:8],
        }
        for version in list(reversed(versions))[:_MOST_SHOWN]
    ]


def _version_from_json(values: Mapping[str, Any]) -> Version:
    lists = {key: tuple(values[key]) for key in ("features", "anomalies")}
    return Version(**{**values, **lists})
