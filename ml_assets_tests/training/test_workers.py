from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ml_assets.errors import MissingExtraError, ModelError
from ml_assets.training import tune, workers
from ml_assets.training.attempt import attempt
from ml_assets.training.contest import Contest
from ml_assets.training.tune import SearchResult
from ml_assets_tests.training.test_tune import search_result, spec_of_tree


@contextmanager
def _last_one_first(contest: Contest, count: int, cluster: str | None) -> Iterator[Any]:
    """Run the trials of a batch here, in the opposite of their order."""

    def run(batch: Any, complete: Any) -> Any:
        return iter([attempt(contest, point, complete) for point in batch[::-1]][::-1])

    yield run


@pytest.fixture
def expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchResult:
    """What a search in batches of two finds."""
    with monkeypatch.context() as patch:
        patch.setattr(tune, "workers_for", _last_one_first)
        return search_result(tmp_path / "expected", spec_of_tree(workers=2))


def test_processes_find_the_same_whichever_ends_first(
    tmp_path: Path, expected: SearchResult
) -> None:
    result = search_result(tmp_path, spec_of_tree(workers=2))
    assert result == expected
    assert result.effort.trials == 9
    assert result.effort.peak_mb >= 0


def test_batches_learn_only_from_those_before(tmp_path: Path, expected: SearchResult) -> None:
    # The first six points are drawn at random; then one that knows less is another.
    alone = search_result(tmp_path, spec_of_tree())
    assert [t.parameters for t in alone.trials[:7]] == [t.parameters for t in expected.trials[:7]]
    assert alone.trials[7:] != expected.trials[7:]


def test_a_search_that_ended_within_a_batch_goes_on_to_the_same(
    tmp_path: Path, expected: SearchResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tune, "workers_for", _last_one_first)
    search_result(tmp_path, spec_of_tree(workers=2, trials=7))
    assert search_result(tmp_path, spec_of_tree(workers=2)) == expected


def test_a_dask_cluster_finds_the_same(tmp_path: Path, expected: SearchResult) -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False}
    with distributed.LocalCluster(**options, dashboard_address=None) as cluster:
        spec = spec_of_tree(workers=2, cluster=cluster.scheduler_address)
        assert search_result(tmp_path, spec) == expected


def test_a_process_that_dies_is_told_and_the_trials_before_are_kept(tmp_path: Path) -> None:
    def dying(contest: Any, point: Any, complete: Any) -> Any:
        if point["max_depth"] == 6:
            import os

            os._exit(1)
        return attempt(contest, point, complete)

    spec = spec_of_tree(workers=2, trials=12, search_space={"max_depth": {"choices": [2, 6]}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "attempt", dying)
        with pytest.raises(ModelError, match=r"a process died while it ran a trial \(Terminated"):
            search_result(tmp_path, spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tune, "workers_for", _last_one_first)
        assert len(search_result(tmp_path, spec).trials) == 12


def test_without_dask_it_is_told_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ml_assets\[dask\]'"):
        search_result(tmp_path, spec_of_tree(cluster="tcp://127.0.0.1:1"))
