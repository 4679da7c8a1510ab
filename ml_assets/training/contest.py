"""What all trials of a search have in common, and what each of them gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_assets.training.data import TrainingData
from ml_assets.training.spec import ClassWeight

Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Contest:
    """What all trials of a search have in common.

    Attributes
    ----------
    data : TrainingData
        The rows to fit and to measure on.
    estimator : str
        The estimator's name in the YAML.
    metric : str
        What is measured.
    seed : int
        Of everything random.
    threads : int
        The most threads that an estimator itself starts.
    class_weight : "balanced", optional
        Whether every class weighs the same in a fit.
    folds : int, optional
        Measure by cross-validation in so many folds of the training rows, in place of the eval rows.
    max_memory_mb : float, optional
        The most memory that a trial may take, in megabytes.
    """

    data: TrainingData
    estimator: str
    metric: str
    seed: int
    threads: int = 1
    class_weight: ClassWeight | None = None
    folds: int | None = None
    max_memory_mb: float | None = None


@dataclass(frozen=True)
class Measurement:
    """The metric's value, and what the trial learnt beside it, such as the number of trees."""

    value: float
    learnt: Mapping[str, Any] = field(default_factory=dict)
