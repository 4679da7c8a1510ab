"""Guesses what a first pipeline needs to know about the columns of its data."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from ml_assets.labels.spec import LabelSpec

if TYPE_CHECKING:
    import pyarrow as pa

_ID = re.compile(r"(^|[_\W])(id|key|uuid|guid|number|nr|no)s?$|[a-z](Id|ID|Key)$", re.IGNORECASE)
_STRICT_ID = re.compile(r"(^|[_\W])(?i:id|key|uuid|guid)$|[a-z](Id|ID|Key)$")
_MAX_KEY_COLUMNS = 6
# Above this share of different values, a text column tells rows apart and nothing else.
_NEARLY_UNIQUE = 0.9
_ENOUGH_ROWS = 30
_TIMES_TO_SPLIT = 3
_MAX_COMPARED = 100
# 1990 to 2040 in seconds since 1970, and what else such numbers may count.
_FIRST_EPOCH, _LAST_EPOCH = 631_152_000, 2_208_988_800
_EPOCHS = {"seconds": 1, "milliseconds": 1_000}


@dataclass(frozen=True)
class ColumnGuesses:
    """What columns beside the label look like.

    Attributes
    ----------
    key, known_after : list of str
        Columns.
    exclude : mapping of str to str
        Columns, each with the reason.
    time : str or None
        A column.
    by_time : bool
        Whether there are enough different times to split by.
    remarks : list of str
        What the data's owner should know.
    """

    key: list[str]
    time: str | None
    by_time: bool
    exclude: dict[str, str]
    known_after: list[str]
    remarks: list[str] = field(default_factory=list)


def guess_columns(
    rows: "pa.Table",
    types: Mapping[str, str],
    label: LabelSpec,
    foreign: Mapping[str, Sequence[str]] | None = None,
) -> ColumnGuesses:
    """Guess what a pipeline needs to know about its columns.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows as ingest reads them.
    types : mapping of str to str
        The columns' types.
    label : LabelSpec
        What is to be predicted.
    foreign : mapping of str to sequence of str, optional
        Kinds of values that ingest cannot read, each with its columns.
    """
    others = [name for name in types if name not in label.columns]
    key = _key_columns(rows, types, others)
    rest = [name for name in others if name not in key]
    time = _time_column(rows, types, rest)
    unread = {name for names in (foreign or {}).values() for name in names}
    reasons = {name: _reason_to_exclude(rows, types, name, unread) for name in rest if name != time}
    return ColumnGuesses(
        key=key,
        time=time,
        by_time=time is not None and _count_distinct(rows, [time]) >= _TIMES_TO_SPLIT,
        exclude={name: reason for name, reason in reasons.items() if reason},
        known_after=_outcome_columns(label),
        remarks=[
            *(_epoch_remarks(rows, types, rest) if time is None else ()),
            *(() if key else _repeat_remarks(rows, others)),
        ],
    )


def _key_columns(rows: "pa.Table", types: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The fewest columns that are named like keys and together tell all rows apart."""
    candidates = [name for name in names if _ID.search(name) and types[name] in ("string", "int")]
    complete = [name for name in candidates if not rows[name].null_count][:_MAX_KEY_COLUMNS]
    for size in (1, 2, 3):
        for columns in combinations(complete, size):
            is_strict = any(_STRICT_ID.search(name) for name in columns)
            if is_strict and _count_distinct(rows, columns) == rows.num_rows:
                return list(columns)
    return []


def _count_distinct(rows: "pa.Table", columns: Sequence[str]) -> int:
    return int(rows.select(list(columns)).group_by(list(columns)).aggregate([]).num_rows)


def _time_column(rows: "pa.Table", types: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The first column of times without gaps; one that is no constant."""
    times = [name for name in names if types[name] in ("date", "timestamp")]
    complete = (name for name in times if not rows[name].null_count)
    return next((name for name in complete if _count_distinct(rows, [name]) > 1), None)


def _reason_to_exclude(
    rows: "pa.Table", types: Mapping[str, str], name: str, unread: set[str]
) -> str:
    if name in unread:
        return "cannot be read"
    if rows.num_rows < _ENOUGH_ROWS or types[name] not in ("string", "int"):
        return ""
    if types[name] == "int" and _is_row_number(rows, name):
        return "counts the rows"
    return "each row has another" if _is_like_an_id(rows, types, name) else ""


def _is_row_number(rows: "pa.Table", name: str) -> bool:
    """Whether whole numbers rise or fall from row to row, or are those from one to another, shuffled."""
    import numpy as np

    if rows[name].null_count:
        return False
    values = rows[name].to_numpy()
    steps = values[1:] > values[:-1]
    if steps.all() or (values[1:] < values[:-1]).all():
        return True
    ordered = np.sort(values)
    return bool((ordered[1:] - ordered[:-1] == 1).all())


def _is_like_an_id(rows: "pa.Table", types: Mapping[str, str], name: str) -> bool:
    """Whether a column only tells rows apart: nearly each of its values is another."""
    if types[name] == "int" and not _STRICT_ID.search(name):
        return False
    present = int(rows.num_rows - rows[name].null_count)
    return present > 0 and _count_distinct(rows, [name]) > _NEARLY_UNIQUE * present


def _outcome_columns(label: LabelSpec) -> list[str]:
    """What stands left of a comparison: most often the outcome that is compared with a limit."""
    return list(dict.fromkeys(_left_names(label))) if label.expression else []


def _left_names(label: LabelSpec) -> Iterator[str]:
    for node in ast.walk(ast.parse(str(label.expression), mode="eval")):
        if isinstance(node, ast.Compare):
            yield from (part.id for part in ast.walk(node.left) if isinstance(part, ast.Name))


def _repeat_remarks(rows: "pa.Table", names: Sequence[str]) -> Iterator[str]:
    """Rows that are equal but for the label, where they are many; in many columns no two are."""
    if not 0 < len(names) <= _MAX_COMPARED:
        return
    distinct = _count_distinct(rows, names)
    if rows.num_rows >= _ENOUGH_ROWS and distinct * 2 < rows.num_rows:
        yield (
            f"without the label, {rows.num_rows:,} rows are only {distinct:,} different ones, and equal "
            "rows stay in one split: if columns tell them apart, name them in ingest.key"
        )


def _epoch_remarks(
    rows: "pa.Table", types: Mapping[str, str], names: Sequence[str]
) -> Iterator[str]:
    """Whole numbers that look like times."""
    import pyarrow.compute as pc

    for name in (name for name in names if types[name] == "int"):
        ends = pc.min_max(rows[name]).as_py()
        for unit, factor in _EPOCHS.items():
            if ends["min"] is not None and (
                _FIRST_EPOCH * factor <= ends["min"] and ends["max"] <= _LAST_EPOCH * factor
            ):
                setting = f"ingest.source.types: {{{name}: timestamp}} and ingest.time: {name}"
                advice = (
                    setting
                    if unit == "seconds"
                    else "times in the source, such as 2026-01-31 12:00"
                )
                yield f"{name} looks like {unit} since 1970: to use it as a time, write {advice}"
