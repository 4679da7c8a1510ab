"""The edit distance: insertions, deletions, substitutions and swaps of neighbours between two texts.

No character is edited twice (optimal string alignment). Myers (1999, doi:10.1145/316542.316550) in the
form of Hyyrö (2003, Nordic Journal of Computing 10): a column of the distance matrix is one integer of
as many bits as the text has characters. The bag distance (Bartolini, Ciaccia and Patella 2002,
doi:10.1007/3-540-45735-6_24) looks only at how many of each character there are; it is never greater,
and sorts out most pairs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

_BUCKETS = 64


def edit_distance(first: str, second: str) -> int:
    """Give the least number of edits of a character and swaps of neighbours between two texts."""
    if not first:
        return len(second)
    last = 1 << (len(first) - 1)
    full = (1 << len(first)) - 1
    where: dict[str, int] = {}
    for place, character in enumerate(first):
        where[character] = where.get(character, 0) | (1 << place)
    up, down, diagonal, before, distance = full, 0, 0, 0, len(first)
    for character in second:
        equal = where.get(character, 0)
        swapped = ((~diagonal & equal) << 1) & before
        diagonal = ((((equal & up) + up) ^ up) | equal | down | swapped) & full
        right = down | ~(diagonal | up) & full
        left = up & diagonal
        distance += bool(right & last) - bool(left & last)
        right = (right << 1 | 1) & full
        left = (left << 1) & full
        up = left | ~(diagonal | right) & full
        down = right & diagonal
        before = equal
    return distance


def bags(texts: Sequence[str]) -> Any:
    """Give how many of each character the texts have, a row each; characters share `_BUCKETS` columns."""
    counts = np.zeros((len(texts), _BUCKETS), np.int16)
    for place, text in enumerate(texts):
        for character in text:
            counts[place, ord(character) % _BUCKETS] += 1
    return counts


def bag_distance(bag: Any, others: Any) -> Any:
    """Give for each of the other bags a number that the edit distance is not below."""
    difference = others - bag
    more = np.maximum(difference, 0).sum(axis=1)
    return np.maximum(more, more - difference.sum(axis=1))
