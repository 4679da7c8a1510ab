"""Values that were all different and repeat now: rows that were read twice."""

from collections.abc import Iterator

from ml_assets.validation.moves.move import Move, Pair

# A count of different values is an estimate, with a standard error of 2.2 %.
_ALL_DIFFERENT = 0.93
_REPEATED = 0.8
# The more rows, the likelier a value comes back; with more than this many times as many, nothing is said.
_MAX_RATIO = 1.5


def repeat_moves(pair: Pair) -> Iterator[Move]:
    """An identifier whose values repeat."""
    reference, current = pair.reference, pair.current
    before, now = reference.feature.unique, current.feature.unique
    if not before or not now or current.there > _MAX_RATIO * reference.there:
        return
    shares = before / max(1, reference.there), now / max(1, current.there)
    if shares[0] >= _ALL_DIFFERENT and shares[1] <= _REPEATED:
        text = (
            f"values repeat: there are {shares[1]:.0%} as many different ones as rows, where nearly all "
            "were different; were rows read twice?"
        )
        yield Move("repeats", text, 2.0, 0.0)
