"""Runs the trials of a batch: here one after the other, in processes of joblib's, or on a Dask cluster.

The results are in the order of the batch, whichever trial ends first.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from optuna.trial import FrozenTrial

from ml_assets.errors import MissingExtraError, ModelError
from ml_assets.training.attempt import Attempt, attempt
from ml_assets.training.contest import Contest

Batch = Sequence[Mapping[str, Any]]
CompleteTrials = Sequence[FrozenTrial]


class RunBatch(Protocol):
    """Runs a batch of trials."""

    def __call__(self, batch: Batch, complete: CompleteTrials) -> Iterator[Attempt]:
        """Give what `attempt` gives for each set of hyperparameters, in their order."""


@contextmanager
def workers_for(contest: Contest, count: int, cluster: str | None) -> Iterator[RunBatch]:
    """Give what runs the batches of a search.

    Parameters
    ----------
    contest : Contest
        What all trials have in common; it is sent to each worker once.
    count : int
        How many trials run at once.
    cluster : str, optional
        The address of a Dask scheduler, whose workers can import what the estimator needs.

    Raises
    ------
    MissingExtraError
        If a cluster is named and `distributed` is not installed.
    ModelError
        If the scheduler does not answer.
    """
    if cluster is not None:
        with _on_cluster(contest, cluster) as run:
            yield run
    elif count > 1:
        with _in_processes(contest, count) as run:
            yield run
    else:
        yield lambda batch, complete: (
            attempt(contest, parameters, complete) for parameters in batch
        )


@contextmanager
def _in_processes(contest: Contest, count: int) -> Iterator[RunBatch]:
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    def run(batch: Batch, complete: CompleteTrials) -> Iterator[Attempt]:
        try:
            yield from parallel(
                delayed(attempt)(contest, parameters, complete) for parameters in batch
            )
        except TerminatedWorkerError as error:
            raise _worker_died(error) from error

    try:
        with Parallel(n_jobs=count, backend="loky", return_as="generator") as parallel:
            yield run
    finally:
        # joblib would keep the processes, and what they hold, for five minutes more; and whoever
        # interrupts the search does not want to wait for trials that nobody will write down.
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _on_cluster(contest: Contest, cluster: str) -> Iterator[RunBatch]:
    try:
        from distributed import Client, KilledWorker
        from distributed.client import FutureCancelledError
    except ImportError as error:
        raise MissingExtraError(
            "training.tuning.cluster needs Dask, which is not installed. Install it: "
            "pip install 'ml_assets[dask]'"
        ) from error
    try:
        client = Client(cluster, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"training.tuning.cluster: no Dask scheduler answers at {cluster} ({error}). Start one, or "
            f"take the key away to search on this machine."
        ) from error

    def run(batch: Batch, complete: CompleteTrials) -> Iterator[Attempt]:
        futures = [
            client.submit(attempt, shared, parameters, list(complete), pure=False)
            for parameters in batch
        ]
        try:
            yield from (future.result() for future in futures)
        except (KilledWorker, FutureCancelledError) as error:
            raise _worker_died(error) from error

    with client:
        shared = client.scatter(contest, broadcast=True, hash=False)
        yield run


def _worker_died(error: Exception) -> ModelError:
    return ModelError(
        f"a process died while it ran a trial ({type(error).__name__}), often for want of memory. Use "
        f"fewer training.tuning.workers or max_rows, then run again: the trials that ended are kept."
    )
