"""The asset of this room: `predictions`."""

from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Columns, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec
from ml_assets.serving.champion import SCORED_BY

if TYPE_CHECKING:
    from ml_assets.serving.champion import Scorer
    from ml_assets.serving.score import Scoring
    from ml_assets.serving.sound import ScoreCheck
    from ml_assets.table import Table
    from ml_assets.training.bundle import LoadedModel


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    name = pipeline.model_name

    @stage_asset(
        pipeline,
        ins=["registered_model", "raw_data"],
        config={
            "serving": pipeline.serving,
            "task": pipeline.task,
            "ingest.key": pipeline.ingest.key,
            "ingest.time": pipeline.ingest.time,
            "registry.model": name,
            "training.trusted_types": pipeline.training.trusted_types,
        },
        kinds=["scikitlearn", "parquet"],
        blocking_checks=["predictions"],
        verify=partial(_why_stale, name),
    )
    def predictions(stage: Stage, registered_model: Artifact, raw_data: Artifact) -> Outcome:
        """The champion's scores of the spans in the serving window."""
        from ml_assets import durable
        from ml_assets.ingest.spans import SPANS_FOLDER, open_spans, select_spans
        from ml_assets.serving.people import find_scorer
        from ml_assets.serving.score import score_table
        from ml_assets.table import Table
        from ml_assets.training.bundle import load_model

        trusted = pipeline.training.trusted_types
        scorer = find_scorer(stage.home, stage.store, pipeline)
        model = load_model(stage.stored("model", scorer.model_digest), trusted)
        manifest, window = raw_data.json("manifest.json"), pipeline.serving.window
        spans = select_spans(manifest, window)
        rows = open_spans(manifest, stage.store.root / SPANS_FOLDER, window)
        scoring = _scoring(pipeline, scorer, model)
        scores = stage.directory / "predictions.parquet"
        batch_rows = pipeline.serving.batch_rows
        check = score_table(rows, spans, model.predict, scoring, scores, batch_rows)
        facts = {
            "scorer": scorer.to_json(),
            "classes": list(scoring.classes),
            "decision_threshold": scoring.decision_threshold,
            "inputs": model.input_columns,
            "scores": list(check.columns),
            "spans": [span["span"] for span in spans],
        }
        durable.write_json(stage.directory / SCORED_BY, facts)
        return _outcome(check, rows.num_rows, facts, Table((scores,)))

    return [predictions]


def _scoring(pipeline: PipelineSpec, scorer: "Scorer", model: "LoadedModel") -> "Scoring":
    from ml_assets.serving.score import Scoring

    return Scoring(
        task=pipeline.task,
        classes=tuple(model.classes or ()),
        key=tuple(pipeline.ingest.key),
        time=pipeline.ingest.time,
        model_version=scorer.version,
        decision_threshold=model.decision_threshold(),
    )


def _why_stale(name: str, home: Home, artifact: Artifact) -> str | None:
    from ml_assets.registry.registry import champion
    from ml_assets.serving.champion import holds_no_more

    return holds_no_more(champion(home.tracking_uri, name), artifact.summary["model_version"])


def _outcome(
    check: "ScoreCheck", expected_rows: int, facts: dict[str, Any], scores: "Table"
) -> Outcome:
    passed, text = check.verdict(expected_rows)
    version, spans = facts["scorer"]["version"], facts["spans"]
    return Outcome(
        summary={
            "rows": check.rows,
            "model_version": version,
            "first_span": spans[0],
            "last_span": spans[-1],
        },
        metadata={
            "model_version": version,
            "spans": len(spans),
            "columns": Columns(
                [(field.name, str(field.type), field.nullable, "") for field in scores.schema]
            ),
        },
        checks=[Check("predictions", passed, text, values={"rows": check.rows})],
    )
