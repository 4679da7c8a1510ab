"""The assets of this room that need labels: `performance` and `staleness`; and what all of them share."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dagster as dg

from ml_assets.artifacts.outcome import Check, File, Outcome, Picture, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec
from ml_assets.serving.champion import SCORED_BY

if TYPE_CHECKING:
    from ml_assets.evaluation.staleness import Staleness
    from ml_assets.monitoring.later_rows import LaterRows
    from ml_assets.monitoring.performance import Performance


def build_labelled_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give these assets; a pipeline without times has no `staleness`."""
    time = pipeline.ingest.time
    return [_performance(pipeline), *([_staleness(pipeline, time)] if time else [])]


def _performance(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec, metric = pipeline.monitoring, pipeline.main_metric
    options = {"max_drop": spec.max_performance_drop, **_measurement_options(pipeline)}

    @stage_asset(
        pipeline,
        ins=["predictions", "labels"],
        config={
            "task": pipeline.task,
            "evaluation.thresholds": metric,
            "monitoring": {"performance": options},
        },
        kinds=["scikitlearn", "json"],
        blocking_checks=[name for name in ["performance"] if name in spec.blocking],
        checks=[name for name in ["performance"] if name not in spec.blocking],
    )
    def performance(stage: Stage, predictions: Artifact, labels: Artifact) -> Outcome:
        """How the champion does on scored rows with known labels, beside its own evaluation."""
        from ml_assets import durable
        from ml_assets.monitoring.own_examples import own_splits
        from ml_assets.monitoring.performance import join_labels, judge_performance
        from ml_assets.table import EXAMPLE_ID, Table

        facts, label_classes = predictions.json(SCORED_BY), labels.json("labels.json")["classes"]
        scored = Table((predictions.path / "predictions.parquet",)).to_arrow()
        known_labels = Table((labels.path / "labels.parquet",)).to_arrow()
        ids = scored[EXAMPLE_ID].combine_chunks()
        own = own_splits(ids, examples_of(stage, facts)).is_valid()
        joined = join_labels(
            scored, known_labels, facts["scores"], facts["classes"], label_classes or (), own
        )
        then = _evaluated_metric(stage, facts, metric)
        comparison = judge_performance(
            pipeline.task,
            metric,
            joined,
            scored.num_rows,
            then,
            decision_threshold=facts["decision_threshold"],
            **options,
        )
        scorer = {**version_summary(facts), "contradictory": joined.contradictory}
        durable.write_json(stage.directory / "performance.json", {**scorer, **comparison.to_json()})
        return _performance_outcome(comparison, metric, facts)

    return performance


def _measurement_options(pipeline: PipelineSpec) -> dict[str, Any]:
    """How many rows a metric needs, and what its interval is made of."""
    evaluation = pipeline.evaluation
    return {
        "min_rows": pipeline.monitoring.min_rows,
        "confidence": evaluation.confidence,
        "bootstrap_samples": evaluation.bootstrap_samples,
        "seed": evaluation.seed,
    }


def _performance_outcome(performance: "Performance", metric: str, facts: dict[str, Any]) -> Outcome:
    now = performance.now.value if performance.now else None
    numbers = {metric: now, "drop": performance.drop, "rows_labelled": performance.rows_labelled}
    return Outcome(
        summary={
            "rows": performance.rows_labelled,
            "rows_labelled": performance.rows_labelled,
            "rows_own": performance.rows_own,
            "metrics": {
                measured.name: [measured.value, measured.low, measured.high]
                for measured in performance.metrics
            },
            "outcome": performance.outcome,
            **version_summary(facts),
        },
        metadata={
            **{measured.name: measured.value for measured in performance.metrics},
            "drop": performance.drop,
            "rows_labelled": performance.rows_labelled,
            "rows_scored": performance.rows,
            "model_version": facts["scorer"]["version"],
        },
        checks=[check_of("performance", performance.outcome, performance.text, numbers)],
    )


def _staleness(pipeline: PipelineSpec, time: str) -> dg.AssetsDefinition:
    metric, options = pipeline.main_metric, _measurement_options(pipeline)
    limits = pipeline.evaluation.thresholds.get(metric)

    @stage_asset(
        pipeline,
        ins=["predictions", "raw_data", "labels"],
        config={
            "evaluation.thresholds": {metric: limits and limits.model_dump()},
            "ingest.key": pipeline.ingest.key,
            "ingest.time": time,
            "monitoring": {"staleness": options},
            "monitoring.retraining.max_age_days": pipeline.max_model_age_days,
            "training.trusted_types": pipeline.training.trusted_types,
        },
        kinds=["scikitlearn", "json"],
        checks=["staleness"],
    )
    def staleness(
        stage: Stage, predictions: Artifact, raw_data: Artifact, labels: Artifact
    ) -> Outcome:
        """How the champion ages on all later spans, and when it is no longer worth serving."""
        from ml_assets.evaluation.staleness import last_training_row
        from ml_assets.monitoring.aging import age_of
        from ml_assets.table import Table
        from ml_assets.training.bundle import load_model

        facts = predictions.json(SCORED_BY)
        examples = examples_of(stage, facts)
        since = last_training_row(Table((examples,)), time) if examples.is_file() else None
        if since is None:
            return _unknown_staleness(time, facts)
        digest, trusted = facts["scorer"]["model_digest"], pipeline.training.trusted_types
        later = _later_rows(pipeline, stage, raw_data, labels, since, facts)
        champion = load_model(stage.stored("model", digest), trusted)
        aging = age_of(champion, later, time, since, metric, limits, **options)
        return _staleness_outcome(stage, pipeline, aging, len(later.labels), facts)

    return staleness


def _later_rows(
    pipeline: PipelineSpec,
    stage: Stage,
    raw_data: Artifact,
    labels: Artifact,
    since: Any,
    facts: dict[str, Any],
) -> "LaterRows":
    from ml_assets.ingest.spans import SPANS_FOLDER
    from ml_assets.monitoring.later_rows import later_rows
    from ml_assets.table import Table

    return later_rows(
        raw_data.json("manifest.json"),
        stage.store.root / SPANS_FOLDER,
        since,
        key=pipeline.ingest.key,
        time=str(pipeline.ingest.time),
        labels=Table((labels.path / "labels.parquet",)).to_arrow(),
        classes=facts["classes"],
        label_classes=labels.json("labels.json")["classes"] or (),
        examples=examples_of(stage, facts),
        seed=pipeline.evaluation.seed,
    )


def _unknown_staleness(time: str, facts: dict[str, Any]) -> Outcome:
    text = (
        "cannot tell: the examples that the champion was trained on are not in the store, or "
        f"have no '{time}'"
    )
    return Outcome(version_summary(facts), checks=[check_of("staleness", "cannot tell", text, {})])


def _staleness_outcome(
    stage: Stage, pipeline: PipelineSpec, staleness: "Staleness", rows: int, facts: dict[str, Any]
) -> Outcome:
    from ml_assets import durable
    from ml_assets.evaluation.age_picture import draw_staleness
    from ml_assets.evaluation.page import staleness_html
    from ml_assets.evaluation.report import age_table, staleness_verdict

    version, stale = version_summary(facts), {"stale_from_days": staleness.stale_from}
    durable.write_json(stage.directory / "staleness.json", {**version, **staleness.to_json()})
    limits, path = (
        pipeline.evaluation.thresholds.get(staleness.metric),
        stage.directory / "staleness.png",
    )
    drawn = draw_staleness(path, [staleness], limits)
    title = f"Staleness of {pipeline.name}"
    page = staleness_html(staleness, path.read_bytes() if drawn else None, title, rows)
    durable.write_bytes(stage.directory / "report.html", page.encode())
    passed, text = staleness_verdict([staleness], pipeline.max_model_age_days)
    outcome = "fail" if not passed else "pass" if staleness.ages else "cannot tell"
    return Outcome(
        summary={"rows": rows, **stale, **version},
        metadata={
            **version,
            **stale,
            "ages": Rows(age_table([staleness])) if staleness.ages else None,
            "picture": Picture("staleness.png", "How the champion ages") if drawn else None,
            "report": File("report.html"),
        },
        checks=[check_of("staleness", outcome, text, stale)],
    )


def examples_of(stage: Stage, facts: Mapping[str, Any]) -> Path:
    """The file of the examples that the champion was made from; it may be gone."""
    return artifact_of(stage, facts, "examples") / "examples.parquet"


def artifact_of(stage: Stage, facts: Mapping[str, Any], asset: str) -> Path:
    """The folder of an artifact that belongs to the champion; it may be gone, but not altered."""
    digest = facts["scorer"][f"{asset}_digest"] or "none"
    return stage.stored(asset, digest, may_be_gone=True)


def _evaluated_metric(stage: Stage, facts: Mapping[str, Any], metric: str) -> dict[str, Any] | None:
    """The metric in the champion's evaluation, or None where that is unknown."""
    from ml_assets import durable

    path = artifact_of(stage, facts, "evaluation") / "evaluation.json"
    stored = durable.read_json(path) if path.is_file() else {"metrics": []}
    # Scored rows have no weights to compare with weighted ones.
    entries = [entry for entry in (stored.get("unweighted"), *stored["metrics"]) if entry]
    match = next((entry for entry in entries if entry["name"] == metric), None)
    return match and {key: match[key] for key in ("value", "low", "high")}


def version_summary(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What every summary says of the champion."""
    return {"model_version": facts["scorer"]["version"]}


def check_of(
    name: str, outcome: str, text: str, numbers: Mapping[str, Any], brief: str = ""
) -> Check:
    """An alarm is an error. A check that cannot tell passes, as a warning."""
    severity: Literal["ERROR", "WARN"] = "WARN" if outcome == "cannot tell" else "ERROR"
    return Check(name, outcome != "fail", text, severity, numbers, brief)
