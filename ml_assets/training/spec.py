"""The `training` part of the YAML: the estimator, its parameters, the search, what is made of scores."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ml_assets.spec import FunctionName, InWords, Spec, refuse_broken_rules

LIGHTGBM = "lightgbm"
EstimatorName = Literal["hist_gradient_boosting", "logistic", "ridge", "random_forest", "lightgbm"]
ClassWeight = Literal["balanced"]
Calibration = Literal["isotonic", "sigmoid"]
DecisionMetric = Literal["f1", "balanced_accuracy", "accuracy"]


def linear_name(task: str) -> EstimatorName:
    """Give the name of the linear baseline's estimator."""
    return "ridge" if task == "regression" else "logistic"


def _check_range(low: float, high: float, log: bool) -> None:
    refuse_broken_rules(
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
    max_memory_mb : float, optional
        A trial that takes more megabytes than this beyond what its process held before fails, > 0.
    search_space : mapping, optional
        The dimensions to search; the estimator's own by default.
    max_rows : int
        A trial trains on at most this many rows, drawn from the training split, >= 100.
    folds : int, optional
        Measure each trial by cross-validation in so many folds of the training split, 2 to 20, in place
        of the eval split. The folds are cut as `ingest.split` cuts: by hash, group or time.
    warm_start : bool
        Whether the first trial has the champion's hyperparameters, where there is one.
    workers : int
        How many trials run at once, each in a process of its own, >= 1.
    cluster : str, optional
        The address of a Dask scheduler, such as ``tcp://host:8786``, on whose workers the trials run.
    """

    trials: Annotated[int, Field(ge=0, le=100_000)] = 20
    max_seconds: Annotated[float, Field(gt=0)] = 600.0
    max_memory_mb: Annotated[float, Field(gt=0)] | None = None
    search_space: dict[str, SearchDimension] | None = None
    max_rows: Annotated[int, Field(ge=100)] = 200_000
    folds: Annotated[int, Field(ge=2, le=20)] | None = None
    warm_start: bool = True
    workers: Annotated[int, Field(ge=1, le=1_000)] = 1
    cluster: (
        Annotated[
            str, Field(pattern=r"^[a-z]+://\S+$"), InWords("an address such as tcp://host:8786")
        ]
        | None
    ) = None


class CostsSpec(Spec):
    """What a wrong decision costs, > 0; only their ratio matters."""

    false_positive: Annotated[float, Field(gt=0)] = 1.0
    false_negative: Annotated[float, Field(gt=0)] = 1.0


class DecisionSpec(Spec):
    """How the decision threshold of a binary model is chosen, on the eval split.

    Attributes
    ----------
    costs : CostsSpec, optional
        Choose the threshold at which wrong decisions cost least.
    metric : {"f1", "balanced_accuracy", "accuracy"}, optional
        Choose the threshold at which this is highest.
    """

    costs: CostsSpec | None = None
    metric: DecisionMetric | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "DecisionSpec":
        both_or_none = (self.costs is None) == (self.metric is None)
        refuse_broken_rules((both_or_none, "", "needs exactly one of costs and metric"))
        return self


class TrainingSpec(Spec):
    """The estimator and how it is trained.

    Attributes
    ----------
    estimator : str
        A name, or ``module:function`` for the user's own function that takes the hyperparameters as
        keywords and gives a scikit-learn estimator. ``lightgbm`` needs the extra of that name.
    parameters : mapping
        Fixed hyperparameters; they are not searched.
    class_weight : "balanced", optional
        Weigh the rows so that every class weighs the same in all. Probabilities then are those of
        balanced data, unless they are calibrated.
    calibration : {"isotonic", "sigmoid"}, optional
        Calibrate the probabilities on a fifth of the training rows, on which the model is then not
        fitted.
    decision : DecisionSpec, optional
        How the decision threshold is chosen; without it, it is 0.5.
    tuning : TuningSpec
        The search.
    seed : int
        Of everything random in tuning and training, >= 0.
    threads : int
        The most threads that one fit uses, >= 1.
    refit_rows : int
        The check `reproducible` fits twice with one seed on at most so many training rows, >= 0; with 0
        there is no such check.
    trusted_types : list of str
        The user's own types that the model file may hold, as ``package.module.Class``.
    """

    estimator: EstimatorName | FunctionName = "hist_gradient_boosting"
    parameters: dict[str, Any] = {}
    class_weight: ClassWeight | None = None
    calibration: Calibration | None = None
    decision: DecisionSpec | None = None
    tuning: TuningSpec = TuningSpec()
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    threads: Annotated[int, Field(ge=1)] = 1
    refit_rows: Annotated[int, Field(ge=0)] = 5_000
    trusted_types: list[str] = []

    @property
    def libraries(self) -> tuple[str, ...]:
        """The libraries, beside those that every pipeline uses, whose version makes another model."""
        return (LIGHTGBM,) if self.estimator == LIGHTGBM else ()
