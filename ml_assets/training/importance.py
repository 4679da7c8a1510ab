"""How much each searched hyperparameter mattered: fANOVA, as Optuna computes it.

Hutter, Hoos, Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance": a forest
learns the metric from the hyperparameters; the importance of one is its share of the forest's variance.
"""

import math

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

# With fewer complete trials a forest learns next to nothing.
_LEAST_TRIALS = 8


def parameter_importance(study: optuna.Study, seed: int) -> dict[str, float]:
    """Give the importance of each searched hyperparameter.

    Parameters
    ----------
    study : optuna.Study
        The search. Trials that failed or were pruned do not count.
    seed : int
        Of the forest.

    Returns
    -------
    dict of str to float
        From 0 to 1, the most important first, adding up to 1. Empty with fewer than 8 complete trials,
        with fewer than two hyperparameters, or where no trial differs from the others.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    searched = {name for trial in complete for name in trial.params}
    values = {trial.value for trial in complete}
    if len(complete) < _LEAST_TRIALS or len(searched) < 2 or len(values) < 2:
        return {}
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
    return found if all(map(math.isfinite, found.values())) else {}
