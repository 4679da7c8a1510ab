"""From the YAML to a search, and from its result to the files of the artifact."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ml_assets.training.contest import Contest
from ml_assets.training.data import TrainingData
from ml_assets.training.estimators import default_parameters, default_space, make_estimator
from ml_assets.training.fitting import fit_weights, useful_threads, weight_argument
from ml_assets.training.folds import cut_folds
from ml_assets.training.metrics import direction, refuse_unmeasurable, tuned_metric
from ml_assets.training.space import corner
from ml_assets.training.spec import TrainingSpec
from ml_assets.training.study import open_study
from ml_assets.training.tune import Plan, SearchResult, search


def plan_search(spec: TrainingSpec, task: Any, champion: Mapping[str, Any] | None = None) -> Plan:
    """Give what is searched: the YAML's space or the estimator's own, without the fixed parameters.

    Where there is nothing to search, one trial measures the defaults.

    Parameters
    ----------
    spec : TrainingSpec
        The `training` part of the YAML.
    task : {"binary", "multiclass", "regression"}
        The kind of label.
    champion : mapping, optional
        What the manifest of the champion says. Where it is of the same estimator, its hyperparameters
        are tried first, each moved to the nearest point of the space.
    """
    user_space = spec.tuning.search_space
    space = default_space(spec.estimator) if user_space is None else user_space
    free = {name: dimension for name, dimension in space.items() if name not in spec.parameters}
    return Plan(
        trials=spec.tuning.trials if free else min(1, spec.tuning.trials),
        max_seconds=spec.tuning.max_seconds,
        fixed=spec.parameters,
        defaults=default_parameters(spec.estimator, task),
        space=free,
        champion=_champion_parameters(champion, spec),
        workers=spec.tuning.workers,
        cluster=spec.tuning.cluster,
    )


def _champion_parameters(
    champion: Mapping[str, Any] | None, spec: TrainingSpec
) -> Mapping[str, Any] | None:
    if champion is None or champion.get("estimator") != spec.estimator:
        return None
    parameters: Mapping[str, Any] = champion.get("parameters", {})
    return parameters


def run_search(
    data: TrainingData,
    spec: TrainingSpec,
    main_metric: str,
    path: Path,
    *,
    clock: Callable[[], float],
    log: Callable[[str], None],
    champion: Mapping[str, Any] | None = None,
) -> SearchResult | None:
    """Search for the best hyperparameters, or resume the search in `path`.

    Parameters
    ----------
    data : TrainingData
        The rows to fit and to measure on.
    spec : TrainingSpec
        The `training` part of the YAML.
    main_metric : str
        The pipeline's main metric.
    path : Path
        The study file of exactly this search.
    clock : callable
        Gives seconds that only ever grow.
    log : callable
        Prints one line for a person.
    champion : mapping, optional
        What the manifest of the champion says.

    Returns
    -------
    SearchResult or None
        None where no trials are wanted.

    Raises
    ------
    PipelineFileError, DataError, ModelError
        If the estimator lacks a parameter or takes no weights, or the data cannot be cut into folds or
        measured. Nothing is written before that.
    """
    plan = plan_search(spec, data.task, champion)
    contest = _contest(data, spec, tuned_metric(data.task, main_metric))
    point = {**plan.defaults, **plan.fixed, **corner(plan.space)}
    model = make_estimator(spec.estimator, contest.data.form, point, seed=spec.seed)
    weight_argument(model, fit_weights(contest.data.train, spec.class_weight))
    if not plan.trials:
        return None
    _refuse_unmeasurable(contest)
    with open_study(path, direction(contest.metric), log) as study:
        return search(study, contest, plan, clock=clock, log=log)


def _contest(data: TrainingData, spec: TrainingSpec, metric: str) -> Contest:
    sampled, tuning = data.sample(spec.tuning.max_rows, spec.seed), spec.tuning
    return Contest(
        sampled,
        spec.estimator,
        metric,
        spec.seed,
        useful_threads(sampled, spec.threads),
        spec.class_weight,
        tuning.folds,
        tuning.max_memory_mb,
    )


def _refuse_unmeasurable(contest: Contest) -> None:
    if contest.folds is not None:
        cut_folds(contest.data, contest.folds, contest.seed)
    else:
        rows = contest.data.eval
        refuse_unmeasurable(contest.metric, rows.label, rows.weight)


def best_parameters(
    result: SearchResult | None, spec: TrainingSpec, data: TrainingData, main_metric: str
) -> dict[str, Any]:
    """Give the content of ``best_hyperparameters.json``."""
    defaults = default_parameters(spec.estimator, data.task)
    if result is None:
        metric = tuned_metric(data.task, main_metric)
        parameters = {**defaults, **spec.parameters}
        return {"parameters": parameters, "value": None, "metric": metric, "trials": 0}
    return {
        "parameters": dict(result.best.parameters),
        "value": result.best.value,
        "metric": result.metric,
        "trials": len(result.trials),
        "default_value": None if result.default is None else result.default.value,
        "champion_value": None if result.champion is None else result.champion.value,
        "gain": result.gain,
        "edges": dict(result.edges),
        "importance": {name: round(share, 4) for name, share in result.importance.items()},
    }


def trial_list(result: SearchResult | None) -> list[dict[str, Any]]:
    """Give the content of ``trials.json``: one object for each trial, in order."""
    return [asdict(trial) for trial in result.trials] if result else []
