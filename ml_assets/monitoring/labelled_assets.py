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
    options = {"max_drop": spec.max_performance_drop, **_how_measured(pipeline)}

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

        facts, known = predictions.json(SCORED_BY), labels.json("labels.json")["classes"]
        scored = Table((predictions.path / "predictions.parquet",)).to_arrow()
        given = Table((labels.path / "labels.parquet",)).to_arrow()
        ids = scored[EXAMPLE_ID].combine_chunks()
        own = own_splits(ids, examples_of(stage, facts)).is_valid()
        joined = join_labels(scored, given, facts["scores"], facts["classes"], known or (), own)
        then = _metric_then(stage, facts, metric)
        found = judge_performance(
            pipeline.task,
            metric,
            joined,
            scored.num_rows,
            then,
            decision_threshold=facts["decision_threshold"],
            **options,
        )
        told = {**about(facts), "contradictory": joined.contradictory}
        durable.write_json(stage.directory / "performance.json", {**told, **found.to_json()})
        return _performance_outcome(found, metric, facts)

    return performance


def _how_measured(pipeline: PipelineSpec) -> dict[str, Any]:
    """How many rows a metric needs, and what its interval is made of."""
    evaluation = pipeline.evaluation
    return {
        "min_rows": pipeline.monitoring.min_rows,
        "confidence": evaluation.confidence,
        "bootstrap_samples": evaluation.bootstrap_samples,
        "seed": evaluation.seed,
    }


def _performance_outcome(found: "Performance", metric: str, facts: dict[str, Any]) -> Outcome:
    now = found.now.value if found.now else None
    numbers = {metric: now, "drop": found.drop, "rows_labelled": found.rows_labelled}
    return Outcome(
        summary={
            "rows": found.rows_labelled,
            "rows_labelled": found.rows_labelled,
            "rows_own": found.rows_own,
            "metrics": {m.name: [m.value, m.low, m.high] for m in found.metrics},
            "outcome": found.outcome,
            **about(facts),
        },
        metadata={
            **{m.name: m.value for m in found.metrics},
            "drop": found.drop,
            "rows_labelled": found.rows_labelled,
            "rows_scored": found.rows,
            "model_version": facts["scorer"]["version"],
        },
        checks=[check_of("performance", found.outcome, found.text, numbers)],
    )


def _staleness(pipeline: PipelineSpec, time: str) -> dg.AssetsDefinition:
    metric, options = pipeline.main_metric, _how_measured(pipeline)
    limits = pipeline.evaluation.thresholds.get(metric)

    @stage_asset(
        pipeline,
        ins=["predictions", "raw_data", "labels"],
        config={
            "evaluation.thresholds": {metric: limits and limits.model_dump()},
            "ingest.key": pipeline.ingest.key,
            "ingest.time": time,
            "monitoring": {"staleness": options},
            "monitoring.retraining.max_age_days": pipeline.days_to_live,
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
            return _untold_staleness(time, facts)
        digest, trusted = facts["scorer"]["model_digest"], pipeline.training.trusted_types
        later = _later_rows(pipeline, stage, raw_data, labels, since, facts)
        champion = load_model(stage.stored("model", digest), trusted)
        found = age_of(champion, later, time, since, metric, limits, **options)
        return _staleness_outcome(stage, pipeline, found, len(later.labels), facts)

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


def _untold_staleness(time: str, facts: dict[str, Any]) -> Outcome:
    text = (
        "cannot tell: the examples that the champion was trained on are not in the store, or "
        f"have no '{time}'"
    )
    return Outcome(about(facts), checks=[check_of("staleness", "cannot tell", text, {})])


def _staleness_outcome(
    stage: Stage, pipeline: PipelineSpec, found: "Staleness", rows: int, facts: dict[str, Any]
) -> Outcome:
    from ml_assets import durable
    from ml_assets.evaluation.age_picture import draw_staleness
    from ml_assets.evaluation.page import staleness_html
    from ml_assets.evaluation.report import age_table, staleness_verdict

    version, stale = about(facts), {"stale_from_days": found.stale_from}
    durable.write_json(stage.directory / "staleness.json", {**version, **found.to_json()})
    limits, path = (
        pipeline.evaluation.thresholds.get(found.metric),
        stage.directory / "staleness.png",
    )
    drawn = draw_staleness(path, [found], limits)
    title = f"Staleness of {pipeline.name}"
    page = staleness_html(found, path.read_bytes() if drawn else None, title, rows)
    durable.write_bytes(stage.directory / "report.html", page.encode())
    passed, text = staleness_verdict([found], pipeline.days_to_live)
    outcome = "fail" if not passed else "pass" if found.ages else "cannot tell"
    return Outcome(
        summary={"rows": rows, **stale, **version},
        metadata={
            **version,
            **stale,
            "ages": Rows(age_table([found])) if found.ages else None,
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


def _metric_then(stage: Stage, facts: Mapping[str, Any], metric: str) -> dict[str, Any] | None:
    """The metric in the champion's evaluation, or None where that is unknown."""
    from ml_assets import durable

    path = artifact_of(stage, facts, "evaluation") / "evaluation.json"
    stored = durable.read_json(path) if path.is_file() else {"metrics": []}
    # Scored rows have no weights to compare with weighted ones.
    found = [one for one in (stored.get("unweighted"), *stored["metrics"]) if one]
    named = next((one for one in found if one["name"] == metric), None)
    return named and {key: named[key] for key in ("value", "low", "high")}


def about(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of the champion in every summary."""
    return {"model_version": facts["scorer"]["version"]}


def check_of(
    name: str, outcome: str, text: str, numbers: Mapping[str, Any], brief: str = ""
) -> Check:
    """An alarm is an error. What cannot be told passes, as a warning."""
    severity: Literal["ERROR", "WARN"] = "WARN" if outcome == "cannot tell" else "ERROR"
    return Check(name, outcome != "fail", text, severity, numbers, brief)
