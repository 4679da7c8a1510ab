"""Draws the hyperparameters of each trial: Optuna's TPE, seeded by the trial's place in the search.

Tree-structured Parzen Estimator: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization".
What is drawn depends on the seed, the trial's place, and the trials before its batch, and on nothing
else: neither on when or where these ran, nor on whether the search was killed in between.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

_STARTUP_TRIALS = 6


class Points:
    """Draws points of a search space, from the trials so far.

    Parameters
    ----------
    space : mapping of str to BaseDistribution
        The dimensions.
    direction : {"minimize", "maximize"}
        Of the metric.
    seed : int
        Of the search.
    """

    def __init__(self, space: Mapping[str, BaseDistribution], direction: str, seed: int) -> None:
        self._space = dict(space)
        self._seed = seed
        self._num_added = 0
        # Kept in memory, apart from the study on disk: that may know more than a batch may use.
        self._study = optuna.create_study(direction=direction)

    def draw(
        self, place: int, earlier: Sequence[FrozenTrial], preset: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Draw the point of one trial.

        Parameters
        ----------
        place : int
            The trial's place in the search, from 0.
        earlier : sequence of FrozenTrial
            The trials that it may learn from, in order; each call gives at least those of the last.
        preset : mapping, optional
            Values that are not drawn.
        """
        self._study.add_trials(earlier[self._num_added :])
        self._num_added = len(earlier)
        seed = int(np.random.SeedSequence([self._seed, place]).generate_state(1)[0])
        self._study.sampler = TPESampler(
            seed=seed, n_startup_trials=_STARTUP_TRIALS, multivariate=True
        )
        if preset is not None:
            self._study.enqueue_trial(dict(preset))
        trial = self._study.ask(self._space)
        self._study.tell(trial, state=TrialState.FAIL)
        return dict(trial.params)
