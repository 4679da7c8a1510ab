"""Runs one trial on its own, in this process or another one.

It takes all that it needs and returns all that it finds. Nothing is written, so a process that dies
leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.trial import FrozenTrial, TrialState

from ml_assets.errors import ModelError, PipelineFileError
from ml_assets.training.contest import Contest
from ml_assets.training.fitting import limit_threads
from ml_assets.training.metrics import direction
from ml_assets.training.trial import run_trial
from ml_assets.training.usage import Meter, metered

_TRIALS_BEFORE_PRUNING = 4


class OverBudgetError(Exception):
    """The trial took more memory than it may."""


@dataclass(frozen=True)
class Attempt:
    """What one trial gave.

    Attributes
    ----------
    state : TrialState
        ``COMPLETE``, ``PRUNED`` or ``FAIL``.
    value : float or None
        The metric's value, of a complete trial.
    steps : mapping of int to float
        What was reported on the way.
    learnt : mapping
        What it learnt beside its hyperparameters.
    error : str
        Why it failed.
    seconds, peak_mb : float
        What it took.
    """

    state: TrialState
    value: float | None = None
    steps: Mapping[int, float] = field(default_factory=dict)
    learnt: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0


def attempt(
    contest: Contest, parameters: Mapping[str, Any], complete: Sequence[FrozenTrial]
) -> Attempt:
    """Run one trial.

    Parameters
    ----------
    contest : Contest
        What all trials have in common.
    parameters : mapping
        All its hyperparameters.
    complete : sequence of FrozenTrial
        The complete trials that it is compared with: it is pruned where it is worse than half of them
        at the same step, once there are 4.

    Raises
    ------
    PipelineFileError
        If the estimator lacks a parameter. What an estimator says of values that do not go together is
        the attempt's `error` instead: the search goes on without them.
    """
    steps: dict[int, float] = {}
    prune = _median_pruning(contest.metric, complete, steps)
    with limit_threads(contest.threads), metered() as meter:
        outcome = _run(contest, parameters, steps, prune, meter)
    return Attempt(**outcome, steps=steps, seconds=meter.seconds, peak_mb=meter.peak_mb)


def _run(
    contest: Contest,
    parameters: Mapping[str, Any],
    steps: dict[int, float],
    prune: Any,
    meter: Meter,
) -> dict[str, Any]:
    def report(step: int, value: float) -> None:
        _refuse_over_budget(contest, meter)
        steps[step] = value
        prune()

    try:
        measured = run_trial(contest, parameters, report)
        _refuse_over_budget(contest, meter)
        if not np.isfinite(measured.value):
            raise ValueError(f"{contest.metric} is not a number")
    except optuna.TrialPruned:
        return {"state": TrialState.PRUNED}
    except PipelineFileError:
        raise
    except OverBudgetError as error:
        return {"state": TrialState.FAIL, "error": str(error)}
    except (ValueError, TypeError, ArithmeticError, MemoryError, ModelError) as error:
        return {"state": TrialState.FAIL, "error": f"{type(error).__name__}: {error}"}
    return {"state": TrialState.COMPLETE, "value": measured.value, "learnt": measured.learnt}


def _refuse_over_budget(contest: Contest, meter: Meter) -> None:
    most = contest.max_memory_mb
    if most is not None and meter.look() > most:
        raise OverBudgetError(
            f"it took {meter.peak_mb:,.0f} MB of memory, and training.tuning.max_memory_mb allows "
            f"{most:,.0f}"
        )


def _median_pruning(
    metric: str, complete: Sequence[FrozenTrial], steps: Mapping[int, float]
) -> Any:
    """Optuna's median pruning of a trial with these steps, apart from any study on disk."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = MedianPruner(n_startup_trials=_TRIALS_BEFORE_PRUNING)
    study = optuna.create_study(direction=direction(metric), pruner=pruner)
    study.add_trials(complete)
    trial = study.ask()

    def prune() -> None:
        step = max(steps)
        trial.report(steps[step], step)
        if trial.should_prune():
            raise optuna.TrialPruned

    return prune
