"""The asset of this room: `evaluation`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.outcome import Check, Outcome, Picture, Rows, Shown
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ml_assets.evaluation.fairness_report import Fairness
    from ml_assets.evaluation.models import Scores
    from ml_assets.evaluation.result import Evaluation
    from ml_assets.training.bundle import LoadedModel


# The four failures of fairness; asked for by naming protected columns.
FAIRNESS_CHECKS = (
    "representational_harm", "opportunity_denial", "disproportionate_failure", "disadvantage",
)  # fmt: skip


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    fairness = pipeline.evaluation.fairness

    @stage_asset(
        pipeline,
        ins=["model", "baseline_model", "validated_examples"],
        config={
            "task": pipeline.task,
            "evaluation": pipeline.evaluation,
            "training.trusted_types": pipeline.training.trusted_types,
        },
        kinds=["scikitlearn"],
        checks=[
            *("blessing", "beats_linear", "not_flawless"),
            *(FAIRNESS_CHECKS if fairness.protected else ()),
        ],
    )
    def evaluation(
        stage: Stage, model: Artifact, baseline_model: Artifact, validated_examples: Artifact
    ) -> Outcome:
        """Judge the candidate on the test split, beside the champion and the baselines."""
        return _evaluated(stage, pipeline, model, baseline_model, validated_examples)

    return [evaluation]


def _evaluated(
    stage: Stage, pipeline: PipelineSpec, model: Artifact, baseline: Artifact, examples: Artifact
) -> Outcome:
    from ml_assets.evaluation.evaluator import evaluate
    from ml_assets.evaluation.models import score_models
    from ml_assets.table import LABEL, Table, split_is
    from ml_assets.training.bundle import load_model

    rows = Table((examples.path / "examples.parquet",)).to_pandas(where=split_is("test"))
    champion, trusted = baseline.json("baseline.json"), pipeline.training.trusted_types
    candidate = load_model(model.path, trusted)

    def load_champion() -> "LoadedModel":
        return load_model(stage.stored("model", champion["model_digest"]), trusted)

    scores = score_models(rows, candidate, load_champion if champion else None)
    found = evaluate(
        rows[LABEL],
        scores.candidate,
        task=pipeline.task,
        features=rows,
        baselines=scores.baselines,
        unscored=scores.unscored,
        decision_threshold=scores.decision_thresholds,
        **{key: value for key, value in pipeline.evaluation if key != "fairness"},
    )
    people = _fairness(pipeline, rows, scores, candidate)
    if people is not None and pipeline.evaluation.fairness.required:
        found = found.refused_for(people.failed)
    compared = {"candidate": model.digest, "champion_version": champion.get("version")}
    _write(stage.directory, found, compared, people)
    pictures = _draw(
        stage.directory, found, rows[LABEL].to_numpy(), scores, candidate.classes or []
    )
    outcome = _outcome(found, pictures, compared)
    return outcome if people is None else _with_fairness(outcome, people, stage.directory)


def _fairness(
    pipeline: PipelineSpec, rows: "pd.DataFrame", scores: "Scores", candidate: "LoadedModel"
) -> "Fairness | None":
    """What the groups of people get, where the YAML names protected columns."""
    fairness = pipeline.evaluation.fairness
    if not fairness.protected:
        return None
    from ml_assets.evaluation.fairness_report import assess_fairness
    from ml_assets.table import LABEL

    y_true, columns = rows[LABEL].to_numpy(), candidate.input_columns
    cut = candidate.decision_threshold()
    return assess_fairness(y_true, scores.candidate, rows, columns, fairness, cut)


def _write(
    directory: "Path",
    found: "Evaluation",
    compared: dict[str, Any],
    people: "Fairness | None",
) -> None:
    from ml_assets import durable

    verdict = {
        "candidate": compared["candidate"],
        "blessed": found.blessed,
        "reasons": list(found.reasons),
        "failed": found.failed,
    }
    durable.write_json(directory / "evaluation.json", {**compared, **found.to_json()})
    durable.write_json(directory / "blessing.json", verdict)
    if people is not None:
        durable.write_json(directory / "fairness.json", people.to_json())


def _with_fairness(outcome: Outcome, people: "Fairness", directory: "Path") -> Outcome:
    from ml_assets.evaluation.fairness_report import (
        draw_groups,
        finding_table,
        group_table,
        verdicts,
    )

    draw_groups(directory / "groups.png", people)
    shown: dict[str, Shown] = {
        "fairness": Rows(finding_table(people)),
        "groups": Rows(group_table(people)),
        "groups_picture": Picture("groups.png", "Groups of people, with their intervals"),
    }
    checks = [Check(name, ok, text) for name, (ok, text) in verdicts(people).items()]
    return replace(
        outcome,
        metadata={**outcome.metadata, **shown},
        checks=[*outcome.checks, *checks],
    )


def _draw(
    directory: "Path", found: "Evaluation", y_true: Any, scores: "Scores", classes: list[str]
) -> dict[str, Picture]:
    from ml_assets.evaluation import pictures

    drawn = {}
    main = found.metric(found.main_metric).value
    if found.task == "binary" and found.metric("roc_auc").value is not None:
        curves = directory / "roc_and_calibration.png"
        pictures.draw_roc_and_calibration(curves, y_true, scores.candidate, found)
        drawn["curves"] = Picture(curves.name, "ROC and calibration on the test split")
    if found.task == "multiclass" and main is not None:
        matrix = directory / "confusion.png"
        pictures.draw_confusion(matrix, y_true, scores.candidate, classes)
        drawn["confusion"] = Picture(matrix.name, "Confusion matrix of the test split")
    if found.task == "regression" and main is not None:
        residuals = directory / "residuals.png"
        pictures.draw_residuals(residuals, y_true, scores.candidate)
        drawn["residuals"] = Picture(residuals.name, "Residuals on the test split")
    if found.slices:
        pictures.draw_slices(directory / "slices.png", found)
        drawn["slices_picture"] = Picture("slices.png", f"{found.main_metric} of the slices")
    return drawn


def _outcome(
    found: "Evaluation", pictures: dict[str, Picture], compared: dict[str, Any]
) -> Outcome:
    from ml_assets.evaluation import report

    triples, main, linear = report.metric_triples(found), found.main_metric, found.beats_linear
    value, low, high = triples[main]
    metadata: dict[str, Shown] = {
        **{name: triple[0] for name, triple in triples.items()},
        "test_rows": found.rows,
        "metrics": Rows(report.metric_table(found)),
        "rules": Rows(report.rule_table(found.rules)),
        **({"slices": Rows(report.slice_table(found))} if found.slices else {}),
        **pictures,
    }
    beats = (linear.outcome == "pass", linear.text) if linear else (False, "no linear baseline")
    numbers = {main: value, f"{main}_low": low, f"{main}_high": high}
    suspicion = report.flawless(found)
    usual = f"{main} is not perfect"
    return Outcome(
        summary={
            "rows": found.rows,
            "metrics": triples,
            "baselines": report.baseline_triples(found),
            "main_metric": main,
            "blessed": found.blessed,
            **compared,
        },
        metadata=metadata,
        checks=[
            Check("blessing", found.blessed, report.blessing_text(found), values=numbers),
            Check("beats_linear", *beats, severity="WARN", values=numbers),
            Check("not_flawless", suspicion is None, suspicion or usual, severity="WARN"),
        ],
    )
