"""The `evaluation` part of the YAML: metrics, slices and the rules of the blessing."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from ml_assets.errors import did_you_mean
from ml_assets.evaluation.names import LIMITS, churn_mistake, is_churn, is_own, metric_mistake
from ml_assets.spec import Fraction, Spec, Task, columns_and_bins, refuse_broken_rules

Failure = Literal[
    "representational_harm", "opportunity_denial", "disproportionate_failure", "disadvantage"
]
FAILURES: tuple[Failure, ...] = get_args(Failure)
"""The four ways in which a model fails people: the checks of a pipeline with protected columns."""


Key = tuple[str | int, ...]


class ThresholdSpec(Spec):
    """What a metric must reach; both ends are included.

    Attributes
    ----------
    min, max : float, optional
        The lowest and the highest value that is allowed.
    min_change : float, optional
        The least improvement over the champion on the same rows, in the metric's own unit and in the
        direction that is better; -0.01 allows it to be worse by 0.01. Without a champion it passes.
    min_relative_change : float, optional
        The same as a share of the champion's value; -0.01 allows it to be worse by 1 %. Where both are
        given, both must hold. A champion's value of 0 fails.
    """

    min: float | None = None
    max: float | None = None
    min_change: float | None = None
    min_relative_change: float | None = None

    @property
    def limits(self) -> list[tuple[str, float]]:
        """The limits that are set, by name."""
        return [(name, limit) for name, limit in self if limit is not None]

    @property
    def compares(self) -> bool:
        """Whether it compares with the champion."""
        return self.min_change is not None or self.min_relative_change is not None

    @model_validator(mode="after")
    def _says_something(self) -> "ThresholdSpec":
        empty = self.min is not None and self.max is not None and self.min > self.max
        refuse_broken_rules(
            (
                not self.limits,
                "",
                "needs at least one of min, max, min_change and min_relative_change",
            ),
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
        A score above it is the favourable decision, 0 to 1; the model's own threshold by default.
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
        refuse_broken_rules(
            *(
                (name not in self.protected, f"reference.{name}", "is not among protected")
                for name in self.reference
            )
        )
        return self


class CrossSliceSpec(Spec):
    """What the difference of slices' metrics must be, such as between two countries.

    Attributes
    ----------
    baseline : str, optional
        The slice that others are compared with, by its name ``origin=JFK``; all rows by default.
    slices : list of str
        Those of the declared slices that are compared with it; all by default.
    thresholds : mapping
        For each metric what it must reach less the baseline slice's, in its own unit: ``min: -0.05``
        allows it to be 0.05 less. A change is the improvement of that difference over the champion's.
    """

    baseline: str | None = None
    slices: list[str] = []
    thresholds: Annotated[dict[str, ThresholdSpec], Field(min_length=1)]


class WeakSlicesSpec(Spec):
    """How slices on which the model is weak are looked for, of up to two columns.

    Attributes
    ----------
    enabled : bool
        Whether they are looked for.
    columns : list of str, optional
        The columns to search; by default all but those of the label and those known only after it.
    min_rows : int
        Smaller slices are not looked at, >= 20.
    error_rate : float
        The chance that anything is reported where there is nothing, at most; 0 to 1, exclusive.
    """

    enabled: bool = True
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    min_rows: Annotated[int, Field(ge=20)] = 100
    error_rate: Annotated[float, Field(gt=0, lt=1)] = 0.05


class EvaluationSpec(Spec):
    """How a candidate is judged.

    Attributes
    ----------
    metrics : list of str
        Metrics to measure beside the usual ones: by name, ``name@value``, or ``module:function``.
    thresholds : mapping
        For each metric what it must reach; it is measured then. With none configured nothing is
        blessed.
    slices : list of str
        Columns, quantile bins of a column (``distance:4``), or crosses of these (``a,b``), whose values
        are evaluated on their own.
    sql_slices : mapping of str to str
        Further slices by name: an expression of SQLite over a row's columns, such as
        ``hour >= 22 OR hour < 6``, by whose values the rows are evaluated. `slices` may cross and cut it.
    min_slice_size : int
        Slices with fewer rows are left out, >= 1; and ages of the model with fewer rows.
    slice_thresholds : mapping
        Thresholds that every slice must meet.
    cross_slices : list of CrossSliceSpec
        Thresholds for the difference between slices.
    weak_slices : WeakSlicesSpec
        The search for slices that nobody named.
    explanation : bool
        Whether the importance of columns and partial dependence are measured.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    bootstrap_samples : int
        Resamples for each interval, >= 20.
    seed : int
        Of everything random.
    fairness : FairnessSpec
        Groups of people that are looked at on their own; none by default.
    """

    metrics: list[str] = []
    thresholds: dict[str, ThresholdSpec] = {}
    slices: list[str] = []
    sql_slices: dict[str, str] = {}
    min_slice_size: Annotated[int, Field(ge=1)] = 100
    slice_thresholds: dict[str, ThresholdSpec] = {}
    cross_slices: list[CrossSliceSpec] = []
    weak_slices: WeakSlicesSpec = WeakSlicesSpec()
    explanation: bool = True
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    bootstrap_samples: Annotated[int, Field(ge=20, le=10_000)] = 200
    seed: Annotated[int, Field(ge=0)] = 0
    fairness: FairnessSpec = FairnessSpec()

    @property
    def functions(self) -> dict[Key, str]:
        """The user's own functions, by the key that names each."""
        return {key: name for key, name in self._metrics_by_key() if is_own(name)}

    def mistakes(self, task: Task | None = None) -> Iterator[tuple[Key, str]]:
        """Give what is wrong with the metrics for a task, by the key that names each."""
        for key, name in self._metrics_by_key():
            if is_churn(name):
                threshold = self._thresholds().get(key[:1], {}).get(name)
                compares = threshold is not None and threshold.compares
                mistake = churn_mistake(name, task, threshold is not None, compares)
            else:
                mistake = metric_mistake(name, task)
            if mistake is not None:
                yield key, f"names '{name}', which {mistake}" if key[0] == "metrics" else mistake

    def _metrics_by_key(self) -> Iterator[tuple[Key, str]]:
        """Every metric, by the key that names it."""
        for index, name in enumerate(self.metrics):
            yield ("metrics", index), name
        for part, thresholds in {**self._thresholds(), **self._cross_thresholds()}.items():
            yield from (((*part, name), name) for name in thresholds)

    def _thresholds(self) -> dict[Key, dict[str, ThresholdSpec]]:
        """The thresholds for values, by their key; those of differences have other limits."""
        return {("thresholds",): self.thresholds, ("slice_thresholds",): self.slice_thresholds}

    def _cross_thresholds(self) -> dict[Key, dict[str, ThresholdSpec]]:
        """The thresholds for differences between slices, by their key."""
        return {
            ("cross_slices", index, "thresholds"): cross_slice.thresholds
            for index, cross_slice in enumerate(self.cross_slices)
        }

    def _slice_mistakes(self) -> Iterator[tuple[bool, Key, str]]:
        """What is wrong with slices and their comparison; whether there is such a slice is seen later."""
        declared = [*self.slices, *self.sql_slices]
        for name in self.sql_slices:
            yield (
                not name or columns_and_bins(name) != [(name, None)],
                ("sql_slices", name),
                "is no name of a slice: it has no comma, no number of bins, and no blank at its ends",
            )
        for part in ("slice_thresholds", "cross_slices"):
            is_idle = bool(getattr(self, part)) and not declared
            yield is_idle, (part,), "judges slices, and there are none; name some in slices"
        prefixes = [f"{columns_and_bins(by)[0][0]}=" for by in declared]
        for index, cross_slice in enumerate(self.cross_slices):
            key = ("cross_slices", index)
            for position, by in enumerate(cross_slice.slices):
                hint = did_you_mean(by, declared)
                text = f"'{by}' is not among slices{hint and '.'}{hint}"
                yield by not in declared, (*key, "slices", position), text
            baseline = cross_slice.baseline
            yield (
                baseline is not None
                and not any(baseline.startswith(prefix) for prefix in prefixes),
                (*key, "baseline"),
                f"'{baseline}' is of none of slices; name one by column and value, such as origin=JFK",
            )

    def _repeated_mistakes(self) -> Iterator[tuple[bool, Key, str]]:
        """What two comparisons of slices judge alike: their rules would have one name."""
        first: dict[tuple[str | None, str, str], int] = {}
        for index, cross_slice in enumerate(self.cross_slices):
            for name in cross_slice.thresholds:
                for by in cross_slice.slices or [*self.slices, *self.sql_slices]:
                    before = first.setdefault((cross_slice.baseline, name, by), index)
                    yield (
                        before != index,
                        ("cross_slices", index, "thresholds", name),
                        f"is judged by cross_slices.{before} for {by} too; say it in one of them",
                    )

    def _limit_mistakes(self) -> Iterator[tuple[bool, Key, str]]:
        """The ends of thresholds that no value, or no difference of two, can have."""
        for part, thresholds in {**self._thresholds(), **self._cross_thresholds()}.items():
            limits: _Limits = _DIFFERENCE_LIMITS if part[0] == "cross_slices" else LIMITS
            for name, threshold in thresholds.items():
                subject = f"a difference of {name}" if limits is _DIFFERENCE_LIMITS else name
                for end, value in (("min", threshold.min), ("max", threshold.max)):
                    mistake = _limit_mistake(subject, value, *limits.get(name, (None, None)))
                    yield mistake is not None, (*part, name, end), mistake or ""

    @model_validator(mode="after")
    def _can_be_reached(self) -> "EvaluationSpec":
        refuse_broken_rules(
            *((True, key, text) for key, text in self.mistakes()),
            *self._slice_mistakes(),
            *self._repeated_mistakes(),
            *self._limit_mistakes(),
        )
        return self


_Limits = Mapping[str, tuple[float | None, float | None]]
_DIFFERENCE_LIMITS: _Limits = {
    name: (low - high, high - low)
    for name, (low, high) in LIMITS.items()
    if low is not None and high is not None
}


def _limit_mistake(
    subject: str, value: float | None, low: float | None, high: float | None
) -> str | None:
    """What is wrong with a threshold that lies beyond the lowest or the highest value, if it does."""
    is_below = value is not None and low is not None and value < low
    is_above = value is not None and high is not None and value > high
    if not is_below and not is_above:
        return None
    if low is None or high is None:
        bound = f"is at most {high:g}" if low is None else f"is at least {low:g}"
    else:
        bound = f"lies between {low:g} and {high:g}"
    return f"{value:g} cannot be reached: {subject} {bound}"
