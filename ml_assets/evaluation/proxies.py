"""`find_proxies`: how well other columns tell a protected attribute, so that hiding it does not help.

A gradient-boosted classifier predicts, out of fold, each group against the others from the columns that
the model reads. The columns that tell it best alone are named; the gap between groups in the label
that could be predicted is measured with all columns and without those.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from ml_assets.evaluation.fairness import USUAL_LIMITS, Finding, Limits, judge
from ml_assets.evaluation.group_metrics import group_names
from ml_assets.evaluation.quantiles import ordered_values
from ml_assets.evaluation.rates import Estimate
from ml_assets.evaluation.sample import sample_places

_FOLDS = 3
_MAX_ROWS = 10_000
_MAX_CATEGORIES = 100
_MOST_PROXIES = 3
_PROXY_ALONE = 0.6


@dataclass(frozen=True)
class Proxies:
    """How well the other columns tell one group of a protected column.

    Attributes
    ----------
    column, group : str
        The protected column, and the group of it that is predicted best.
    auc : Estimate
        Of the classifier, out of fold, 0.5 to 1, with its interval.
    columns : tuple of (name, AUC)
        The columns that tell it best alone, best first.
    score_gap, score_gap_without : float
        The largest difference between groups in the mean score of a model for the label: with all
        columns, and without those in `columns`. It stays where other columns tell the group as well.
    """

    column: str
    group: str
    auc: Estimate
    columns: tuple[tuple[str, float], ...]
    score_gap: float
    score_gap_without: float


def find_proxies(
    y_true: ArrayLike,
    features: pd.DataFrame,
    protected: pd.DataFrame,
    *,
    limits: Limits = USUAL_LIMITS,
    seed: int = 0,
) -> tuple[list[Finding], list[Proxies]]:
    """Look for columns that stand for a protected attribute.

    Parameters
    ----------
    y_true : array-like of 0 and 1
        The labels.
    features : DataFrame
        The raw columns that the model reads; protected columns among them are left out.
    protected : DataFrame
        The same rows with the protected columns.
    limits : Limits
        What is still fair: `max_proxy_auc`, `min_group_size`, `confidence`.
    seed : int
        Of the sample (at most 10,000 rows), the folds and the classifier.

    Returns
    -------
    list of Finding, list of Proxies
        One of each for each protected column with two groups of at least the minimum size; ``cannot
        tell`` for the others.
    """
    truth = np.asarray(y_true)
    sampled = sample_places(np.random.default_rng(seed), len(truth), _MAX_ROWS)
    other_columns = features.drop(
        columns=[column for column in protected.columns if column in features.columns]
    )
    table = _encoded(other_columns.iloc[sampled])
    findings, proxies = [], []
    for column in protected.columns:
        names = group_names(protected[column])[sampled]
        proxy = _column_proxies(str(column), truth[sampled], table, names, limits, seed)
        findings.append(_finding(str(column), proxy, limits))
        proxies += [proxy] if proxy else []
    return findings, proxies


def _column_proxies(
    column: str,
    truth: NDArray[Any],
    table: pd.DataFrame,
    names: NDArray[np.object_],
    limits: Limits,
    seed: int,
) -> Proxies | None:
    groups, sizes = np.unique(names.astype(str), return_counts=True)
    large = groups[sizes >= limits.min_group_size]
    if len(large) < 2 or table.shape[1] == 0:
        return None
    aucs = {group: _group_auc(table, names == group, seed) for group in large}
    group = max(aucs, key=lambda name: aucs[name])
    is_group = names == group
    alone = {str(name): _column_auc(table[name], is_group) for name in table.columns}
    best = sorted(alone, key=lambda name: -alone[name])[:_MOST_PROXIES]
    proxies = [name for name in best if alone[name] >= _PROXY_ALONE]
    return Proxies(
        column,
        str(group),
        _interval(aucs[group], int(is_group.sum()), int((~is_group).sum()), limits.confidence),
        tuple((name, alone[name]) for name in proxies),
        _score_gap(table, truth, names, large, seed),
        _score_gap(table.drop(columns=proxies), truth, names, large, seed),
    )


def _finding(column: str, proxies: Proxies | None, limits: Limits) -> Finding:
    if proxies is None:
        subject = f"{column}: how well other columns tell the group"
        return judge("disadvantage", "proxy_auc", column, None, limits.max_proxy_auc, subject)
    columns = ", ".join(f"{name} {auc:.2f}" for name, auc in proxies.columns) or "no column alone"
    subject = (
        f"{column}: the AUC of telling {proxies.group} by other columns ({columns}); the gap in mean "
        f"scores is {proxies.score_gap:.3f}, without them {proxies.score_gap_without:.3f}. The AUC"
    )
    return judge("disadvantage", "proxy_auc", column, proxies.auc, limits.max_proxy_auc, subject)


def _encoded(features: pd.DataFrame) -> pd.DataFrame:
    """Numbers and times in their order, and everything else as codes by how frequent it is."""
    table = pd.DataFrame({name: _numbers(features[name]) for name in features.columns})
    return table.dropna(axis="columns", how="all")  # the classifier cannot bin what has no value


def _numbers(column: "pd.Series[Any]") -> NDArray[np.float64]:
    values = ordered_values(column)
    if values is not None:
        numbers = values.astype(np.float64)
        return np.where(column.isna() | ~np.isfinite(numbers), np.nan, numbers)
    texts = column.astype(object).where(column.notna(), None)
    frequent = texts.value_counts().index[:_MAX_CATEGORIES]
    codes = pd.Categorical(texts, categories=frequent).codes
    return np.where(codes < 0, np.nan, codes).astype(np.float64)


def _group_auc(table: pd.DataFrame, is_group: NDArray[np.bool_], seed: int) -> float:
    return float(roc_auc_score(is_group, _out_of_fold(table, is_group, seed)))


def _out_of_fold(table: pd.DataFrame, target: NDArray[Any], seed: int) -> NDArray[np.float64]:
    if table.shape[1] == 0 or min(np.bincount(target.astype(np.int64), minlength=2)) < _FOLDS:
        return np.full(len(target), float(np.mean(target)))
    model = HistGradientBoostingClassifier(max_iter=40, random_state=seed)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    scores: NDArray[np.float64] = cross_val_predict(
        model, table.to_numpy(), target.astype(np.int64), cv=folds, method="predict_proba"
    )[:, 1]
    return scores


def _column_auc(column: "pd.Series[Any]", is_group: NDArray[np.bool_]) -> float:
    """The AUC of one column by its share of the group in each of 20 quantile bins, in sample."""
    values = column.to_numpy()
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, 21))) if len(values) else values
    bins = np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values, "left"))
    rows = np.bincount(bins, minlength=1)
    shares = np.bincount(bins, is_group, len(rows)) / np.maximum(rows, 1)
    return float(roc_auc_score(is_group, shares[bins]))


def _interval(auc: float, positives: int, negatives: int, confidence: float) -> Estimate:
    """Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    ) / (positives * negatives)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * float(np.sqrt(max(variance, 0.0)))
    return Estimate(auc, max(0.0, auc - half), min(1.0, auc + half))


def _score_gap(
    table: pd.DataFrame,
    truth: NDArray[Any],
    names: NDArray[np.object_],
    groups: NDArray[Any],
    seed: int,
) -> float:
    scores = _out_of_fold(table, truth, seed)
    means = [float(scores[names == group].mean()) for group in groups]
    return max(means) - min(means)
