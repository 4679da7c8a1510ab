"""Says in words what moved between two columns, most telling first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ml_assets.validation.groups import group_text
from ml_assets.validation.moves.encodings import encoding_text
from ml_assets.validation.moves.mixtures import part_text
from ml_assets.validation.moves.move import KINDS, Move, Pair

_MAX_PARTS = 3
_ORDER = {kind: place for place, kind in enumerate(KINDS)}
# A move that is not large is mentioned if it is at least so much of its limit.
_WORTH_SAYING = 0.2


def look_closer(pair: Pair, moves: Sequence[Move]) -> list[Move]:
    """Name the cause of large moves, where one explains them: another writing, or a part in another unit.

    Parameters
    ----------
    pair : Pair
        Both sides of a column that alarms.
    moves : sequence of Move
        What moved.

    Returns
    -------
    list of Move
        With the cause, as large and as sure as the largest of them.
    """
    kinds = {move.kind for move in moves if move.size > 1}
    kind, text = "", ""
    if pair.texts is not None:
        kind, text = "encoding", encoding_text(pair)
    elif pair.numbers is not None and not kinds & {
        "unit",
        "clipped",
        "single value",
        "constant",
        "time shift",
    }:
        kind, text = "part", part_text(pair)
    if not text:
        return list(moves)
    most = max(moves, key=lambda move: move.size)
    return [Move(kind, text, most.size, most.p_value), *moves]


def name_group(moves: Sequence[Move], feature: str, current: Any) -> list[Move]:
    """Say of a value that became frequent in which rows, where another column tells.

    Parameters
    ----------
    moves : sequence of Move
        What moved in a column that alarms.
    feature : str
        The column.
    current : Table, pandas.DataFrame, pyarrow.Table, ...
        The current rows.
    """
    named = []
    for move in moves:
        text = ""
        if move.stuck is not None and move.size > 1:
            stuck = move.stuck
            text = group_text(current, feature, stuck.value, stuck.before, stuck.now)
        named.append(replace(move, text=f"{move.text}, {text}") if text else move)
    return named


def explain(moves: Sequence[Move]) -> tuple[str, tuple[str, ...]]:
    """Give the moves in words and their kinds; what another one explains is left out."""
    kept: list[Move] = []
    hidden: set[str] = set()
    worth_saying = [move for move in moves if move.size >= _WORTH_SAYING]
    for move in sorted(worth_saying, key=lambda move: (_ORDER[move.kind], -move.size)):
        if move.kind not in hidden and "*" not in hidden:
            kept.append(move)
            hidden |= {move.kind, *(KINDS[move.kind] if move.size > 1 else ())}
    shown = kept[:_MAX_PARTS]
    kinds = tuple(dict.fromkeys(move.kind for move in shown if move.size > 1))
    return "; ".join(move.text for move in shown) or "nothing moved much", kinds
