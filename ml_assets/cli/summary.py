"""Sums up the present state of a pipeline, in about a dozen lines."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_assets.artifacts.home import Home, current_home
from ml_assets.artifacts.store import Record, Store, describe_failed_check
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.pipeline_file import PipelineFile

_FEW_METRICS = 3
_MAX_COLUMNS = 3
_MIN_WIDTH = 14
_Line = tuple[str, str]
# The assets whose checks are the verdicts on a model.
VERDICTS = {
    "anomalies": "data",
    "validated_features": "features",
    "evaluation": "evaluation",
    "infra_validation": "infrastructure",
    "promotion": "promotion",
}
# The assets whose failed warnings say that a verdict may be too good to be true.
_WARNING = ("validated_examples", "validated_features", "evaluation")


def print_summary(defs: Path, name: str) -> int:
    """Print the summary of a pipeline; give 0, or 1 if its last state has a failed gate."""
    pipeline = find_pipeline(defs, name)
    home = current_home()
    print(*summary_lines(pipeline, home), sep="\n")
    store = Store(home.pipeline(pipeline.spec.name))
    return 1 if any(record.blocks() for record in _records(store)) else 0


def summary_lines(pipeline: PipelineFile, home: Home) -> list[str]:
    """Give the summary of the present state of a pipeline.

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
    nothing = f"nothing is made yet: python -m ml_assets run {pipeline.path.parent.name}"
    lines = list(_lines(pipeline, store, home)) or [("", nothing)]
    where = os.path.relpath(store.root)
    lines += [
        ("artifacts", f"{where}/objects, MLflow in {os.path.relpath(home.mlflow)}"),
        ("UI", "make ui, then http://127.0.0.1:3000"),
    ]
    width = max(_MIN_WIDTH, *(len(title) for title, _ in lines))
    first = f"{pipeline.spec.name}: {pipeline.spec.description or pipeline.spec.task}"
    return ["", first, *(f"  {_line(title, text, width)}" for title, text in lines)]


def _line(title: str, text: str, width: int) -> str:
    """A line with its title, or what stands below the line before."""
    return f"{title:<{width}} {text}" if title else f"  {text}"


def _lines(pipeline: PipelineFile, store: Store, home: Home) -> Iterator[_Line]:
    if record := store.current("examples"):
        summary = record.summary
        yield (
            "examples",
            f"{summary['rows']:,} rows: {summary['train']:,} train, {summary['eval']:,} eval, "
            f"{summary['test']:,} test ({summary['first_span']} to {summary['last_span']})",
        )
        yield from _lost_line(store.current("raw_data"), summary)
    if pipeline.spec.task == "binary" and (record := store.current("labels")):
        yield from _positive_line(record.summary)
    if record := store.current("anomalies"):
        quarantined = store.current("validated_examples")
        rows = quarantined.summary["quarantined"] if quarantined else 0
        counts = {"error": record.summary["errors"], "warning": record.summary["warnings"]}
        parts = [_plural(count, noun) for noun, count in counts.items()]
        yield "anomalies", ", ".join([*parts, f"{_plural(rows, 'row')} quarantined"])
    if record := store.current("validated_features"):
        yield from _useless_line(record.summary, pipeline.spec.ingest.source.display_name)
    if record := store.current("best_hyperparameters"):
        yield "tuning", f"{record.summary['trials']} trials: {_parameters_text(record.summary)}"
    if record := store.current("evaluation"):
        judged = (pipeline.spec.main_metric, *pipeline.spec.evaluation.thresholds)
        yield from _metric_lines(record.summary, judged)
    yield from _verdict_lines(store)
    if record := store.current("registered_model"):
        yield from (("waived", text) for text in record.summary.get("waived", ()))
        yield "registered", _version_text(pipeline.spec.model_name, record.summary, home)
    if record := store.current("predictions"):
        summary = record.summary
        yield (
            "predictions",
            f"{summary['rows']:,} rows ({summary['first_span']} to {summary['last_span']})",
        )
    watched = [store.current(name) for name in ("skew", "drift", "performance", "staleness")]
    yield from _watch_lines([record for record in watched if record is not None])


def _lost_line(raw_data: Record | None, examples: Mapping[str, Any]) -> Iterator[_Line]:
    """How many rows of the source are no examples, where there are any, and why."""
    counts = {
        "cannot be read": raw_data.summary.get("rejected", 0) if raw_data else 0,
        "without a label": examples.get("unlabelled", 0),
        "repeated or contradictory": examples.get("duplicates", 0),
    }
    if lost := [f"{count:,} {why}" for why, count in counts.items() if count]:
        yield "no examples", f"rows of the source: {', '.join(lost)}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _positive_line(summary: Mapping[str, Any]) -> Iterator[_Line]:
    """Which class is the positive one: the second of the two."""
    counts = list(summary.get("classes", {}).items())
    if len(counts) == 2:
        name, rows = counts[1]
        yield (
            "positive",
            f"{str(name)[:40]!r}, {rows:,} of {sum(count for _, count in counts):,} labels",
        )


def _version_text(model: str, summary: Mapping[str, Any], home: Home) -> str:
    """The version of the last run, and the champion, whom a person may have changed since."""
    from ml_assets.registry.ledger import last_move, ledger_in
    from ml_assets.registry.promotion import ledger_folder

    version, champion = summary["version"], summary["champion"]
    if (moved := last_move(ledger_in(ledger_folder(home.mlflow, model)).entries())) is not None:
        champion = moved.to_version
    if champion == version:
        return f"{model} version {version}, alias champion"
    others = f"; the champion is version {champion}" if champion is not None else ""
    return f"{model} version {version}, alias challenger{others}"


def _useless_line(summary: Mapping[str, Any], source: str) -> Iterator[_Line]:
    """The columns of the source that are no features because of their values."""
    useless = summary.get("useless", [])
    reasons = [f"{name[:40]} {summary['dropped'][name]}" for name in useless[:_MAX_COLUMNS]]
    more = [f"and {len(useless) - _MAX_COLUMNS} more"] if len(useless) > _MAX_COLUMNS else []
    if reasons:
        yield "no features", f"of {source}: {'; '.join([*reasons, *more])}"


def _parameters_text(summary: Mapping[str, Any]) -> str:
    parameters = summary["parameters"]
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in sorted(parameters.items())
    )


def _metric_lines(summary: Mapping[str, Any], judged: Sequence[str]) -> Iterator[_Line]:
    """The metrics that are judged, the main one first, and others while there are few."""
    metrics = summary["metrics"]
    first = [name for name in dict.fromkeys(judged) if name in metrics]
    others = [name for name in metrics if name not in first]
    for name in [*first, *others[: max(0, _FEW_METRICS - len(first))]]:
        value, low, high = metrics[name]
        interval = f" [{low:.4f}, {high:.4f}]" if low is not None else ""
        baselines = ", ".join(
            f"{baseline} {scores[name][0]:.4f}"
            for baseline, scores in summary["baselines"].items()
            if scores.get(name) and scores[name][0] is not None
        )
        if value is not None:
            yield name, f"{value:.4f}{interval}{f' ({baselines})' if baselines else ''}"


def _verdict_lines(store: Store) -> Iterator[_Line]:
    records = {title: store.current(asset) for asset, title in VERDICTS.items()}
    verdicts = [
        f"{title} {'FAILED' if record.failed_checks() else 'ok'}"
        for title, record in records.items()
        if record is not None
    ]
    if verdicts:
        yield "verdicts", ", ".join(verdicts)
    for record in _records(store):
        if record.blocks() or record.asset in VERDICTS:
            yield from (("", describe_failed_check(check)) for check in record.failed_checks())
    warned = [check for asset in _WARNING for check in _warnings(store.current(asset))]
    if warned:
        yield "warnings", f"{len(warned)} that stop nothing"
        yield from (("", describe_failed_check(check)) for check in warned)


def _warnings(record: Record | None) -> list[dict[str, Any]]:
    checks = record.checks if record is not None else []
    return [check for check in checks if not check["passed"] and check["severity"] == "WARN"]


def _records(store: Store) -> list[Record]:
    records = (store.current(asset) for asset in store.assets())
    return [record for record in records if record is not None]


def _watch_lines(records: Sequence[Record]) -> Iterator[_Line]:
    words = {record.asset: _watch_word(record) for record in records}
    if words:
        yield "watch", ", ".join(f"{asset} {word}" for asset, word in words.items())
    alarms = [record for record in records if words[record.asset] == "ALARM"]
    worst = {str(record.summary["worst"]): None for record in alarms if record.summary.get("worst")}
    if alarms:
        where = " and ".join(record.asset for record in alarms)
        first = f", first at {' and '.join(worst)}" if worst else ""
        yield "", f"alarms stop nothing; look at {where} in the UI{first}"


def _watch_word(record: Record) -> str:
    """One of three words; a check that cannot tell passes as a warning."""
    if record.failed_checks():
        return "ALARM"
    is_unknown = any(check["severity"] == "WARN" for check in record.checks)
    return "cannot tell" if is_unknown else "ok"
