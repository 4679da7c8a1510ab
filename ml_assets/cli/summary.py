"""Sums up what a pipeline holds now, in about a dozen lines."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_assets.artifacts.home import Home, current_home
from ml_assets.artifacts.store import Record, Store, failed_check
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.pipeline_file import PipelineFile

_FEW_METRICS = 3
# The assets whose checks are the verdicts on a model.
VERDICTS = {
    "anomalies": "data",
    "validated_features": "features",
    "evaluation": "evaluation",
    "infra_validation": "infrastructure",
    "registered_model": "promotion",
}


def print_summary(defs: Path, name: str) -> int:
    """Print the summary of a pipeline; give 0, or 1 if its last state has a failed gate."""
    pipeline = find_pipeline(defs, name)
    home = current_home()
    print(*summary_lines(pipeline, home), sep="\n")
    store = Store(home.pipeline(pipeline.spec.name))
    return 1 if any(record.blocks() for record in _records(store)) else 0


def summary_lines(pipeline: PipelineFile, home: Home) -> list[str]:
    """Give the summary of what a pipeline holds now.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline.
    home : Home
        The home folder.

    Returns
    -------
    list of str
        Rows, anomalies, best parameters, metrics with intervals, verdicts, the registered version, where
        the artifacts lie and how to open the UI. What does not exist yet is left out.
    """
    store = Store(home.pipeline(pipeline.spec.name))
    nothing = f"  nothing is made yet: python -m ml_assets run {pipeline.path.parent.name}"
    lines = list(_lines(pipeline, store)) or [nothing]
    where = os.path.relpath(store.root)
    return [
        "",
        f"{pipeline.spec.name}: {pipeline.spec.description or pipeline.spec.task}",
        *lines,
        f"  artifacts      {where}/objects, MLflow in {os.path.relpath(home.mlflow)}",
        "  UI             make ui, then http://127.0.0.1:3000",
    ]


def _lines(pipeline: PipelineFile, store: Store) -> Iterator[str]:
    if found := store.current("examples"):
        s = found.summary
        yield (
            f"  examples       {s['rows']:,} rows: {s['train']:,} train, {s['eval']:,} eval, "
            f"{s['test']:,} test ({s['first_span']} to {s['last_span']})"
        )
    if found := store.current("anomalies"):
        quarantined = store.current("validated_examples")
        rows = quarantined.summary["quarantined"] if quarantined else 0
        errors, warnings = found.summary["errors"], found.summary["warnings"]
        yield f"  anomalies      {errors} errors, {warnings} warnings, {rows:,} rows quarantined"
    if found := store.current("best_hyperparameters"):
        yield f"  tuning         {found.summary['trials']} trials: {_parameters(found.summary)}"
    if found := store.current("evaluation"):
        judged = (pipeline.spec.main_metric, *pipeline.spec.evaluation.thresholds)
        yield from _metric_lines(found.summary, judged)
    yield from _verdict_lines(store)
    if found := store.current("registered_model"):
        alias = "champion" if found.summary["champion"] else "challenger"
        name = pipeline.spec.model_name
        yield f"  registered     {name} version {found.summary['version']}, alias {alias}"
    if found := store.current("predictions"):
        s = found.summary
        yield f"  predictions    {s['rows']:,} rows ({s['first_span']} to {s['last_span']})"
    watched = [store.current(name) for name in ("skew", "drift", "performance")]
    if any(watched):
        yield f"  watch          {', '.join(_watch(record) for record in watched if record)}"


def _parameters(summary: Mapping[str, Any]) -> str:
    found = summary["parameters"]
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in sorted(found.items())
    )


def _metric_lines(summary: Mapping[str, Any], judged: Sequence[str]) -> Iterator[str]:
    """The metrics that are judged, the main one first, and others while there are few."""
    known = summary["metrics"]
    first = [name for name in dict.fromkeys(judged) if name in known]
    others = [name for name in known if name not in first]
    for name in [*first, *others[: max(0, _FEW_METRICS - len(first))]]:
        value, low, high = known[name]
        interval = f" [{low:.4f}, {high:.4f}]" if low is not None else ""
        beside = ", ".join(
            f"{baseline} {metrics[name][0]:.4f}"
            for baseline, metrics in summary["baselines"].items()
            if metrics.get(name) and metrics[name][0] is not None
        )
        if value is not None:
            yield f"  {name:<14} {value:.4f}{interval}{f' ({beside})' if beside else ''}"


def _verdict_lines(store: Store) -> Iterator[str]:
    records = {title: store.current(asset) for asset, title in VERDICTS.items()}
    verdicts = [
        f"{title} {'FAILED' if record.failed_checks() else 'ok'}"
        for title, record in records.items()
        if record is not None
    ]
    if verdicts:
        yield f"  verdicts       {', '.join(verdicts)}"
    for record in _records(store):
        if record.blocks() or record.asset in VERDICTS:
            yield from (f"    {failed_check(check)}" for check in record.failed_checks())


def _records(store: Store) -> list[Record]:
    found = (store.current(asset) for asset in store.assets())
    return [record for record in found if record is not None]


def _watch(record: Record) -> str:
    return f"{record.asset} {'ALARM' if record.failed_checks() else 'ok'}"
