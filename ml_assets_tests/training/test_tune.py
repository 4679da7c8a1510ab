import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.model_selection import StratifiedKFold

from ml_assets import durable
from ml_assets.errors import ModelError, PipelineFileError
from ml_assets.spec import Task
from ml_assets.training.contest import Contest
from ml_assets.training.estimators import default_parameters
from ml_assets.training.spec import Choice, TrainingSpec
from ml_assets.training.study import open_study
from ml_assets.training.trial import run_trial
from ml_assets.training.tune import Plan, SearchResult, search
from ml_assets.training.tuning import best_parameters, plan_search, run_search, trial_list
from ml_assets_tests.training import own_models
from ml_assets_tests.training.datasets import fitted
from ml_assets_tests.training.test_trial import noisy

TREE = "ml_assets_tests.training.own_models:tree"
SPACE = {"max_depth": {"low": 1, "high": 9}, "min_samples_leaf": {"low": 1, "high": 40}}
CHILD = """
import sys
from pathlib import Path
from ml_assets_tests.training.test_tune import save, spec_of_tree
save(Path(sys.argv[1]), spec_of_tree())
"""


def spec_of_tree(**tuning: Any) -> TrainingSpec:
    tuning_spec = {"trials": 9, "search_space": SPACE} | tuning
    return TrainingSpec.model_validate({"estimator": TREE, "tuning": tuning_spec})


def run(
    folder: Path,
    spec: TrainingSpec,
    task: Task = "binary",
    metric: str = "log_loss",
    clock: Callable[[], float] = lambda: 0.0,
    log: Callable[[str], None] = lambda line: None,
    champion: Mapping[str, Any] | None = None,
) -> SearchResult | None:
    journal = folder / "s.journal"
    return run_search(
        fitted(task)[1], spec, metric, journal, clock=clock, log=log, champion=champion
    )


def search_result(folder: Path, spec: TrainingSpec, **options: Any) -> SearchResult:
    result = run(folder, spec, **options)
    assert result is not None
    return result


def save(folder: Path, spec: TrainingSpec) -> None:
    result = run(folder, spec)
    best = best_parameters(result, spec, fitted("binary")[1], "log_loss")
    durable.write_json(folder / "best.json", best)
    durable.write_json(folder / "trials.json", trial_list(result))


def boosting(**training: Any) -> TrainingSpec:
    return TrainingSpec.model_validate({"tuning": {"trials": 4}, **training})


def test_the_defaults_come_first_and_the_gain_is_over_them(tmp_path: Path) -> None:
    result = search_result(tmp_path, boosting())
    assert len(result.trials) == 4
    assert result.champion is None
    assert result.default is not None
    assert result.default.number == 0
    assert result.default.parameters["learning_rate"] == 0.1
    assert result.default.parameters["max_leaf_nodes"] == 31
    assert result.best.value is not None
    assert result.default.value is not None
    gain = result.default.value - result.best.value
    assert result.gain == pytest.approx(gain)
    assert gain >= 0
    assert result.best.parameters["max_iter"] % 10 == 0


@pytest.mark.parametrize(
    ("task", "metric"), [("binary", "roc_auc"), ("multiclass", "f1"), ("regression", "r2")]
)
def test_the_best_is_the_best_of_all_that_ran_to_their_end(
    tmp_path: Path, task: Task, metric: str
) -> None:
    result = search_result(tmp_path, boosting(), task=task, metric=metric)
    values = [t.value for t in result.trials if t.state == "complete" and t.value is not None]
    assert result.best.value == (min(values) if metric == "f1" else max(values))
    assert result.metric == {"f1": "log_loss"}.get(metric, metric)


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    results = [search_result(tmp_path / name, spec_of_tree()) for name in "ab"]
    assert results[0] == results[1]
    other = spec_of_tree().model_copy(update={"seed": 5})
    assert search_result(tmp_path / "c", other).trials != results[0].trials


def test_fixed_parameters_are_not_searched(tmp_path: Path) -> None:
    result = search_result(tmp_path, boosting(parameters={"learning_rate": 0.17, "max_bins": 31}))
    assert all(trial.parameters["learning_rate"] == 0.17 for trial in result.trials)
    assert all(trial.parameters["max_bins"] == 31 for trial in result.trials)
    assert len({trial.parameters["max_leaf_nodes"] for trial in result.trials}) > 1


def test_defaults_outside_the_space_are_moved_inside(tmp_path: Path) -> None:
    tuning = {"trials": 2, "search_space": {"learning_rate": {"low": 0.2, "high": 0.4}}}
    result = search_result(tmp_path, boosting(tuning=tuning))
    assert result.default is not None
    assert result.default.parameters["learning_rate"] == 0.2


def test_a_resumed_search_counts_the_trials_that_are_there(tmp_path: Path) -> None:
    search_result(tmp_path, spec_of_tree(trials=4))
    resumed = search_result(tmp_path, spec_of_tree(trials=9))
    assert resumed == search_result(tmp_path / "whole", spec_of_tree(trials=9))
    assert len(resumed.trials) == 9


def test_a_search_that_is_stopped_again_and_again_finds_what_one_that_was_not_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    whole.mkdir()
    stopped.mkdir()
    save(whole, spec_of_tree())
    monkeypatch.setenv(own_models.COUNT, str(stopped / "count"))
    # Stopped in the first fit of all, then in the fourth trial, then in the sixth.
    for by, fit, ended in ((signal.SIGINT, 1, 0), (signal.SIGTERM, 5, 3), (signal.SIGKILL, 8, 5)):
        dying = {own_models.KILLED_AT: str(fit), own_models.KILLED_BY: str(int(by))}
        command = [sys.executable, "-c", CHILD, str(stopped)]
        child = subprocess.run(
            command, env={**os.environ, **dying}, check=False, capture_output=True
        )
        assert child.returncode == -by
        assert not (stopped / "best.json").exists()
        assert_ended(stopped, ended)
    save(stopped, spec_of_tree())
    assert_ended(stopped, 9)
    for name in ("best.json", "trials.json"):
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()


def assert_ended(folder: Path, count: int) -> None:
    """See that so many trials are in a journal and have ended, as Optuna itself reads it."""
    storage = JournalStorage(JournalFileBackend(str(folder / "s.journal")))
    trials = optuna.load_study(storage=storage, study_name="search").trials
    assert [trial.state.is_finished() for trial in trials] == [True] * count


def test_no_trial_but_the_first_starts_after_the_time_is_up(tmp_path: Path) -> None:
    lines: list[str] = []
    ticks = itertools.count(0, 10)
    spec = spec_of_tree(max_seconds=25)
    result = search_result(tmp_path, spec, clock=lambda: float(next(ticks)), log=lines.append)
    assert len(result.trials) == 3
    assert lines[-1] == "tuning: time is up after 3 of 9 trials"
    assert (
        len(search_result(tmp_path / "b", spec, clock=itertools.count(0, 99).__next__).trials) == 1
    )


def test_progress_is_a_few_lines(tmp_path: Path) -> None:
    lines: list[str] = []
    search_result(tmp_path, spec_of_tree(), log=lines.append)
    assert [line.split(",")[0] for line in lines] == [
        "tuning: 3 of 9 trials",
        "tuning: 6 of 9 trials",
        "tuning: 9 of 9 trials",
    ]


def test_a_trial_that_takes_too_much_memory_fails_and_says_so(tmp_path: Path) -> None:
    hungry = TREE.replace("tree", "hungry")
    tuning: dict[str, Any] = {"trials": 6, "max_memory_mb": 150}
    tuning["search_space"] = {"megabytes": {"choices": [1, 400]}}
    spec = TrainingSpec.model_validate({"estimator": hungry, "tuning": tuning})
    result = search_result(tmp_path, spec)
    states = {trial.parameters["megabytes"]: trial.state for trial in result.trials}
    assert states == {1: "complete", 400: "failed"}
    reason = next(trial.reason for trial in result.trials if trial.state == "failed")
    # Pages that the process had before, and had freed, are not counted.
    assert re.fullmatch(
        r"it took [2-4]\d\d MB of memory, and training\.tuning\.max_memory_mb allows 150", reason
    )
    assert result.effort.trials == 6
    assert result.effort.peak_mb > 200
    tuning["search_space"] = {"megabytes": {"choices": [400]}}
    spec = TrainingSpec.model_validate({"estimator": hungry, "tuning": tuning})
    with pytest.raises(ModelError, match=r"all 6 trials failed; the first with it took [2-4].. MB"):
        run(tmp_path / "b", spec)


def test_trials_that_fail_count_and_say_why(tmp_path: Path) -> None:
    space = {"max_depth": {"choices": [3, -1]}}
    result = search_result(tmp_path, spec_of_tree(trials=8, search_space=space))
    failed = [trial for trial in result.trials if trial.state == "failed"]
    assert len(result.trials) == 8
    assert failed
    assert all("max_depth" in trial.reason for trial in failed)
    assert result.best.parameters["max_depth"] == 3


def test_a_search_in_which_every_trial_fails_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"all 2 trials failed; the first with InvalidParameter"):
        run(tmp_path, spec_of_tree(trials=2, search_space={"max_depth": {"choices": [-1, -2]}}))


def test_a_wrong_parameter_is_found_before_anything_is_written(tmp_path: Path) -> None:
    tuning = {"trials": 2, "search_space": {"learning_rte": {"low": 0.2, "high": 0.4}}}
    with pytest.raises(PipelineFileError, match=r"'learning_rte' is not a .* mean 'learning_rate'"):
        run(tmp_path, boosting(tuning=tuning))
    assert not (tmp_path / "s.journal").exists()


def test_without_trials_the_defaults_and_the_yaml_are_used(tmp_path: Path) -> None:
    spec = boosting(tuning={"trials": 0}, parameters={"learning_rate": 0.3})
    assert run(tmp_path, spec) is None
    best = best_parameters(None, spec, fitted("binary")[1], "roc_auc")
    assert best["parameters"]["learning_rate"] == 0.3
    assert (best["value"], best["metric"], best["trials"]) == (None, "roc_auc", 0)
    assert trial_list(None) == []


@pytest.mark.parametrize("estimator", ["hist_gradient_boosting", "logistic"])
def test_folds_measure_in_place_of_the_eval_split(tmp_path: Path, estimator: str) -> None:
    spec = boosting(estimator=estimator, tuning={"trials": 3, "folds": 3})
    data = fitted("binary")[1]
    result = search_result(tmp_path, spec)
    name, measurements = spec.estimator, []
    assert result.default is not None
    for fit, measure in StratifiedKFold(3, shuffle=True, random_state=0).split(
        data.train.features, data.train.label
    ):
        fold_contest = Contest(data.hold_out(fit, measure), name, "log_loss", seed=0)
        measurement = run_trial(fold_contest, default_parameters(name, "binary"), lambda *_: None)
        measurements.append(measurement)
    assert result.default.value == pytest.approx(
        sum(measurement.value for measurement in measurements) / 3
    )
    if name == "hist_gradient_boosting":
        trees = sorted(measurement.learnt["max_iter"] for measurement in measurements)
        assert result.default.parameters["max_iter"] == trees[1]


def test_bad_trials_are_pruned_fold_by_fold(tmp_path: Path) -> None:
    space = Choice(choices=[1.0, 0.5, 1e-9])
    plan = Plan(20, 1e9, {}, {"C": 1.0}, {"C": space})
    contest = Contest(noisy(1200), "logistic", "log_loss", seed=0, folds=3)
    with open_study(tmp_path / "s.journal", "minimize", print) as study:
        result = search(study, contest, plan, clock=lambda: 0.0, log=print)
        steps = {len(trial.intermediate_values) for trial in study.trials}
    late = [trial for trial in result.trials[5:] if trial.parameters["C"] == 1e-9]
    assert late
    assert {trial.state for trial in late} == {"pruned"}
    assert steps == {1, 2}  # a pruned trial saves two of three folds


CHAMPION = {"estimator": TREE, "parameters": {"max_depth": 2, "min_samples_leaf": 99, "other": 1}}


def test_the_champions_hyperparameters_come_first_moved_into_the_space(tmp_path: Path) -> None:
    result = search_result(tmp_path, spec_of_tree(), champion=CHAMPION)
    assert result.champion == result.trials[0]
    assert result.trials[0].parameters == {"max_depth": 2, "min_samples_leaf": 40}
    assert result.default == result.trials[1]
    assert len(result.trials) == 9
    best = best_parameters(result, spec_of_tree(), fitted("binary")[1], "log_loss")
    assert best["champion_value"] == result.trials[0].value
    assert best["default_value"] == result.trials[1].value


def test_a_search_keeps_the_champion_with_which_it_began(tmp_path: Path) -> None:
    search_result(tmp_path, spec_of_tree(trials=4), champion=CHAMPION)
    other = {**CHAMPION, "parameters": {"max_depth": 8}}
    resumed = search_result(tmp_path, spec_of_tree(), champion=other)
    assert resumed == search_result(tmp_path / "whole", spec_of_tree(), champion=CHAMPION)
    assert search_result(tmp_path / "cold", spec_of_tree()) == search_result(
        tmp_path / "foreign", spec_of_tree(), champion={**CHAMPION, "estimator": "logistic"}
    )


def test_a_champion_with_the_defaults_takes_no_second_trial(tmp_path: Path) -> None:
    champion = {"estimator": "hist_gradient_boosting", "parameters": {
        **default_parameters("hist_gradient_boosting", "binary"), "max_iter": 70}}  # fmt: skip
    result = search_result(tmp_path, boosting(), champion=champion)
    assert result == search_result(tmp_path / "cold", boosting())
    assert result.champion is None


def test_where_there_is_nothing_to_search_one_trial_measures() -> None:
    assert plan_search(TrainingSpec(estimator=TREE), "binary").trials == 1
    assert plan_search(TrainingSpec(), "binary").trials == 20


def test_bad_trials_are_pruned(tmp_path: Path) -> None:
    plan = Plan(20, 1e9, {}, {"C": 1.0}, {"C": Choice(choices=[1.0, 0.5, 1e-9])})
    contest = Contest(noisy(), "logistic", "log_loss", seed=0)
    with open_study(tmp_path / "s.journal", "minimize", print) as study:
        result = search(study, contest, plan, clock=lambda: 0.0, log=print)
    bad = [trial for trial in result.trials[5:] if trial.parameters["C"] == 1e-9]
    assert bad
    assert {trial.state for trial in bad} == {"pruned"}
    assert all(trial.value is not None for trial in bad)
