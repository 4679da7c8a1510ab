"""The assets of this room: `best_hyperparameters` and `model`."""

import dagster as dg

from ml_assets.artifacts.outcome import Outcome, Picture, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [_best_hyperparameters(pipeline), _model(pipeline)]


def _best_hyperparameters(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["validated_features"],
        config={
            "task": pipeline.task,
            "training": pipeline.training,
            "evaluation.thresholds": pipeline.main_metric,
        },
        kinds=["optuna"],
    )
    def best_hyperparameters(stage: Stage, validated_features: Artifact) -> Outcome:
        """Search the hyperparameters that are best on the eval split."""
        import time

        from ml_assets import durable
        from ml_assets.training.data import read_training_data
        from ml_assets.training.picture import draw_history
        from ml_assets.training.tuning import best_parameters, run_search, trial_list

        data, _ = read_training_data(validated_features.path, pipeline.task)
        spec, metric = pipeline.training, pipeline.main_metric
        study = stage.store.root / "studies" / f"{stage.fingerprint}.journal"
        result = run_search(data, spec, metric, study, clock=time.monotonic, log=stage.log)
        best, trials = best_parameters(result, spec, data, metric), trial_list(result)
        durable.write_json(stage.directory / "best_hyperparameters.json", best)
        durable.write_json(stage.directory / "trials.json", trials)
        pictures = {}
        if result:
            draw_history(result, stage.directory / "tuning_history.png")
            pictures = {"tuning_history": Picture("tuning_history.png", "The value of each trial")}
        states = [trial["state"] for trial in trials]
        return Outcome(
            summary={**best, "pruned": states.count("pruned"), "failed": states.count("failed")},
            metadata={
                "trials": len(trials),
                "value": best["value"],
                "gain_over_defaults": best.get("gain"),
                "on_the_edge": ", ".join(f"{n} ({e})" for n, e in best.get("edges", {}).items()),
                "parameters": Rows(
                    [{"parameter": n, "value": str(v)} for n, v in best["parameters"].items()]
                ),
                **pictures,
            },
        )

    return best_hyperparameters


def _model(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["validated_features", "best_hyperparameters", "labels"],
        config={
            "task": pipeline.task,
            "training.estimator": pipeline.training.estimator,
            "training.seed": pipeline.training.seed,
            "training.threads": pipeline.training.threads,
            "training.trusted_types": pipeline.training.trusted_types,
        },
        kinds=["scikitlearn"],
    )
    def model(
        stage: Stage,
        validated_features: Artifact,
        best_hyperparameters: Artifact,
        labels: Artifact,
    ) -> Outcome:
        """Fit the model, a majority and a linear baseline on the training split."""
        import time

        from ml_assets.training.bundle import ModelFacts, write_model
        from ml_assets.training.data import read_training_data
        from ml_assets.training.train import train_models
        from ml_assets.transform.bundle import read_skops
        from ml_assets.transform.trusted import TRUSTED_TYPES

        began, spec = time.monotonic(), pipeline.training
        parameters = best_hyperparameters.json("best_hyperparameters.json")["parameters"]
        known = labels.json("labels.json")
        classes = len(known["classes"] or ())
        data, manifest = read_training_data(validated_features.path, pipeline.task, classes)
        transformer = read_skops(validated_features.path / "transform.skops", TRUSTED_TYPES)
        models = train_models(
            data, transformer, spec.estimator, parameters, seed=spec.seed, threads=spec.threads
        )
        facts = ModelFacts(
            task=pipeline.task,
            classes=known["classes"],
            positive=known.get("positive"),
            estimator=spec.estimator,
            parameters=parameters,
            seed=spec.seed,
            rows=len(data.train),
            transform=manifest,
            trusted_types=spec.trusted_types,
        )
        write_model(stage.directory, models, facts)
        seconds = round(time.monotonic() - began, 3)
        return Outcome(
            summary={"rows": facts.rows, "estimator": spec.estimator, "seconds": seconds},
            metadata={
                "estimator": spec.estimator,
                "training_rows": facts.rows,
                "features": len(manifest.features),
                "input_columns": len(manifest.inputs),
            },
        )

    return model
