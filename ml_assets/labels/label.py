"""From raw columns to labels in one form for each task.

Binary: 0 or 1, where 1 is the positive class. Multiclass: the position of the class in the sorted class
names. Regression: a float. A value that is not finite, and a class that was not there when the labels
were made, is no label.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.errors import DataError, did_you_mean
from ml_assets.ingest.example_ids import example_ids
from ml_assets.labels.expression import evaluate
from ml_assets.labels.spec import LabelSpec
from ml_assets.spec import Task
from ml_assets.table import EXAMPLE_ID, LABEL

MAX_CLASSES = 1_000
_TYPES = {"binary": pa.int8(), "multiclass": pa.int16(), "regression": pa.float64()}


@dataclass(frozen=True)
class Labels:
    """The labels of all rows that have one.

    Attributes
    ----------
    table : pyarrow.Table
        ``_example_id`` and ``_label``, each id once.
    task : str
        The task.
    classes : list of str or None
        The class names, in the order of their codes; None for regression.
    rows : int
        How many rows were looked at.
    missing : int
        How many of them have no label.
    contradictory : int
        How many ids were left out because their rows have different labels.
    counts : mapping of str to int
        How many rows each class has.
    """

    table: pa.Table
    task: Task
    classes: list[str] | None
    rows: int
    missing: int
    contradictory: int
    counts: Mapping[str, int]

    @property
    def missing_fraction(self) -> float:
        """The share of rows without a label."""
        return self.missing / self.rows

    def to_json(self) -> dict[str, Any]:
        """Give the content of ``labels.json``."""
        positive = self.classes[1] if self.task == "binary" and self.classes else None
        return {"task": self.task, "classes": self.classes, "positive": positive}


def make_labels(
    batches: Iterable[pa.RecordBatch], spec: LabelSpec, task: Task, key: Sequence[str] = ()
) -> Labels:
    """Label every row.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        Rows with the columns of the label and of the key; without a key with all raw columns.
    spec : LabelSpec
        What is to be predicted.
    task : {"binary", "multiclass", "regression"}
        What kind of label it is.
    key : sequence of str
        The columns that identify an example.

    Raises
    ------
    DataError
        If a column is missing, no row has a label, or the labels do not fit the task: one class only,
        more than two for binary, more than 1,000, or no numbers for regression.
    """
    ids, values = [], []
    for batch in batches:
        ids.append(example_ids(batch, key))
        values.append(raw_labels(batch, spec))
    all_ids, all_values = pa.concat_arrays(ids), pa.concat_arrays(values)
    has_label = all_values.is_valid()
    missing = all_values.null_count
    if missing == len(all_values):
        raise DataError(f"{_place(spec)} has no value in any of {missing:,} rows.")
    counts, classes = _classes(all_values, spec, task)
    table = pa.table({EXAMPLE_ID: all_ids, LABEL: _encode(all_values, task, classes)}).filter(
        has_label
    )
    table, contradictory = _without_contradictions(table)
    return Labels(table, task, classes, len(all_ids), missing, contradictory, counts)


def raw_labels(batch: pa.RecordBatch, spec: LabelSpec) -> pa.Array:
    """Give the value of the label's column or expression in each row; null where it is not finite.

    Raises
    ------
    DataError
        If a column is missing, or the expression cannot be computed.
    """
    if spec.expression is not None:
        values = evaluate(spec.expression, batch)
    elif spec.column in batch.schema.names:
        values = _without_null_texts(batch.column(spec.column), spec.null_values)
    else:
        hint = did_you_mean(str(spec.column), batch.schema.names)
        raise DataError(f"labels.column: there is no column '{spec.column}'.{hint}")
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    return values


def _without_null_texts(values: pa.Array, null_values: Sequence[str]) -> pa.Array:
    if not null_values or not pa.types.is_string(values.type):
        return values
    unknown = pc.is_in(values, pa.array(null_values, pa.string()))
    return pc.if_else(unknown, pa.scalar(None, pa.string()), values)


def alike_classes(names: Iterable[str]) -> list[list[str]]:
    """Give the classes that differ only by case or by spaces around them, in groups."""
    groups = defaultdict[str, list[str]](list)
    for name in names:
        groups[name.strip().casefold()].append(name)
    return [group for group in groups.values() if len(group) > 1]


def usual_positive(names: Sequence[str]) -> str:
    """Give the class of two that counts as positive where none is named: true, 1, or the last."""
    usual = [name for name in names if name.lower() == "true" or name == "1"]
    return usual[0] if usual else names[-1]


def _encode(values: pa.Array, task: Task, classes: Sequence[str] | None) -> pa.Array:
    if task == "regression":
        if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
            raise DataError(
                f"labels: a regression needs numbers; the label is of type {values.type}. Declare the "
                "column's type under ingest.source.types, or set task."
            )
        return pc.cast(values, _TYPES[task], safe=False)
    names = pa.array(list(classes or ()), pa.string())
    return pc.cast(pc.index_in(_texts(values), names), _TYPES[task])


def _classes(
    values: pa.Array, spec: LabelSpec, task: Task
) -> tuple[dict[str, int], list[str] | None]:
    """How many rows each class has, and the class names in the order of their codes."""
    if task == "regression":
        return {}, None
    counts = Counter(
        {
            str(entry["values"]): int(entry["counts"])
            for entry in _texts(values.drop_null()).value_counts().to_pylist()
        }
    )
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    names = sorted(counts, key=(lambda name: (float(name), name)) if is_number else None)
    _refuse_wrong_number(names, counts, spec, task)
    if task == "binary":
        positive = _positive(names, spec)
        names = [next(name for name in names if name != positive), positive]
    return {name: counts[name] for name in names}, names


def _refuse_wrong_number(
    names: list[str], counts: Counter[str], spec: LabelSpec, task: Task
) -> None:
    if len(names) == 1:
        raise DataError(
            f"{_place(spec)} has one class only: all {counts[names[0]]:,} labelled rows are "
            f"{names[0][:40]!r}. There is nothing to tell apart."
        )
    most_classes = 2 if task == "binary" else MAX_CLASSES
    if len(names) > most_classes:
        shown = ", ".join(repr(name[:40]) for name in names[:3])
        advice = "Set task: multiclass, or compare it with a value in labels.expression." if (
            task == "binary"
        ) else "Set task: regression if these are numbers, or choose another column."  # fmt: skip
        raise DataError(
            f"{_place(spec)} has {len(names):,} classes ({shown}, ...); a {task} task has at most "
            f"{most_classes:,}. {advice}"
        )


def _positive(names: list[str], spec: LabelSpec) -> str:
    """The class that counts as positive: the one that is named, else the usual one."""
    if spec.positive is None:
        return usual_positive(names)
    positive = _texts(pa.array([spec.positive]))[0].as_py()
    if positive not in names:
        shown = " and ".join(repr(name[:40]) for name in names)
        raise DataError(
            f"labels.positive: {positive!r} is not a class of the label; found {shown}."
        )
    return str(positive)


def _texts(values: pa.Array) -> pa.Array:
    """Values as class names: whole floats like whole numbers, so that 1.0 and 1 are one class."""
    return pc.cast(values, pa.string())


def _without_contradictions(table: pa.Table) -> tuple[pa.Table, int]:
    """Each id with its label; ids whose rows have different labels are left out, and counted."""
    if pc.count_distinct(table[EXAMPLE_ID]).as_py() == table.num_rows:
        return table, 0
    grouped = table.group_by(EXAMPLE_ID, use_threads=False).aggregate(
        [(LABEL, "min"), (LABEL, "max")]
    )
    agrees = pc.equal(grouped[f"{LABEL}_min"], grouped[f"{LABEL}_max"])
    agreeing = grouped.filter(agrees).select([EXAMPLE_ID, f"{LABEL}_min"])
    return agreeing.rename_columns([EXAMPLE_ID, LABEL]), grouped.num_rows - agreeing.num_rows


def _place(spec: LabelSpec) -> str:
    if spec.column is not None:
        return f"labels.column: '{spec.column}'"
    return f"labels.expression: {spec.expression!r}"
