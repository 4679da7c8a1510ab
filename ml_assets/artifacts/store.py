"""The artifact store: immutable folders named by their content, and a record of how each was made.

Layout below ``<home>/pipelines/<pipeline>/``::

    objects/<asset>/<digest>/          the files, immutable
    records/<asset>/<fingerprint>.json how they were made, and the verdicts of the checks
    current/<asset>.json               the fingerprint of the current record

A reader that follows ``current`` always finds a complete record and object: both are published before
the pointer moves.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.errors import DataError

_MAX_LINE_LENGTH = 320


@dataclass(frozen=True)
class Artifact:
    """One immutable artifact.

    Attributes
    ----------
    asset : str
        The asset's name.
    fingerprint : str
        SHA-256 over everything it was made from: code, configuration, libraries, upstream digests.
    digest : str
        SHA-256 over its files; Dagster's data version.
    path : Path
        The folder that holds its files.
    summary : mapping
        Small facts for people and for later stages, such as ``rows``.
    """

    asset: str
    fingerprint: str
    digest: str
    path: Path
    summary: Mapping[str, Any]

    def json(self, name: str) -> Any:
        """Read one of its JSON files."""
        return durable.read_json(self.path / name)


@dataclass(frozen=True)
class Record:
    """How an artifact was made.

    Attributes
    ----------
    asset, fingerprint, digest
        As in `Artifact`.
    ingredients : mapping
        What the fingerprint was computed from, in the groups of `fingerprint.ingredients`; its group
        ``inputs`` holds the content digest of each input.
    inputs : mapping of str to str
        The fingerprint of each input's record, by asset.
    summary, metadata : mapping
        What the stage's `Outcome` gave, the metadata as plain JSON.
    checks : list of dict
        The results of the checks; `blocking` names those that stop a run.
    run_id, made_at : str
        The Dagster run, and the moment in UTC, ISO 8601.
    seconds : float
        How long the stage took.
    reason : str
        Why it was made, for a person.
    """

    asset: str
    fingerprint: str
    digest: str
    ingredients: Mapping[str, Mapping[str, str]]
    inputs: Mapping[str, str]
    summary: Mapping[str, Any]
    metadata: Mapping[str, Any]
    checks: list[dict[str, Any]]
    blocking: list[str]
    run_id: str
    made_at: str
    seconds: float
    reason: str

    def was_made_with(self, key: str, value: Any) -> bool:
        """Whether `key` of the YAML, one that the asset depends on, had this value, as plain JSON."""
        return self.ingredients.get("config", {}).get(key) == durable.json_digest(value)

    def failed_checks(self) -> list[dict[str, Any]]:
        """The checks that failed with severity ``ERROR``."""
        return [
            check for check in self.checks if not check["passed"] and check["severity"] == "ERROR"
        ]

    def blocks(self) -> bool:
        """Whether a failed check of this record must stop what comes after it."""
        return any(check["name"] in self.blocking for check in self.failed_checks())


@dataclass(frozen=True)
class Store:
    """The artifacts of one pipeline, below the folder `root`."""

    root: Path

    def object_path(self, asset: str, digest: str) -> Path:
        """Give the folder of the artifact with this content, whether or not it exists."""
        return self.root / "objects" / asset / digest

    def record(self, asset: str, fingerprint: str) -> Record | None:
        """Give the record with this fingerprint, or None if it, or its object, is not there."""
        record = self._read_record(asset, fingerprint)
        if record is None or not self.object_path(asset, record.digest).is_dir():
            return None
        return record

    def current(self, asset: str) -> Record | None:
        """Give the current record, or None if the asset was never made, or its object is gone."""
        fingerprint = self._current_fingerprint(asset)
        return None if fingerprint is None else self.record(asset, fingerprint)

    def assets(self) -> list[str]:
        """Name the assets that were ever made, sorted."""
        return sorted(path.stem for path in (self.root / "current").glob("[!.]*.json"))

    def last_record(self, asset: str) -> Record | None:
        """Give the current record, even where its object is gone."""
        fingerprint = self._current_fingerprint(asset)
        return None if fingerprint is None else self._read_record(asset, fingerprint)

    def artifact(self, record: Record) -> Artifact:
        """Give the artifact that a record describes."""
        path = self.object_path(record.asset, record.digest)
        return Artifact(record.asset, record.fingerprint, record.digest, path, record.summary)

    def current_artifact(self, asset: str) -> Artifact:
        """Give the current artifact.

        Raises
        ------
        DataError
            If the asset was never made.
        """
        record = self.current(asset)
        if record is None:
            raise DataError(
                f"{self.root.name}/{asset} does not exist yet. Materialize it first: "
                f"python -m ml_assets run {self.root.name}"
            )
        return self.artifact(record)

    @contextmanager
    def staging(self, asset: str) -> Iterator[Path]:
        """Give a folder in which one artifact of `asset` is built."""
        with durable.staging_directory(self.root / "objects" / asset) as path:
            yield path

    def publish(self, staged: Path, asset: str) -> str:
        """Move a built folder to its content address and give its digest."""
        return durable.publish_directory(staged, self.root / "objects" / asset)

    def keep(self, record: Record, found_by: str | None = None) -> None:
        """Write a record, durably. The artifact's object must have been published.

        Parameters
        ----------
        record : Record
            What to keep, under its own fingerprint.
        found_by : str, optional
            Another fingerprint under which `record` finds it, until a later one takes that place.
        """
        for fingerprint in dict.fromkeys((record.fingerprint, found_by or record.fingerprint)):
            durable.write_json(self._record_path(record.asset, fingerprint), asdict(record))

    def point(self, asset: str, fingerprint: str, run_id: str = "") -> None:
        """Make the record with this fingerprint the current one, as the run `run_id` has found."""
        pointer = self.root / "current" / f"{asset}.json"
        durable.write_json(pointer, {"fingerprint": fingerprint, "run": run_id})

    def pointed_by(self, asset: str) -> str | None:
        """Give the run that last set the current record; None if no run did."""
        run_id = self._pointer(asset).get("run")
        return run_id if isinstance(run_id, str) and run_id else None

    def lineage(self, record: Record) -> dict[str, Record]:
        """Give all records that `record` was made from, itself included, by asset name.

        Raises
        ------
        DataError
            If a record of the lineage, or its object, is missing.
        """
        records = {record.asset: record}
        for asset, fingerprint in record.inputs.items():
            upstream = self.record(asset, fingerprint)
            if upstream is None:
                raise DataError(f"{record.asset}: the record of its input {asset} is missing.")
            records = {**self.lineage(upstream), **records}
        return records

    def sweep(self) -> list[Path]:
        """Remove what killed processes left half-written; give what was removed."""
        patterns = ("objects/*", "records/*", "current", "spans", "states/*")
        folders = [folder for pattern in patterns for folder in sorted(self.root.glob(pattern))]
        return [
            path
            for folder in (self.root, *folders)
            for path in durable.sweep_staging(folder, process_is_alive)
        ]

    def _pointer(self, asset: str) -> dict[str, Any]:
        return durable.read_json_object(self.root / "current" / f"{asset}.json") or {}

    def _current_fingerprint(self, asset: str) -> str | None:
        """The current record's fingerprint. A pointer that cannot be read counts as absent."""
        fingerprint = self._pointer(asset).get("fingerprint")
        return fingerprint if isinstance(fingerprint, str) else None

    def _read_record(self, asset: str, fingerprint: str) -> Record | None:
        """Read a record. One with the keys of another version counts as absent: it is made again."""
        content = durable.read_json_object(self._record_path(asset, fingerprint))
        is_known = content is not None and content.keys() == Record.__dataclass_fields__.keys()
        return Record(**content) if content is not None and is_known else None

    def _record_path(self, asset: str, fingerprint: str) -> Path:
        return self.root / "records" / asset / f"{fingerprint}.json"


def describe_failed_check(check: Mapping[str, Any]) -> str:
    """Give one line on a failed check, shortened; the whole description is in the UI."""
    lines = (check.get("brief") or check["description"]).splitlines()
    text = f"{check['name']}: {' '.join(lines)}"
    return text if len(text) <= _MAX_LINE_LENGTH else f"{text[: _MAX_LINE_LENGTH - 4]} ..."


def process_is_alive(pid: int) -> bool:
    """Whether a process with this id runs on this machine; one that only waits to be reaped does not."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
