"""Two columns whose contents changed places: each now looks like the other did."""

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from ml_assets.validation.moves.move import Pair
from ml_assets.validation.side import Side

# Exchanged, both must agree so much better than as they are; and be so far apart as they are.
_MAX_REST = 0.25
_LEAST_SHIFT, _LEAST_SHARE = 0.03, 0.05
# Of more columns that moved, those that moved most would have to be chosen first.
_MOST, _MOST_TEXTS, _MOST_LISTED = 64, 16, 300


def swapped(pairs: Mapping[str, Pair]) -> dict[str, str]:
    """Find the columns that changed places, among those that moved beyond chance.

    Parameters
    ----------
    pairs : mapping of str to Pair
        By column.

    Returns
    -------
    dict of str to str
        For each of two such columns the other one.
    """
    numbers = [name for name, pair in pairs.items() if _has_quantiles(pair)][:_MOST]
    own = {name: _own_apart(pair) for name, pair in pairs.items() if pair.texts is not None}
    texts = [name for name in sorted(own, key=lambda name: -own[name]) if own[name] > _LEAST_SHARE]
    texts = texts[:_MOST_TEXTS]
    partners: dict[str, str] = {}
    for names, apart, least in (
        (numbers, _numbers_apart(pairs, numbers), _LEAST_SHIFT),
        (texts, _texts_apart(pairs, texts), _LEAST_SHARE),
    ):
        for first, second in _exchanged(apart, least):
            if names[first] not in partners and names[second] not in partners:
                partners |= {names[first]: names[second], names[second]: names[first]}
    return partners


def _exchanged(apart: np.ndarray, least: float) -> list[tuple[int, int]]:
    own = np.diag(apart)
    return [
        (first, second)
        for first in range(len(apart))
        for second in range(first)
        if min(own[first], own[second]) > least
        and apart[first, second] <= _MAX_REST * own[first]
        and apart[second, first] <= _MAX_REST * own[second]
    ]


def _has_quantiles(pair: Pair) -> bool:
    sides = pair.reference.feature.numeric, pair.current.feature.numeric
    return all(side is not None and side.quantiles and side.std_dev for side in sides)


def _numbers_apart(pairs: Mapping[str, Pair], names: Sequence[str]) -> np.ndarray:
    """How far each current column is from each reference one, in the current's standard deviations."""
    if len(names) < 2:
        return np.zeros((0, 0))
    sides = [
        (pairs[name].reference.feature.numeric, pairs[name].current.feature.numeric)
        for name in names
    ]
    before = np.array([old.quantiles[1:-1] for old, _ in sides if old], np.float64)
    now = np.array([new.quantiles[1:-1] for _, new in sides if new], np.float64)
    spread = np.array([new.std_dev for _, new in sides if new], np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.abs(now[:, None, :] - before[None, :, :]).mean(axis=2) / spread[:, None]
    result: np.ndarray = np.nan_to_num(apart, nan=np.inf)
    return result


def _texts_apart(pairs: Mapping[str, Pair], names: Sequence[str]) -> np.ndarray:
    """Half the sum of the differences of the shares of the listed texts."""
    if len(names) < 2:
        return np.zeros((0, 0))
    before, now = (
        [_frequent(side) for side in sides]
        for sides in zip(
            *((pairs[name].reference, pairs[name].current) for name in names), strict=True
        )
    )
    return np.array([[_apart(one, other) for other in before] for one in now])


def _own_apart(pair: Pair) -> float:
    if pair.texts is None:
        return 0.0
    old_rows, new_rows = max(1, pair.reference.there), max(1, pair.current.there)
    return 1 - float(
        np.minimum(pair.texts.reference / old_rows, pair.texts.current / new_rows).sum()
    )


def _frequent(side: Side) -> dict[str, float]:
    """The shares of the most frequent texts, of all of these."""
    kept = dict(islice(side.listed.items(), _MOST_LISTED))
    total = max(1, sum(kept.values()))
    return {text: count / total for text, count in kept.items()}


def _apart(one: dict[str, float], other: dict[str, float]) -> float:
    shared = sum(min(share, other[text]) for text, share in one.items() if text in other)
    return 1 - shared
