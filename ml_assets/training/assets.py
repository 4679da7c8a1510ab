"""The assets of this room: `best_hyperparameters` and `model`."""

import time
from typing import TYPE_CHECKING, Any

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.outcome import Check, Outcome, Picture, Rows, Shown
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.training.bundle import ModelFacts
    from ml_assets.training.data import TrainingData
    from ml_assets.training.reproduce import Reproduction
    from ml_assets.training.row_facts import RowFacts
    from ml_assets.training.spec import TrainingSpec
    from ml_assets.training.train import TrainedModels
    from ml_assets.training.tune import SearchResult
    from ml_assets.training.usage import Meter
    from ml_assets.transform.manifest import TransformManifest

# What is made of a fitted model's scores does not change what is searched.
_NOT_SEARCHED = {"calibration", "decision", "refit_rows", "trusted_types"}


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [_best_hyperparameters(pipeline), _model(pipeline)]


def _best_hyperparameters(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec, metric = pipeline.training, pipeline.main_metric
    unit = _unit_column(pipeline) if spec.tuning.folds else None

    @stage_asset(
        pipeline,
        ins=["validated_features", *_examples_input(pipeline, unit)],
        config={
            "task": pipeline.task,
            "training": spec.model_dump(mode="json", exclude=_NOT_SEARCHED),
            "evaluation.thresholds": metric,
            **_facts_config(pipeline, unit),
        },
        kinds=["optuna"],
        verify=_keep_under_any_champion,
    )
    def best_hyperparameters(
        stage: Stage, validated_features: Artifact, validated_examples: Artifact | None = None
    ) -> Outcome:
        """The hyperparameters that are best on the eval split, or over folds."""
        from ml_assets import durable
        from ml_assets.artifacts.champion import champion_manifest
        from ml_assets.training.data import read_training_data
        from ml_assets.training.picture import draw_search
        from ml_assets.training.tuning import best_parameters, run_search, trial_list
        from ml_assets.training.usage import metered

        facts = _row_facts(pipeline, validated_examples, unit)
        data, _ = read_training_data(validated_features.path, pipeline.task, facts=facts)
        is_warm = spec.tuning.warm_start
        champion = champion_manifest(stage, pipeline.model_name) if is_warm else None
        study = stage.store.root / "studies" / f"{stage.fingerprint}.journal"
        with metered() as meter:
            result = run_search(
                data, spec, metric, study, clock=time.monotonic, log=stage.log, champion=champion
            )
        best, trials = best_parameters(result, spec, data, metric), trial_list(result)
        durable.write_json(stage.directory / "best_hyperparameters.json", best)
        durable.write_json(stage.directory / "trials.json", trials)
        if result:
            draw_search(result, stage.directory / "tuning_history.png")
        rows = min(len(data.train), spec.tuning.max_rows)
        return _best_outcome(best, result, rows, meter)

    return best_hyperparameters


def _best_outcome(
    best: dict[str, Any], result: "SearchResult | None", rows: int, meter: "Meter"
) -> Outcome:
    states = [trial.state for trial in result.trials] if result else []
    return Outcome(
        summary={**best, "pruned": states.count("pruned"), "failed": states.count("failed")},
        metadata={
            "trials": len(states),
            **_best_metadata(best),
            **(_effort(result, rows, meter) if result else {}),
        },
    )


def _best_metadata(best: dict[str, Any]) -> dict[str, Shown]:
    importance = best.get("importance", {})
    return {
        "value": best["value"],
        "gain_over_defaults": best.get("gain"),
        "champions_value": best.get("champion_value"),
        "on_the_edge": ", ".join(f"{name} ({end})" for name, end in best.get("edges", {}).items())
        or None,
        "parameters": Rows(
            [
                {"parameter": name, "value": str(value)}
                | ({"importance": importance.get(name)} if importance else {})
                for name, value in best["parameters"].items()
            ]
        ),
    }


def _effort(result: "SearchResult", rows: int, meter: "Meter") -> dict[str, Shown]:
    """What the trials of this run took: figures of the run, not of its result."""
    effort, caption = result.effort, "The value of each trial, and what mattered"
    return {
        "trials_run_now": effort.trials,
        "search_seconds": round(meter.seconds, 3),
        "trial_seconds": round(effort.seconds, 3),
        "peak_memory_mb": round(max(effort.peak_mb, meter.peak_mb), 1),
        "rows_per_second": meter.rows_per_second(rows * effort.trials),
        "tuning_history": Picture("tuning_history.png", caption),
    }


def _keep_under_any_champion(home: Home, artifact: Artifact) -> str | None:
    """Give no reason: a search that began with another champion is not repeated."""
    return None


def _model(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec = pipeline.training
    unit = _unit_column(pipeline) if spec.calibration else None

    @stage_asset(
        pipeline,
        ins=[
            "validated_features",
            "best_hyperparameters",
            "labels",
            *_examples_input(pipeline, unit),
        ],
        config={"task": pipeline.task, **_fit_config(spec), **_facts_config(pipeline, unit)},
        kinds=["scikitlearn"],
        checks=["reproducible"] if spec.refit_rows else [],
    )
    def model(
        stage: Stage,
        validated_features: Artifact,
        best_hyperparameters: Artifact,
        labels: Artifact,
        validated_examples: Artifact | None = None,
    ) -> Outcome:
        """The model, with a majority and a linear baseline, fitted on the training split."""
        from ml_assets.training.bundle import write_model
        from ml_assets.training.data import read_training_data
        from ml_assets.training.reproduce import reproduce
        from ml_assets.training.usage import metered
        from ml_assets.transform.bundle import read_skops
        from ml_assets.transform.trusted import TRUSTED_TYPES

        parameters = best_hyperparameters.json("best_hyperparameters.json")["parameters"]
        label_facts = labels.json("labels.json")
        row_facts = _row_facts(pipeline, validated_examples, unit)
        data, manifest = read_training_data(
            validated_features.path, pipeline.task, len(label_facts["classes"] or ()), row_facts
        )
        transformer = read_skops(validated_features.path / "transform.skops", TRUSTED_TYPES)
        with metered() as meter:
            models = _train(spec, data, transformer, parameters)
        facts = _model_facts(pipeline, label_facts, parameters, (data, manifest), models)
        write_model(stage.directory, models, facts)
        fitted = models.model[-1]
        reproduced = reproduce(fitted, data, spec, parameters) if spec.refit_rows else None
        return _model_outcome(facts, meter, reproduced)

    return model


def _fit_config(spec: "TrainingSpec") -> dict[str, Any]:
    keys = (
        "estimator", "seed", "threads", "class_weight", "calibration", "decision", "refit_rows",
        "trusted_types",
    )  # fmt: skip
    return {f"training.{key}": getattr(spec, key) for key in keys}


def _train(
    spec: "TrainingSpec", data: "TrainingData", transformer: Any, parameters: dict[str, Any]
) -> "TrainedModels":
    from ml_assets.training.train import train_models

    return train_models(
        data,
        transformer,
        spec.estimator,
        parameters,
        seed=spec.seed,
        threads=spec.threads,
        class_weight=spec.class_weight,
        calibration=spec.calibration,
    )


def _model_facts(
    pipeline: PipelineSpec,
    label_facts: dict[str, Any],
    parameters: dict[str, Any],
    data_and_manifest: "tuple[TrainingData, TransformManifest]",
    models: "TrainedModels",
) -> "ModelFacts":
    from ml_assets.training.bundle import ModelFacts
    from ml_assets.training.train import decide_thresholds

    (data, manifest), spec = data_and_manifest, pipeline.training
    return ModelFacts(
        task=pipeline.task,
        classes=label_facts["classes"],
        positive=label_facts.get("positive"),
        estimator=spec.estimator,
        parameters=parameters,
        seed=spec.seed,
        rows=len(data.train),
        transform=manifest,
        trusted_types=spec.trusted_types,
        decision_thresholds=decide_thresholds(models, data, spec.decision),
        class_weight=spec.class_weight,
        calibration=spec.calibration,
    )


def _model_outcome(
    facts: "ModelFacts", meter: "Meter", reproduced: "Reproduction | None"
) -> Outcome:
    seconds, checks = round(meter.seconds, 3), []
    if reproduced is not None:
        numbers = {"rows": reproduced.rows, "differing": reproduced.differing}
        checks = [Check("reproducible", not reproduced.differing, reproduced.text, values=numbers)]
    return Outcome(
        summary={"rows": facts.rows, "estimator": facts.estimator, "seconds": seconds},
        metadata={
            "estimator": facts.estimator,
            "training_rows": facts.rows,
            "features": len(facts.transform.features),
            "input_columns": len(facts.transform.inputs),
            "decision_threshold": facts.decision_thresholds.get("model"),
            "fit_seconds": seconds,
            "peak_memory_mb": round(meter.peak_mb, 1),
            "rows_per_second": meter.rows_per_second(facts.rows),
        },
        checks=checks,
    )


def _unit_column(pipeline: PipelineSpec) -> str | None:
    """The column of moments or groups by which the examples are split."""
    split = pipeline.ingest.split
    return {"time": pipeline.ingest.time, "group": split.group, "hash": None}[split.by]


def _examples_input(pipeline: PipelineSpec, unit: str | None) -> list[str]:
    """The input with the rows' weights, moments or groups, where any of them is used."""
    return ["validated_examples"] if unit or pipeline.statistics.weight else []


def _facts_config(pipeline: PipelineSpec, unit: str | None) -> dict[str, Any]:
    split_by = pipeline.ingest.split.by if unit else None
    return {"statistics.weight": pipeline.statistics.weight, "ingest.split": [split_by, unit]}


def _row_facts(pipeline: PipelineSpec, examples: Artifact | None, unit: str | None) -> "RowFacts":
    from ml_assets.table import Table
    from ml_assets.training.row_facts import NO_FACTS, RowFacts

    if examples is None:
        return NO_FACTS
    table = Table((examples.path / "examples.parquet",))
    return RowFacts(
        table, pipeline.statistics.weight, pipeline.ingest.split.by if unit else "hash", unit
    )
