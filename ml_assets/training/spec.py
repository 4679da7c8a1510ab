"""The `training` part of the YAML: the estimator, its fixed parameters and the search."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ml_assets.spec import FunctionName, Spec, broken_rules

EstimatorName = Literal["hist_gradient_boosting", "logistic", "ridge", "random_forest"]


def linear_name(task: str) -> EstimatorName:
    """Give the name of the linear baseline's estimator."""
    return "ridge" if task == "regression" else "logistic"


def _check_range(low: float, high: float, log: bool) -> None:
    broken_rules(
        (low > high, "low", f"{low} is above high {high}"),
        (log and low <= 0, "low", f"{low} must be above 0 on a log scale"),
    )


class FloatRange(Spec):
    """A range of numbers to search, from `low` to `high`, on a log scale if `log`."""

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _spans(self) -> "FloatRange":
        _check_range(self.low, self.high, self.log)
        return self


class IntRange(Spec):
    """A range of whole numbers to search, from `low` to `high`, on a log scale if `log`."""

    low: int
    high: int
    log: bool = False

    @model_validator(mode="after")
    def _spans(self) -> "IntRange":
        _check_range(self.low, self.high, self.log)
        return self


class Choice(Spec):
    """Values to choose from."""

    choices: Annotated[list[str | int | float | bool | None], Field(min_length=1)]


SearchDimension = IntRange | FloatRange | Choice


class TuningSpec(Spec):
    """The search for the best hyperparameters.

    Attributes
    ----------
    trials : int
        The most trials, >= 0. With 0 the estimator's defaults and `parameters` are used.
    max_seconds : float
        No trial starts after this many seconds, > 0.
    search_space : mapping, optional
        The dimensions to search; the estimator's own by default.
    max_rows : int
        A trial trains on at most this many rows, drawn from the training split, >= 100.
    """

    trials: Annotated[int, Field(ge=0, le=100_000)] = 20
    max_seconds: Annotated[float, Field(gt=0)] = 600.0
    search_space: dict[str, SearchDimension] | None = None
    max_rows: Annotated[int, Field(ge=100)] = 200_000


class TrainingSpec(Spec):
    """The estimator and how it is trained.

    Attributes
    ----------
    estimator : str
        A name, or ``module:function`` for a function of one's own that takes the hyperparameters as
        keywords and gives a scikit-learn estimator.
    parameters : mapping
        Fixed hyperparameters; they are not searched.
    tuning : TuningSpec
        The search.
    seed : int
        Of everything random in tuning and training, >= 0.
    threads : int
        The most threads that one fit uses, >= 1.
    trusted_types : list of str
        Types of one's own that the model file may hold, as ``package.module.Class``.
    """

    estimator: EstimatorName | FunctionName = "hist_gradient_boosting"
    parameters: dict[str, Any] = {}
    tuning: TuningSpec = TuningSpec()
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    threads: Annotated[int, Field(ge=1)] = 1
    trusted_types: list[str] = []
