"""Texts that name something new on each side, as orders with a few rows each do."""

from ml_assets.statistics.semantic_type import FEW
from ml_assets.validation.evidence import MIN_POOLED
from ml_assets.validation.moves.encodings import encoding_text
from ml_assets.validation.moves.move import Pair
from ml_assets.validation.moves.texts import looks_otherwise
from ml_assets.validation.side import Side

# Nearly all rows of either side have values that the other one does not have.
_TURNED_OVER = 0.95


def turned_over_text(pair: Pair) -> str:
    """Say why new texts tell nothing; empty where they do.

    Values of a few rows each that are all new, and written as before, are what an identifier has. They
    are also what another region's postal codes are: the values alone cannot tell.

    Parameters
    ----------
    pair : Pair
        The two sides of a column.
    """
    texts, sides = pair.texts, (pair.reference, pair.current)
    if texts is None or not all(map(_has_few_rows_each, sides)):
        return ""
    new = float(texts.current[texts.num_known :].sum())
    gone = float(texts.reference[: texts.num_known][~texts.is_there[: texts.num_known]].sum())
    if min(new / sides[1].there, gone / sides[0].there) < _TURNED_OVER:
        return ""
    if looks_otherwise(pair) or encoding_text(pair, guess=False):
        return ""
    return (
        f"{new / sides[1].there:.0%} of the values are new, and look like those before: they are those "
        "of an identifier, or all others than before, which so few rows of each cannot tell"
    )


def _has_few_rows_each(side: Side) -> bool:
    """Whether nearly all texts are listed, and are many, each in fewer rows than a test needs."""
    is_known = side.counts.sum() >= _TURNED_OVER * side.there
    return bool(is_known) and len(side.names) >= FEW and side.there < MIN_POOLED * len(side.names)
