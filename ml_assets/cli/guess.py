"""Guesses a first pipeline from rows of data and the label that is to be predicted."""

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ml_assets.errors import DataError, did_you_mean
from ml_assets.labels.grammar import expression_mistake
from ml_assets.labels.spec import LabelSpec

if TYPE_CHECKING:
    import pyarrow as pa

_ID = re.compile(r"(^|[_\W])(id|key|uuid|guid|number|nr|no)s?$|[a-z](Id|ID|Key)$", re.IGNORECASE)
_STRICT_ID = re.compile(r"(^|[_\W])(id|key|uuid|guid)$|[a-z](Id|ID|Key)$")
_MAX_CLASSES = 20
_MAX_TEXT_CLASSES = 200
_MOST_KEY_COLUMNS = 6
# Above this share of different values, a text column tells rows apart and nothing else.
_NEARLY_UNIQUE = 0.9
_ENOUGH_ROWS = 30
_USUAL_MISSING = 0.2


@dataclass(frozen=True)
class Guesses:
    """What a file of data and a label look like.

    Attributes
    ----------
    task : str
        Binary, multiclass or regression.
    threshold : tuple of (str, float)
        A metric, and the least value of it that a sensible model has.
    why : str
        What the task was told from.
    max_missing_fraction : float or None
        What ``labels`` must allow, where that is more than usual.
    key, exclude, known_after : list of str
        Columns.
    time : str or None
        A column.
    """

    task: str
    threshold: tuple[str, float]
    why: str
    max_missing_fraction: float | None
    key: list[str]
    time: str | None
    exclude: list[str]
    known_after: list[str]


def label_spec(label: str, columns: Sequence[str]) -> LabelSpec:
    """Read a label: the name of a column, or an expression over columns.

    Raises
    ------
    DataError
        If it is neither, with the nearest name.
    """
    if label in columns:
        return LabelSpec(column=label)
    has = f"The columns are: {', '.join(columns[:40])}{', ...' if len(columns) > 40 else ''}."
    mistake = expression_mistake(label)
    if mistake is not None:
        hint = did_you_mean(label, columns)
        raise DataError(
            f"--label: no column {label!r}.{hint} It is no expression either: {mistake}. {has}"
        )
    spec = LabelSpec(expression=label)
    missing = [name for name in spec.columns if name not in columns]
    told = " ".join(f"no column {name!r}.{did_you_mean(name, columns)}" for name in missing)
    if missing or not spec.columns:
        raise DataError(f"--label: {told or 'names no column.'} {has}")
    return spec


def guess(rows: "pa.Table", types: Mapping[str, str], label: LabelSpec) -> Guesses:
    """Guess what a pipeline needs to know about its data.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows as ingest reads them.
    types : mapping of str to str
        The columns' types.
    label : LabelSpec
        What is to be predicted.

    Raises
    ------
    DataError
        If nothing can be predicted from such labels: no values, one value, or texts that all differ.
    """
    values = _label_values(rows, label)
    task, threshold, why = _task(values, label)
    missing = values.null_count / len(values)
    others = [name for name in types if name not in label.columns]
    key = _key(rows, types, others)
    rest = [name for name in others if name not in key]
    time = _time(rows, types, rest)
    return Guesses(
        task=task,
        threshold=threshold,
        why=why,
        max_missing_fraction=_rounded_up(missing) if missing > _USUAL_MISSING else None,
        key=key,
        time=time,
        exclude=[name for name in rest if name != time and _is_like_an_id(rows, types, name)],
        known_after=_left_side(label),
    )


def _label_values(rows: "pa.Table", label: LabelSpec) -> Any:
    import pyarrow as pa

    from ml_assets.labels.label import raw_labels

    return pa.chunked_array([raw_labels(batch, label) for batch in rows.to_batches()])


def _task(values: Any, label: LabelSpec) -> tuple[str, tuple[str, float], str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    name = label.expression or str(label.column)
    counts = [e["counts"] for e in pc.value_counts(values.drop_null()).to_pylist()]
    different, known = len(counts), sum(counts)
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if different < 2:
        raise DataError(f"--label: {name} has {different or 'no'} different values; 2 are needed.")
    if different == 2:
        return "binary", ("roc_auc", 0.6), "2 values"
    if is_number and (different > _MAX_CLASSES or different * 2 > known):
        return "regression", ("r2", 0.1), f"{different:,} numbers"
    if pa.types.is_temporal(values.type):
        raise DataError(f"--label: {name} holds times; write an expression that gives a number.")
    if different > _MAX_TEXT_CLASSES or different * 2 > known:
        raise DataError(
            f"--label: {name} has {different:,} different texts in {known:,} rows: neither classes "
            "nor numbers."
        )
    share = max(counts) / known
    least = math.floor(min(share + 0.05, (1 + share) / 2) * 100) / 100
    return "multiclass", ("accuracy", max(least, 0.01)), f"{different} values"


def _key(rows: "pa.Table", types: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The fewest columns that are named like keys and together tell all rows apart."""
    named = [n for n in names if _ID.search(n) and types[n] in ("string", "int")]
    whole = [name for name in named if not rows[name].null_count][:_MOST_KEY_COLUMNS]
    for size in (1, 2, 3):
        for columns in combinations(whole, size):
            is_strict = any(_STRICT_ID.search(name) for name in columns)
            if is_strict and _different(rows, columns) == rows.num_rows:
                return list(columns)
    return []


def _different(rows: "pa.Table", columns: Sequence[str]) -> int:
    return int(rows.select(list(columns)).group_by(list(columns)).aggregate([]).num_rows)


def _time(rows: "pa.Table", types: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The first column of times without gaps; one that is no constant."""
    times = [name for name in names if types[name] in ("date", "timestamp")]
    whole = (name for name in times if not rows[name].null_count)
    return next((name for name in whole if _different(rows, [name]) > 1), None)


def _is_like_an_id(rows: "pa.Table", types: Mapping[str, str], name: str) -> bool:
    """Whether a column only tells rows apart: nearly each of its values is another."""
    if rows.num_rows < _ENOUGH_ROWS or types[name] not in ("string", "int"):
        return False
    if types[name] == "int" and not _STRICT_ID.search(name):
        return False
    known = int(rows.num_rows - rows[name].null_count)
    return known > 0 and _different(rows, [name]) > _NEARLY_UNIQUE * known


def _left_side(label: LabelSpec) -> list[str]:
    """What stands left of a comparison: most often the outcome that is compared with a limit."""
    return list(dict.fromkeys(_left_names(label))) if label.expression else []


def _left_names(label: LabelSpec) -> Iterator[str]:
    for node in ast.walk(ast.parse(str(label.expression), mode="eval")):
        if isinstance(node, ast.Compare):
            yield from (part.id for part in ast.walk(node.left) if isinstance(part, ast.Name))


def _rounded_up(share: float) -> float:
    return min(1.0, math.ceil(share * 20 + 1) / 20)
