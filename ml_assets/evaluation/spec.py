"""The `evaluation` part of the YAML: metrics, slices and the rules of the blessing."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ml_assets.spec import Fraction, Spec, broken_rules

Metric = Literal[
    "roc_auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy",
    "precision", "recall", "f1", "rmse", "mae", "r2", "median_absolute_error",
]  # fmt: skip

# The lowest and the highest value that a metric can have; r2 has no lowest.
_FROM_0_TO_1 = (
    "roc_auc", "average_precision", "brier", "accuracy", "balanced_accuracy", "precision", "recall",
    "f1",
)  # fmt: skip
LIMITS: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(_FROM_0_TO_1, (0.0, 1.0)),
    "r2": (None, 1.0),
    **dict.fromkeys(("log_loss", "rmse", "mae", "median_absolute_error"), (0.0, None)),
}
LOWER_IS_BETTER = frozenset({"log_loss", "brier", "rmse", "mae", "median_absolute_error"})


class ThresholdSpec(Spec):
    """What a metric must reach; both ends are included.

    Attributes
    ----------
    min, max : float, optional
        The lowest and the highest value that is allowed.
    min_change : float, optional
        The least improvement over the champion on the same rows, in the metric's own unit and in the
        direction that is better; -0.01 allows it to be worse by 0.01. Without a champion it passes.
    """

    min: float | None = None
    max: float | None = None
    min_change: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ThresholdSpec":
        silent = self.min is None and self.max is None and self.min_change is None
        empty = self.min is not None and self.max is not None and self.min > self.max
        broken_rules(
            (silent, "", "needs at least one of min, max and min_change"),
            (empty, "min", f"{self.min} is above max {self.max}"),
        )
        return self


class FairnessSpec(Spec):
    """How a binary model is judged on groups of people. Each measure is judged by its whole interval.

    Attributes
    ----------
    protected : list of str
        The columns that tell the groups, such as sex; each is looked at, and all together. They need
        not be features.
    reference : mapping
        For a protected column the share of each of its groups among the people that the model is for.
    decision_threshold : float, optional
        A score of at least this is the favourable decision, 0 to 1; the model's own threshold by
        default.
    required : bool
        Whether a measure that fails stands in the way of the blessing.
    min_group_size : int
        Smaller groups are not judged, >= 2.
    min_share_ratio : float
        Representational harm: a group's share of the rows over its share in `reference`.
    max_base_rate_difference : float
        Representational harm: between groups, in the share of positive labels.
    min_selection_rate_ratio : float
        Opportunity denial: of the lowest rate of favourable decisions to the highest (the four-fifths
        rule).
    max_true_positive_rate_difference : float
        Opportunity denial: between groups, among those whose label is positive.
    max_error_ratio : float
        Disproportionate failure: the worst group's error rate over that of all.
    max_equalized_odds_difference : float
        Disproportionate failure: between groups, in true and in false positive rates.
    max_calibration_difference : float
        Disproportionate failure: of a group's mean score from its share of positives.
    max_missing_difference : float
        Disproportionate failure: between groups, in the share of missing values of a column.
    max_proxy_auc : float
        Harm by disadvantage: how well other columns may tell a group, 0.5 to 1.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    """

    protected: list[str] = []
    reference: dict[str, dict[str, Fraction]] = {}
    decision_threshold: Fraction | None = None
    required: bool = False
    min_group_size: Annotated[int, Field(ge=2)] = 100
    min_share_ratio: Fraction = 0.8
    max_base_rate_difference: Fraction = 0.1
    min_selection_rate_ratio: Fraction = 0.8
    max_true_positive_rate_difference: Fraction = 0.1
    max_error_ratio: Annotated[float, Field(ge=1)] = 1.25
    max_equalized_odds_difference: Fraction = 0.1
    max_calibration_difference: Fraction = 0.05
    max_missing_difference: Fraction = 0.1
    max_proxy_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.75
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95

    @model_validator(mode="after")
    def _names_protected_columns(self) -> "FairnessSpec":
        broken_rules(
            *(
                (name not in self.protected, f"reference.{name}", "is not among protected")
                for name in self.reference
            )
        )
        return self


class EvaluationSpec(Spec):
    """How a candidate is judged.

    Attributes
    ----------
    thresholds : mapping
        For each metric what it must reach. With none configured nothing is blessed.
    slices : list of str
        Columns (or crosses ``a,b``) whose values are evaluated on their own.
    min_slice_size : int
        Slices with fewer rows are left out, >= 1.
    slice_thresholds : mapping
        Thresholds that every slice must meet.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    bootstrap_samples : int
        Resamples for each interval, >= 20.
    seed : int
        Of the resampling.
    fairness : FairnessSpec
        Groups of people that are looked at on their own; none by default.
    """

    thresholds: dict[Metric, ThresholdSpec] = {}
    slices: list[str] = []
    min_slice_size: Annotated[int, Field(ge=1)] = 100
    slice_thresholds: dict[Metric, ThresholdSpec] = {}
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    bootstrap_samples: Annotated[int, Field(ge=20, le=10_000)] = 200
    seed: Annotated[int, Field(ge=0)] = 0
    fairness: FairnessSpec = FairnessSpec()

    @model_validator(mode="after")
    def _can_be_reached(self) -> "EvaluationSpec":
        parts = {"thresholds": self.thresholds, "slice_thresholds": self.slice_thresholds}
        broken_rules(
            *(
                (_is_outside(name, value), f"{part}.{name}.{end}", f"{value:g} {_between(name)}")
                for part, thresholds in parts.items()
                for name, threshold in thresholds.items()
                for end, value in (("min", threshold.min), ("max", threshold.max))
                if value is not None
            )
        )
        return self


def _is_outside(metric: str, value: float) -> bool:
    low, high = LIMITS[metric]
    return (low is not None and value < low) or (high is not None and value > high)


def _between(metric: str) -> str:
    low, high = LIMITS[metric]
    if low is None:
        return f"cannot be reached: {metric} is at most {high:g}"
    if high is None:
        return f"cannot be reached: {metric} is at least {low:g}"
    return f"cannot be reached: {metric} lies between {low:g} and {high:g}"


def is_better(metric: str, value: float, other: float) -> bool:
    """Whether `value` of `metric` is strictly better than `other`."""
    return value < other if metric in LOWER_IS_BETTER else value > other
