"""`assess`: everything that is measured about a candidate, from its scores on the test rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from ml_assets.evaluation.evaluator import LINEAR, evaluate
from ml_assets.evaluation.fairness_report import Fairness, assess_fairness
from ml_assets.evaluation.importance import (
    Dependence,
    Importance,
    partial_dependence,
    permutation_importance,
)
from ml_assets.evaluation.measurements import CANDIDATE, CHAMPION
from ml_assets.evaluation.metrics import check_predictions, undefined_metrics
from ml_assets.evaluation.models import MAJORITY, Model, Scores, is_linear
from ml_assets.evaluation.result import Evaluation
from ml_assets.evaluation.rules import MIN_ROWS
from ml_assets.evaluation.sliced_columns import sliced_columns
from ml_assets.evaluation.spec import EvaluationSpec
from ml_assets.evaluation.staleness import Staleness, find_staleness
from ml_assets.evaluation.weak_slices import WeakSlices, find_weak_slices
from ml_assets.spec import Task
from ml_assets.table import LABEL, RESERVED_COLUMNS

# How many rows are predicted when a column is shuffled: fewer of many columns, often of few rows.
_MOST_ROWS, _FEWEST_ROWS, _PREDICTIONS, _MOST_REPEATS = 5_000, 500, 200_000, 5
_DRAWN_COLUMNS = 4


@dataclass(frozen=True)
class Facts:
    """What is to be known of a pipeline to assess its candidate.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    main_metric : str
        The metric that is reported first.
    weight : str or None
        The column with a weight for each row.
    time : str or None
        The column that says when a prediction was wanted.
    trained_until : mapping of str to timestamp
        For ``candidate`` and ``champion``, as far as it is known, the time of the last training row.
    not_known_before : frozenset of str
        The columns that make the label, and those that are known only after it.
    may_identify : frozenset of str
        Columns whose values may name a person or a row; none is shown.
    """

    task: Task
    main_metric: str
    weight: str | None = None
    time: str | None = None
    trained_until: Mapping[str, Any] = field(default_factory=dict)
    not_known_before: frozenset[str] = frozenset()
    may_identify: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Assessment:
    """What was found.

    Attributes
    ----------
    evaluation : Evaluation
        Metrics, slices, baselines, and the blessing.
    people : Fairness or None
        Groups of people, where the YAML names protected columns.
    weak : WeakSlices or None
        Slices on which the candidate is weak; None where they were not looked for.
    importance : tuple of Importance
        What each column is worth to the candidate; empty where not requested, or not measurable.
    dependence : tuple of Dependence
        How its mean prediction follows the most important columns.
    staleness : tuple of Staleness or None
        How the candidate and the champion age; None where there is no time.
    """

    evaluation: Evaluation
    people: Fairness | None = None
    weak: WeakSlices | None = None
    importance: tuple[Importance, ...] = ()
    dependence: tuple[Dependence, ...] = ()
    staleness: tuple[Staleness, ...] | None = None

    def files(self, compared: Mapping[str, Any]) -> dict[str, Any]:
        """Give what is to be stored, as plain JSON by the file's name.

        Parameters
        ----------
        compared : mapping
            ``candidate``, the digest of its model, and the other models that were compared.
        """
        evaluation, staleness = self.evaluation, self.staleness
        files = {
            "evaluation.json": {**compared, **evaluation.to_json()},
            "blessing.json": {
                "candidate": compared["candidate"],
                "blessed": evaluation.blessed,
                "reasons": list(evaluation.reasons),
                "failed": evaluation.failed,
            },
            "fairness.json": self.people and self.people.to_json(),
            "weak_slices.json": self.weak and self.weak.to_json(),
            "explanation.json": self.importance
            and {
                "importance": [asdict(importance) for importance in self.importance],
                "dependence": [asdict(dependence) for dependence in self.dependence],
            },
            "staleness.json": staleness and [result.to_json() for result in staleness],
        }
        return {name: content for name, content in files.items() if content}


def assess(
    rows: pd.DataFrame, scores: Scores, candidate: Model, spec: EvaluationSpec, facts: Facts
) -> Assessment:
    """Evaluate, compare and explain the candidate on the test rows, as `spec` says.

    Parameters
    ----------
    rows : DataFrame
        The test rows: raw columns and the label.
    scores : Scores
        What `score_models` gave for them.
    candidate : Model
        The candidate.
    spec : EvaluationSpec
        What to evaluate.
    facts : Facts
        What the evaluation needs to know of the pipeline.
    """
    people = _find_unfairness(rows, scores, candidate, spec)
    evaluation = _evaluate(rows, scores, candidate, spec, facts)
    if people is not None and spec.fairness.required:
        evaluation = evaluation.refused_for(people.failed)
    importance, dependence = _explain(rows, scores, candidate, spec, facts)
    return Assessment(
        evaluation,
        people,
        _find_weak_slices(rows, scores, spec, facts),
        importance,
        dependence,
        _find_staleness(rows, scores, candidate, spec, facts),
    )


def _evaluate(
    rows: pd.DataFrame, scores: Scores, candidate: Model, spec: EvaluationSpec, facts: Facts
) -> Evaluation:
    return evaluate(
        rows[LABEL],
        scores.candidate,
        task=facts.task,
        features=sliced_columns(rows, spec, facts.may_identify),
        slices=[*spec.slices, *spec.sql_slices],
        min_slice_size=spec.min_slice_size,
        baselines=scores.baselines,
        unscored=scores.unscored,
        metrics=spec.metrics,
        thresholds=spec.thresholds,
        slice_thresholds=spec.slice_thresholds,
        cross_slices=spec.cross_slices,
        main_metric=facts.main_metric,
        confidence=spec.confidence,
        bootstrap_samples=spec.bootstrap_samples,
        seed=spec.seed,
        sample_weight=_weight(rows, facts),
        decision_threshold=scores.decision_thresholds,
        is_linear=is_linear(candidate),
    )


def _find_unfairness(
    rows: pd.DataFrame, scores: Scores, candidate: Model, spec: EvaluationSpec
) -> Fairness | None:
    if not spec.fairness.protected:
        return None
    truth, columns = rows[LABEL].to_numpy(), candidate.input_columns
    cut = candidate.decision_threshold()
    return assess_fairness(truth, scores.candidate, rows, columns, spec.fairness, cut)


def _find_weak_slices(
    rows: pd.DataFrame, scores: Scores, spec: EvaluationSpec, facts: Facts
) -> WeakSlices | None:
    search = spec.weak_slices
    if not search.enabled:
        return None
    hidden = {*RESERVED_COLUMNS, *facts.not_known_before, *facts.may_identify, facts.weight}
    return find_weak_slices(
        rows,
        rows[LABEL],
        scores.candidate,
        task=facts.task,
        columns=search.columns or [name for name in rows.columns if name not in hidden],
        min_rows=search.min_rows,
        error_rate=search.error_rate,
        seed=spec.seed,
    )


def _explain(
    rows: pd.DataFrame, scores: Scores, candidate: Model, spec: EvaluationSpec, facts: Facts
) -> tuple[tuple[Importance, ...], tuple[Dependence, ...]]:
    truth, columns = rows[LABEL], candidate.input_columns
    predictions = check_predictions(facts.task, truth, scores.candidate)
    if not spec.explanation or len(rows) < MIN_ROWS or undefined_metrics(predictions):
        return (), ()
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _PREDICTIONS // len(columns)))
    importances = permutation_importance(
        candidate.predict,
        rows,
        truth,
        task=facts.task,
        columns=columns,
        repeats=min(_MOST_REPEATS, max(1, most // len(rows))),
        max_rows=most,
        confidence=spec.confidence,
        seed=spec.seed,
    )
    shown = [
        importance.column
        for importance in importances
        if importance.low > 0 and importance.column not in facts.may_identify
    ]
    classes = candidate.classes if facts.task == "multiclass" else None
    predicted = int(truth.mode()[0]) if classes else None
    dependence = tuple(
        partial_dependence(
            candidate.predict,
            rows,
            column,
            predicted=predicted,
            classes=classes,
            confidence=spec.confidence,
            seed=spec.seed,
        )
        for column in shown[:_DRAWN_COLUMNS]
    )
    return tuple(importances), dependence


def _find_staleness(
    rows: pd.DataFrame, scores: Scores, candidate: Model, spec: EvaluationSpec, facts: Facts
) -> tuple[Staleness, ...] | None:
    """How each model ages whose last training row is known; only the candidate has its baselines."""
    if facts.time is None:
        return None
    metric, linear = facts.main_metric, [] if is_linear(candidate) else [LINEAR]
    models = {CANDIDATE: scores.candidate, CHAMPION: scores.baselines.get(CHAMPION)}
    baselines = {CANDIDATE: [*linear, MAJORITY], CHAMPION: [MAJORITY]}
    return tuple(
        find_staleness(
            rows[LABEL],
            score,
            rows[facts.time],
            facts.trained_until[model],
            task=facts.task,
            baselines={name: scores.baselines[name] for name in baselines[model]},
            metric=metric,
            threshold=spec.thresholds.get(metric),
            model=model,
            sample_weight=_weight(rows, facts),
            decision_threshold=scores.decision_thresholds,
            min_rows=spec.min_slice_size,
            bootstrap_samples=spec.bootstrap_samples,
            confidence=spec.confidence,
            seed=spec.seed,
        )
        for model, score in models.items()
        if model in facts.trained_until and score is not None
    )


def _weight(rows: pd.DataFrame, facts: Facts) -> Any:
    return None if facts.weight is None else rows[facts.weight]
