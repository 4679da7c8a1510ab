"""The asset of this room: `evaluation`."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.outcome import Check, File, Outcome, Picture, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.evaluation.spec import FAILURES
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from pathlib import Path

    from ml_assets.evaluation.assessment import Assessment, Facts
    from ml_assets.evaluation.drawing import Drawn
    from ml_assets.table import Table
    from ml_assets.training.bundle import LoadedModel


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""

    @stage_asset(
        pipeline,
        ins=["model", "baseline_model", "validated_examples", "statistics", "best_hyperparameters"],
        config={
            "task": pipeline.task,
            "evaluation": pipeline.evaluation,
            "training.trusted_types": pipeline.training.trusted_types,
            "statistics.weight": pipeline.statistics.weight,
            "labels": pipeline.labels.columns,
            "transform.known_after": pipeline.transform.known_after,
            "ingest.time": pipeline.ingest.time,
            "monitoring.retraining.max_age_days": pipeline.max_model_age_days,
        },
        kinds=["scikitlearn"],
        checks=[
            *("blessing", "not_flawless"),
            *(["probabilities"] if pipeline.task != "regression" else ()),
            *(["staleness"] if pipeline.ingest.time else ()),
            *(FAILURES if pipeline.evaluation.fairness.protected else ()),
        ],
    )
    def evaluation(
        stage: Stage,
        model: Artifact,
        baseline_model: Artifact,
        validated_examples: Artifact,
        statistics: Artifact,
        best_hyperparameters: Artifact,
    ) -> Outcome:
        """How good the candidate is on the test split, beside the champion and the baselines."""
        from ml_assets.errors import ModelError
        from ml_assets.evaluation.assessment import assess
        from ml_assets.evaluation.drawing import draw
        from ml_assets.evaluation.models import score_models
        from ml_assets.table import LABEL, Table, split_is
        from ml_assets.training.bundle import load_model

        examples = Table((validated_examples.path / "examples.parquet",))
        rows = examples.to_pandas(where=split_is("test"))
        champion, trusted = baseline_model.json("baseline.json"), pipeline.training.trusted_types
        candidate = load_model(model.path, trusted)

        def load_champion() -> "LoadedModel":
            if "refused" in champion:
                raise ModelError(champion["refused"])
            return load_model(stage.stored("model", champion["model_digest"]), trusted)

        scores = score_models(rows, candidate, load_champion if champion else None)
        facts = _facts(stage, pipeline, champion, examples, statistics)
        assessment = assess(rows, scores, candidate, pipeline.evaluation, facts)
        pictures = draw(
            stage.directory,
            assessment,
            rows[LABEL].to_numpy(),
            scores.candidate,
            candidate.classes or [],
            pipeline.evaluation.thresholds.get(pipeline.main_metric),
        )
        compared = {"candidate": model.digest, "champion_version": champion.get("version")}
        title = f"Evaluation of {pipeline.name}"
        _write(stage.directory, title, assessment, pictures, compared, best_hyperparameters)
        return _outcome(assessment, pictures, compared, pipeline.max_model_age_days)

    return [evaluation]


def _facts(
    stage: Stage,
    pipeline: PipelineSpec,
    champion: dict[str, Any],
    examples: "Table",
    statistics: Artifact,
) -> "Facts":
    from ml_assets.evaluation.assessment import Facts
    from ml_assets.evaluation.staleness import last_training_row
    from ml_assets.statistics.model import DatasetStatistics
    from ml_assets.statistics.semantic_type import may_identify

    time = pipeline.ingest.time
    tables = {"candidate": examples, "champion": _examples_of(stage, champion)}
    last_rows = {name: last_training_row(table, time) for name, table in tables.items() if table}
    described = DatasetStatistics.from_json(statistics.json("statistics.json")["all"])
    return Facts(
        task=pipeline.task,
        main_metric=pipeline.main_metric,
        weight=pipeline.statistics.weight,
        time=time,
        trained_until={name: moment for name, moment in last_rows.items() if moment is not None},
        not_known_before=frozenset([*pipeline.labels.columns, *pipeline.transform.known_after]),
        may_identify=frozenset(
            feature.name for feature in described.features if may_identify(feature)
        ),
    )


def _examples_of(stage: Stage, champion: dict[str, Any]) -> "Table | None":
    """The examples that the champion was made from; without them only its age is unknown."""
    from ml_assets.errors import ModelError
    from ml_assets.table import Table

    digest = champion.get("examples_digest")
    try:
        path = stage.stored("examples", digest, may_be_gone=True) if digest else None
    except ModelError as error:
        stage.log(f"the age of the champion is not told: {error}")
        return None
    file = path and path / "examples.parquet"
    return Table((file,)) if file and file.is_file() else None


def _write(
    directory: "Path",
    title: str,
    assessment: "Assessment",
    drawn: "Drawn",
    compared: dict[str, Any],
    search: Artifact,
) -> None:
    """Write the files, and the report with all pictures; those of the search stand at its end."""
    from ml_assets import durable
    from ml_assets.evaluation.page import evaluation_html

    for name, content in assessment.files(compared).items():
        durable.write_json(directory / name, content)
    pictures = {
        name: ((directory / file).read_bytes(), text) for name, (file, text) in drawn.items()
    }
    for path in sorted(search.path.glob("*.png")):
        pictures[path.name] = path.read_bytes(), path.stem.replace("_", " ")
    durable.write_bytes(
        directory / "report.html", evaluation_html(assessment, pictures, title).encode()
    )


def _outcome(
    assessment: "Assessment", drawn: "Drawn", compared: dict[str, Any], max_model_age_days: float
) -> Outcome:
    from ml_assets.evaluation import report
    from ml_assets.evaluation.verdicts import verdicts

    evaluation = assessment.evaluation
    triples = report.metric_triples(evaluation)
    return Outcome(
        summary={
            "rows": evaluation.rows,
            "metrics": triples,
            "baselines": report.baseline_triples(evaluation),
            "main_metric": evaluation.main_metric,
            "blessed": evaluation.blessed,
            **compared,
        },
        metadata={
            **{name: triple[0] for name, triple in triples.items()},
            "test_rows": evaluation.rows,
            **report.champion_churn(evaluation),
            **{name: Rows(rows) for name, rows in report.tables(assessment).items()},
            **{name: Picture(file, caption) for name, (file, caption) in drawn.items()},
            "report": File("report.html"),
        },
        checks=[
            Check(
                verdict.name,
                verdict.passed,
                verdict.text,
                "WARN" if verdict.is_warning else "ERROR",
                verdict.values,
            )
            for verdict in verdicts(assessment, max_model_age_days)
        ],
    )
