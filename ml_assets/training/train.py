"""The final fit: the model with the best hyperparameters, and the two baselines that it must beat.

All three are fitted on the training split only: the eval split chose the hyperparameters and chooses the
decision threshold, and the test split judges. Each becomes one scikit-learn pipeline of the fitted
transform and the fitted estimator, raw columns in and predictions out, so that serving cannot differ from
training.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sklearn.pipeline import Pipeline

from ml_assets.training.calibration import calibrate
from ml_assets.training.data import TrainingData
from ml_assets.training.decision import USUAL_THRESHOLD, choose_threshold
from ml_assets.training.estimators import default_parameters, majority, make_estimator
from ml_assets.training.fitting import fit_quietly, limit_threads, useful_threads
from ml_assets.training.folds import held_out_part
from ml_assets.training.predict import predict_scores
from ml_assets.training.spec import Calibration, ClassWeight, DecisionSpec, linear_name


@dataclass(frozen=True)
class TrainedModels:
    """The model and its baselines, each a pipeline that takes raw columns.

    Attributes
    ----------
    model : Pipeline
        The model.
    majority : Pipeline
        Predicts the classes' shares, or the mean, for every row.
    linear : Pipeline
        A logistic or ridge regression with default parameters.
    """

    model: Pipeline
    majority: Pipeline
    linear: Pipeline


def train_models(
    data: TrainingData,
    transformer: Any,
    estimator: str,
    parameters: Mapping[str, Any],
    *,
    seed: int,
    threads: int,
    class_weight: ClassWeight | None = None,
    calibration: Calibration | None = None,
) -> TrainedModels:
    """Fit the model and its baselines on the training split.

    Parameters
    ----------
    data : TrainingData
        The features that `transformer` gave.
    transformer : ColumnTransformer
        The fitted transform; it is not fitted again.
    estimator : str
        The estimator's name in the YAML.
    parameters : mapping
        Its hyperparameters.
    seed : int
        Of everything random: the same seed, data and libraries give the same model.
    threads : int
        The most threads, used where there is enough data for more than one.
    class_weight : "balanced", optional
        Weighs the classes equally in the fit of the model. The baselines are fitted without it.
    calibration : {"isotonic", "sigmoid"}, optional
        How the model's probabilities are calibrated, on a fifth of the training rows; it is fitted on
        the others.

    Returns
    -------
    TrainedModels
        Each fitted, with `transformer` as its first step.
    """
    form = data.form
    threads, linear = useful_threads(data, threads), linear_name(data.task)
    baselines = (
        majority(form),
        make_estimator(linear, form, default_parameters(linear, data.task), seed=seed),
    )
    with limit_threads(threads):
        model = make_estimator(estimator, form, parameters, seed=seed, threads=threads)
        model = fit_model(model, data, seed, class_weight, calibration)
        for baseline in baselines:
            fit_quietly(baseline, data.train)
    return TrainedModels(
        *(
            Pipeline([("transform", transformer), ("estimator", fitted)])
            for fitted in (model, *baselines)
        )
    )


def fit_model(
    model: Any,
    data: TrainingData,
    seed: int,
    class_weight: ClassWeight | None,
    calibration: Calibration | None,
) -> Any:
    """Fit an estimator on the training rows and calibrate it; the arguments are as in `train_models`."""
    if calibration is None:
        fit_quietly(model, data.train, class_weight)
        _serve_with_one_thread(model)
        return model
    parts = data.hold_out(*held_out_part(data, seed))
    fit_quietly(model, parts.train, class_weight)
    _serve_with_one_thread(model)
    return calibrate(model, parts.eval, calibration)


def decide_thresholds(
    models: TrainedModels, data: TrainingData, spec: DecisionSpec | None
) -> dict[str, float]:
    """Choose the decision threshold of each model on the eval split.

    Parameters
    ----------
    models : TrainedModels
        The models.
    data : TrainingData
        What they were fitted on.
    spec : DecisionSpec, optional
        The cost or metric that decides; without it each threshold is 0.5.

    Returns
    -------
    dict of str to float
        For ``model``, ``majority`` and ``linear``; empty unless the task is binary.
    """
    names = [field.name for field in fields(models)] if data.task == "binary" else []
    if spec is None:
        return dict.fromkeys(names, USUAL_THRESHOLD)
    rows, thresholds = data.eval, {}
    for name in names:
        scores = predict_scores(getattr(models, name)[-1], rows.features, data.task, data.classes)
        thresholds[name] = choose_threshold(rows.label, scores, spec, rows.weight)
    return thresholds


def _serve_with_one_thread(model: Any) -> None:
    # A forest that starts threads for each request is slower than one that does not.
    jobs = {name: None for name in model.get_params() if name.rpartition("__")[2] == "n_jobs"}
    model.set_params(**jobs)
