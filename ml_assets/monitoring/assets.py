"""The assets of this room: `serving_statistics`, `skew`, `drift` and `performance`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dagster as dg

from ml_assets.artifacts.outcome import Check, File, Outcome, Picture, Rows, Shown
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.monitoring.findings import Verdict
    from ml_assets.monitoring.performance import Performance
    from ml_assets.monitoring.sides import Sides
    from ml_assets.monitoring.spec import MonitoringSpec
    from ml_assets.statistics.model import DatasetStatistics
    from ml_assets.validation.drift import DriftFinding
    from ml_assets.validation.report import Report

_CAPTION = "Training beside scored rows"
_SCORED_BY = "scored_by.json"


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [
        _serving_statistics(pipeline),
        _skew(pipeline),
        _drift(pipeline),
        _performance(pipeline),
    ]


def _serving_statistics(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["predictions", "raw_data"],
        config={"statistics": pipeline.statistics},
        kinds=["arrow", "json"],
    )
    def serving_statistics(stage: Stage, predictions: Artifact, raw_data: Artifact) -> Outcome:
        """Describes the raw columns of the rows that were scored, and their scores."""
        from ml_assets import durable
        from ml_assets.ingest.spans import SPANS_FOLDER, open_spans
        from ml_assets.monitoring.own_examples import own_splits
        from ml_assets.statistics.generate import generate_statistics
        from ml_assets.table import EXAMPLE_ID, Table

        facts, manifest = predictions.json(_SCORED_BY), raw_data.json("manifest.json")
        scored = [span for span in manifest["spans"] if span["span"] in facts["spans"]]
        rows = open_spans({**manifest, "spans": scored}, stage.store.root / SPANS_FOLDER)
        scores = Table((predictions.path / "predictions.parquet",))
        options = pipeline.statistics.of_columns
        found = generate_statistics(rows, **options)
        of_scores = generate_statistics(scores, columns=facts["scores"], **options)
        durable.write_json(stage.directory / "statistics.json", found.to_json())
        durable.write_json(stage.directory / "scores.json", of_scores.to_json())
        ids = scores.to_arrow([EXAMPLE_ID])[EXAMPLE_ID].combine_chunks()
        trained = own_splits(ids, _champions_examples(stage, facts)).to_pylist().count("train")
        durable.write_json(stage.directory / _SCORED_BY, {**facts, "trained_on": trained})
        version = facts["scorer"]["version"]
        return Outcome(
            summary={"rows": found.num_rows, "model_version": version},
            metadata={"model_version": version, **_mean_scores(of_scores)},
        )

    return serving_statistics


def _skew(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec, validation = pipeline.monitoring, pipeline.validation

    @stage_asset(
        pipeline,
        ins=["serving_statistics", "schema"],
        config={
            "monitoring.skew_threshold": spec.skew_threshold,
            "monitoring.significance": spec.significance,
            "monitoring.min_rows": spec.min_rows,
            "validation": validation,
        },
        kinds=["json"],
        blocking_checks=[name for name in ["skew"] if name in spec.blocking],
        checks=[name for name in ["skew"] if name not in spec.blocking],
    )
    def skew(stage: Stage, serving_statistics: Artifact, schema: Artifact) -> Outcome:
        """Finds where the scored rows differ from the schema, and from what the champion learned."""
        from ml_assets import durable
        from ml_assets.monitoring.findings import judge_skew
        from ml_assets.monitoring.sides import skew_report
        from ml_assets.validation.severity import with_severity
        from ml_assets.validation.skew import Skew, detect_skew

        sides = _sides(stage, serving_statistics, schema)
        found = detect_skew(
            sides.current,
            sides.rules,
            sides.reference,
            threshold=spec.skew_threshold,
            significance=spec.significance,
            min_rows=spec.min_rows,
        )
        share = validation.max_quarantined_fraction
        judged = with_severity(found.anomalies, validation.severity, share)
        found = Skew(tuple(judged), found.findings)
        told = {**_about(sides.facts), **found.to_json()}
        durable.write_json(stage.directory / "skew.json", told)
        verdict = judge_skew(found, sides.current.num_rows, spec.min_rows)
        report = skew_report(sides, found, f"Skew of {pipeline.name}")
        return _outcome(stage, "skew", verdict, found.findings, sides, report)

    return skew


def _drift(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec = pipeline.monitoring
    names = ["drift"] if spec.multivariate_auc is None else ["drift", "multivariate_drift"]

    @stage_asset(
        pipeline,
        ins=["serving_statistics", "schema", "raw_data"],
        config={
            "monitoring.drift_threshold": spec.drift_threshold,
            "monitoring.multivariate_auc": spec.multivariate_auc,
            "monitoring.significance": spec.significance,
            "monitoring.min_rows": spec.min_rows,
        },
        kinds=["json"],
        blocking_checks=[name for name in names if name in spec.blocking],
        checks=[name for name in names if name not in spec.blocking],
    )
    def drift(
        stage: Stage, serving_statistics: Artifact, schema: Artifact, raw_data: Artifact
    ) -> Outcome:
        """Finds the features whose distribution moved since the champion was trained."""
        from dataclasses import replace

        from ml_assets import durable
        from ml_assets.monitoring.findings import judge_findings
        from ml_assets.monitoring.sides import drift_report
        from ml_assets.validation.drift import detect_drift

        sides = _sides(stage, serving_statistics, schema)
        found = detect_drift(
            sides.current,
            sides.reference,
            threshold=spec.drift_threshold,
            significance=spec.significance,
            min_rows=spec.min_rows,
            schema=sides.rules,
        )
        report = drift_report(sides, found, f"Drift of {pipeline.name}")
        verdict = judge_findings(found, "drifted")
        outcome = _outcome(stage, "drift", verdict, found, sides, report)
        told = {**_about(sides.facts), "findings": [finding.to_json() for finding in found]}
        if spec.multivariate_auc is not None:
            told["multivariate"], check = _told_apart(stage, spec, sides.facts, raw_data)
            outcome = replace(outcome, checks=[*outcome.checks, check])
        durable.write_json(stage.directory / "drift.json", told)
        return outcome

    return drift


def _told_apart(
    stage: Stage, spec: "MonitoringSpec", facts: Mapping[str, Any], raw_data: Artifact
) -> tuple[dict[str, Any], Check]:
    """What a classifier says of all columns at once."""
    from ml_assets.ingest.spans import SPANS_FOLDER, open_spans
    from ml_assets.monitoring.tell_apart import tell_apart

    manifest = raw_data.json("manifest.json")
    scored = [span for span in manifest["spans"] if span["span"] in facts["spans"]]
    found = tell_apart(
        open_spans({**manifest, "spans": scored}, stage.store.root / SPANS_FOLDER),
        _champions_examples(stage, facts),
        facts["inputs"],
        min_auc=spec.multivariate_auc or 0.5,
        significance=spec.significance,
        min_rows=spec.min_rows,
    )
    outcome = {"alarm": "fail", "ok": "pass"}.get(found.verdict, found.verdict)
    numbers = {"auc": found.auc, "p_value": found.p_value, "rows": found.rows}
    return found.to_json(), _check("multivariate_drift", outcome, found.explanation, numbers)


def _performance(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec, evaluation, metric = pipeline.monitoring, pipeline.evaluation, pipeline.main_metric
    options = {
        "max_drop": spec.max_performance_drop,
        "min_rows": spec.min_rows,
        "confidence": evaluation.confidence,
        "bootstrap_samples": evaluation.bootstrap_samples,
        "seed": evaluation.seed,
    }

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
        """Compares the champion on scored rows whose labels are known with its own evaluation."""
        from ml_assets import durable
        from ml_assets.monitoring.own_examples import own_splits
        from ml_assets.monitoring.performance import join_labels, judge_performance
        from ml_assets.table import EXAMPLE_ID, Table

        facts, known = predictions.json(_SCORED_BY), labels.json("labels.json")["classes"]
        scored = Table((predictions.path / "predictions.parquet",)).to_arrow()
        given = Table((labels.path / "labels.parquet",)).to_arrow()
        ids = scored[EXAMPLE_ID].combine_chunks()
        own = own_splits(ids, _champions_examples(stage, facts)).is_valid()
        joined = join_labels(scored, given, facts["scores"], facts["classes"], known or (), own)
        then = _metric_then(stage, facts, metric)
        found = judge_performance(
            pipeline.task,
            metric,
            joined,
            scored.num_rows,
            then,
            decision_threshold=facts["decision_threshold"],
            **options,  # type: ignore[arg-type]
        )
        about = {**_about(facts), "contradictory": joined.contradictory}
        durable.write_json(stage.directory / "performance.json", {**about, **found.to_json()})
        return _performance_outcome(found, metric, facts)

    return performance


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
            **_about(facts),
        },
        metadata={
            **{m.name: m.value for m in found.metrics},
            "drop": found.drop,
            "rows_labelled": found.rows_labelled,
            "rows_scored": found.rows,
            "model_version": facts["scorer"]["version"],
        },
        checks=[_check("performance", found.outcome, found.text, numbers)],
    )


def _sides(stage: Stage, serving_statistics: Artifact, schema: Artifact) -> "Sides":
    from ml_assets.monitoring.sides import read_sides

    facts = serving_statistics.json(_SCORED_BY)
    trained = _champions(stage, facts, "statistics")
    return read_sides(
        serving_statistics.path / "statistics.json",
        trained / "statistics.json",
        schema.path / "schema.yaml",
        facts,
    )


def _champions_examples(stage: Stage, facts: Mapping[str, Any]) -> Path:
    """The file of the examples that the champion was made from; it may be gone."""
    return _champions(stage, facts, "examples") / "examples.parquet"


def _champions(stage: Stage, facts: Mapping[str, Any], asset: str) -> Path:
    """The folder of an artifact that belongs to the champion; it may be gone, but not altered."""
    digest = facts["scorer"][f"{asset}_digest"] or "none"
    return stage.stored(asset, digest, may_be_gone=True)


def _metric_then(stage: Stage, facts: Mapping[str, Any], metric: str) -> dict[str, Any] | None:
    """The metric in the champion's evaluation, or None where that is unknown."""
    from ml_assets import durable

    path = _champions(stage, facts, "evaluation") / "evaluation.json"
    stored = durable.read_json(path) if path.is_file() else {"metrics": []}
    # Scored rows have no weights to compare with weighted ones.
    found = [one for one in (stored.get("unweighted"), *stored["metrics"]) if one]
    named = next((one for one in found if one["name"] == metric), None)
    return named and {key: named[key] for key in ("value", "low", "high")}


def _about(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"model_version": facts["scorer"]["version"]}


def _mean_scores(scores: "DatasetStatistics") -> dict[str, Shown]:
    numbers = {feature.name: feature.numeric for feature in scores.features}
    return {f"mean_{name}": found.mean for name, found in numbers.items() if found is not None}


def _outcome(
    stage: Stage,
    name: str,
    verdict: "Verdict",
    findings: "Sequence[DriftFinding]",
    sides: "Sides",
    report: "Report",
) -> Outcome:
    """Write the report, draw what moved, and tell of both."""
    from ml_assets.monitoring.findings import finding_table, without_news
    from ml_assets.monitoring.picture import draw_findings
    from ml_assets.validation.report import write_report
    from ml_assets.validation.show import anomaly_rows

    rows, about, picture = sides.current.num_rows, _about(sides.facts), f"{name}.png"
    verdict = without_news(verdict, sides.facts["trained_on"], rows)
    write_report(stage.directory / "report.html", report)
    drawn = draw_findings(stage.directory / picture, sides.reference, sides.current, findings)
    numbers = {"alarms": verdict.alarms, "features": len(findings)}
    return Outcome(
        summary={"rows": rows, **numbers, "worst": verdict.worst, **about},
        metadata={
            **numbers,
            **about,
            "found": Rows(finding_table(findings)),
            "anomalies": Rows(anomaly_rows(report.anomalies)) if report.anomalies else None,
            "picture": Picture(picture, _CAPTION) if drawn else None,
            "report": File("report.html"),
        },
        checks=[_check(name, verdict.outcome, verdict.text, numbers, verdict.brief)],
    )


def _check(
    name: str, outcome: str, text: str, numbers: Mapping[str, Any], brief: str = ""
) -> Check:
    """An alarm is an error. What cannot be told passes, as a warning."""
    severity: Literal["ERROR", "WARN"] = "WARN" if outcome == "cannot tell" else "ERROR"
    return Check(name, outcome != "fail", text, severity, numbers, brief)
