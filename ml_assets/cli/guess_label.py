"""Guesses from a label's values what is to be predicted, and how."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml_assets.cli.written_texts import NO_VALUE
from ml_assets.errors import DataError, did_you_mean
from ml_assets.labels.grammar import expression_mistake
from ml_assets.labels.spec import LabelSpec
from ml_assets.training.spec import linear_name

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_CLASSES = 20
_MAX_TEXT_CLASSES = 200
_USUAL_MISSING = 0.2
# Of fewer rows the test split is too small to tell that a model beats the linear one.
_FEW_ROWS = 2_000
# A class that says no in words is not the positive one, in the languages whose CSV files are often seen.
_NO = frozenset(["false", "f", "no", "n", "none", "non", "nein", "nee", "nej", "não", "nao"])
_UNKNOWN = frozenset(word.lower() for word in (*NO_VALUE, ""))


@dataclass(frozen=True)
class LabelGuesses:
    """What a label looks like.

    Attributes
    ----------
    task : str
        Binary, multiclass or regression.
    why : str
        What the task was guessed from.
    threshold : tuple of (str, float)
        A metric, and the least value of it that a sensible model has.
    spec : mapping
        What ``labels`` of the YAML says.
    guessed : list of str
        What of that is a guess, in words.
    remarks : list of str
        What the data's owner should know.
    estimator : str, optional
        The linear one, where there are too few rows to tell that another is better.
    """

    task: str
    why: str
    threshold: tuple[str, float]
    spec: dict[str, Any]
    guessed: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    estimator: str | None = None


def label_spec(label: str, columns: Sequence[str]) -> LabelSpec:
    """Read a label: the name of a column, or an expression over columns.

    Raises
    ------
    DataError
        If it is neither, with the nearest name.
    """
    if label in columns:
        return LabelSpec(column=label)
    available = f"The columns are: {', '.join(columns[:40])}{', ...' if len(columns) > 40 else ''}."
    mistake = expression_mistake(label)
    if mistake is not None:
        hint = did_you_mean(label, columns)
        raise DataError(
            f"--label: no column {label!r}.{hint} It is no expression either: {mistake}. {available}"
        )
    spec = LabelSpec(expression=label)
    missing = [name for name in spec.columns if name not in columns]
    problems = " ".join(f"no column {name!r}.{did_you_mean(name, columns)}" for name in missing)
    if missing or not spec.columns:
        raise DataError(f"--label: {problems or 'names no column.'} {available}")
    return spec


def guess_label(rows: "pa.Table", label: LabelSpec) -> LabelGuesses:
    """Guess from the label's values what kind of label is predicted.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows as ingest reads them.
    label : LabelSpec
        The column or the expression.

    Raises
    ------
    DataError
        If nothing can be predicted from such labels: no values, one value, or texts that all differ.
    """
    values = _values(rows, label)
    unknown = _unknown_words(values) if label.column else []
    if unknown:
        label = label.model_copy(update={"null_values": unknown})
        values = _values(rows, label)
    task, threshold, why = _guess_task(values, label)
    spec, guessed = label.model_dump(include={"column", "expression"}, exclude_none=True), []
    if unknown:
        spec["null_values"] = unknown
        guessed.append("texts that mean that it is not known")
    if label.column and task == "binary" and (positive := _positive_class(values)) is not None:
        spec["positive"] = positive
        guessed.append("which class is the positive one")
    missing = values.null_count / len(values)
    if missing > _USUAL_MISSING:
        # Never all of them: a limit of 1 would hold whatever comes.
        limit = min(math.ceil(missing * 20 + 1) / 20, (1 + missing) / 2)
        spec["max_missing_fraction"] = round(limit, 3)
        guessed.append("so many rows have none")
    is_few = len(values) - values.null_count < _FEW_ROWS
    estimator = linear_name(task) if is_few else None
    return LabelGuesses(task, why, threshold, spec, guessed, _remarks(values), estimator)


def _values(rows: "pa.Table", label: LabelSpec) -> Any:
    import pyarrow as pa

    from ml_assets.labels.label import raw_labels

    return pa.chunked_array([raw_labels(batch, label) for batch in rows.to_batches()])


def _unknown_words(values: Any) -> list[str]:
    """The texts that mean "no value", unless fewer than two classes would be left."""
    import pyarrow as pa

    if not pa.types.is_string(values.type):
        return []
    texts = {text for text in values.unique().to_pylist() if text is not None}
    unknown = sorted(text for text in texts if text.strip().lower() in _UNKNOWN)
    return unknown if len(texts) - len(unknown) > 1 else []


def _positive_class(values: Any) -> Any:
    """The class that counts as positive, where that is not plain: of 0 and 1, of true and false it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ml_assets.labels.label import usual_positive

    classes = sorted(values.drop_null().unique().to_pylist())
    if pa.types.is_boolean(values.type) or classes == [0, 1]:
        return None
    texts = pc.cast(pa.array(classes), pa.string()).to_pylist()
    positives = [
        name for name, text in zip(classes, texts, strict=True) if text.strip().lower() not in _NO
    ]
    if len(positives) == 1:
        return positives[0]
    return classes[texts.index(usual_positive(texts))]


def _remarks(values: Any) -> list[str]:
    import pyarrow as pa

    from ml_assets.labels.label import alike_classes

    if not pa.types.is_string(values.type):
        return []
    alike = alike_classes(values.drop_null().unique().to_pylist())
    shown = "; ".join(" and ".join(repr(name[:20]) for name in group) for group in alike[:3])
    advice = "make them one in the source, or by an expression"
    return [f"classes differ only by case or spaces: {shown}: {advice}"] if alike else []


def _guess_task(values: Any, label: LabelSpec) -> tuple[str, tuple[str, float], str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    name = label.expression or str(label.column)
    counts = [entry["counts"] for entry in pc.value_counts(values.drop_null()).to_pylist()]
    distinct, present = len(counts), sum(counts)
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if distinct < 2:
        problem = (
            f"is the same in all {present:,} rows that have one"
            if distinct
            else "has no value in any row"
        )
        raise DataError(f"--label: {name} {problem}: there is nothing to predict.")
    if distinct == 2:
        return "binary", ("roc_auc", 0.6), "2 values"
    if is_number and (distinct > _MAX_CLASSES or distinct * 2 > present):
        return "regression", ("r2", 0.1), f"{distinct:,} numbers"
    if pa.types.is_temporal(values.type):
        raise DataError(f"--label: {name} holds times; write an expression that gives a number.")
    if distinct > _MAX_TEXT_CLASSES or distinct * 2 > present:
        raise DataError(
            f"--label: {name} has {distinct:,} different texts in {present:,} rows: neither classes "
            "nor numbers."
        )
    share = max(counts) / present
    minimum = math.floor(min(share + 0.05, (1 + share) / 2) * 100) / 100
    alternative = "; or regression, if they are amounts" if is_number else ""
    return "multiclass", ("accuracy", max(minimum, 0.01)), f"{distinct} values{alternative}"
