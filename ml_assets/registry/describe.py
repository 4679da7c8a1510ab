"""Describes a candidate in MLflow: tags, parameters, metrics and a description."""

import math
from collections.abc import Mapping
from typing import Any

from ml_assets import durable

Record = Mapping[str, Any]

# The artifacts whose content a version is traced to.
_TRACED = (
    "raw_data", "labels", "examples", "statistics", "schema", "validated_examples",
    "validated_features", "evaluation", "infra_validation",
)  # fmt: skip


def describe_tags(lineage: Mapping[str, Record]) -> dict[str, str]:
    """Give the tags that say what a candidate was made from, and how it was judged.

    Parameters
    ----------
    lineage : mapping of str to mapping
        The records, as plain values, of everything that it was made from, by asset.

    Returns
    -------
    dict
        ``<asset>_digest`` for the data, ``code_version`` for the code of the whole lineage, and
        ``verdict.<check>`` with ``passed`` or ``failed``.
    """
    digests = {f"{asset}_digest": lineage[asset]["digest"] for asset in _TRACED if asset in lineage}
    code = {asset: record["ingredients"].get("code", {}) for asset, record in lineage.items()}
    checks = [check for record in lineage.values() for check in record["checks"]]
    return {
        **digests,
        "code_version": durable.json_digest(code)[:16],
        **{
            f"verdict.{check['name']}": "passed" if check["passed"] else "failed"
            for check in checks
        },
    }


def describe_metrics(evaluation: Record, infra: Record) -> dict[str, float]:
    """Give the finite numbers of the two summaries: each metric with its interval, and the baselines'."""
    numbers: dict[str, Any] = {}
    for name, (value, low, high) in evaluation.get("metrics", {}).items():
        numbers |= {name: value, f"{name}_low": low, f"{name}_high": high}
    for baseline, metrics in evaluation.get("baselines", {}).items():
        numbers |= {f"{baseline}.{name}": triple[0] for name, triple in metrics.items()}
    numbers |= {name: infra.get(name) for name in ("load_seconds", "p50_ms", "p99_ms", "memory_mb")}
    return {
        name: float(value)
        for name, value in numbers.items()
        if value is not None and math.isfinite(value)
    }


def describe_parameters(manifest: Record) -> dict[str, Any]:
    """Give the estimator, its hyperparameters and the number of features of a model."""
    named = {"estimator": manifest.get("estimator"), "features": len(manifest.get("features", ()))}
    return {**named, **manifest.get("parameters", {})}


def describe_in_words(pipeline: str, run_id: str, evaluation: Record) -> str:
    """Give the description of a version, in Markdown."""
    metrics = [
        f"{name} {value:.4g}" + (f" ({low:.4g} to {high:.4g})" if None not in (low, high) else "")
        for name, (value, low, high) in evaluation.get("metrics", {}).items()
        if value is not None
    ]
    judged = f" On the test split: {', '.join(metrics)}." if metrics else ""
    return f"Made by the pipeline `{pipeline}` in the Dagster run `{run_id}`.{judged}"
