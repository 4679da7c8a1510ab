"""How strongly two partitions of the rows are associated, from their contingency table."""

import numpy as np
from scipy.special import gammaln, xlogy

from ml_assets.statistics.points import Array

# Above this mean the distribution of a cell is so narrow that its variance tells all.
_LARGE_MEAN = 1000.0
_WIDTHS = 12.0


def entropy(counts: Array) -> float:
    """Give the entropy of a partition in nats."""
    total = counts.sum()
    return float(np.log(total) - xlogy(counts, counts).sum() / total) if total else 0.0


def mutual_information(table: Array) -> float:
    """Give the mutual information of rows and columns in nats."""
    found = entropy(table.sum(axis=0)) + entropy(table.sum(axis=1)) - entropy(table.ravel())
    return max(0.0, found)


def expected_mutual_information(rows: Array, columns: Array) -> float:
    """Give the mutual information that chance makes of such margins, in nats.

    Vinh, Epps and Bailey (2010), equation 24. Cells with equal margins are computed once, and of a large
    cell only what lies within twelve standard deviations, or its variance.

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


def adjusted_mutual_information(table: Array) -> float:
    """Give the mutual information beyond chance, over the mean entropy beyond chance; at most 1.

    It is sklearn's ``adjusted_mutual_info_score`` of the two partitions.
    """
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    mean = (entropy(rows) + entropy(columns)) / 2
    return _beyond_chance(table, mean)


def told_share(table: Array) -> float:
    """Give the share of the columns' uncertainty that the rows take away, beyond chance; at most 1."""
    return _beyond_chance(table, entropy(table.sum(axis=0)))


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


def _beyond_chance(table: Array, most: float) -> float:
    chance = expected_mutual_information(table.sum(axis=1), table.sum(axis=0))
    room = most - chance
    if room <= 1e-12:
        return 0.0
    return float(min(1.0, (mutual_information(table) - chance) / room))


def _expected_cells(first: Array, second: Array, total: float) -> Array:
    """For cells with these margins, the expected summand of the mutual information."""
    mean = first * second / total
    variance = mean * (1 - first / total) * (total - second) / max(1.0, total - 1)
    expected: Array = variance / (2 * mean) / total
    small = np.flatnonzero(mean < _LARGE_MEAN)
    # In blocks of cells whose ranges are about equally long, so that memory stays small.
    wide = np.ceil(_WIDTHS * np.sqrt(variance) + _WIDTHS).astype(np.int64)
    order = small[np.argsort(wide[small])]
    for block in np.array_split(order, max(1, len(order) // 2000)):
        if len(block):
            expected[block] = _exact(first[block], second[block], mean[block], wide[block], total)
    return expected


def _exact(first: Array, second: Array, mean: Array, wide: Array, total: float) -> Array:
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
    found: Array = np.where(inside, terms, 0).sum(axis=1)
    return found
