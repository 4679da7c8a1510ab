"""The second pass: what the rows that share a determinant say of a cell.

Each dependency of a column votes on each of its cells: 0 if the value is the one that its group mostly
has, near 1 if it is the odd one out of a large group. The votes' weighted mean is the score, so that
one wrong city does not make a right county suspicious where street and telephone number confirm it. A
group of one row does not vote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.validation.cells.codes import codes_of, joint_codes
from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.dependencies import MIN_GROUP, Dependency, fit_of, groups_of
from ml_assets.validation.cells.placeholders import placeholders
from ml_assets.validation.cells.source import Source, simplified

GIVEN_WEIGHT = 3.0
# The weight of doubt: with few rows to go by, a mean of votes is pulled towards 0.
_DOUBT, _CONFIRMATION_DOUBT = 0.2, 0.5
# With a gain as high a dependency is one; below, a value that is usual in another group is no error.
FIRM_GAIN = 0.9
MAX_PAIRS = 1_000_000


@dataclass(frozen=True)
class Votes:
    """What a dependency says of each pair of a determinant's and a dependent's value.

    Attributes
    ----------
    dependency : Dependency
        With the share of all rows that obey it.
    pairs : ndarray of int64
        The pairs that occur, as joint codes, sorted.
    vote, weight, confirmed : ndarray
        How wrong the dependent value is, how much that counts, and how well it is confirmed, 0 to 1.
    counts, totals, usual : ndarray
        How often the pair occurs, its group's rows, and the dependent value that most of them have.
    usual_counts : ndarray
        How many have it.
    """

    dependency: Dependency
    pairs: Any
    vote: Any
    weight: Any
    confirmed: Any
    counts: Any
    totals: Any
    usual: Any
    usual_counts: Any

    def find(self, joint: Any) -> tuple[Any, Any]:
        """Give the places of joint codes in `pairs`, and which of them are there."""
        if not len(self.pairs):
            return np.zeros(len(joint), np.int64), np.zeros(len(joint), bool)
        places = np.minimum(np.searchsorted(self.pairs, joint), len(self.pairs) - 1)
        return places, self.pairs[places] == joint


def columns_of(dependency: Dependency) -> list[str]:
    """Give the columns of a dependency in the order of its joint codes."""
    return [*dependency.determinant, dependency.dependent]


def count_votes(
    source: Source, columns: Mapping[str, ColumnCounts], dependencies: Sequence[Dependency]
) -> tuple[list[Votes], dict[str, str]]:
    """Count the pairs of all rows; give what each dependency says, and which were left out and why.

    A value that stands for no value determines nothing, and is not counted.
    """
    blanks = {name: np.array(sorted(placeholders(one)), np.int64) for name, one in columns.items()}
    sizes = {name: len(one.values) for name, one in columns.items()}
    wanted = sorted({name for each in dependencies for name in columns_of(each)})
    pairs: dict[Dependency, tuple[Any, Any]] = {
        each: (np.empty(0, np.int64), np.empty(0, np.int64)) for each in dependencies
    }
    left_out: dict[str, str] = {}
    for batch in source.batches(wanted) if wanted else ():
        codes = {n: codes_of(simplified(batch.column(n)), columns[n]) for n in wanted}
        seen = {n: np.where(np.isin(codes[n], blanks[n]), -1, codes[n]) for n in wanted}
        for each in list(pairs):
            mixed = {n: seen[n] for n in each.determinant} | {each.dependent: codes[each.dependent]}
            joint = joint_codes(mixed, columns_of(each), sizes)
            pairs[each] = _add(*pairs[each], joint[joint >= 0])
            if len(pairs[each][0]) > MAX_PAIRS:
                left_out[each.name] = f"more than {MAX_PAIRS:,} different pairs of values"
                del pairs[each]
    return [_votes(each, sizes, *counted) for each, counted in pairs.items()], left_out


def _add(pairs: Any, counts: Any, joint: Any) -> tuple[Any, Any]:
    new, new_counts = np.unique(joint, return_counts=True)
    if not len(pairs):
        return new, new_counts
    merged, inverse = np.unique(np.concatenate([pairs, new]), return_inverse=True)
    both = np.concatenate([counts, new_counts])
    return merged, np.bincount(inverse, weights=both).astype(np.int64)


def _votes(dependency: Dependency, sizes: Mapping[str, int], pairs: Any, counts: Any) -> Votes:
    if not len(pairs):
        empty = np.empty(0)
        return Votes(dependency, pairs, empty, empty, empty, counts, counts, counts, counts)
    size = sizes[dependency.dependent]
    dependents = pairs % size
    starts, totals, agreeing = groups_of(pairs // size, counts)
    lengths = np.diff([*starts, len(pairs)])
    group = np.repeat(np.arange(len(starts)), lengths)
    total, most = totals[group], agreeing[group]
    first = np.flatnonzero(counts == most)
    usual = np.zeros(len(starts), np.int64)
    usual[group[first][::-1]] = dependents[first][::-1]
    fit = fit_of(totals, agreeing, _in_large(dependents, counts, total), int(counts.sum()))
    vote = _how_odd(counts, total, most, fit.agreement)
    vote[(usual[group] == dependents) & ~_is_tie(counts, most, group)] = 0.0
    if not dependency.given and fit.gain < FIRM_GAIN:
        home = np.zeros(size, bool)
        home[usual[(totals >= MIN_GROUP) & (agreeing > 1)]] = True
        vote[home[dependents]] = 0.0
    weight = (total - 1) / (total + 1) * (GIVEN_WEIGHT if dependency.given else 1.0)
    is_confirmed = (dependents == usual[group]) & (counts >= MIN_GROUP)
    confirmed = np.where(is_confirmed, (counts - 1) / total, 0.0)
    known = Dependency(
        dependency.determinant, dependency.dependent, dependency.given, fit.agreement
    )
    return Votes(known, pairs, vote, weight, confirmed, counts, total, usual[group], most)


def _in_large(dependents: Any, counts: Any, total: Any) -> Any:
    large = total >= MIN_GROUP
    return np.bincount(dependents[large], weights=counts[large], minlength=1)


def _how_odd(counts: Any, total: Any, most: Any, agreement: float) -> Any:
    """The vote of a value that is not the usual one: less, the more rows have it than errors explain."""
    expected = 1 + 3 * min(0.05, 1 - agreement) * total
    return most / (most + counts) * np.minimum(1.0, expected / counts)


def _is_tie(counts: Any, most: Any, group: Any) -> Any:
    """Whether another value of the group is as frequent as its most frequent one."""
    leaders = np.bincount(group, weights=counts == most)
    return (counts == most) & (leaders[group] > 1)


def tally(votes: Sequence[Votes], joints: Sequence[Any], rows: int) -> tuple[Any, Any]:
    """Give for each row how wrong its cell is by all votes of one column, and how well confirmed."""
    against, supported, weights = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for each, joint in zip(votes, joints, strict=True):
        places, known = each.find(joint)
        if len(each.pairs):
            weight = np.where(known, each.weight[places], 0.0)
            against += weight * each.vote[places]
            supported += weight * each.confirmed[places]
            weights += weight
    return against / (weights + _DOUBT), supported / (weights + _CONFIRMATION_DOUBT)
