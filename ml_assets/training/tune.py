"""The search for the best hyperparameters: Optuna's TPE with median pruning, seeded and resumable.

Tree-structured Parzen Estimator: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization".
The defaults are tried first, so the search also says what it gained. Each trial draws from its own random
numbers, which depend on the seed and on how many trials ended before; so a search that was killed and
resumed tries the same points, in the same order, as one that was not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

from ml_assets.errors import ModelError, PipelineFileError
from ml_assets.training.metrics import improvement
from ml_assets.training.space import edges, inside, to_distributions
from ml_assets.training.spec import SearchDimension
from ml_assets.training.study import INTERRUPTED
from ml_assets.training.trial import Contest, run_trial

State = Literal["complete", "pruned", "failed"]

_STARTUP_TRIALS = 6
_TRIALS_BEFORE_PRUNING = 4
_PARAMETERS = "parameters"
_ERROR = "error"
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass(frozen=True)
class Plan:
    """What is searched, and for how long.

    Attributes
    ----------
    trials : int
        The number of trials, counting those of a run that was killed, >= 1.
    max_seconds : float
        No trial but the first starts after this many seconds.
    fixed : mapping
        Hyperparameters that are not searched.
    defaults : mapping
        Hyperparameters of the first trial.
    space : mapping
        The dimensions to search.
    """

    trials: int
    max_seconds: float
    fixed: Mapping[str, Any]
    defaults: Mapping[str, Any]
    space: Mapping[str, SearchDimension]


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
        The metric on the eval split; for a pruned trial the last that was measured.
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
class SearchResult:
    """What a search found.

    Attributes
    ----------
    metric : str
        What was measured.
    best : TrialResult
        The best trial that ran to its end.
    default : TrialResult
        The first trial, with the defaults.
    gain : float or None
        How much better the best is than the defaults, in the metric's own unit.
    edges : mapping of str to str
        The best values that lie on the edge of the space: there may be better ones beyond.
    trials : tuple of TrialResult
        All trials, in order.
    """

    metric: str
    best: TrialResult
    default: TrialResult
    gain: float | None
    edges: Mapping[str, str] = field(default_factory=dict)
    trials: tuple[TrialResult, ...] = ()


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
        The same for the same seed and data, whether or not the search was killed in between. Only the
        time limit can make a difference.

    Raises
    ------
    PipelineFileError
        If the estimator lacks a parameter that is named or searched.
    ModelError
        If every trial failed.
    """
    distributions = to_distributions(plan.space)
    study.pruner = MedianPruner(n_startup_trials=_TRIALS_BEFORE_PRUNING)
    began, told = clock(), 0
    while (ended := len(_ended(study))) < plan.trials:
        if ended and clock() - began >= plan.max_seconds:
            log(f"tuning: time is up after {ended} of {plan.trials} trials")
            break
        seed = int(np.random.SeedSequence([contest.seed, ended]).generate_state(1)[0])
        study.sampler = TPESampler(seed=seed, n_startup_trials=_STARTUP_TRIALS, multivariate=True)
        if not ended:
            study.enqueue_trial(inside(plan.defaults, plan.space))
        _run(study, contest, plan, study.ask(distributions))
        told = _tell_progress(study, contest.metric, plan.trials, told, log)
    return _result(study, contest.metric, plan)


def _ended(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that ended by themselves, in order."""
    trials = study.get_trials(deepcopy=False, states=_ENDED)
    return [trial for trial in trials if INTERRUPTED not in trial.user_attrs]


def _run(study: optuna.Study, contest: Contest, plan: Plan, trial: optuna.Trial) -> None:
    parameters = {**plan.defaults, **plan.fixed, **trial.params}
    trial.set_user_attr(_PARAMETERS, parameters)

    def report(step: int, value: float) -> None:
        trial.report(value, step)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        measured = run_trial(contest, parameters, report)
        if not np.isfinite(measured.value):
            raise ValueError(f"{contest.metric} is not a number")
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except PipelineFileError:
        raise
    except (ValueError, TypeError, ArithmeticError, ModelError) as error:
        # What an estimator says to values that do not go together. The search goes on without them.
        trial.set_user_attr(_ERROR, f"{type(error).__name__}: {error}")
        study.tell(trial, state=TrialState.FAIL)
    else:
        trial.set_user_attr(_PARAMETERS, {**parameters, **measured.learnt})
        study.tell(trial, measured.value)


def _tell_progress(
    study: optuna.Study, metric: str, planned: int, told: int, log: Callable[[str], None]
) -> int:
    """Log at each third of the way; give how many thirds were told."""
    trials = _ended(study)
    thirds = 3 * len(trials) // planned
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if thirds > told and complete:
        log(f"tuning: {len(trials)} of {planned} trials, best {metric} {study.best_value:.4f}")
    return thirds


def _result(study: optuna.Study, metric: str, plan: Plan) -> SearchResult:
    trials = tuple(_trial_result(number, trial) for number, trial in enumerate(_ended(study)))
    complete = [trial for trial in trials if trial.state == "complete"]
    if not complete:
        raise ModelError(f"all {len(trials)} trials failed; the first with {trials[0].reason}")
    best = _best(complete, metric)
    default, gain = trials[0], None
    if default.value is not None and best.value is not None and default.state == "complete":
        gain = improvement(metric, best.value, default.value)
    return SearchResult(metric, best, default, gain, edges(best.parameters, plan.space), trials)


def _best(complete: Sequence[TrialResult], metric: str) -> TrialResult:
    """The best trial; of equally good ones the first."""
    return max(complete, key=lambda t: (improvement(metric, t.value or 0.0, 0.0), -t.number))


def _trial_result(number: int, trial: FrozenTrial) -> TrialResult:
    states: dict[TrialState, State] = {
        TrialState.COMPLETE: "complete",
        TrialState.PRUNED: "pruned",
        TrialState.FAIL: "failed",
    }
    steps = trial.intermediate_values
    value = trial.value if trial.value is not None else (steps[max(steps)] if steps else None)
    attributes = trial.user_attrs
    return TrialResult(
        number, states[trial.state], value, attributes[_PARAMETERS], attributes.get(_ERROR, "")
    )
