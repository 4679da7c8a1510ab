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
    blanks = {
        name: np.array(sorted(placeholders(column)), np.int64) for name, column in columns.items()
    }
    sizes = {name: len(column.values) for name, column in columns.items()}
    wanted = sorted({name for dependency in dependencies for name in columns_of(dependency)})
    pairs: dict[Dependency, tuple[Any, Any]] = {
        dependency: (np.empty(0, np.int64), np.empty(0, np.int64)) for dependency in dependencies
    }
    left_out: dict[str, str] = {}
    for batch in source.batches(wanted) if wanted else ():
        codes = {name: codes_of(simplified(batch.column(name)), columns[name]) for name in wanted}
        seen = {
            name: np.where(np.isin(codes[name], blanks[name]), -1, codes[name]) for name in wanted
        }
        for dependency in list(pairs):
            mixed = {name: seen[name] for name in dependency.determinant} | {
                dependency.dependent: codes[dependency.dependent]
            }
            joint = joint_codes(mixed, columns_of(dependency), sizes)
            pairs[dependency] = _add(*pairs[dependency], joint[joint >= 0])
            if len(pairs[dependency][0]) > MAX_PAIRS:
                left_out[dependency.name] = f"more than {MAX_PAIRS:,} different pairs of values"
                del pairs[dependency]
    return [_votes(dependency, sizes, *counted) for dependency, counted in pairs.items()], left_out


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
    fitted = Dependency(
        dependency.determinant, dependency.dependent, dependency.given, fit.agreement
    )
    return Votes(fitted, pairs, vote, weight, confirmed, counts, total, usual[group], most)


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
    for voter, joint in zip(votes, joints, strict=True):
        places, is_found = voter.find(joint)
        if len(voter.pairs):
            weight = np.where(is_found, voter.weight[places], 0.0)
            against += weight * voter.vote[places]
            supported += weight * voter.confirmed[places]
            weights += weight
    return against / (weights + _DOUBT), supported / (weights + _CONFIRMATION_DOUBT)
