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
        What the task was told from.
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


def guess_label(rows: "pa.Table", label: LabelSpec) -> LabelGuesses:
    """Guess what is to be predicted.

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
    task, threshold, why = _task(values, label)
    given, guessed = label.model_dump(include={"column", "expression"}, exclude_none=True), []
    if unknown:
        given["null_values"] = unknown
        guessed.append("texts that mean that it is not known")
    if label.column and task == "binary" and (positive := _positive(values)) is not None:
        given["positive"] = positive
        guessed.append("which class is the positive one")
    missing = values.null_count / len(values)
    if missing > _USUAL_MISSING:
        # Never all of them: a limit of 1 would hold whatever comes.
        some_more = min(math.ceil(missing * 20 + 1) / 20, (1 + missing) / 2)
        given["max_missing_fraction"] = round(some_more, 3)
        guessed.append("so many rows have none")
    is_few = len(values) - values.null_count < _FEW_ROWS
    estimator = linear_name(task) if is_few else None
    return LabelGuesses(task, why, threshold, given, guessed, _remarks(values), estimator)


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
    found = sorted(text for text in texts if text.strip().lower() in _UNKNOWN)
    return found if len(texts) - len(found) > 1 else []


def _positive(values: Any) -> Any:
    """The class that counts as positive, where that is not plain: of 0 and 1, of true and false it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ml_assets.labels.label import usual_positive

    classes = sorted(values.drop_null().unique().to_pylist())
    if pa.types.is_boolean(values.type) or classes == [0, 1]:
        return None
    texts = pc.cast(pa.array(classes), pa.string()).to_pylist()
    yes = [
        name for name, text in zip(classes, texts, strict=True) if text.strip().lower() not in _NO
    ]
    if len(yes) == 1:
        return yes[0]
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


def _task(values: Any, label: LabelSpec) -> tuple[str, tuple[str, float], str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    name = label.expression or str(label.column)
    counts = [e["counts"] for e in pc.value_counts(values.drop_null()).to_pylist()]
    different, known = len(counts), sum(counts)
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if different < 2:
        only = (
            f"is the same in all {known:,} rows that have one"
            if different
            else "has no value in any row"
        )
        raise DataError(f"--label: {name} {only}: there is nothing to predict.")
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
    or_else = "; or regression, if they are amounts" if is_number else ""
    return "multiclass", ("accuracy", max(least, 0.01)), f"{different} values{or_else}"
