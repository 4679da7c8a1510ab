"""Finds spans that look poisoned: labels that contradict all others, and floods of near-duplicates.

A span is what came at once: a file, or the rows of a day. Both screens look at a sample of rows, and
compare each span with the others, so a poison that is spread over all of them is not seen: `label_flips`
and `floods`. Where something usual explains what was found as well, there is doubt, and no row is set
aside.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml_assets.spec import Task
from ml_assets.table import EXAMPLE_ID, LABEL, SPAN, SPLIT, Table
from ml_assets.validation.floods import find_floods
from ml_assets.validation.label_flips import find_label_flips
from ml_assets.validation.rows import BrokenRule
from ml_assets.validation.sample import sample_rows
from ml_assets.validation.suspect_span import LEAST_ROWS, SuspectSpan

_SAMPLE_ROWS = 20_000
_LEAST_SPANS = 4
_NEAR = 0.01
# A text, or a whole number, that is different in nearly every row is a key.
_KEY = 0.9


def screen_spans(table: Table, task: Task, exclude: Collection[str]) -> list[SuspectSpan]:
    """Find the spans of a table that look poisoned.

    Parameters
    ----------
    table : Table
        Examples, with the columns ``_span`` and ``_label``; without them nothing is suspected.
    task : {"binary", "multiclass", "regression"}
        What kind of label they have.
    exclude : collection of str
        Columns to leave out: those of the key, of time and of the label.

    Returns
    -------
    list of SuspectSpan
        Those without doubt are to be set aside.
    """
    if not {SPAN, LABEL} <= {*table.schema.names}:
        return []
    reserved = [EXAMPLE_ID, SPLIT]
    columns = [name for name in table.schema.names if name not in {*reserved, *exclude}]
    sample, _ = sample_rows(table, _SAMPLE_ROWS, seed=0, columns=columns)
    return find_suspect_spans(sample.to_pandas(), task)


def find_suspect_spans(sample: pd.DataFrame, task: Task) -> list[SuspectSpan]:
    """Find spans that look poisoned in a sample of examples.

    Parameters
    ----------
    sample : DataFrame
        ``_span``, ``_label``, and the columns to look at.
    task : {"binary", "multiclass", "regression"}
        What kind of label they have.

    Returns
    -------
    list of SuspectSpan
        None where fewer than four spans have thirty rows in the sample, or nothing tells the label.
    """
    rows = sample.groupby(SPAN)[SPAN].transform("size")
    sample = sample[rows >= LEAST_ROWS].reset_index(drop=True)
    features = _encoded(sample.drop(columns=[SPAN, LABEL]))
    if sample[SPAN].nunique() < _LEAST_SPANS or features.empty:
        return []
    flipped = find_label_flips(features, sample[LABEL], sample[SPAN], task)
    return [*flipped, *find_floods(features, sample, sample[SPAN])]


def _encoded(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns as numbers; those of moments, and keys, are left out."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            whole = pd.api.types.is_integer_dtype(values.dtype)
            if not (whole and values.nunique() > _KEY * len(values)):
                columns[name] = values.astype("float64")
        elif pd.api.types.is_string_dtype(values.dtype) or values.dtype == object:
            texts = values.map(lambda value: str(value).strip().casefold(), na_action="ignore")
            if texts.nunique() <= _KEY * len(texts):
                codes = texts.map(texts.value_counts().rank(method="first", ascending=False))
                columns[name] = codes.astype("float64")
    return pd.DataFrame(columns, index=frame.index)


def suspect_rows(table: Table, suspects: Sequence[SuspectSpan]) -> Iterator[BrokenRule]:
    """Give the rows of suspect spans, in the order of the table, under the feature ``_span``."""
    if not suspects:
        return
    compared = {name for suspect in suspects for name in suspect.row or ()}
    columns = [EXAMPLE_ID, SPAN, *sorted(compared)]
    start = 0
    for batch in table.batches([name for name in columns if name in table.schema.names]):
        frame = batch.to_pandas()
        marked = [(suspect, _is_suspect(frame, suspect)) for suspect in suspects]
        for place in np.flatnonzero(np.any([mask for _, mask in marked], axis=0)):
            ids = frame.get(EXAMPLE_ID)
            for suspect, mask in marked:
                if mask[place]:
                    example = None if ids is None else str(ids.iloc[place])
                    yield BrokenRule(
                        start + int(place), example, SPAN, suspect.rule, suspect.reason
                    )
        start += len(frame)


def _is_suspect(frame: pd.DataFrame, suspect: SuspectSpan) -> npt.NDArray[np.bool_]:
    mask = np.asarray(frame[SPAN].astype(str) == suspect.span)
    for name, value in (suspect.row or {}).items():
        mask = mask & _is_near(frame[name], value)
    return mask


def _is_near(values: pd.Series, value: Any) -> npt.NDArray[np.bool_]:
    if pd.isna(value):
        return values.isna().to_numpy()
    if isinstance(value, str):
        wanted = value.strip().casefold()
        return np.asarray(values.map(lambda text: str(text).strip().casefold() == wanted))
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    return np.asarray(np.abs(numbers - float(value)) <= _NEAR * abs(float(value)))
