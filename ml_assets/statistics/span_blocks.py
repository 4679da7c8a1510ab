"""The blocks that spans form: a state is stored for each of them.

A large span is a block. Small ones are taken together, because a state costs as much as some thousand
rows: whether a span ends a block is drawn from its own content, so that a window that moves on has the
same blocks but for the first ones and the last. No block is left small or grows large by chance, as in
the content-defined chunking of Eshghi and Tang (2005, HPL-2005-30).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

# A span of so many rows is a block of its own; smaller ones form blocks of half to twice as many.
BLOCK_ROWS = 65_536


@dataclass(frozen=True)
class Span:
    """Where a span, or a block of spans, lies in a table.

    Attributes
    ----------
    start, rows : int
        Its first row, and how many it has; spans follow each other.
    digest : str
        Tells its content from any other.
    """

    start: int
    rows: int
    digest: str


def blocks_of(spans: Iterable[Span]) -> list[Span]:
    """Give the blocks that spans form, in order."""
    blocks: list[Span] = []
    is_open = False
    for span in spans:
        alone = span.rows >= BLOCK_ROWS
        if is_open and not alone:
            first = blocks.pop()
            joined = hashlib.sha256(f"{first.digest} {span.digest}".encode()).hexdigest()
            blocks.append(Span(first.start, first.rows + span.rows, joined))
        else:
            blocks.append(span)
        is_open = not alone and not _ends_block(span, blocks[-1].rows)
    return blocks


def _ends_block(span: Span, rows: int) -> bool:
    """Whether a small span ends a block of so many rows."""
    if not BLOCK_ROWS <= 2 * rows < 4 * BLOCK_ROWS:
        return rows >= BLOCK_ROWS
    draw = int(hashlib.sha256(span.digest.encode()).hexdigest()[:12], 16) / 16**12
    return draw * BLOCK_ROWS < 2 * span.rows
