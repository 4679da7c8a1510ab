"""The assets of this room that need no label: `serving_statistics`, `skew` and `drift`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.outcome import Check, File, Outcome, Picture, Rows, Shown
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.monitoring.labelled_assets import (
    artifact_of,
    build_labelled_assets,
    check_of,
    examples_of,
    version_summary,
)
from ml_assets.pipeline import PipelineSpec
from ml_assets.serving.champion import SCORED_BY

if TYPE_CHECKING:
    from ml_assets.monitoring.findings import Verdict
    from ml_assets.monitoring.sides import Sides
    from ml_assets.monitoring.spec import MonitoringSpec
    from ml_assets.statistics.model import DatasetStatistics
    from ml_assets.table import Table
    from ml_assets.validation.drift import DriftFinding
    from ml_assets.validation.report import Report

_CAPTION = "Training beside scored rows"


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [
        _serving_statistics(pipeline),
        _skew(pipeline),
        _drift(pipeline),
        *build_labelled_assets(pipeline),
    ]


def _serving_statistics(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["predictions", "raw_data"],
        config={"statistics": pipeline.statistics},
        kinds=["arrow", "json"],
    )
    def serving_statistics(stage: Stage, predictions: Artifact, raw_data: Artifact) -> Outcome:
        """What the raw columns of the scored rows look like, and their scores."""
        from ml_assets import durable
        from ml_assets.monitoring.own_examples import own_splits
        from ml_assets.statistics.generate import generate_statistics
        from ml_assets.table import EXAMPLE_ID, Table

        facts = predictions.json(SCORED_BY)
        rows = _scored_rows(stage, facts, raw_data)
        scores = Table((predictions.path / "predictions.parquet",))
        options = pipeline.statistics.of_columns
        statistics = generate_statistics(rows, **options)
        score_statistics = generate_statistics(scores, columns=facts["scores"], **options)
        durable.write_json(stage.directory / "statistics.json", statistics.to_json())
        durable.write_json(stage.directory / "scores.json", score_statistics.to_json())
        ids = scores.column(EXAMPLE_ID)
        trained = own_splits(ids, examples_of(stage, facts)).to_pylist().count("train")
        durable.write_json(stage.directory / SCORED_BY, {**facts, "trained_on": trained})
        version = facts["scorer"]["version"]
        return Outcome(
            summary={"rows": statistics.num_rows, "model_version": version},
            metadata={"model_version": version, **_mean_scores(score_statistics)},
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
        """Where the scored rows differ from the schema, and from what the champion learned."""
        from ml_assets import durable
        from ml_assets.monitoring.findings import judge_skew
        from ml_assets.monitoring.sides import skew_report
        from ml_assets.validation.severity import with_severity
        from ml_assets.validation.skew import Skew, detect_skew

        sides = _sides(stage, serving_statistics, schema)
        detected = detect_skew(
            sides.current,
            sides.rules,
            sides.reference,
            threshold=spec.skew_threshold,
            significance=spec.significance,
            min_rows=spec.min_rows,
        )
        max_share = validation.max_quarantined_fraction
        anomalies = with_severity(detected.anomalies, validation.severity, max_share)
        judged = Skew(tuple(anomalies), detected.findings)
        content = {**version_summary(sides.facts), **judged.to_json()}
        durable.write_json(stage.directory / "skew.json", content)
        verdict = judge_skew(judged, sides.current.num_rows, spec.min_rows)
        report = skew_report(sides, judged, f"Skew of {pipeline.name}")
        return _outcome(stage, "skew", verdict, judged.findings, sides, report)

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
        """The features whose distribution moved since the champion was trained."""
        from ml_assets import durable
        from ml_assets.monitoring.findings import judge_findings
        from ml_assets.monitoring.sides import drift_report
        from ml_assets.validation.drift import detect_drift

        sides = _sides(stage, serving_statistics, schema)
        findings = detect_drift(
            sides.current,
            sides.reference,
            threshold=spec.drift_threshold,
            significance=spec.significance,
            min_rows=spec.min_rows,
            schema=sides.rules,
        )
        report = drift_report(sides, findings, f"Drift of {pipeline.name}")
        verdict = judge_findings(findings, "drifted")
        outcome = _outcome(stage, "drift", verdict, findings, sides, report)
        content = {
            **version_summary(sides.facts),
            "findings": [finding.to_json() for finding in findings],
        }
        if spec.multivariate_auc is not None:
            content["multivariate"], check = _multivariate_drift(stage, spec, sides.facts, raw_data)
            outcome = replace(outcome, checks=[*outcome.checks, check])
        durable.write_json(stage.directory / "drift.json", content)
        return outcome

    return drift


def _multivariate_drift(
    stage: Stage, spec: "MonitoringSpec", facts: Mapping[str, Any], raw_data: Artifact
) -> tuple[dict[str, Any], Check]:
    """What a classifier says of all columns at once."""
    from ml_assets.monitoring.tell_apart import tell_apart

    multivariate = tell_apart(
        _scored_rows(stage, facts, raw_data),
        examples_of(stage, facts),
        facts["inputs"],
        min_auc=spec.multivariate_auc or 0.5,
        significance=spec.significance,
        min_rows=spec.min_rows,
    )
    outcome = {"alarm": "fail", "ok": "pass"}.get(multivariate.verdict, multivariate.verdict)
    numbers = {"auc": multivariate.auc, "p_value": multivariate.p_value, "rows": multivariate.rows}
    return multivariate.to_json(), check_of(
        "multivariate_drift", outcome, multivariate.explanation, numbers
    )


def _scored_rows(stage: Stage, facts: Mapping[str, Any], raw_data: Artifact) -> "Table":
    """The raw rows of the spans that were scored."""
    from ml_assets.ingest.spans import SPANS_FOLDER, open_spans

    manifest = raw_data.json("manifest.json")
    scored = [span for span in manifest["spans"] if span["span"] in facts["spans"]]
    return open_spans({**manifest, "spans": scored}, stage.store.root / SPANS_FOLDER)


def _sides(stage: Stage, serving_statistics: Artifact, schema: Artifact) -> "Sides":
    from ml_assets.monitoring.sides import read_sides

    facts = serving_statistics.json(SCORED_BY)
    trained = artifact_of(stage, facts, "statistics")
    return read_sides(
        serving_statistics.path / "statistics.json",
        trained / "statistics.json",
        schema.path / "schema.yaml",
        facts,
    )


def _mean_scores(scores: "DatasetStatistics") -> dict[str, Shown]:
    numeric_by_name = {feature.name: feature.numeric for feature in scores.features}
    return {
        f"mean_{name}": numbers.mean
        for name, numbers in numeric_by_name.items()
        if numbers is not None
    }


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

    rows, version, picture = sides.current.num_rows, version_summary(sides.facts), f"{name}.png"
    verdict = without_news(verdict, sides.facts["trained_on"], rows)
    write_report(stage.directory / "report.html", report)
    drawn = draw_findings(stage.directory / picture, sides.reference, sides.current, findings)
    numbers = {"alarms": verdict.alarms, "features": len(findings)}
    return Outcome(
        summary={"rows": rows, **numbers, "worst": verdict.worst, **version},
        metadata={
            **numbers,
            **version,
            "found": Rows(finding_table(findings)),
            "anomalies": Rows(anomaly_rows(report.anomalies)) if report.anomalies else None,
            "picture": Picture(picture, _CAPTION) if drawn else None,
            "report": File("report.html"),
        },
        checks=[check_of(name, verdict.outcome, verdict.text, numbers, verdict.brief)],
    )
