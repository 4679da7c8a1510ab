"""Finds spans whose labels contradict those of all others.

Boosted trees learn the label from two thirds of the spans and predict the last third, three times. Within
each span, predictions and labels then rank alike, if its labels follow what all others follow (Spearman's
rank correlation: the agreement). A span is suspected if

- they rank the other way round, beyond chance: 1 % by Bonferroni over the spans, if rows are independent;
- at least half as strongly as they agree elsewhere: most of its labels are turned round;
- and it is no member of the family: rows of a day are seldom independent (weather, one customer), so the
  agreement must lie six deviations (MAD) below the median of the others.

Labels that were turned round contradict through every column that tells them; where the world changed, it
is often one thing that now means something else. So there is doubt where no two columns contradict that
foretell different things, or where one that tells the label still agrees.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from ml_assets.spec import Task
from ml_assets.validation.suspect_span import SURE_SPANS, SuspectSpan

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_FOLDS = 3
_SIGNIFICANCE = 0.01
_STRENGTH = 0.5
_DEVIATIONS = 6.0
_COLUMN_SIGMAS = 2.0
# Columns whose predictions correlate more than this tell the same thing.
_SAME = 0.5
_BINS = 16
_MOST_CLASSES = 8
_MAD_TO_SIGMA = 1.4826


def find_label_flips(
    features: pd.DataFrame, label: pd.Series, span: pd.Series, task: Task
) -> Iterator[SuspectSpan]:
    """Find spans whose labels contradict those of all others.

    Parameters
    ----------
    features : DataFrame of float
        The columns to look at.
    label, span : Series
        Of the same rows.
    task : {"binary", "multiclass", "regression"}
        What kind of label it is.
    """
    label = label if task == "regression" else _few_classes(label)
    truth = label.to_numpy(np.float64)[:, None] if task == "regression" else _indicators(label)
    rows = {
        str(name): np.asarray(places, np.intp)
        for name, places in span.groupby(span).indices.items()
    }
    fold = _folds(span)
    agreements = _agreement(truth, _predicted(features, label.to_numpy(), fold, task), rows)
    suspects = [name for name in sorted(rows) if _contradicts(agreements, name, rows)]
    # Where most spans contradict the others, nothing tells who is right.
    if not suspects or np.median([*agreements.values()]) <= 0:
        return
    column_predictions = {
        name: _predicted_by_column(features[name].to_numpy(), truth, fold)
        for name in features.columns
    }
    column_agreements = {
        name: _agreement(truth, predicted, rows) for name, predicted in column_predictions.items()
    }
    for name in suspects:
        yield SuspectSpan(
            name,
            "contradicting_labels",
            "the labels of this span contradict those of all others: they rank with what others "
            f"foretell by {agreements[name]:+.2f}, elsewhere by {_usual(agreements, name)[0]:+.2f}",
            doubt=_doubt(column_agreements, column_predictions, name, rows),
        )


def _few_classes(label: pd.Series) -> pd.Series:
    """The rarer classes are taken as one: trees for each of a thousand would take minutes."""
    usual = label.value_counts().index[:_MOST_CLASSES]
    return label.where(label.isin(usual), -1)


def _folds(span: pd.Series) -> Indices:
    numbers = {name: place % _FOLDS for place, name in enumerate(sorted(span.unique()))}
    return span.map(numbers).to_numpy(np.intp)


def _contradicts(agreements: dict[str, float], name: str, rows: dict[str, Indices]) -> bool:
    p_value = float(ndtr(agreements[name] * np.sqrt(len(rows[name]) - 1)))
    median, sigma = _usual(agreements, name)
    chance = 1 / np.sqrt(len(rows[name]) - 1)
    return (
        p_value * len(agreements) < _SIGNIFICANCE
        and agreements[name] <= -_STRENGTH * median
        and agreements[name] <= median - _DEVIATIONS * max(sigma, chance)
    )


def _usual(agreements: dict[str, float], name: str) -> tuple[float, float]:
    """The median of the other spans, and how far they are usually from it."""
    others = np.array([agreement for other, agreement in agreements.items() if other != name])
    median = float(np.median(others))
    return median, _MAD_TO_SIGMA * float(np.median(np.abs(others - median)))


def _doubt(
    column_agreements: dict[str, dict[str, float]],
    column_predictions: dict[str, Floats],
    name: str,
    rows: dict[str, Indices],
) -> str:
    if len(rows) < SURE_SPANS:
        return f"there are only {len(rows)} spans to compare"
    edge = _COLUMN_SIGMAS / np.sqrt(len(rows[name]) - 1)
    telling = {
        column: agreements[name]
        for column, agreements in column_agreements.items()
        if _usual(agreements, name)[0] > edge
    }
    agreeing = [column for column, agreement in telling.items() if agreement > edge]
    if agreeing:
        return f"{agreeing[0]} still tells the label as elsewhere"
    against = [
        (column_predictions[column] - column_predictions[column].mean(axis=0)).ravel()
        for column, agreement in telling.items()
        if agreement < -edge
    ]
    if len(against) < 2 or np.abs(np.corrcoef(against)).min() > _SAME:
        return "no two columns say so that tell different things"
    return ""


def _predicted(features: pd.DataFrame, label: Any, fold: Indices, task: Task) -> Floats:
    """What is predicted for each row by trees that know other spans only: a column for each class."""
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    values, classes = features.to_numpy(), np.unique(label)
    predictions = np.zeros((len(label), 1 if task == "regression" else len(classes)))
    with threadpool_limits(limits=1):
        for number in range(_FOLDS):
            held_out = fold == number
            if len(np.unique(label[~held_out])) < 2:
                continue
            # The trees of scikit-learn cannot be fitted to a column that is null throughout.
            has_values = np.isfinite(values[~held_out]).any(axis=0)
            if not has_values.any():
                continue
            model = kind(max_iter=30, max_leaf_nodes=15, early_stopping=False, random_state=0)
            model.fit(values[np.ix_(~held_out, has_values)], label[~held_out])
            held_out_values = values[np.ix_(held_out, has_values)]
            if task == "regression":
                predictions[held_out, 0] = model.predict(held_out_values)
            else:
                places = np.searchsorted(classes, model.classes_)
                predictions[np.ix_(held_out, places)] = model.predict_proba(held_out_values)
    return predictions


def _predicted_by_column(values: Floats, truth: Floats, fold: Indices) -> Floats:
    """What one column alone tells: the mean label of other spans' rows in the same bin."""
    finite = values[np.isfinite(values)]
    inner = np.linspace(0, 1, _BINS + 1)[1:-1]
    edges = np.unique(np.quantile(finite, inner)) if len(finite) else finite
    bins = np.where(np.isfinite(values), np.searchsorted(edges, values), _BINS)
    predictions = np.zeros(truth.shape)
    for number in range(_FOLDS):
        learnt, held_out = fold != number, fold == number
        rows = np.bincount(bins[learnt], minlength=_BINS + 1)
        for place in range(truth.shape[1]):
            sums = np.bincount(bins[learnt], truth[learnt, place], _BINS + 1)
            means = np.where(rows > 0, sums / np.maximum(rows, 1), truth[learnt, place].mean())
            predictions[held_out, place] = means[bins[held_out]]
    return predictions


def _indicators(label: pd.Series) -> Floats:
    return np.asarray(label.to_numpy()[:, None] == np.unique(label)[None, :], np.float64)


def _agreement(truth: Floats, predicted: Floats, rows: dict[str, Indices]) -> dict[str, float]:
    return {
        name: _rank_correlation(truth[places], predicted[places]) for name, places in rows.items()
    }


def _rank_correlation(truth: Floats, predicted: Floats) -> float:
    """Spearman's correlation of labels and predictions, 0 where none varies.

    Of several classes the mean, in which each weighs as much as its indicator varies.
    """
    ranks = [rankdata(values, axis=0) - (len(values) + 1) / 2 for values in (truth, predicted)]
    scale = np.sqrt((ranks[0] ** 2).sum(axis=0) * (ranks[1] ** 2).sum(axis=0))
    varies = scale > 0
    if not varies.any():
        return 0.0
    correlations = (ranks[0] * ranks[1]).sum(axis=0)[varies] / scale[varies]
    return float(np.average(correlations, weights=truth[:, varies].var(axis=0)))
