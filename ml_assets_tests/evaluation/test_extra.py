import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml_assets.errors import DataError, PipelineFileError
from ml_assets.evaluation import averages, confusion
from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.metrics import compute_metrics
from ml_assets.evaluation.names import AT, CHURN, FURTHER, LIMITS, LOWER_IS_BETTER, USUAL

Array = NDArray[Any]
seeds = st.integers(0, 2**32 - 1)


def _numbers(task: Any, y: Array, s: Array, names: list[str], **how: Any) -> dict[str, float]:
    values = compute_metrics(task, y, s, names, **how)
    return {name: np.nan if value.value is None else value.value for name, value in values.items()}


def _rows(seed: int, n: int, digits: int) -> tuple[Array, Array, Array]:
    random = np.random.default_rng(seed)
    y = np.concatenate([[0, 1, 0, 1], random.integers(0, 2, n)])
    s = np.round(random.random(n + 4), digits)
    w = np.round(random.random(n + 4) * 3, 1)
    w[:4] += 0.5
    return y, s, w


@given(seed=seeds, n=st.integers(0, 60), digits=st.integers(1, 3), cut=st.sampled_from([0.3, 0.5]))
@settings(max_examples=60, deadline=None)
def test_usual_metrics_with_weights_and_a_threshold_agree_with_scikit_learn(
    seed: int, n: int, digits: int, cut: float
) -> None:
    y, s, w = _rows(seed, n, digits)
    p, kept = s > cut, {"sample_weight": w}
    expected = {
        "roc_auc": oracle.roc_auc_score(y, s, **kept),
        "average_precision": oracle.average_precision_score(y, s, **kept),
        "log_loss": oracle.log_loss(y, s, labels=[0, 1], **kept),
        "brier": oracle.brier_score_loss(y, s, **kept),
        "accuracy": oracle.accuracy_score(y, p, **kept),
        "balanced_accuracy": oracle.balanced_accuracy_score(y, p, **kept),
        "precision": oracle.precision_score(y, p, zero_division=np.nan, **kept),
        "recall": oracle.recall_score(y, p, **kept),
        "f1": oracle.f1_score(y, p, **kept),
    }
    values = _numbers("binary", y, s, [*expected], sample_weight=w, decision_threshold=cut)
    assert values == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@given(seed=seeds, n=st.integers(0, 60), digits=st.integers(1, 3))
@example(seed=3523294, n=1, digits=1).via("every negative has the score 0")
@settings(max_examples=60, deadline=None)
def test_the_confusion_family_agrees_with_scikit_learn(seed: int, n: int, digits: int) -> None:
    y, s, w = _rows(seed, n, digits)
    p, kept = s > 0.5, {"sample_weight": w}
    tn, fp, fn, tp = oracle.confusion_matrix(y, p, labels=[0, 1], **kept).ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plus, minus = oracle.class_likelihood_ratios(y, p, labels=[0, 1], **kept)
        odd = np.nan if not fp * fn else tp * tn / (fp * fn)
        positive, negative = (np.average(s[y == k], weights=w[y == k]) for k in (1, 0))
        expected = {
            "true_positives": tp,
            "specificity": oracle.recall_score(y, p, pos_label=0, **kept),
            "false_positive_rate": fp / (fp + tn),
            "false_negative_rate": fn / (fn + tp),
            "negative_predictive_value": oracle.precision_score(
                y, p, pos_label=0, zero_division=np.nan, **kept
            ),
            "false_discovery_rate": np.nan if not fp + tp else fp / (fp + tp),
            "false_omission_rate": np.nan if not fn + tn else fn / (fn + tn),
            "prevalence": np.average(y, weights=w),
            "predicted_positive_rate": np.average(p, weights=w),
            "threat_score": oracle.jaccard_score(y, p, **kept),
            "cohen_kappa": oracle.cohen_kappa_score(y, p, **kept),
            "informedness": oracle.balanced_accuracy_score(y, p, adjusted=True, **kept),
            "positive_likelihood_ratio": plus,
            "negative_likelihood_ratio": minus,
            "diagnostic_odds_ratio": odd,
            "coefficient_of_discrimination": positive - negative,
            "relative_coefficient_of_discrimination": positive / (negative or np.nan),
            "mean_prediction": np.average(s, weights=w),
            "calibration_ratio": np.average(s, weights=w) / np.average(y, weights=w),
        }
        if 0 < p.sum() < len(p) and w[p].sum() and w[~p].sum():
            expected["matthews_correlation"] = oracle.matthews_corrcoef(y, p, **kept)
            expected["markedness"] = tp / (tp + fp) + tn / (tn + fn) - 1
            expected["fowlkes_mallows"] = np.sqrt(tp / (tp + fp) * tp / (tp + fn))
    values = _numbers("binary", y, s, [*expected], sample_weight=w)
    assert values == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@given(
    seed=seeds, n=st.integers(0, 60), digits=st.integers(1, 3), at=st.sampled_from([0.2, 0.8, 1])
)
@settings(max_examples=60, deadline=None)
def test_operating_points_agree_with_the_curves_of_scikit_learn(
    seed: int, n: int, digits: int, at: float
) -> None:
    y, s, w = _rows(seed, n, digits)
    precision, recall, _ = oracle.precision_recall_curve(y, s, sample_weight=w)
    false, true, scores = oracle.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    near = 1e-9
    expected = {
        "recall_at_precision": recall[precision >= at - near].max(),
        "precision_at_recall": precision[recall >= at - near].max(),
        "sensitivity_at_specificity": true[1 - false >= at - near].max(),
        "specificity_at_sensitivity": (1 - false)[true >= at - near].max(),
        "recall_at_false_positive_rate": true[false <= at + near].max(),
        "threshold_at_recall": scores[np.argmax(true >= at - near)],
    }
    values = _numbers("binary", y, s, [f"{name}@{at}" for name in expected], sample_weight=w)
    assert [*values.values()] == pytest.approx([*expected.values()], rel=1e-9, abs=1e-12)


@given(seed=seeds, n=st.integers(100, 200))
@settings(max_examples=20, deadline=None)
def test_the_slope_of_the_calibration_is_that_of_a_logistic_regression(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    s, w = random.uniform(0.05, 0.95, n), random.random(n) + 0.1
    y = (random.random(n) < s).astype(int)
    y[:2] = 0, 1
    odds = np.log(s / (1 - s))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-8, solver="newton-cholesky").fit(odds, y, w)
    names = ["calibration_intercept", "calibration_slope"]
    values = _numbers("binary", y, s, names, sample_weight=w)
    expected = dict(zip(names, (fitted.intercept_[0], fitted.coef_[0, 0]), strict=True))
    assert values == pytest.approx(expected, abs=2e-4)


def test_the_calibration_error_is_the_mean_gap_of_ten_bins() -> None:
    random = np.random.default_rng(0)
    s = np.concatenate([random.random(500), [0.0, 1.0]])
    y = (random.random(502) < s**2).astype(int)
    gap = 0.0
    for low in np.arange(10) / 10:
        inside = (s >= low) & ((s < low + 0.1) | ((low == 0.9) & (s == 1)))
        gap += abs((y - s)[inside].sum()) / len(s)
    values = _numbers("binary", y, s, ["expected_calibration_error"])
    assert values["expected_calibration_error"] == pytest.approx(gap)


@given(seed=seeds, n=st.integers(8, 60), classes=st.integers(3, 5), digits=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_multiclass_averages_agree_with_scikit_learn(
    seed: int, n: int, classes: int, digits: int
) -> None:
    random = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), random.integers(0, classes, n)])
    s = np.round(random.dirichlet(np.ones(classes), len(y)), digits)
    w = random.random(len(y)) + 0.1
    p, kept = s.argmax(axis=1), {"sample_weight": w}
    expected = {"top_k_accuracy@2": oracle.top_k_accuracy_score(y, s, k=2, **kept)}
    for average in ("micro", "weighted"):
        parts = oracle.precision_recall_fscore_support(
            y, p, average=average, zero_division=0, **kept
        )
        named = zip(("precision", "recall", "f1"), parts, strict=False)
        expected |= {f"{name}_{average}": value for name, value in named}
    expected |= {
        "matthews_correlation": oracle.matthews_corrcoef(y, p, **kept),
        "cohen_kappa": oracle.cohen_kappa_score(y, p, **kept),
        "brier": np.average(((s - np.eye(classes)[y]) ** 2).sum(axis=1), weights=w),
        "roc_auc_weighted": sum(
            w[y == k].sum() * oracle.roc_auc_score(y == k, s[:, k], **kept) for k in range(classes)
        )
        / w.sum(),
        "average_precision": oracle.average_precision_score(np.eye(classes)[y], s, **kept),
    }
    parts = oracle.precision_recall_fscore_support(y, p, zero_division=np.nan, **kept)
    for name, values in zip(("precision", "recall", "f1"), parts, strict=False):
        expected |= {f"{name}_of_class@{k}": values[k] for k in range(classes)}
    last = classes - 1
    expected |= {
        f"roc_auc_of_class@{last}": oracle.roc_auc_score(y == last, s[:, last], **kept),
        f"average_precision_of_class@{last}": oracle.average_precision_score(
            y == last, s[:, last], **kept
        ),
    }
    measured = _numbers("multiclass", y, s, [*expected], sample_weight=w)
    assert measured == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@given(seed=seeds, n=st.integers(2, 60), level=st.sampled_from([0.1, 0.5, 0.9]))
@settings(max_examples=60, deadline=None)
def test_regression_metrics_with_weights_agree_with_scikit_learn(
    seed: int, n: int, level: float
) -> None:
    random = np.random.default_rng(seed)
    y, w = np.round(9 * random.random(n), 1) + 10 * np.arange(n), random.random(n) + 0.1
    p = np.abs(y + np.round(random.normal(size=n), 1))
    kept = {"sample_weight": w}
    residual = y - p
    ascending = np.argsort(residual, kind="stable")
    running = w[ascending].cumsum() / w.sum()
    expected = {
        "rmse": oracle.root_mean_squared_error(y, p, **kept),
        "mae": oracle.mean_absolute_error(y, p, **kept),
        "r2": oracle.r2_score(y, p, **kept),
        "median_absolute_error": oracle.median_absolute_error(y, p, **kept),
        "mse": oracle.mean_squared_error(y, p, **kept),
        "mape": oracle.mean_absolute_percentage_error(y, p, **kept),
        "msle": oracle.mean_squared_log_error(y, p, **kept),
        "max_error": oracle.max_error(y, p),
        "explained_variance": oracle.explained_variance_score(y, p, **kept),
        f"quantile_loss@{level}": oracle.mean_pinball_loss(y, p, alpha=level, **kept),
        "mean_residual": np.average(residual, weights=w),
        "residual_standard_deviation": np.sqrt(np.cov(residual, aweights=w, ddof=0)),
        f"residual_quantile@{level}": residual[ascending][np.argmax(running >= level - 1e-9)],
        "mean_label": np.average(y, weights=w),
        "mean_prediction": np.average(p, weights=w),
    }
    if np.ptp(p) > 0.1:
        covariance = np.cov(y, p, aweights=w, ddof=0)
        expected["squared_pearson"] = covariance[0, 1] ** 2 / covariance[0, 0] / covariance[1, 1]
    values = _numbers("regression", y, p, [*expected], sample_weight=w)
    assert values == pytest.approx(expected, rel=1e-8, abs=1e-10)


def worst_miss(y_true: Array, y_pred: Array, sample_weight: Array) -> float:
    return float((np.abs(y_true - y_pred) * (sample_weight > 0)).max())


worst_miss.lower_is_better = True  # type: ignore[attr-defined]


def test_a_metric_of_ones_own_is_measured_with_its_interval_and_can_be_a_threshold() -> None:
    name = f"{__name__}:worst_miss"
    random = np.random.default_rng(0)
    s = random.random(300)
    y = (random.random(300) < s).astype(int)
    evaluation = evaluate(
        y, s, metrics=[name, "specificity"], thresholds={name: {"max": 1.0}}, main_metric=name
    )
    metric = evaluation.metric(name)
    assert metric.value == pytest.approx(np.abs(y - s).max())
    assert metric.value is not None
    assert metric.low is not None
    assert metric.low <= metric.value
    assert evaluation.blessed
    assert evaluation.metric("specificity").low is not None


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_metric_is_measured_and_known_to_be_better_lower_or_higher(task: Any) -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 3 if task == "multiclass" else 2, 200)
    s = random.dirichlet(np.ones(3), 200) if task == "multiclass" else random.random(200)
    at = [f"{name}@{2 if task == 'multiclass' else 0.5}" for name in AT[task]]
    values = compute_metrics(task, y, s, [*USUAL[task], *FURTHER[task], *at])
    assert [name for name, value in values.items() if value.value is None] == []


def test_every_name_has_its_formula_and_the_other_way_round() -> None:
    assert {*confusion.PLAIN} == {*FURTHER["binary"]}
    assert {*confusion.AT} == {*AT["binary"]}
    assert {*averages.MULTICLASS} == {*FURTHER["multiclass"]}
    assert {*averages.MULTICLASS_AT} == {*AT["multiclass"]}
    assert {*averages.REGRESSION} == {*FURTHER["regression"]}
    assert {*averages.REGRESSION_AT} == {*AT["regression"]}
    known = {
        name for table in (USUAL, FURTHER, AT, CHURN) for names in table.values() for name in names
    }
    assert known >= LOWER_IS_BETTER | {*LIMITS}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["specificty"], r"specificty cannot be measured for a binary task. .*'specificity'"),
        (["mse"], r"mse cannot be measured for a binary task"),
        (["recall_at_precision"], r"needs a number from 0 to 1 after @, such as"),
        (
            ["recall_at_precision@1.5"],
            r"recall_at_precision@1.5 needs a number from 0 to 1 after @",
        ),
        (
            ["recall_at_precision@x"],
            r"recall_at_precision@x needs .*such as recall_at_precision@0.9",
        ),
    ],
)
def test_what_is_no_metric_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        compute_metrics("binary", [0, 1], [0.2, 0.8], names)


def test_the_calibration_error_of_many_classes_is_that_of_the_called_one() -> None:
    random = np.random.default_rng(4)
    y, s, w = random.integers(0, 3, 500), random.dirichlet([1, 1, 1], 500), random.random(500)
    sure, hit = s.max(axis=1), s.argmax(axis=1) == y
    parts = [np.floor(sure * 10) == b for b in range(11)]
    gap = sum(abs(w[part] @ sure[part] - w[part] @ hit[part]) for part in parts)
    values = _numbers("multiclass", y, s, ["expected_calibration_error"], sample_weight=w)
    assert values["expected_calibration_error"] == pytest.approx(gap / w.sum())


def test_a_class_that_does_not_exist_is_refused() -> None:
    y, s = [0, 1, 2] * 10, np.full((30, 3), 1 / 3)
    with pytest.raises(DataError, match=r"There is no class 3: the 3 classes are 0 to 2"):
        compute_metrics("multiclass", y, s, ["recall_of_class@3"])
    with pytest.raises(
        DataError, match=r"needs a whole number >= 0 after @, such as recall_of_class@1"
    ):
        compute_metrics("multiclass", y, s, ["recall_of_class@yes"])


def test_top_k_needs_a_whole_number() -> None:
    table = np.full((3, 3), 1 / 3)
    with pytest.raises(DataError, match=r"top_k_accuracy@1.5 needs a whole number >= 1 after @"):
        compute_metrics("multiclass", [0, 1, 2], table, ["top_k_accuracy@1.5"])


def test_a_function_that_is_not_there_is_refused() -> None:
    with pytest.raises(PipelineFileError, match=r"the module 'no_such_module' is not found"):
        compute_metrics("binary", [0, 1], [0.2, 0.8], ["no_such_module:f"])
    with pytest.raises(PipelineFileError, match=r"numpy has no function 'meann'. .*'mean'"):
        compute_metrics("binary", [0, 1], [0.2, 0.8], ["numpy:meann"])
