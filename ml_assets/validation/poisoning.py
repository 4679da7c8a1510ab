"""Finds spans that look poisoned: labels that contradict all others, and floods of near-duplicates.

A span is what came at once: a file, or the rows of a day. Both screens look at a sample of rows, and
compare each span with the others, so a poison that is spread over all of them is not seen.

*Labels that contradict.* Boosted trees learn the label from two thirds of the spans and predict the last
third, three times. Within each span, predictions and labels then rank alike, if its labels follow what
all others follow. A span in which they rank the other way round, surely (Spearman's rank correlation
below 0, one-sided, 1 % by Bonferroni over the spans), has more labels turned round than right. Labels
that are turned round in fewer than half of a span's rows are not seen, nor are those of a few rows; and a
span whose labels are merely rarer or noisier is not suspected.

*Near-duplicates.* Rows are near where texts agree but for case and spaces, and numbers to about two
digits. A span in which one such row makes up a fifth or more, and five times what is usual in the spans,
is flooded.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from ml_assets.table import EXAMPLE_ID, LABEL, SPAN, SPLIT, Table
from ml_assets.validation.rows import BrokenRule
from ml_assets.validation.sample import sample_rows

Task = Literal["binary", "multiclass", "regression"]

_SAMPLE_ROWS = 20_000
_LEAST_ROWS = 30
_LEAST_SPANS = 4
_FOLDS = 3
_SIGNIFICANCE = 0.01
_FLOOD_SHARE, _FLOOD_TIMES = 0.2, 5.0
_NEAR = 0.01
# A text, or a whole number, that is different in nearly every row is a key.
_KEY = 0.9
# Of a 32-bit float, the bits behind the first two or three digits.
_LAST_BITS = 16
_FLIPPED, _FLOODED = "contradicting_labels", "near_duplicates"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SuspectSpan:
    """A span that looks poisoned.

    Attributes
    ----------
    span : str
        Its name.
    rule : {"contradicting_labels", "near_duplicates"}
        What it looks like.
    reason : str
        With the numbers, without a value of the rows.
    row : mapping, optional
        The row that it is flooded with; None where all its rows are suspect.
    """

    span: str
    rule: str
    reason: str
    row: Mapping[str, Any] | None = None


def find_suspect_rows(
    table: Table, task: Task, exclude: Collection[str] = (), seed: int = 0
) -> list[BrokenRule]:
    """Find the rows of spans that look poisoned.

    Parameters
    ----------
    table : Table
        Examples, with the columns ``_span`` and ``_label``; without them nothing is suspected.
    task : {"binary", "multiclass", "regression"}
        What kind of label they have.
    exclude : collection of str
        Columns to leave out: those of the key, of time and of the label.
    seed : int
        Of the sample and of the trees.

    Returns
    -------
    list of BrokenRule
        In the order of rows, under the feature ``_span``.
    """
    if not {SPAN, LABEL} <= {*table.schema.names}:
        return []
    own = [EXAMPLE_ID, SPLIT]
    columns = [name for name in table.schema.names if name not in {*own, *exclude}]
    sample, _ = sample_rows(table, _SAMPLE_ROWS, seed, columns)
    suspects = find_suspect_spans(sample.to_pandas(), task, seed)
    return list(_rows_of(table, suspects)) if suspects else []


def find_suspect_spans(sample: pd.DataFrame, task: Task, seed: int = 0) -> list[SuspectSpan]:
    """Find spans that look poisoned in a sample of examples.

    Parameters
    ----------
    sample : DataFrame
        ``_span``, ``_label``, and the columns to look at.
    task : {"binary", "multiclass", "regression"}
        What kind of label they have.
    seed : int
        Of the trees.

    Returns
    -------
    list of SuspectSpan
        None where fewer than four spans have thirty rows in the sample, or nothing tells the label.
    """
    rows = sample.groupby(SPAN)[SPAN].transform("size")
    sample = sample[rows >= _LEAST_ROWS].reset_index(drop=True)
    features = _encoded(sample.drop(columns=[SPAN, LABEL]))
    if sample[SPAN].nunique() < _LEAST_SPANS or features.empty:
        return []
    flipped = _contradicting(features, sample[LABEL], sample[SPAN], task, seed)
    return [*flipped, *_flooded(features, sample)]


def _encoded(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns as numbers; those of moments, and keys, are left out."""
    found = {}
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            whole = pd.api.types.is_integer_dtype(values.dtype)
            if not (whole and values.nunique() > _KEY * len(values)):
                found[name] = values.astype("float64")
        elif pd.api.types.is_string_dtype(values.dtype) or values.dtype == object:
            texts = values.map(lambda one: str(one).strip().casefold(), na_action="ignore")
            if texts.nunique() <= _KEY * len(texts):
                codes = texts.map(texts.value_counts().rank(method="first", ascending=False))
                found[name] = codes.astype("float64")
    return pd.DataFrame(found, index=frame.index)


def _contradicting(
    features: pd.DataFrame, label: pd.Series, span: pd.Series, task: Task, seed: int
) -> Iterator[SuspectSpan]:
    predicted = _predicted(features.to_numpy(), label.to_numpy(), span, task, seed)
    truth = label.to_numpy(np.float64)[:, None] if task == "regression" else _indicators(label)
    agreement = {
        str(name): _rank_correlation(truth[rows], predicted[rows])
        for name, rows in span.groupby(span).indices.items()
    }
    # Where most spans contradict the others, nothing tells who is right.
    if np.median([*agreement.values()]) <= 0:
        return
    sizes = span.value_counts()
    for name, found in sorted(agreement.items()):
        p_value = float(ndtr(found * np.sqrt(sizes[name] - 1)))
        if p_value * len(agreement) < _SIGNIFICANCE:
            others = np.median([one for other, one in agreement.items() if other != name])
            yield SuspectSpan(
                name,
                _FLIPPED,
                f"the labels of this span contradict those of all others: they rank with what others "
                f"foretell by {found:+.2f}, elsewhere by {others:+.2f} (p = {p_value:.1g})",
            )


def _predicted(values: Floats, label: Any, span: pd.Series, task: Task, seed: int) -> Floats:
    """What is predicted for each row by trees that know other spans only: a column for each class."""
    fold = span.map({name: place % _FOLDS for place, name in enumerate(sorted(span.unique()))})
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    classes = np.unique(label)
    found = np.zeros((len(label), 1 if task == "regression" else len(classes)))
    with threadpool_limits(limits=1):
        for number in range(_FOLDS):
            held_out = fold.to_numpy() == number
            if len(np.unique(label[~held_out])) < 2:
                continue
            model = kind(max_iter=30, max_leaf_nodes=15, early_stopping=False, random_state=seed)
            model.fit(values[~held_out], label[~held_out])
            if task == "regression":
                found[held_out, 0] = model.predict(values[held_out])
            else:
                places = np.searchsorted(classes, model.classes_)
                found[np.ix_(held_out, places)] = model.predict_proba(values[held_out])
    return found


def _indicators(label: pd.Series) -> Floats:
    return np.asarray(label.to_numpy()[:, None] == np.unique(label)[None, :], np.float64)


def _rank_correlation(truth: Floats, predicted: Floats) -> float:
    """Spearman's correlation of labels and predictions: the mean over classes, 0 where none varies."""
    ranks = [rankdata(values, axis=0) - (len(values) + 1) / 2 for values in (truth, predicted)]
    scale = np.sqrt((ranks[0] ** 2).sum(axis=0) * (ranks[1] ** 2).sum(axis=0))
    varies = scale > 0
    if not varies.any():
        return 0.0
    return float(((ranks[0] * ranks[1]).sum(axis=0)[varies] / scale[varies]).mean())


def _flooded(features: pd.DataFrame, sample: pd.DataFrame) -> Iterator[SuspectSpan]:
    bits = features.to_numpy(np.float32).view(np.int32) >> _LAST_BITS
    near = pd.util.hash_pandas_object(pd.DataFrame(bits), index=False)
    frame = pd.DataFrame({"near": near.to_numpy(), SPAN: sample[SPAN]})
    counts = frame.groupby(SPAN)["near"].agg(lambda found: found.value_counts().iloc[0])
    shares = counts / frame.groupby(SPAN).size()
    for name, share in shares.items():
        usual = float(shares.drop(name).median())
        if share < max(_FLOOD_SHARE, _FLOOD_TIMES * usual):
            continue
        here = frame[frame[SPAN] == name]
        first = here.index[here["near"] == here["near"].mode().iloc[0]][0]
        yield SuspectSpan(
            str(name),
            _FLOODED,
            f"{share:.0%} of the rows of this span are nearly the same row; {usual:.1%} is usual",
            sample.loc[first, list(features.columns)].to_dict(),
        )


def _rows_of(table: Table, suspects: list[SuspectSpan]) -> Iterator[BrokenRule]:
    compared = {name for one in suspects for name in one.row or ()}
    columns = [EXAMPLE_ID, SPAN, *sorted(compared)]
    start = 0
    for batch in table.batches([name for name in columns if name in table.schema.names]):
        frame = batch.to_pandas()
        marked = [(one, _is_suspect(frame, one)) for one in suspects]
        for place in np.flatnonzero(np.any([mask for _, mask in marked], axis=0)):
            ids = frame.get(EXAMPLE_ID)
            for one, mask in marked:
                if mask[place]:
                    example = None if ids is None else str(ids.iloc[place])
                    yield BrokenRule(start + int(place), example, SPAN, one.rule, one.reason)
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
        return np.asarray(values.map(lambda one: str(one).strip().casefold() == wanted))
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    return np.asarray(np.abs(numbers - float(value)) <= _NEAR * abs(float(value)))
