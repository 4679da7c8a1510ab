"""How an asset is reported: its materialization for Dagster, and one line for a person.

Both are made of the stored record, so an asset found in the store is reported as it was when made.
"""

from typing import Any

import dagster as dg

from ml_assets.artifacts.outcome import Check
from ml_assets.artifacts.reasons import CACHED
from ml_assets.artifacts.show import to_metadata
from ml_assets.artifacts.store import Artifact, Record, Store, describe_failed_check
from ml_assets.durable import json_digest


def report_line(record: Record, why: str) -> str:
    """Give one line with the asset, its seconds and why it ran, then a line for each failed check."""
    seconds = "" if why == CACHED else f"{record.seconds:.1f} s"
    failed = "".join(f"\n    {describe_failed_check(check)}" for check in record.failed_checks())
    return f"{record.asset:<22} {seconds:>8}  {why}{failed}"


def materialization_of(store: Store, record: Record, why: str) -> dg.MaterializeResult[Artifact]:
    """Give the artifact with its metadata, its data version and the results of its checks."""
    artifact = store.artifact(record)
    rows = record.summary.get("rows")
    metadata: dict[str, Any] = {
        **({"dagster/row_count": rows} if isinstance(rows, int) else {}),
        **to_metadata(record.metadata, artifact.path),
        "cache": "hit" if why == CACHED else "miss",
        "reason": why,
        # Dagster's own tag of this name bears the run's id: it would want the digest when it loads.
        "code_version": json_digest(record.ingredients["code"])[:16],
        "seconds": 0.0 if why == CACHED else record.seconds,
        "path": dg.MetadataValue.path(str(artifact.path)),
    }
    return dg.MaterializeResult(
        value=artifact,
        metadata=metadata,
        data_version=dg.DataVersion(record.digest),
        check_results=[_check_result(Check(**check)) for check in record.checks],
    )


def _check_result(check: Check) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=check.name,
        passed=check.passed,
        severity=dg.AssetCheckSeverity[check.severity],
        description=check.description,
        metadata={key: value for key, value in check.values.items() if value is not None},
    )
