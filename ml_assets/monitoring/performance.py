"""How the champion does on scored rows whose labels have become known, beside its evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import hypot
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.extra import is_lower_better
from ml_assets.evaluation.result import Metric, RuleOutcome
from ml_assets.spec import Task
from ml_assets.table import EXAMPLE_ID, LABEL


@dataclass(frozen=True)
class LabelledScores:
    """Scored rows whose labels are known.

    Attributes
    ----------
    labels : array
        As in the `labels` artifact.
    scores : array of float
        One column for each column of scores; one-dimensional where there is one.
    contradictory : int
        How many scored rows were left out because their id has several labels.
    own : int
        How many more scored rows were left out because the champion was made from them.
    """

    labels: NDArray[Any]
    scores: NDArray[np.float64]
    contradictory: int
    own: int = 0


@dataclass(frozen=True)
class Performance:
    """How the champion does now.

    Attributes
    ----------
    metric : str
        What is compared.
    rows, rows_labelled : int
        How many rows were scored, and of how many the label is known and tells something new.
    rows_own : int
        How many of the scored rows are examples that the champion was made from; these are left out.
    now, then : Metric or None
        The metric on the labelled rows, and in the champion's evaluation.
    drop, drop_low, drop_high : float or None
        How much worse it is now, in the metric's own unit, and the ends of its interval.
    limit : float
        How much worse it may be.
    outcome : {"pass", "fail", "cannot tell"}
        It fails where the whole interval of the drop lies above the limit.
    text : str
        One sentence for a person.
    metrics : tuple of Metric
        All metrics on the labelled rows.
    """

    metric: str
    rows: int
    rows_labelled: int
    rows_own: int
    now: Metric | None
    then: Metric | None
    drop: float | None
    drop_low: float | None
    drop_high: float | None
    limit: float
    outcome: RuleOutcome
    text: str
    metrics: tuple[Metric, ...]

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)


def join_labels(
    predictions: pa.Table,
    labels: pa.Table,
    score_columns: Sequence[str],
    classes: Sequence[str] = (),
    label_classes: Sequence[str] = (),
    own: pa.Array | None = None,
) -> LabelledScores:
    """Find the labels of scored rows by their example id.

    Parameters
    ----------
    predictions : pyarrow.Table
        With `_example_id` and the columns of scores.
    labels : pyarrow.Table
        With `_example_id` and `_label`. The same label given twice counts once.
    score_columns : sequence of str
        The columns of scores, by class code.
    classes, label_classes : sequence of str
        The names of the classes by the codes of the scoring model, and by those of the labels. A label
        whose class the model does not know is left out.
    own : pyarrow.Array of bool, optional
        Whether each scored row is an example that the champion was made from; such rows are left out.
    """
    left_out = 0 if own is None else own.true_count
    predictions = predictions if own is None else predictions.filter(pc.invert(own))
    known_labels = labels.select([EXAMPLE_ID, LABEL]).to_pandas().drop_duplicates()
    is_contradictory = known_labels[EXAMPLE_ID].duplicated(keep=False)
    scored = predictions.select([EXAMPLE_ID, *score_columns]).to_pandas()
    contradictory = int(
        scored[EXAMPLE_ID].isin(known_labels.loc[is_contradictory, EXAMPLE_ID]).sum()
    )
    joined: pd.DataFrame = scored.merge(known_labels[~is_contradictory], on=EXAMPLE_ID, how="inner")
    scores = joined[list(score_columns)].to_numpy(dtype=np.float64)
    codes = _translate(joined[LABEL].to_numpy(), classes, label_classes)
    is_known = codes >= 0 if classes else np.full(len(codes), True)
    scores = scores[:, 0] if len(score_columns) == 1 else scores
    return LabelledScores(codes[is_known], scores[is_known], contradictory, left_out)


def _translate(
    labels: NDArray[Any], classes: Sequence[str], label_classes: Sequence[str]
) -> NDArray[Any]:
    """Give label codes as the codes of the scoring model, -1 for a class that it does not know."""
    if list(classes) == list(label_classes):
        return labels
    codes = [classes.index(name) if name in classes else -1 for name in label_classes]
    translated: NDArray[Any] = np.asarray(codes)[labels]
    return translated


def judge_performance(
    task: Task,
    metric: str,
    labelled: LabelledScores,
    rows: int,
    then: Mapping[str, Any] | None,
    *,
    max_drop: float,
    min_rows: int,
    decision_threshold: float = 0.5,
    confidence: float = 0.95,
    bootstrap_samples: int = 200,
    seed: int = 0,
) -> Performance:
    """Compare the champion on labelled rows with its own evaluation.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    metric : str
        What to compare.
    labelled : LabelledScores
        What `join_labels` gave.
    rows : int
        How many rows were scored.
    then : mapping or None
        The metric in the champion's evaluation: ``value``, ``low``, ``high``; None where unknown.
    max_drop : float
        How much worse it may be, in the metric's own unit.
    min_rows : int
        With fewer labelled rows the outcome is "cannot tell".
    decision_threshold : float
        For a binary task, the probability above which the champion calls a row positive.
    confidence, bootstrap_samples, seed : float, int, int
        Of the intervals.

    Returns
    -------
    Performance
        The interval of the drop is the MOVER of Zou and Donner (2008, doi:10.1002/sim.3095): both
        samples are uncertain, and independent of each other.
    """
    evaluation = evaluate(
        labelled.labels,
        labelled.scores,
        task=task,
        decision_threshold=decision_threshold,
        confidence=confidence,
        bootstrap_samples=bootstrap_samples,
        seed=seed,
        main_metric=metric,
    )
    now = evaluation.metric(metric)
    before = Metric(metric, **then) if then else None
    count = len(labelled.labels)
    drop = _drop(now, before)
    outcome, text = _judge(drop, now, before, count, max_drop, min_rows, bool(labelled.own))
    low, middle, high = drop or (None, None, None)
    left_out = f"; {labelled.own:,} are its own examples and left out" if labelled.own else ""
    return Performance(
        metric, rows, count, labelled.own, now, before, middle, low, high, max_drop, outcome,
        f"{text} ({count:,} of {rows:,} scored rows have a label{left_out})", evaluation.metrics,
    )  # fmt: skip


def _drop(now: Metric, then: Metric | None) -> tuple[float, float, float] | None:
    """The low end, the middle and the high end of how much worse it is now."""
    if then is None or None in (now.value, now.low, now.high, then.value, then.low, then.high):
        return None
    sign = 1.0 if is_lower_better(now.name) else -1.0
    new, old = _as_loss(now, sign), _as_loss(then, sign)
    middle = new[1] - old[1]
    low = middle - hypot(new[1] - new[0], old[2] - old[1])
    return low, middle, middle + hypot(new[2] - new[1], old[1] - old[0])


def _as_loss(metric: Metric, sign: float) -> tuple[float, float, float]:
    """A metric turned so that more is worse: low, value, high."""
    value, ends = metric.value or 0.0, (metric.low or 0.0, metric.high or 0.0)
    low, high = sorted(sign * end for end in ends)
    return low, sign * value, high


def _judge(
    drop: tuple[float, float, float] | None,
    now: Metric,
    then: Metric | None,
    labelled: int,
    limit: float,
    min_rows: int,
    has_own: bool,
) -> tuple[RuleOutcome, str]:
    if labelled < min_rows:
        new = "new " if has_own else ""
        return "cannot tell", f"cannot tell: at least {min_rows:,} {new}labelled rows are needed"
    if then is None or then.value is None:
        return "cannot tell", f"cannot tell: the champion's evaluation has no {now.name}"
    if drop is None:
        return "cannot tell", f"cannot tell: {now.reason or f'{now.name} has no interval'}"
    low, middle, high = drop
    change = f"{abs(middle):.4g} {'worse' if middle > 0 else 'better'}"
    text = f"{now.name} is {now.value:.4g}, {change} than in its evaluation ({then.value:.4g})"
    if low > limit:
        return "fail", f"{text}; at most {limit:g} worse is allowed"
    if high > limit and middle > limit:
        return "cannot tell", f"cannot tell: {text}, but that may be chance"
    return "pass", text
