"""The search for the best hyperparameters: seeded, in batches, and resumable.

The champion's hyperparameters and the defaults are tried first, so the search also says what it gained. A
search that was killed and resumed tries the same points, in the same order, as one that was not; so does
one whose trials run at once, whichever of them ends first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from ml_assets.errors import ModelError
from ml_assets.training.attempt import Attempt
from ml_assets.training.contest import Contest
from ml_assets.training.importance import parameter_importance
from ml_assets.training.metrics import direction, improvement
from ml_assets.training.points import Points
from ml_assets.training.space import clip_to_space, to_distributions, values_on_edges
from ml_assets.training.spec import SearchDimension
from ml_assets.training.workers import RunBatch, workers_for

State = Literal["complete", "pruned", "failed"]

_PARAMETERS = "parameters"
_ERROR = "error"
_CHAMPION = "champion"
_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True)
class Plan:
    """What to search, and for how long.

    Attributes
    ----------
    trials : int
        The number of trials, counting those of a run that was killed, >= 1.
    max_seconds : float
        No trial but the first starts after this many seconds.
    fixed : mapping
        Hyperparameters that are not searched.
    defaults : mapping
        The estimator's hyperparameters by default.
    space : mapping
        The dimensions to search.
    champion : mapping, optional
        The champion's hyperparameters, which are tried before the defaults.
    workers : int
        How many trials run at once, >= 1.
    cluster : str, optional
        The address of a Dask scheduler to run them on.
    """

    trials: int
    max_seconds: float
    fixed: Mapping[str, Any]
    defaults: Mapping[str, Any]
    space: Mapping[str, SearchDimension]
    champion: Mapping[str, Any] | None = None
    workers: int = 1
    cluster: str | None = None


@dataclass(frozen=True)
class TrialResult:
    """One trial that ended.

    Attributes
    ----------
    number : int
        From 0, in order.
    state : {"complete", "pruned", "failed"}
        How it ended: a pruned trial was stopped because it was worse than most at the same step.
    value : float or None
        The metric on the eval split or over the folds; for a pruned trial the last that was measured.
    parameters : mapping
        All its hyperparameters.
    reason : str
        Why it failed.
    """

    number: int
    state: State
    value: float | None
    parameters: Mapping[str, Any]
    reason: str = ""


@dataclass(frozen=True)
class Effort:
    """What the trials that this process ran have taken.

    Attributes
    ----------
    trials : int
        How many this process ran; fewer than all where it resumed a search.
    seconds : float
        Their durations added up, also of trials that ran at once.
    peak_mb : float
        The most memory that one trial took beyond what its process held before, in megabytes.
    """

    trials: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0

    def plus(self, attempt: Attempt) -> "Effort":
        """Give this effort with one more trial."""
        peak = max(self.peak_mb, attempt.peak_mb)
        return Effort(self.trials + 1, self.seconds + attempt.seconds, peak)


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes
    ----------
    metric : str
        What was measured.
    best : TrialResult
        The best trial that ran to its end.
    default, champion : TrialResult or None
        The trial with the defaults, and that with the champion's hyperparameters; None where there was
        none.
    gain : float or None
        How much better the best is than the defaults, in the metric's own unit.
    edges : mapping of str to str
        The best values that lie on the edge of the space: there may be better ones beyond.
    importance : mapping of str to float
        How much each searched hyperparameter mattered, from 0 to 1, adding up to 1; empty where that
        cannot be computed.
    trials : tuple of TrialResult
        All trials, in order.
    effort : Effort
        What the trials took; ignored when two results are compared.
    """

    metric: str
    best: TrialResult
    default: TrialResult | None
    champion: TrialResult | None
    gain: float | None
    edges: Mapping[str, str] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)
    trials: tuple[TrialResult, ...] = ()
    effort: Effort = field(default=Effort(), compare=False)


def search(
    study: optuna.Study,
    contest: Contest,
    plan: Plan,
    *,
    clock: Callable[[], float],
    log: Callable[[str], None],
) -> SearchResult:
    """Search until there are as many trials as planned, or the time is up.

    Parameters
    ----------
    study : optuna.Study
        From `open_study`; trials that it already holds count.
    contest : Contest
        The data, estimator, metric and seed.
    plan : Plan
        What to search and for how long.
    clock : callable
        Gives seconds that only ever grow.
    log : callable
        Prints one line for a person; called a few times.

    Returns
    -------
    SearchResult
        The same for the same seed, data and number of workers, whether or not the search was killed in
        between. Only the time and the memory limit can make a difference.

    Raises
    ------
    PipelineFileError
        If the estimator lacks a parameter that is named or searched.
    ModelError
        If every trial failed, or a process that ran one died.
    """
    first, effort = _first_points(study, plan), Effort()
    with workers_for(contest, plan.workers, plan.cluster) as run_batch:
        for attempt in _attempts(study, contest, plan, list(first.values()), run_batch, clock, log):
            effort = effort.plus(attempt)
    return _result(study, contest, plan, list(first), effort)


def _first_points(study: optuna.Study, plan: Plan) -> dict[str, dict[str, Any]]:
    """The points that are tried first, by name: ``champion`` and ``defaults``.

    The study keeps the champion with which it began, so that a promotion in between does not change a
    search that is resumed.
    """
    if _CHAMPION not in study.user_attrs:
        point = None if plan.champion is None else clip_to_space(plan.champion, plan.space)
        study.set_user_attr(_CHAMPION, point)
    champion, defaults = study.user_attrs[_CHAMPION], clip_to_space(plan.defaults, plan.space)
    is_new = bool(champion) and champion != defaults
    return {**({"champion": champion} if is_new else {}), "defaults": defaults}


def _attempts(
    study: optuna.Study,
    contest: Contest,
    plan: Plan,
    first: Sequence[Mapping[str, Any]],
    run_batch: RunBatch,
    clock: Callable[[], float],
    log: Callable[[str], None],
) -> Iterator[Attempt]:
    """Run batch after batch; record each trial when it has ended, and give its attempt."""
    space, began = to_distributions(plan.space), clock()
    points = Points(space, direction(contest.metric), contest.seed)
    while (ended := _num_ended(study)) < plan.trials:
        if ended and clock() - began >= plan.max_seconds:
            log(f"tuning: time is up after {ended} of {plan.trials} trials")
            return
        # Trials of a batch are drawn without each other's results; so is the rest of a killed batch.
        start = ended - ended % plan.workers
        earlier = study.get_trials(deepcopy=False)[:start]
        complete = [trial for trial in earlier if trial.state is TrialState.COMPLETE]
        places = range(ended, min(start + plan.workers, plan.trials))
        drawn = [
            points.draw(place, earlier, first[place] if place < len(first) else None)
            for place in places
        ]
        batch = [{**plan.defaults, **plan.fixed, **point} for point in drawn]
        for point, parameters, attempt in zip(
            drawn, batch, run_batch(batch, complete), strict=True
        ):
            _record_trial(study, space, point, parameters, attempt)
            _log_progress(study, contest.metric, plan.trials, log)
            yield attempt


def _num_ended(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False))


def _record_trial(
    study: optuna.Study,
    space: Mapping[str, BaseDistribution],
    point: Mapping[str, Any],
    parameters: Mapping[str, Any],
    attempt: Attempt,
) -> None:
    attributes = {_PARAMETERS: {**parameters, **attempt.learnt}, _ERROR: attempt.error}
    study.add_trial(
        create_trial(
            state=attempt.state,
            value=attempt.value,
            params=dict(point),
            distributions=dict(space),
            intermediate_values=dict(attempt.steps),
            user_attrs=attributes,
        )
    )


def _log_progress(
    study: optuna.Study, metric: str, planned: int, log: Callable[[str], None]
) -> None:
    """Log when a third of the way is reached."""
    ended = _num_ended(study)
    is_any_complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if is_any_complete and 3 * ended // planned > 3 * (ended - 1) // planned:
        log(f"tuning: {ended} of {planned} trials, best {metric} {study.best_value:.4f}")


def _result(
    study: optuna.Study, contest: Contest, plan: Plan, first: Sequence[str], effort: Effort
) -> SearchResult:
    metric, ended = contest.metric, study.get_trials(deepcopy=False)
    trials = tuple(_trial_result(trial) for trial in ended)
    complete = [trial for trial in trials if trial.state == "complete"]
    if not complete:
        raise ModelError(f"all {len(trials)} trials failed; the first with {trials[0].reason}")
    best, named = _best_trial(complete, metric), dict(zip(first, trials, strict=False))
    default = named.get("defaults")
    gain = None
    if default is not None and default.state == "complete":
        gain = improvement(metric, best.value or 0.0, default.value or 0.0)
    return SearchResult(
        metric=metric,
        best=best,
        default=default,
        champion=named.get("champion"),
        gain=gain,
        edges=values_on_edges(best.parameters, plan.space),
        importance=parameter_importance(ended, direction(metric), contest.seed),
        trials=trials,
        effort=effort,
    )


def _best_trial(complete: Sequence[TrialResult], metric: str) -> TrialResult:
    """The best trial; of equally good ones the first."""
    return max(
        complete, key=lambda trial: (improvement(metric, trial.value or 0.0, 0.0), -trial.number)
    )


def _trial_result(trial: FrozenTrial) -> TrialResult:
    steps = trial.intermediate_values
    value = trial.value if trial.value is not None else (steps[max(steps)] if steps else None)
    attributes = trial.user_attrs
    return TrialResult(
        trial.number, _STATES[trial.state], value, attributes[_PARAMETERS], attributes[_ERROR]
    )
