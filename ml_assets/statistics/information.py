"""How strongly two partitions of the rows are associated, from their contingency table."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from ml_assets.statistics.points import Array

# Above this mean the distribution of a cell is so narrow that its first four moments tell all.
_LARGE_MEAN = 50.0
_WIDTHS = 12.0


def entropy(counts: Array) -> float:
    """Give the entropy of a partition in nats."""
    total = counts.sum()
    return float(np.log(total) - xlogy(counts, counts).sum() / total) if total else 0.0


def mutual_information(table: Array) -> float:
    """Give the mutual information of rows and columns in nats."""
    information = entropy(table.sum(axis=0)) + entropy(table.sum(axis=1)) - entropy(table.ravel())
    return max(0.0, information)


def expected_mutual_information(rows: Array, columns: Array) -> float:
    """Give the mutual information that chance makes of such margins, in nats.

    Vinh, Epps and Bailey (2010), equation 24. Cells with equal margins are computed once: a small one
    within twelve standard deviations, a large one from its moments.

    Parameters
    ----------
    rows, columns : ndarray of int
        The margins, with equal sums.
    """
    total = float(rows.sum())
    if total <= 1:
        return 0.0
    sizes, times = np.unique(rows[rows > 0], return_counts=True)
    others, other_times = np.unique(columns[columns > 0], return_counts=True)
    first, second = (side.ravel() for side in np.meshgrid(sizes, others, indexing="ij"))
    weights = np.outer(times, other_times).ravel()
    return float(weights @ _expected_cells(first.astype(float), second.astype(float), total))


@dataclass(frozen=True)
class Shared:
    """What rows and columns of a table tell of each other.

    Attributes
    ----------
    mutual_information : float
        In nats.
    adjusted : float
        Beyond chance, over the mean entropy beyond chance: sklearn's ``adjusted_mutual_info_score``.
    told : float
        Beyond chance, over the columns' entropy beyond chance: the share of their uncertainty that the
        rows take away.
    """

    mutual_information: float
    adjusted: float
    told: float


def shared_information(table: Array) -> Shared:
    """Give what rows and columns tell of each other; nothing where one side is constant."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    information, chance = mutual_information(table), expected_mutual_information(rows, columns)
    row_entropy, column_entropy = entropy(rows), entropy(columns)

    def beyond_chance(most: float) -> float:
        room = most - chance
        return min(1.0, (information - chance) / room) if room > 1e-12 else 0.0

    return Shared(
        information,
        beyond_chance((row_entropy + column_entropy) / 2),
        beyond_chance(column_entropy),
    )


def cramers_v(table: Array) -> float | None:
    """Give Cramér's V, 0 to 1, corrected for bias (Bergsma 2013); None where a side is constant."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.float64)
    (rows, columns), total = table.shape, table.sum()
    if min(rows, columns) < 2 or total < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    effect = ((table - expected) ** 2 / expected).sum() / total
    effect = max(0.0, effect - (rows - 1) * (columns - 1) / (total - 1))
    smaller = min(size - (size - 1) ** 2 / (total - 1) for size in (rows, columns)) - 1
    return float(min(1.0, np.sqrt(effect / smaller))) if smaller > 0 else None


def _expected_cells(first: Array, second: Array, total: float) -> Array:
    """For cells with these margins, the expected summand of the mutual information."""
    mean = first * second / total
    variance = mean * (1 - first / total) * (total - second) / max(1.0, total - 1)
    # Taylor's series of n log(n / mean) around the mean, for the hypergeometric distribution.
    third = variance * (total - 2 * first) * (total - 2 * second) / (total * max(1.0, total - 2))
    series = variance / 2 - third / (6 * mean) + variance**2 / (4 * mean**2)
    expected: Array = series / mean / total
    small = np.flatnonzero(mean < _LARGE_MEAN)
    # In blocks of cells whose ranges are about equally long, so that memory stays small.
    wide = np.ceil(_WIDTHS * np.sqrt(variance) + _WIDTHS).astype(np.int64)
    order = small[np.argsort(wide[small])]
    for block in np.array_split(order, max(1, len(order) // 2000)):
        if len(block):
            expected[block] = _exact_cells(
                first[block], second[block], mean[block], wide[block], total
            )
    return expected


def _exact_cells(first: Array, second: Array, mean: Array, wide: Array, total: float) -> Array:
    """The sum over the values that such a cell can have, each with its hypergeometric probability."""
    least = np.maximum(1, np.maximum(first + second - total, np.floor(mean) - wide))
    most = np.minimum(np.minimum(first, second), np.ceil(mean) + wide)
    cell = least[:, None] + np.arange(int((most - least).max(initial=0)) + 1)
    inside = cell <= most[:, None]
    cell = np.where(inside, cell, least[:, None])
    a, b = first[:, None], second[:, None]
    log_p = (
        gammaln(a + 1) + gammaln(b + 1) + gammaln(total - a + 1) + gammaln(total - b + 1)
        - gammaln(total + 1) - gammaln(cell + 1) - gammaln(a - cell + 1) - gammaln(b - cell + 1)
        - gammaln(np.maximum(total - a - b + cell, 0) + 1)
    )  # fmt: skip
    terms = cell / total * np.log(total * cell / (a * b)) * np.exp(log_p)
    sums: Array = np.where(inside, terms, 0).sum(axis=1)
    return sums
