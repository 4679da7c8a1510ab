"""Texts that one side has and the other hardly has; of wide columns also their length and their form."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ml_assets.statistics.points import Array
from ml_assets.validation.evidence import p_value_of_shares, p_value_unseen
from ml_assets.validation.moves.move import HARDLY, Move, Pair
from ml_assets.validation.side import Side, Texts

_MOST_NAMED = 3
# Of a column that lists its frequent texts only: a new one must be so far beyond chance.
_CLEARLY = 1e-9
# So many of the most frequent texts show the form of a wide column, and so many more must have it.
_LOOKED_AT, _MUCH = 32, 0.6
_FORMS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("in capitals", str.isupper),
    ("in small letters", str.islower),
    ("digits only", str.isdigit),
    ("with spaces around them", lambda text: text != text.strip()),
    ("in ASCII", str.isascii),
)


def unknown_share(texts: Texts, reference: Side, current: Side) -> float:
    """Give the share of the current rows with texts that the reference surely does not have."""
    if reference.unlisted:
        return 0.0
    return float(texts.current[texts.num_known :].sum()) / max(1, current.rows)


def text_moves(pair: Pair) -> Iterator[Move]:
    """New texts and gone ones; of wide columns also another length or form."""
    texts, reference, current = pair.texts, pair.reference, pair.current
    if texts is None or not reference.there or not current.there:
        return
    new = np.arange(texts.num_known, len(texts.names))
    gone = np.flatnonzero(~texts.is_there[: texts.num_known])
    yield from _one_sided(pair, texts.current, texts.reference, new, (current, reference))
    yield from _one_sided(pair, texts.reference, texts.current, gone, (reference, current))
    if reference.unlisted or current.unlisted:
        yield from _length(pair)
        yield from _form(pair)


def looks_otherwise(pair: Pair) -> bool:
    """Whether the length or the form of the texts changed much."""
    return any(move.size > 1 for moves in (_length, _form) for move in moves(pair))


def largest_change(texts: Texts, pair: Pair) -> float:
    """By how much the share of one text, or of the missing values, changed; 0 to 1."""
    old_rows, new_rows = max(1, pair.reference.rows), max(1, pair.current.rows)
    change = np.abs(texts.current / new_rows - texts.reference / old_rows).max(initial=0.0)
    return max(
        float(change), abs(pair.current.missing / new_rows - pair.reference.missing / old_rows)
    )


def _one_sided(
    pair: Pair, much: Array, little: Array, places: Array, sides: tuple[Side, Side]
) -> Iterator[Move]:
    """Texts that the first of two sides lists and the other does not."""
    side, other = sides
    if not len(places):
        return
    if other.unlisted:
        tries = len(places)
        places = places[little[places] / other.there <= HARDLY * much[places] / side.there]
        p_values = p_value_of_shares(little[places], much[places], other.there, side.there)
        places = places[p_values <= _CLEARLY]
        p_value = _CLEARLY * tries
        rows = float(much[places].sum())
    else:
        singletons = int(np.count_nonzero(other.counts == 1))
        rows = float(much[places].sum())
        p_value = p_value_unseen(rows, side.there, singletons, other.there)
    if not rows:
        return
    share = rows / max(1, side.rows)
    kind = "new values" if side is pair.current else "gone values"
    text = _text(pair, places, much / max(1, side.rows), kind, share)
    yield Move(kind, text, share / pair.new_limit, p_value)


def _text(pair: Pair, places: Array, shares: Array, kind: str, share: float) -> str:
    names = pair.texts.names if pair.texts else []
    if pair.hides_values:
        values = f"values ({len(places):,}, not shown)"
    else:
        values = f"values: {_most(names, places, shares)}"
    if kind == "new values":
        return f"{share:.1%} of the rows have new {values}"
    return f"{values[:6]} of {share:.1%} of the rows are gone{values[6:]}"


def _most(names: Sequence[str], places: Array, shares: Array) -> str:
    most = places[np.argsort(-shares[places], kind="stable")][:_MOST_NAMED]
    shown = ", ".join(f"{names[place][:40]!r} ({shares[place]:.1%})" for place in most)
    more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
    return f"{shown}{more}"


def _length(pair: Pair) -> Iterator[Move]:
    before, now = pair.reference.feature.string, pair.current.feature.string
    if not before or not now or before.avg_length is None or now.avg_length is None:
        return
    low, high = before.min_length or 0, before.max_length or 0
    change = abs(now.avg_length - before.avg_length)
    # The standard deviation is at most half of the range.
    spread = max(high - low, (now.max_length or 0) - (now.min_length or 0), 1)
    error = spread / 2 * np.sqrt(1 / pair.reference.there + 1 / pair.current.there)
    limit = pair.new_limit if low == high else 2 * pair.threshold * spread
    if change > limit:
        text = (
            f"the mean length went from {before.avg_length:.3g} to {now.avg_length:.3g} characters"
        )
        p_value = (
            float(p_value_unseen(1, 1, 0, 1))
            if not error
            else float(np.exp(-((change / error) ** 2) / 2))
        )
        yield Move("length", text, change / limit, p_value)


def _form(pair: Pair) -> Iterator[Move]:
    sides = (side.names[:_LOOKED_AT] for side in (pair.reference, pair.current))
    before, now = sides
    if min(len(before), len(now)) < _LOOKED_AT:
        return
    for form, has in _FORMS:
        old, new = (sum(map(has, side)) / _LOOKED_AT for side in (before, now))
        if abs(new - old) >= _MUCH:
            text = f"of the most frequent values {new:.0%} are {form}, where {old:.0%} were"
            # Fisher's exact test of 32 against 32 texts gives less than this from 0.6 on.
            yield Move("encoding", text, abs(new - old) / _MUCH + 0.01, 1e-5)
