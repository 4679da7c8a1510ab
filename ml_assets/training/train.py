"""The final fit: the model with the best hyperparameters, and the two baselines that it must beat.

All three are fitted on the training split only: the eval split chose the hyperparameters and the test
split judges. Each becomes one scikit-learn pipeline of the fitted transform and the fitted estimator, raw
columns in and predictions out, so that serving cannot differ from training.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline

from ml_assets.training.data import TrainingData
from ml_assets.training.estimators import (
    Form,
    default_parameters,
    majority,
    make_estimator,
)
from ml_assets.training.fitting import fit_quietly, limit_threads, useful_threads
from ml_assets.training.spec import linear_name


@dataclass(frozen=True)
class TrainedModels:
    """The model and its baselines, each a pipeline that takes raw columns.

    Attributes
    ----------
    model : Pipeline
        The model.
    majority : Pipeline
        Says the classes' shares, or the mean, whatever it is asked.
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
    """
    form = Form(data.task, data.train.features.shape[1], data.categorical)
    threads = useful_threads(data, threads)
    linear = linear_name(data.task)
    models = (
        make_estimator(estimator, form, parameters, seed=seed, threads=threads),
        majority(form),
        make_estimator(linear, form, default_parameters(linear, data.task), seed=seed),
    )
    with limit_threads(threads):
        for model in models:
            fit_quietly(model, data.train)
    _serve_with_one_thread(models[0])
    return TrainedModels(
        *(Pipeline([("transform", transformer), ("estimator", model)]) for model in models)
    )


def _serve_with_one_thread(model: Any) -> None:
    # A forest that starts threads for each request is slower than one that does not.
    jobs = {name: None for name in model.get_params() if name.rpartition("__")[2] == "n_jobs"}
    model.set_params(**jobs)
