"""From the YAML's words to a search and back: what is searched, and what a search's files say."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ml_assets.training.data import TrainingData
from ml_assets.training.estimators import default_parameters, default_space, make_estimator
from ml_assets.training.fitting import limit_threads, useful_threads
from ml_assets.training.metrics import direction, tuned_metric
from ml_assets.training.space import corner
from ml_assets.training.spec import TrainingSpec
from ml_assets.training.study import open_study
from ml_assets.training.trial import Contest
from ml_assets.training.tune import Plan, SearchResult, search


def plan_search(spec: TrainingSpec, task: Any) -> Plan:
    """Give what is searched: the YAML's space or the estimator's own, without the fixed parameters.

    Where there is nothing to search, one trial measures the defaults.
    """
    wanted = spec.tuning.search_space
    space = default_space(spec.estimator) if wanted is None else wanted
    free = {name: d for name, d in space.items() if name not in spec.parameters}
    return Plan(
        trials=spec.tuning.trials if free else min(1, spec.tuning.trials),
        max_seconds=spec.tuning.max_seconds,
        fixed=spec.parameters,
        defaults=default_parameters(spec.estimator, task),
        space=free,
    )


def run_search(
    data: TrainingData,
    spec: TrainingSpec,
    wanted_metric: str,
    path: Path,
    *,
    clock: Callable[[], float],
    log: Callable[[str], None],
) -> SearchResult | None:
    """Search for the best hyperparameters, or resume the search in `path`.

    Parameters
    ----------
    data : TrainingData
        The rows to fit and to measure on.
    spec : TrainingSpec
        The `training` part of the YAML.
    wanted_metric : str
        The pipeline's main metric.
    path : Path
        The study file of exactly this search.
    clock : callable
        Gives seconds that only ever grow.
    log : callable
        Prints one line for a person.

    Returns
    -------
    SearchResult or None
        None where no trials are wanted.
    """
    plan = plan_search(spec, data.task)
    sampled = data.sample(spec.tuning.max_rows, spec.seed)
    threads = useful_threads(sampled, spec.threads)
    metric = tuned_metric(data.task, wanted_metric)
    contest = Contest(sampled, spec.estimator, metric, spec.seed, threads)
    # A wrong name in the YAML is found here, before anything is written.
    point = {**plan.defaults, **plan.fixed, **corner(plan.space)}
    make_estimator(spec.estimator, contest.form, point, seed=spec.seed)
    if not plan.trials:
        return None
    with open_study(path, direction(metric), log) as study, limit_threads(threads):
        return search(study, contest, plan, clock=clock, log=log)


def best_parameters(
    result: SearchResult | None, spec: TrainingSpec, data: TrainingData, wanted_metric: str
) -> dict[str, Any]:
    """Give the content of ``best_hyperparameters.json``."""
    defaults = default_parameters(spec.estimator, data.task)
    if result is None:
        metric = tuned_metric(data.task, wanted_metric)
        parameters = {**defaults, **spec.parameters}
        return {"parameters": parameters, "value": None, "metric": metric, "trials": 0}
    return {
        "parameters": dict(result.best.parameters),
        "value": result.best.value,
        "metric": result.metric,
        "trials": len(result.trials),
        "default_value": result.default.value,
        "gain": result.gain,
        "edges": dict(result.edges),
    }


def trial_list(result: SearchResult | None) -> list[dict[str, Any]]:
    """Give the content of ``trials.json``: one object for each trial, in order."""
    return [asdict(trial) for trial in result.trials] if result else []
