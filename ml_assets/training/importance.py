"""How much each searched hyperparameter mattered: fANOVA, as Optuna computes it.

Hutter, Hoos, Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance": a forest
learns the metric from the hyperparameters; the importance of one is its share of the forest's variance.
"""

import math
from collections.abc import Iterator, Sequence

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState, create_trial

# From fewer trials a forest learns next to nothing.
_LEAST_TRIALS = 8


def parameter_importance(
    trials: Sequence[FrozenTrial], direction: str, seed: int
) -> dict[str, float]:
    """Give the importance of each searched hyperparameter.

    Parameters
    ----------
    trials : sequence of FrozenTrial
        Those of the search. A pruned one counts with the last value that was measured, which is worse
        than its end would have been; one that failed does not count.
    direction : {"minimize", "maximize"}
        Of the metric.
    seed : int
        Of the forest.

    Returns
    -------
    dict of str to float
        From 0 to 1, the most important first, adding up to 1. Empty with fewer than 8 trials, with fewer
        than two hyperparameters, or where no trial differs from the others.
    """
    measured = list(_measured_trials(trials))
    searched = {name for trial in measured for name in trial.params}
    values = {trial.value for trial in measured}
    if len(measured) < _LEAST_TRIALS or len(searched) < 2 or len(values) < 2:
        return {}
    study = optuna.create_study(direction=direction)
    study.add_trials(measured)
    importances = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
    shares = {name: float(share) for name, share in importances.items()}
    return shares if all(map(math.isfinite, shares.values())) else {}


def _measured_trials(trials: Sequence[FrozenTrial]) -> Iterator[FrozenTrial]:
    for trial in trials:
        steps = trial.intermediate_values
        value = (
            trial.value if trial.state is TrialState.COMPLETE else steps.get(max(steps, default=0))
        )
        if value is not None and trial.state is not TrialState.FAIL:
            yield create_trial(value=value, params=trial.params, distributions=trial.distributions)
