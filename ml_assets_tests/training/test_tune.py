import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from ml_assets import durable
from ml_assets.errors import ModelError, PipelineFileError
from ml_assets.training.contest import Contest
from ml_assets.training.data import Task
from ml_assets.training.spec import Choice, TrainingSpec
from ml_assets.training.study import open_study
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
    given = {"trials": 9, "search_space": SPACE} | tuning
    return TrainingSpec.model_validate({"estimator": TREE, "tuning": given})


def run(
    folder: Path,
    spec: TrainingSpec,
    task: Task = "binary",
    metric: str = "log_loss",
    clock: Callable[[], float] = lambda: 0.0,
    log: Callable[[str], None] = lambda line: None,
) -> SearchResult | None:
    data = fitted(task)[1]
    return run_search(data, spec, metric, folder / "s.journal", clock=clock, log=log)


def found(folder: Path, spec: TrainingSpec, **options: Any) -> SearchResult:
    result = run(folder, spec, **options)
    assert result is not None
    return result


def journal_trials(path: Path) -> list[FrozenTrial]:
    """What a search that is gone has left, read as Optuna reads it."""
    storage = JournalStorage(JournalFileBackend(str(path)))
    trials: list[FrozenTrial] = optuna.load_study(storage=storage, study_name="search").trials
    return trials


def save(folder: Path, spec: TrainingSpec) -> None:
    result = run(folder, spec)
    best = best_parameters(result, spec, fitted("binary")[1], "log_loss")
    durable.write_json(folder / "best.json", best)
    durable.write_json(folder / "trials.json", trial_list(result))


def boosting(**training: Any) -> TrainingSpec:
    return TrainingSpec.model_validate({"tuning": {"trials": 4}, **training})


def test_the_defaults_come_first_and_the_gain_is_over_them(tmp_path: Path) -> None:
    result = found(tmp_path, boosting())
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
    result = found(tmp_path, boosting(), task=task, metric=metric)
    values = [t.value for t in result.trials if t.state == "complete" and t.value is not None]
    assert result.best.value == (min(values) if metric == "f1" else max(values))
    assert result.metric == {"f1": "log_loss"}.get(metric, metric)


def test_the_same_seed_finds_the_same(tmp_path: Path) -> None:
    results = [found(tmp_path / name, spec_of_tree()) for name in "ab"]
    assert results[0] == results[1]
    other = spec_of_tree().model_copy(update={"seed": 5})
    assert found(tmp_path / "c", other).trials != results[0].trials


def test_fixed_parameters_are_not_searched(tmp_path: Path) -> None:
    result = found(tmp_path, boosting(parameters={"learning_rate": 0.17, "max_bins": 31}))
    assert all(trial.parameters["learning_rate"] == 0.17 for trial in result.trials)
    assert all(trial.parameters["max_bins"] == 31 for trial in result.trials)
    assert len({trial.parameters["max_leaf_nodes"] for trial in result.trials}) > 1


def test_defaults_outside_the_space_are_moved_inside(tmp_path: Path) -> None:
    tuning = {"trials": 2, "search_space": {"learning_rate": {"low": 0.2, "high": 0.4}}}
    result = found(tmp_path, boosting(tuning=tuning))
    assert result.default is not None
    assert result.default.parameters["learning_rate"] == 0.2


def test_a_resumed_search_counts_the_trials_that_are_there(tmp_path: Path) -> None:
    found(tmp_path, spec_of_tree(trials=4))
    resumed = found(tmp_path, spec_of_tree(trials=9))
    assert resumed == found(tmp_path / "whole", spec_of_tree(trials=9))
    assert len(resumed.trials) == 9


@pytest.mark.parametrize("killed_at", [1, 6])
def test_a_search_that_was_killed_in_a_fit_finds_what_one_that_was_not_finds(
    tmp_path: Path, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    save(whole, spec_of_tree())
    monkeypatch.setenv(own_models.COUNT, str(killed / "count"))
    environment = {**os.environ, own_models.KILLED_AT: str(killed_at)}
    child = subprocess.run([sys.executable, "-c", CHILD, str(killed)], env=environment, check=False)
    assert child.returncode == -signal.SIGKILL
    assert not (killed / "best.json").exists()
    before = journal_trials(killed / "s.journal")
    assert (
        len(before) == killed_at - 1
    )  # those that had ended, and nothing of the one that had begun
    save(killed, spec_of_tree())
    for name in ("best.json", "trials.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_no_trial_but_the_first_starts_after_the_time_is_up(tmp_path: Path) -> None:
    lines: list[str] = []
    ticks = itertools.count(0, 10)
    spec = spec_of_tree(max_seconds=25)
    result = found(tmp_path, spec, clock=lambda: float(next(ticks)), log=lines.append)
    assert len(result.trials) == 3
    assert lines[-1] == "tuning: time is up after 3 of 9 trials"
    assert len(found(tmp_path / "b", spec, clock=itertools.count(0, 99).__next__).trials) == 1


def test_progress_is_a_few_lines(tmp_path: Path) -> None:
    lines: list[str] = []
    found(tmp_path, spec_of_tree(), log=lines.append)
    assert [line.split(",")[0] for line in lines] == [
        "tuning: 3 of 9 trials",
        "tuning: 6 of 9 trials",
        "tuning: 9 of 9 trials",
    ]


def test_trials_that_fail_count_and_say_why(tmp_path: Path) -> None:
    space = {"max_depth": {"choices": [3, -1]}}
    result = found(tmp_path, spec_of_tree(trials=8, search_space=space))
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
