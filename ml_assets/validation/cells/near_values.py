"""Typing errors: rare texts that lie close to a frequent one.

Close is nothing by itself: airports and postal codes are close to each other too. So what counts is
how often an established value of the column has another one as close; that is the chance against which
`posterior` weighs the sign. Every number in a text counts as the same, so that ``619 paxienxs`` lies
close to ``0 patients``, and ``35957`` is no typing error of ``35958``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.edit_distance import bag_distance, bags, edit_distance
from ml_assets.validation.cells.evidence import (
    Suspicion,
    estimated_error_rate,
    posterior,
    quoted,
    times,
    weakened,
)

# The frequent value must be this many times as frequent as the rare one.
RATIO = 10
MAX_RARE_FRACTION = 0.01
# Of one value no more rows than this share are slips; more near values are a family of their own.
MAX_SLIPS = 0.05
MAX_RARE, MAX_ESTABLISHED, MAX_ASKED = 5_000, 2_000, 300
MAX_CHARACTERS = 200
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class _Near:
    """The nearest of the values that a text is compared with."""

    place: int
    distance: int
    relative: float


@dataclass(frozen=True)
class _Texts:
    """Different texts, most frequent first, prepared for comparisons."""

    texts: Sequence[str]
    counts: Any
    bags: Any


def near_frequent_values(column: ColumnCounts) -> dict[int, Suspicion]:
    """Find the rare values of a text column that are close to a frequent one, by their place."""
    if column.kind != "text" or not column.is_complete or len(column.values) < 2:
        return {}
    texts = pc.utf8_slice_codeunits(column.values, 0, MAX_CHARACTERS).to_pylist()
    forms = [_NUMBER.sub("0", text) for text in texts]
    total: dict[str, int] = {}
    for form, count in zip(forms, column.counts.tolist(), strict=True):
        total[form] = total.get(form, 0) + count
    names = sorted(total, key=lambda form: (-total[form], form))
    judged = _judge_rare(names, np.array([total[name] for name in names]))
    near = {
        names[place]: (score, neighbour, names[neighbour.place])
        for place, (score, neighbour) in judged.items()
    }
    return {
        place: Suspicion(
            near[form][0],
            "near_frequent_value",
            _explain(text, form, near[form][2], near[form][1].distance, total),
            _with_numbers(near[form][2], text),
        )
        for place, (form, text) in enumerate(zip(forms, texts, strict=True))
        if form in near
    }


def _explain(text: str, form: str, near: str, distance: int, total: dict[str, int]) -> str:
    letters = "one letter" if distance == 1 else f"{distance} letters"
    rest = f"{quoted(near)} occurs {times(total[near])} and differs in {letters}"
    if form == text and "0" not in near:
        return f"{quoted(text)} occurs {times(total[form])}; {rest}"
    return (
        f"{quoted(text)} is of the form {quoted(form)}, which occurs {times(total[form])}; {rest} "
        "(0 is any number)"
    )


def _with_numbers(near: str, text: str) -> str | None:
    """The frequent form with the text's own numbers in it, if they are all there."""
    numbers = _NUMBER.findall(text)
    parts = near.split("0")
    whole = len(near) < MAX_CHARACTERS and len(_NUMBER.sub("0", text)) == len(near)
    if len(parts) != len(numbers) + 1 or (numbers and not whole) or len(near) >= MAX_CHARACTERS:
        return None
    return "".join(part + number for part, number in zip(parts, [*numbers, ""], strict=True))


def _judge_rare(texts: list[str], counts: Any) -> dict[int, tuple[float, _Near]]:
    """The score and the nearest frequent value of each rare text that has one; most frequent first."""
    rows = int(counts.sum())
    limit = max(2, int(MAX_RARE_FRACTION * rows))
    established = _established(texts, counts)
    rare = np.flatnonzero(counts <= limit)[:MAX_RARE].tolist()
    near = {place: _nearest(texts[place], int(counts[place]), established) for place in rare}
    neighbours = {place: neighbour for place, neighbour in near.items() if neighbour is not None}
    if not neighbours:
        return {}
    distances = _distances_of_established(established)
    slips = np.bincount(
        [neighbour.place for neighbour in neighbours.values()],
        weights=[int(counts[place]) for place in neighbours],
        minlength=len(established.texts),
    )
    judged = {}
    eligible = sum(int(counts[place]) * RATIO <= int(counts[0]) for place in rare)
    for place, neighbour in neighbours.items():
        chance = _chance(texts[place], neighbour, distances, len(established.texts))
        signs = sum(other.relative <= neighbour.relative for other in neighbours.values())
        rate = estimated_error_rate(signs, eligible, chance)
        # The same slip seldom happens again, and less so the longer it is.
        again = float(counts[place]) ** neighbour.distance
        too_many = slips[neighbour.place] / (1 + MAX_SLIPS * established.counts[neighbour.place])
        score = weakened(posterior(rate, chance), again * max(1.0, too_many) ** 2)
        judged[place] = (score, neighbour)
    return judged


def _established(texts: list[str], counts: Any) -> _Texts:
    """The frequent values: those that could have a rare one near, at most `MAX_ESTABLISHED`."""
    size = min(MAX_ESTABLISHED, int((counts >= RATIO).sum()))
    return _Texts(texts[:size], counts[:size], bags(texts[:size]))


def _nearest(text: str, count: int, established: _Texts) -> _Near | None:
    """The nearest value that is `RATIO` times as frequent, if one is within the distance of an error."""
    size = int(np.searchsorted(-established.counts, -count * RATIO, side="right"))
    return _nearest_of(text, established, range(size))


def _nearest_of(text: str, others: _Texts, places: range) -> _Near | None:
    allowed = max(1, len(text) // 3)
    if len(text) < 2 or not len(places):
        return None
    bound = bag_distance(bags([text])[0], others.bags[places.start : places.stop])
    best: _Near | None = None
    for place in np.argsort(bound, kind="stable").tolist():
        if bound[place] > (allowed if best is None else best.distance - 1):
            break
        distance = edit_distance(text, others.texts[places.start + place])
        if 0 < distance <= allowed and (best is None or distance < best.distance):
            longest = max(len(text), len(others.texts[places.start + place]))
            best = _Near(places.start + place, distance, distance / longest)
    return best


def _distances_of_established(established: _Texts) -> list[float]:
    """How close the established values are to one another: the relative distances of a sample of them.

    Values of which one is `RATIO` times as frequent are not compared: there one may be the error.
    """
    size = len(established.texts)
    sampled = np.unique(np.linspace(0, size - 1, min(size, MAX_ASKED)).astype(int)).tolist()
    distances = []
    for place in sampled:
        count = int(established.counts[place])
        first = int(np.searchsorted(-established.counts, -count * RATIO, side="right"))
        last = int(np.searchsorted(-established.counts, -count / RATIO, side="left"))
        nearest = _nearest_but_itself(place, established, first, last)
        distances.append(1.0 if nearest is None else nearest.relative)
    return distances


def _nearest_but_itself(place: int, established: _Texts, first: int, last: int) -> _Near | None:
    text = established.texts[place]
    parts = [
        _nearest_of(text, established, range(first, place)),
        _nearest_of(text, established, range(place + 1, last)),
    ]
    return min((part for part in parts if part), key=lambda near: near.relative, default=None)


def _chance(text: str, near: _Near, distances: list[float], values: int) -> float:
    """How often a genuine value has another one as close: counted, or by chance alone."""
    letters = 10 if sum(character.isdigit() for character in text) * 2 > len(text) else 26
    places = comb(len(text), min(near.distance, len(text)))
    expected = values * places * float(letters) ** (near.distance - len(text))
    close = sum(distance <= near.relative for distance in distances)
    return max(1 - exp(-expected), (close + 0.5) / (len(distances) + 3))
