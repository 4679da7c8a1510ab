"""`detect_multivariate_drift`: whether a classifier can tell two sets of rows apart.

A classifier two-sample test (Lopez-Paz and Oquab 2017, arXiv:1610.06545): gradient-boosted trees learn
on one half of the rows which set a row is from, and are tested on the other half, and the other way
round. Of two sets of one distribution they are right by chance, an AUC of 0.5; so a change of how columns
hang together is found where each column on its own looks as before.

The null is that of permuted labels. To permute the labels of rows that the trees have learned from would
need new trees for every permutation; but the trees know nothing of the held-out half, so there the labels
can be permuted as they are. The AUC over all such permutations is Mann and Whitney's statistic (1947,
doi:10.1214/aoms/1177730491), whose distribution is known. The p-value is twice that of the surer half.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from scipy.stats import mannwhitneyu
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from ml_assets.statistics.plain_arrow import is_number, is_text, plain
from ml_assets.statistics.points import Array
from ml_assets.validation.sample import sample_rows

Verdict = Literal["alarm", "ok", "cannot tell"]
# Of a text column the most frequent values have a code of their own.
_MOST_CODES = 254
# A text, or a whole number, that is different in nearly every row is a key: it tells by name.
_KEY = 0.9
# Where fewer of the rows differ, equal ones are no copies.
_DIFFERENT = 1 / 3
_MOST_SHOWN = 5
_WORTH_NAMING = 0.01


@dataclass(frozen=True)
class MultivariateDrift:
    """Whether two sets of rows can be told apart.

    Attributes
    ----------
    auc : float or None
        How well the classifier tells held-out rows apart, the mean of both halves: 0.5 is chance, 1 is
        always.
    p_value : float or None
        How likely chance alone makes such an AUC.
    verdict : {"alarm", "ok", "cannot tell"}
        The conclusion.
    explanation : str
        The AUC and what gives the sets away, or why nothing can be said.
    features : tuple of (str, float)
        By how much the AUC falls if the values of one column are shuffled, largest first; only of an
        alarm.
    rows : int
        How many rows of each set were used.
    left_out : mapping of str to str
        The columns that were not used, with the reason.
    """

    auc: float | None
    p_value: float | None
    verdict: Verdict
    explanation: str
    features: tuple[tuple[str, float], ...] = ()
    rows: int = 0
    left_out: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the finding as plain JSON types."""
        return {**asdict(self), "features": [list(pair) for pair in self.features]}


def detect_multivariate_drift(
    current: Any,
    reference: Any,
    *,
    columns: Sequence[str] | None = None,
    exclude: Collection[str] = (),
    min_auc: float = 0.55,
    significance: float = 0.01,
    min_rows: int = 500,
    max_rows: int = 5_000,
    seed: int = 0,
) -> MultivariateDrift:
    """Ask whether a classifier can tell the current rows from those of the reference.

    Parameters
    ----------
    current, reference : Table, pandas.DataFrame or pyarrow.Table
        The rows.
    columns : sequence of str, optional
        The columns to look at; by default all that both sets have. Dates and times, and columns that
        differ in nearly every row, are left out: they tell the sets apart without a change.
    exclude : collection of str
        Columns to leave out, such as a key.
    min_auc : float
        An AUC up to this is too small a change to alarm, 0.5 to 1.
    significance : float
        The largest p-value of an alarm, 0 to 1, exclusive.
    min_rows : int
        With fewer rows on either side the verdict is "cannot tell".
    max_rows : int
        At most so many rows of each set are drawn, >= `min_rows`.
    seed : int
        Of the sample, the halves and the trees: the same rows give the same finding.

    Returns
    -------
    MultivariateDrift
        The AUC, its p-value, and the columns that give the sets away.
    """
    sides, totals = zip(
        *(
            sample_rows(data, max_rows, seed + place, columns)
            for place, data in enumerate((reference, current))
        ),
        strict=True,
    )
    if min(totals) < min_rows:
        text = f"{min(totals):,} rows are too few; at least {min_rows:,} are needed"
        return MultivariateDrift(None, None, "cannot tell", text)
    size = min(side.num_rows for side in sides)
    rows = [
        side.slice(0, size) if side.num_rows == size else _random_rows(side, size, seed)
        for side in sides
    ]
    names, values, categorical, left_out = _matrix(rows[0], rows[1], exclude)
    if not names:
        text = "no column is left that could tell the sets apart"
        return MultivariateDrift(None, None, "cannot tell", text, (), size, left_out)
    from_current = np.arange(2 * size) >= size
    with threadpool_limits(limits=1):
        halves = _halves(values, from_current, categorical, seed)
        auc = float(np.mean([half.auc for half in halves]))
        p_value = min(1.0, 2 * min(half.p_value for half in halves))
        alarms = auc > min_auc and p_value <= significance
        importances = _importances(names, values, halves, seed) if alarms else ()
    text = _text(auc, p_value, min_auc, significance, importances)
    verdict: Verdict = "alarm" if alarms else "ok"
    return MultivariateDrift(auc, p_value, verdict, text, importances, size, left_out)


@dataclass(frozen=True)
class _Half:
    """What trees that learned on one half say of the other."""

    model: Any
    held_out: Array
    from_current: Array
    auc: float
    p_value: float


def _random_rows(table: Any, size: int, seed: int) -> Any:
    places = np.random.default_rng(seed + 2).choice(table.num_rows, size, replace=False)
    return table.take(np.sort(places))


def _halves(values: Array, from_current: Array, categorical: list[int], seed: int) -> list[_Half]:
    first, second = _split(values, seed)
    halves = []
    for learned, held_out in ((first, second), (second, first)):
        model = HistGradientBoostingClassifier(
            max_iter=60,
            max_leaf_nodes=15,
            categorical_features=categorical or None,
            early_stopping=False,
            random_state=seed,
        ).fit(values[learned], from_current[learned])
        truth = from_current[held_out]
        scores = model.predict_proba(values[held_out])[:, 1]
        auc, p_value = _rank_test(scores, truth)
        halves.append(_Half(model, held_out, truth, auc, p_value))
    return halves


def _split(values: Array, seed: int) -> tuple[Array, Array]:
    """Two random halves of the rows; copies of a row are in one of them.

    A copy in the other half would tell of which set the row is, where rows were read twice. Where most
    rows have copies, because there are few values, they tell nothing.
    """
    _, first_place, row = np.unique(values, axis=0, return_index=True, return_inverse=True)
    same = np.arange(len(values))
    if len(first_place) >= _DIFFERENT * len(values):
        same = first_place[row.ravel()]
    is_first = np.zeros(len(values), bool)
    is_first[np.random.default_rng(seed).permutation(len(values))[::2]] = True
    is_first = is_first[same]
    return np.flatnonzero(is_first), np.flatnonzero(~is_first)


def _rank_test(scores: Array, from_current: Array) -> tuple[float, float]:
    test = mannwhitneyu(
        scores[from_current], scores[~from_current], alternative="greater", method="asymptotic"
    )
    pairs = int(from_current.sum()) * int((~from_current).sum())
    return float(test.statistic) / pairs, float(test.pvalue)


def _importances(
    names: list[str], values: Array, halves: list[_Half], seed: int
) -> tuple[tuple[str, float], ...]:
    """By how much the AUC of held-out rows falls if a column is shuffled among them."""
    rng = np.random.default_rng(seed)
    falls = np.zeros(len(names))
    for half in halves:
        rows = values[half.held_out]
        for place in range(len(names)):
            shuffled = rows.copy()
            shuffled[:, place] = rng.permutation(rows[:, place])
            scores = half.model.predict_proba(shuffled)[:, 1]
            falls[place] += (half.auc - _rank_test(scores, half.from_current)[0]) / len(halves)
    order = np.argsort(-falls, kind="stable")
    return tuple(
        (names[place], float(falls[place])) for place in order if falls[place] >= _WORTH_NAMING
    )


def _text(
    auc: float,
    p_value: float,
    min_auc: float,
    significance: float,
    importances: tuple[tuple[str, float], ...],
) -> str:
    summary = f"a classifier tells the two sets apart with an AUC of {auc:.3f} (0.5 is chance)"
    if auc > min_auc and p_value > significance:
        return f"not more than chance explains at this size: {summary}"
    if auc <= min_auc:
        return f"{summary}: at most {min_auc:g}"
    shown = ", ".join(f"{name} ({fall:.3f})" for name, fall in importances[:_MOST_SHOWN])
    return f"{summary}; shuffled, these columns take most of it away: {shown}" if shown else summary


def _matrix(
    reference: Any, current: Any, exclude: Collection[str]
) -> tuple[list[str], Array, list[int], dict[str, str]]:
    """Both sets as one matrix of numbers: reference rows first; and which columns are codes."""
    names: list[str] = []
    columns: list[Array] = []
    categorical: list[int] = []
    left_out = {}
    for name in reference.column_names:
        if name not in current.column_names or name in exclude:
            left_out[name] = "it was excluded" if name in exclude else "it is only in the reference"
            continue
        sides = [plain(side[name].combine_chunks()) for side in (reference, current)]
        reason = _reason_left_out(sides)
        if reason:
            left_out[name] = reason
            continue
        if any(is_text(side.type) or pt.is_dictionary(side.type) for side in sides):
            categorical.append(len(names))
            columns.append(_codes(sides))
        else:
            columns.append(np.concatenate([_numbers(side) for side in sides]))
        names.append(name)
    values = np.column_stack(columns) if columns else np.empty((0, 0))
    return names, values, categorical, left_out


def _reason_left_out(sides: list[Any]) -> str:
    types = [side.type for side in sides]
    if any(pt.is_temporal(type_) for type_ in types):
        return "dates and times always differ"
    texts = [is_text(type_) or pt.is_dictionary(type_) for type_ in types]
    if not all(
        holds_text or pt.is_boolean(type_) or is_number(type_)
        for holds_text, type_ in zip(texts, types, strict=True)
    ):
        return "its values are not compared"
    if all(pt.is_floating(type_) or pt.is_decimal(type_) for type_ in types):
        return ""
    if all(_is_key(side) for side in sides):
        return "nearly every row has a value of its own"
    return ""


def _is_key(side: Any) -> bool:
    different = len(pc.unique(_texts(side).drop_null()))
    return bool(different > _KEY * max(1, len(side) - side.null_count))


def _texts(side: Any) -> Any:
    decoded = side.dictionary_decode() if pt.is_dictionary(side.type) else side
    if pt.is_large_binary(decoded.type) or pt.is_binary(decoded.type):
        decoded = pa.array(
            [None if value is None else repr(value) for value in decoded.to_pylist()]
        )
    return decoded.cast(pa.large_string())


def _numbers(side: Any) -> Array:
    numbers = np.asarray(
        side.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64
    )
    # Trees sort; an infinity is but a very large number to them.
    result: Array = np.clip(numbers, -1e300, 1e300)
    return result


def _codes(sides: list[Any]) -> Array:
    """The codes of the values that are most frequent in both sets together; a missing value is NaN."""
    values = pc.dictionary_encode(pa.concat_arrays([_texts(side) for side in sides]))
    places = values.indices.to_numpy(zero_copy_only=False).astype(np.float64)
    is_present = ~np.isnan(places)
    counts = np.bincount(places[is_present].astype(np.int64), minlength=len(values.dictionary))
    texts = np.array(values.dictionary.to_pylist(), object)
    order = sorted(range(len(texts)), key=lambda place: (-counts[place], texts[place]))
    code = np.full(len(texts) + 1, float(_MOST_CODES))
    for rank, place in enumerate(order[:_MOST_CODES]):
        code[place] = rank
    result = np.full(len(places), np.nan)
    result[is_present] = code[places[is_present].astype(np.int64)]
    return result
