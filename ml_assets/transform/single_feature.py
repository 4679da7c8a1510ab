"""Finds features that, alone, predict the label better than real ones do: most often they tell it.

A copy of the label is the plainest leak; others are many to one (a reason that is given only where
something was wrong), a threshold of a number, or true but for a few rows. So each feature alone becomes
bins, and the label's rate in a bin, learnt on one half of the training rows, predicts the other half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ml_assets.transform.leakage import REMEDY
from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.spec import TransformSpec

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Labels = npt.NDArray[Any]

# The measure from which a single feature is suspected.
SUSPECT = {"ROC AUC": 0.995, "balanced accuracy": 0.995, "R2 of ranks": 0.99}
_MAX_BINS = 200
_ROWS_PER_BIN = 10
_PRIOR_ROWS = 0.1
_MIN_ROWS = 50
_MIN_IN_CLASS = 10
# With fewer rows, a real feature may tell classes that lie far apart (iris) in every row.
_MIN_ROWS_TO_REFUSE = 200
_MAX_ROWS = 50_000


@dataclass(frozen=True)
class Telling:
    """Raw columns that tell the label.

    Attributes
    ----------
    certain : mapping of str to str
        Those that tell it in every training row, with the reason.
    suspected : mapping of str to str
        Those that nearly do.
    """

    certain: Mapping[str, str] = field(default_factory=dict)
    suspected: Mapping[str, str] = field(default_factory=dict)


def find_telling(
    features: Sequence[FeatureColumn],
    matrix: Floats,
    label: Labels,
    spec: TransformSpec,
) -> Telling:
    """Look at every feature alone.

    Parameters
    ----------
    features : sequence of FeatureColumn
        The features.
    matrix : ndarray
        Their values in the training split, one column each.
    label : ndarray
        The label of the same rows: whole numbers for classes, fractions for a regression.
    spec : TransformSpec
        The `transform` part of the YAML. A column that `known_before` names is not reported.

    Returns
    -------
    Telling
        Nothing where there are fewer than 50 rows, or fewer than 10 of a class.
    """
    classes = None if label.dtype.kind == "f" else np.unique(label, return_inverse=True)[1]
    if len(label) < _MIN_ROWS or (classes is not None and _is_rare(classes)):
        return Telling()
    certain, suspected = {}, {}
    for position, feature in enumerate(features):
        if spec.is_known_before(feature.sources):
            continue
        values = matrix[:, position]
        if classes is not None and _tells_all(values, classes):
            certain[feature.source] = (
                f"alone tells the label in each of {len(label):,} training rows"
            )
        elif reason := _suspicion(values, label if classes is None else classes, classes is None):
            suspected[feature.source] = reason
    return Telling(
        certain, {name: reason for name, reason in suspected.items() if name not in certain}
    )


def predictiveness(values: Floats, label: Labels, is_number: bool) -> tuple[str, float]:
    """Give how well a feature alone predicts the label, by the rates of its bins, cross-fitted.

    Parameters
    ----------
    values : ndarray
        The feature; NaN, where it is missing, is a bin of its own.
    label : ndarray
        Numbers, or codes of classes from 0.
    is_number : bool
        Whether the label is a number.

    Returns
    -------
    (str, float)
        ``R2 of ranks`` for a number, since bins are coarse where numbers are rare; ``ROC AUC`` for two
        classes, ``balanced accuracy`` for more. It is the mean over the two halves.
    """
    bins = _bins(values)
    halves = np.arange(len(label)) % 2 == 0
    if is_number:
        name, measure = "R2 of ranks", _r2
        label = np.searchsorted(np.sort(label), label)
    else:
        name, measure = ("ROC AUC", _auc) if label.max() < 2 else ("balanced accuracy", _accuracy)
    scores = [
        measure(bins[fitted], label[fitted], bins[~fitted], label[~fitted])
        for fitted in (halves, ~halves)
    ]
    return name, float(np.mean(scores))


def describe_suspected(suspected: Mapping[str, str], features: int) -> str:
    """Say in one sentence which features are suspected, and what to do next."""
    if not suspected:
        return (
            f"none of {features} features alone predicts the label suspiciously well, or is later"
        )
    reasons = "; ".join(f"'{name}' {reason}" for name, reason in suspected.items())
    return f"{reasons}. {REMEDY}"


def _is_rare(classes: Codes) -> bool:
    counts = np.bincount(classes)
    return len(counts) < 2 or int(counts.min()) < _MIN_IN_CLASS


def _suspicion(values: Floats, label: Labels, is_number: bool) -> str | None:
    step = -(-len(label) // _MAX_ROWS)
    name, score = predictiveness(values[::step], label[::step], is_number)
    if score < SUSPECT[name]:
        return None
    return f"alone predicts the label with {name} {score:.4f}"


def _tells_all(values: Floats, classes: Codes) -> bool:
    """Whether each value, and each long run of values in order, belongs to one class.

    Every run must be as long as chance rarely makes one.
    """
    if len(values) < _MIN_ROWS_TO_REFUSE:
        return False
    # The first rows decide for nearly every column.
    head = slice(0, _MIN_ROWS_TO_REFUSE)
    runs = _pure_runs(values[head], classes[head])
    if not 0 < len(runs) <= _MIN_ROWS_TO_REFUSE // _MIN_IN_CLASS:
        return False
    runs = _pure_runs(values, classes)
    return len(runs) > 0 and int(runs.min()) >= _MIN_IN_CLASS


def _pure_runs(values: Floats, classes: Codes) -> Codes:
    """How many rows in order of their values belong to one class; nothing if a value has two."""
    order = np.lexsort((classes, values))
    ordered, label = values[order], classes[order]
    is_tie = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    is_change = label[1:] != label[:-1]
    if (is_tie & is_change).any():
        return np.empty(0, dtype=np.int64)
    return np.diff([0, *(np.flatnonzero(is_change) + 1), len(label)])


def _bins(values: Floats) -> Codes:
    """The bin of each value: one for each of a few values, else quantiles; one for the missing."""
    missing = np.isnan(values)
    known = values[~missing]
    max_bins = int(np.clip(len(values) // _ROWS_PER_BIN, 2, _MAX_BINS))
    edges = np.unique(known)
    if len(edges) > max_bins:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, max_bins + 1)[1:-1]))
    # A bin ends with its edge, so that a value that many rows have stands alone.
    bins: Codes = np.searchsorted(edges, values, side="left").astype(np.int64)
    bins[missing] = len(edges) + 1
    return bins


def _rates(bins: Codes, label: Labels, count: int) -> Floats:
    """The mean label of each bin; that of all rows where a bin is empty, and a little of it elsewhere."""
    rows = np.bincount(bins, minlength=count)
    sums = np.bincount(bins, weights=label.astype(np.float64), minlength=count)
    rates: Floats = (sums + _PRIOR_ROWS * label.mean()) / (rows + _PRIOR_ROWS)
    return rates


def _auc(bins: Codes, label: Labels, others: Codes, truth: Labels) -> float:
    """The area under the ROC curve of the bins' rates, from the counts of both classes in each."""
    count = int(max(bins.max(), others.max())) + 1
    _, rank = np.unique(_rates(bins, label, count), return_inverse=True)
    positive = np.bincount(rank[others], weights=truth, minlength=count)
    negative = np.bincount(rank[others], weights=1 - truth, minlength=count)
    if not positive.sum() or not negative.sum():
        return 0.5
    below = np.cumsum(negative) - negative
    area = (positive * (below + negative / 2)).sum()
    return float(area / (positive.sum() * negative.sum()))


def _accuracy(bins: Codes, label: Labels, others: Codes, truth: Labels) -> float:
    """The mean share of each class that the most frequent class of its bin names."""
    count, classes = int(max(bins.max(), others.max())) + 1, int(max(label.max(), truth.max())) + 1
    table = np.bincount(bins * classes + label, minlength=count * classes).reshape(count, classes)
    right = table.argmax(axis=1)[others] == truth
    rows = np.bincount(truth, minlength=classes)
    shares = np.bincount(truth, weights=right, minlength=classes)[rows > 0] / rows[rows > 0]
    return float(shares.mean())


def _r2(bins: Codes, label: Labels, others: Codes, truth: Labels) -> float:
    count = int(max(bins.max(), others.max())) + 1
    residuals = truth - _rates(bins, label, count)[others]
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float((residuals**2).sum()) / spread if spread else 0.0
