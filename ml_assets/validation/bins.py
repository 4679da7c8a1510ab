"""Puts two columns' statistics into the same bins, with one for missing values.

Numbers: between quantiles of the reference; a value that fills several of them gets a bin of its own.
Texts: the values that are most frequent on both sides together, one bin for the others, and one for those
that the reference does not know. Timestamps: the hours of the day; dates: the days of the week; a later
span always has later times, so their position on the time line is no drift.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.statistics.points import Array, Points
from ml_assets.statistics.semantic_type import may_identify
from ml_assets.validation.evidence import MIN_POOLED
from ml_assets.validation.side import Side, Texts, texts_of

# Of the quantiles, which are 5 % apart: all inner ones, and those that cut off tails and quarters.
FINE, COARSE = tuple(range(1, 20)), (1, 5, 10, 15, 19)
MAX_CATEGORIES = 50
MISSING, OTHER, NEW, INFINITE = "missing", "other values", "new values", "infinite"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS = tuple(f"{hour}:00 to {hour}:59" for hour in range(24))


@dataclass(frozen=True)
class Bins:
    """The same bins on two sides.

    Attributes
    ----------
    reference, current : ndarray of float64
        The rows in each bin; the last one is of the missing values.
    name : callable
        Gives the `labels`: most bins are never shown.
    """

    reference: Array
    current: Array
    name: Callable[[], Sequence[str]]

    @property
    def labels(self) -> tuple[str, ...]:
        """What is in each bin, for a person."""
        return (*self.name(), MISSING)


def bins_of_sides(reference: Side, current: Side) -> Bins:
    """Give the bins of two columns of one kind: numbers (fine ones), texts or times."""
    if reference.kind == current.kind == "numbers":
        return bins_of_numbers(reference, current, FINE)
    if reference.kind == current.kind == "texts":
        return bins_of_texts(reference, current, texts_of(reference, current))
    if reference.kind == current.kind == "times":
        return bins_of_times(reference, current)
    counts = np.array([reference.there]), np.array([current.there])
    return _with_missing(*counts, reference, current, lambda: ["a value"])


def bins_of_numbers(reference: Side, current: Side, places: Sequence[int]) -> Bins:
    """Give the bins between the reference's quantiles."""
    return _bins_between(reference, current, _edges(reference.feature.numeric, places))


def fine_and_coarse(reference: Side, current: Side) -> tuple[Bins, Bins]:
    """Give the fine bins of numbers, and the coarse ones, which are joined fine ones."""
    numeric = reference.feature.numeric
    edges, kept = _edges(numeric, FINE), _edges(numeric, COARSE)
    fine = _bins_between(reference, current, edges)
    starts = [
        0,
        *(edges.index(edge) + 1 for edge in kept),
        *range(len(edges) + 1, len(fine.reference)),
    ]
    before, now = (np.add.reduceat(side, starts) for side in (fine.reference, fine.current))
    has_infinite = len(fine.reference) > len(edges) + 2
    return fine, Bins(before, now, lambda: _intervals(kept, has_infinite))


def _bins_between(reference: Side, current: Side, edges: list[float]) -> Bins:
    before, now = (_rows_between(side, np.array(edges)) for side in (reference, current))
    infinite = [side.feature.numeric.num_inf for side in (reference, current)]  # type: ignore[union-attr]
    if any(infinite):
        before, now = np.append(before, infinite[0]), np.append(now, infinite[1])
    return _with_missing(before, now, reference, current, lambda: _intervals(edges, any(infinite)))


def _intervals(edges: list[float], has_infinite: bool) -> list[str]:
    labels = [_interval(low, high) for low, high in itertools.pairwise([None, *edges, None])]
    return [*labels, INFINITE] if has_infinite else labels


def bins_of_texts(reference: Side, current: Side, texts: Texts) -> Bins:
    """Give a bin to each of the most frequent texts, one to the others, and one to the new ones."""
    # Chosen by what both sides have together: else chance would choose for one side.
    shown = _largest(texts.reference + texts.current, MAX_CATEGORIES)
    before, now = texts.reference[shown], texts.current[shown]
    new = 0.0
    if not reference.unlisted:
        new = float(texts.current[texts.num_known :].sum() - now[shown >= texts.num_known].sum())
    if len(shown) < len(texts.names) or reference.unlisted or current.unlisted:
        others = [
            max(0.0, reference.there - before.sum()),
            max(0.0, current.there - now.sum() - new),
        ]
        before, now = np.append(before, (others[0], 0.0)), np.append(now, (others[1], new))

    def name() -> list[str]:
        is_hidden = may_identify(reference.feature) or may_identify(current.feature)
        labels = ["a value" if is_hidden else repr(texts.names[place][:40]) for place in shown]
        return [*labels, OTHER, NEW][: len(before)]

    return _with_missing(before, now, reference, current, name)


def for_evidence(bins: Bins, texts: Texts) -> Bins:
    """Join what chance chose with the other values: new texts, and rare ones where not all are shown.

    Parameters
    ----------
    bins : Bins
        As `bins_of_texts` gives them.
    texts : Texts
        The texts in them.
    """
    shown = min(len(texts.names), MAX_CATEGORIES)
    if len(bins.reference) <= shown + 1:
        return bins
    kept = np.flatnonzero((bins.reference + bins.current)[:shown] >= MIN_POOLED)
    before, now = (
        np.concatenate((side[kept], [side[:-1].sum() - side[kept].sum()], side[-1:]))
        for side in (bins.reference, bins.current)
    )
    return Bins(before, now, lambda: [*(bins.labels[place] for place in kept), OTHER])


def bins_of_times(reference: Side, current: Side) -> Bins:
    """Give the hours of the day, or of dates the days of the week."""
    one, other = reference.feature.time, current.feature.time
    hours = (one.hours, other.hours) if one and other else ((), ())
    days = (one.weekdays, other.weekdays) if one and other else ((), ())
    labels, counts = (_HOURS, hours) if all(hours) else (DAYS, days)
    before, now = (np.array(side, np.float64) for side in counts)
    return _with_missing(before, now, reference, current, lambda: labels)


def num_missing(feature: FeatureStatistics) -> int:
    """How many rows have no value; NaN is none."""
    return feature.num_missing + (feature.numeric.num_nan if feature.numeric else 0)


def points_of(statistics: NumericStatistics) -> Points:
    """Give the stored distribution as weighted points."""
    values, counts = statistics.points
    return Points(values, counts.astype(np.int64))


def _with_missing(
    before: Array, now: Array, reference: Side, current: Side, name: Callable[[], Sequence[str]]
) -> Bins:
    sides = [np.empty(len(before) + 1), np.empty(len(now) + 1)]
    for side, counts, missing in zip(
        sides, (before, now), (reference.missing, current.missing), strict=True
    ):
        side[:-1], side[-1] = counts, missing
    return Bins(sides[0], sides[1], name)


def _largest(counts: Array, most: int) -> Array:
    """The places of the largest counts, largest first; of equal ones the first."""
    if len(counts) > most:
        least = np.partition(counts, -most)[-most]
        places = np.flatnonzero(counts >= least)
    else:
        places = np.arange(len(counts))
    shown: Array = places[np.argsort(-counts[places], kind="stable")][:most]
    return shown


def _rows_between(side: Side, edges: Array) -> Array:
    """The rows up to the first edge, between the edges, and above the last one."""
    reached = np.empty(len(edges) + 2)
    reached[0], reached[-1] = 0.0, side.ends[-1]
    reached[1:-1] = side.up_to(edges)
    rows: Array = reached[1:] - reached[:-1]
    return rows


def _edges(numeric: NumericStatistics | None, places: Sequence[int]) -> list[float]:
    """The inner edges; below a value that fills a bin, one more, so that it stands alone."""
    quantiles = numeric.quantiles if numeric else ()
    inner = [float(quantiles[place]) for place in places if quantiles]
    heavy = {edge for edge, following in itertools.pairwise(inner) if edge == following}
    return sorted({*inner, *(math.nextafter(edge, -math.inf) for edge in heavy)})


def _interval(low: float | None, high: float | None) -> str:
    if low is None:
        return "any number" if high is None else f"up to {high:.6g}"
    if high is None:
        return f"above {low:.6g}"
    return f"{high:.6g}" if np.nextafter(high, -np.inf) == low else f"{low:.6g} to {high:.6g}"
