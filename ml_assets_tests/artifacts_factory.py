"""Puts artifacts into a store, for tests of one room that need what another room makes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ml_assets.artifacts.store import Artifact, Record, Store


def put_artifact(
    store: Store,
    asset: str,
    write: Callable[[Path], None],
    summary: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    checks: list[dict[str, Any]] | None = None,
    blocking: list[str] | None = None,
) -> Artifact:
    """Publish what `write` puts into a folder, with a record, as the artifact that holds now."""
    with store.staging(asset) as staged:
        write(staged)
        digest = store.publish(staged, asset)
    record = Record(
        asset=asset,
        fingerprint=f"made-by-a-test-{digest[:16]}",
        digest=digest,
        ingredients={},
        inputs=dict(inputs or {}),
        summary=dict(summary or {}),
        metadata={},
        checks=checks or [],
        blocking=blocking or [],
        run_id="test",
        made_at="2026-01-01T00:00:00+00:00",
        seconds=0.0,
        reason="first time",
    )
    store.keep(record)
    store.point(asset, record.fingerprint)
    return store.artifact(record)


def damage(path: Path) -> None:
    """Append a space to a file: JSON stays what it was, and so it is the content's digest that tells."""
    path.write_bytes(path.read_bytes() + b" ")
