"""The `monitoring` part of the YAML: when to alarm, and when to retrain."""

from typing import Annotated, Literal

from pydantic import Field

from ml_assets.spec import Spec

Watch = Literal["skew", "drift", "multivariate_drift", "performance"]


class RetrainingSpec(Spec):
    """When the sensor starts retraining.

    Attributes
    ----------
    on_new_spans, on_skew, on_drift, on_performance : bool
        Which of the reasons count.
    max_age_days : float, optional
        Retrain a champion older than this; by default as `ground_truth_changes` says.
    cool_down_hours : float
        The least time between two retrainings that the sensor starts, >= 0.
    check_every_seconds : int
        How often the sensor looks, >= 30.
    """

    on_new_spans: bool = True
    on_skew: bool = True
    on_drift: bool = True
    on_performance: bool = True
    max_age_days: Annotated[float, Field(gt=0)] | None = None
    cool_down_hours: Annotated[float, Field(ge=0)] = 24.0
    check_every_seconds: Annotated[int, Field(ge=30)] = 60


class MonitoringSpec(Spec):
    """When scored data differ enough from the champion's training data to alarm.

    Attributes
    ----------
    drift_threshold, skew_threshold : float
        How large a change must be for a feature to alarm, provided that it is also beyond sampling
        noise: the Jensen-Shannon divergence (base 2, 0 is equal, 1 is disjoint), the change of one
        value's share, or a constant factor's in standard deviations; see `validation.drift`. A comparator
        in the schema takes its place.
    significance : float
        The false-discovery rate over all features, 0 to 1, exclusive.
    min_rows : int
        With fewer rows on either side the verdict is "cannot tell".
    multivariate_auc : float, optional
        If given, a classifier tries to tell the scored rows from the training rows, and alarms with an
        AUC above this, 0.5 (guessing) to 1 (always right). It sees a change of how columns hang together;
        it also sees every change of season, so it is not asked by default.
    blocking : list
        The checks that stop a run if they fail: ``skew``, ``drift``, ``multivariate_drift`` or
        ``performance``; none by default.
    max_performance_drop : float
        How much worse than in its evaluation the champion's first metric may be on labelled scored
        rows, in the metric's own unit.
    retraining : RetrainingSpec
        When the sensor starts retraining.
    """

    drift_threshold: Annotated[float, Field(gt=0, le=1)] = 0.1
    skew_threshold: Annotated[float, Field(gt=0, le=1)] = 0.1
    significance: Annotated[float, Field(gt=0, lt=1)] = 0.01
    min_rows: Annotated[int, Field(ge=1)] = 200
    multivariate_auc: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    blocking: list[Watch] = []
    max_performance_drop: Annotated[float, Field(ge=0)] = 0.05
    retraining: RetrainingSpec = RetrainingSpec()
