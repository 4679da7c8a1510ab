"""The names of the metrics: which each task has, their ranges, and which way is better.

A metric is named as it is, ``roc_auc``; with a value, ``recall_at_precision@0.9``; or as a user's
function, ``module:function``. Light to import: the pipeline file is checked with it.
"""

from collections.abc import Iterable, Mapping

from ml_assets.errors import did_you_mean
from ml_assets.spec import Task, is_function_name

USUAL: Mapping[Task, tuple[str, ...]] = {
    "binary": (
        "roc_auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy",
        "precision", "recall", "f1",
    ),
    "multiclass": (
        "roc_auc", "log_loss", "accuracy", "balanced_accuracy", "precision", "recall", "f1",
    ),
    "regression": ("rmse", "mae", "r2", "median_absolute_error"),
}  # fmt: skip
"""What is always measured."""

MAIN: Mapping[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
"""The metric that is reported first where no threshold names one."""

# The metrics of the confusion matrix, which can also be requested at a threshold.
_OF_MATRIX = (
    "true_positives", "false_positives", "true_negatives", "false_negatives", "specificity",
    "false_positive_rate", "false_negative_rate", "negative_predictive_value",
    "false_discovery_rate", "false_omission_rate", "prevalence", "prevalence_threshold",
    "predicted_positive_rate", "threat_score", "matthews_correlation", "cohen_kappa",
    "fowlkes_mallows", "informedness", "markedness", "positive_likelihood_ratio",
    "negative_likelihood_ratio", "diagnostic_odds_ratio",
)  # fmt: skip

FURTHER: Mapping[Task, tuple[str, ...]] = {
    "binary": (
        *_OF_MATRIX, "max_recall", "expected_calibration_error", "calibration_ratio",
        "calibration_intercept", "calibration_slope", "coefficient_of_discrimination",
        "relative_coefficient_of_discrimination", "mean_prediction",
    ),
    "multiclass": (
        "precision_micro", "recall_micro", "f1_micro", "precision_weighted", "recall_weighted",
        "f1_weighted", "roc_auc_weighted", "average_precision", "brier",
        "expected_calibration_error", "matthews_correlation", "cohen_kappa",
    ),
    "regression": (
        "mse", "mape", "msle", "max_error", "explained_variance", "squared_pearson",
        "mean_residual", "residual_standard_deviation", "mean_label", "mean_prediction",
    ),
}  # fmt: skip
"""The metrics that are measured only on request."""

AT: Mapping[Task, tuple[str, ...]] = {
    "binary": (
        "accuracy", "balanced_accuracy", "precision", "recall", "f1", *_OF_MATRIX,
        "recall_at_precision", "precision_at_recall", "sensitivity_at_specificity",
        "specificity_at_sensitivity", "recall_at_false_positive_rate", "threshold_at_recall",
    ),
    "multiclass": (
        "top_k_accuracy", "precision_of_class", "recall_of_class", "f1_of_class",
        "roc_auc_of_class", "average_precision_of_class",
    ),
    "regression": ("quantile_loss", "residual_quantile"),
}  # fmt: skip
"""What is measured at a value, as ``name@value``."""

CHURN: Mapping[Task, tuple[str, ...]] = {
    "binary": (
        "flip_rate", "neg_to_pos_flip_rate", "pos_to_neg_flip_rate",
        "symmetric_prediction_difference",
    ),
    "multiclass": ("flip_rate", "model_cosine_similarity"),
    "regression": ("symmetric_prediction_difference",),
}  # fmt: skip
"""How far the predictions of two models differ; measured against the champion, where there is one."""

_FROM_0_TO_1 = (
    "roc_auc", "average_precision", "brier", "accuracy", "balanced_accuracy", "precision", "recall",
    "f1", "flip_rate", "neg_to_pos_flip_rate", "pos_to_neg_flip_rate", "model_cosine_similarity",
)  # fmt: skip
LIMITS: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(_FROM_0_TO_1, (0.0, 1.0)),
    "r2": (None, 1.0),
    **dict.fromkeys(
        ("log_loss", "rmse", "mae", "median_absolute_error", "symmetric_prediction_difference"),
        (0.0, None),
    ),
}
"""The lowest and the highest value that a usual metric or churn can have; r2 has no lowest."""

LOWER_IS_BETTER = frozenset(
    {
        "log_loss", "brier", "rmse", "mae", "median_absolute_error", "false_positives",
        "false_negatives", "false_positive_rate", "false_negative_rate", "false_discovery_rate",
        "false_omission_rate", "negative_likelihood_ratio", "expected_calibration_error", "mse",
        "mape", "msle", "max_error", "residual_standard_deviation", "quantile_loss",
    }
)  # fmt: skip
"""By name without a value; all others are better where they are higher."""


def is_own(name: str) -> bool:
    """Whether a metric is a user's function."""
    return ":" in name


def is_churn(name: str) -> bool:
    """Whether a name is one of `CHURN`, and so says nothing of how good a model is."""
    return any(name in names for names in CHURN.values())


def main_metric(thresholds: Iterable[str], task: Task) -> str:
    """Give the metric that is reported first: the first with a threshold, or the task's usual one."""
    return next((name for name in thresholds if not is_churn(name)), MAIN[task])


def churn_mistake(name: str, task: Task | None, may_be: bool, compares: bool) -> str | None:
    """Say what is wrong with a threshold on churn, as the end of a sentence that begins with it; or None.

    Parameters
    ----------
    name : str
        One of `CHURN`.
    task : str or None
        The task, if it is known.
    may_be : bool
        Whether it stands where churn may be judged.
    compares : bool
        Whether a change against the champion is demanded of it.
    """
    if not may_be:
        return (
            "says how far two models differ, and is always measured against the champion: name it in "
            "thresholds or slice_thresholds, or nowhere"
        )
    if task is not None and name not in CHURN[task]:
        return f"cannot be measured for a {task} task. Allowed: {', '.join(CHURN[task])}"
    return "compares with the champion itself: it takes min and max only" if compares else None


def metric_mistake(name: str, task: Task | None = None) -> str | None:
    """Say what is wrong with a metric's name, as the end of a sentence that begins with it; or None.

    Whether a user's function can be imported is not checked. Without a task every task's metrics
    are allowed.
    """
    tasks = [task] if task else list(USUAL)
    plain = {metric for kind in tasks for metric in (*USUAL[kind], *FURTHER[kind])}
    at_value = {metric for kind in tasks for metric in AT[kind]}
    base, _, value = name.partition("@")
    if is_own(name):
        return (
            None if is_function_name(name) else "must be module:function, such as shop.value:profit"
        )
    if name in plain:
        return None
    if base in at_value:
        return _value_mistake(base, value)
    churn = {metric for kind in tasks for metric in CHURN[kind]}
    allowed = sorted({*plain, *churn, *(f"{metric}@" for metric in at_value)})
    problem = f"cannot be measured for a {task} task" if task else "is not a metric"
    return (
        f"{problem}.{did_you_mean(name, allowed)} Allowed: {', '.join(allowed)} and "
        "module:function; after an @ stands a value"
    )


def _value_mistake(base: str, value: str) -> str | None:
    least = 1 if base == "top_k_accuracy" else 0 if base.endswith("_of_class") else None
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if least is None:
        is_right = 0 <= number <= 1
        kind, example = "a number from 0 to 1", "0.9"
    else:
        is_right = number >= least and number.is_integer()
        kind, example = f"a whole number >= {least}", "3" if least else "1"
    return None if is_right else f"needs {kind} after @, such as {base}@{example}"
