"""Infra validation, as TFX's InfraValidator: the candidate must be served as it was trained.

It is started as a real scoring server, and gets real rows and malformed requests. Every limit that it
does not keep is a reason in words with the value and the limit. A server that cannot start, hangs or dies
is a reason like any other: this module gives a verdict, whatever the candidate does.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml_assets.errors import MLAssetsError
from ml_assets.registry.answers import (
    OK,
    Predictions,
    as_array,
    is_expected,
    largest_difference,
    rows_that_differ,
    unsound,
)
from ml_assets.registry.infra_result import InfraValidation, Limits
from ml_assets.registry.mlflow_model import Interface
from ml_assets.registry.payload import (
    hard_requests,
    malformed_requests,
    odd_rows,
    predictions_in,
    rows_body,
)
from ml_assets.registry.scoring_server import (
    Answer,
    ScoringServer,
    ScoringServerError,
    scoring_server,
)

if TYPE_CHECKING:
    import pyarrow as pa

# Enough for a percentile that is not one outlier, and a second of CPU.
_SINGLE_ROWS = 100
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Probe:
    """A running candidate, the rows it is asked, the limits it must keep, and the findings so far."""

    server: ScoringServer
    found: InfraValidation
    rows: "pa.Table"
    expected: Predictions
    interface: Interface
    limits: Limits


def validate_infra(
    model: Path,
    rows: "pa.Table",
    predict: Callable[["pa.Table"], Predictions],
    interface: Interface,
    limits: Limits,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> InfraValidation:
    """Start the candidate as a scoring server, ask it, and judge its answers.

    Parameters
    ----------
    model : Path
        The folder of the MLflow model.
    rows : pyarrow.Table
        Real rows: the columns that the model reads.
    predict : callable
        Gives the model's predictions of rows in this process.
    interface : Interface
        What the model reads and gives.
    limits : Limits
        What it must keep.
    log : Path
        The file for the server's output; kept only if there is a reason to look at it.
    environment : mapping of str to str, optional
        Variables to set for the server.

    Returns
    -------
    InfraValidation
        Never raises for what the candidate does.
    """
    result = InfraValidation(rows=rows.num_rows)
    if not rows.num_rows:
        result.reasons.append("there are no validated examples to ask it with")
        return result
    most_mb = limits.max_memory_mb + limits.spare_memory_mb
    try:
        with scoring_server(model, log, limits.max_answer_seconds, most_mb, environment) as server:
            result.load_seconds = server.wait_until_healthy(limits.max_load_seconds)
            result.warm_up_ms = server.ask(rows_body(rows, 0, 1)).seconds * 1000
            # Only a model that a process of its own has survived is opened in this one.
            answer = server.ask(rows_body(rows))
            result.expected = _predict_expected(result, rows, predict)
            if result.expected is not None:
                probe = Probe(server, result, rows, result.expected, interface, limits)
                _ask_everything(probe, answer, predict)
    except ScoringServerError as error:
        result.reasons.append(str(error))
    except OSError as error:
        result.reasons.append(f"the scoring server could not be started: {error.strerror or error}")
    if result.blessed:
        log.unlink(missing_ok=True)
    return result


def _predict_expected(
    result: InfraValidation, rows: "pa.Table", predict: Callable[["pa.Table"], Predictions]
) -> Predictions | None:
    try:
        return predict(rows)
    except Exception as error:  # a model may raise anything; it is a verdict, not an accident
        # Only our own messages are known to hold no values of the rows.
        detail = f": {error}" if isinstance(error, MLAssetsError) else ""
        result.reasons.append(
            f"the model cannot predict real rows ({type(error).__name__}){detail}"
        )
        return None


def _ask_everything(
    probe: Probe, answer: Answer, predict: Callable[["pa.Table"], Predictions]
) -> None:
    faults = unsound(probe.expected, probe.interface, probe.rows.num_rows, "in training")
    probe.found.reasons += faults
    compare_all(probe, answer)
    _ask_singly(probe)
    _ask_at_once(probe)
    _ask_odd(probe, predict)
    _ask_malformed(probe)
    _measure_memory(probe)


def compare_all(probe: Probe, answer: Answer) -> None:
    """Add what the answer to all rows has against the candidate."""
    result, expected = probe.found, probe.expected
    count = probe.rows.num_rows
    if answer.status != OK:
        result.reasons.append(
            f"{count} real rows were answered with HTTP {answer.status}, not 200; the server's "
            f"output is in {probe.server.log}"
        )
        return
    predictions = as_array(predictions_in(answer.body))
    if predictions is None or predictions.shape != expected.shape:
        shape = "no list of numbers" if predictions is None else f"shape {predictions.shape}"
        result.reasons.append(
            f"the predictions have {shape}; in training they had {expected.shape}"
        )
        return
    result.reasons += unsound(predictions, probe.interface, count, "as a server")
    result.max_difference = largest_difference(predictions, expected)
    if not result.max_difference <= probe.limits.tolerance:
        differing = rows_that_differ(predictions, expected, probe.limits.tolerance)
        result.reasons.append(
            f"predictions differ from those in training by up to {result.max_difference:.3g} in "
            f"{differing} of {count} rows; the tolerance is {probe.limits.tolerance:g}"
        )


def _ask_singly(probe: Probe) -> None:
    """Each row alone must get the answer that it gets among others."""
    result, limits = probe.found, probe.limits
    answers = [probe.server.ask(body) for body in _single_rows(probe)]
    milliseconds = [answer.seconds * 1000 for answer in answers]
    result.p50_ms, result.p99_ms = (
        float(percentile) for percentile in np.percentile(milliseconds, [50, 99])
    )
    failed = [answer.status for answer in answers if answer.status != OK]
    if failed:
        result.reasons.append(
            f"{len(failed)} of {len(answers)} requests of one row were answered with HTTP {failed[0]}"
        )
    elif differing := _count_wrong(probe, answers):
        result.reasons.append(
            f"one by one {differing} of {len(answers)} rows were answered otherwise"
        )
    if result.p99_ms > limits.max_latency_ms:
        result.reasons.append(
            f"the 99th percentile of the latency is {result.p99_ms:.0f} ms; the limit is "
            f"{limits.max_latency_ms:g} ms"
        )


def _ask_at_once(probe: Probe) -> None:
    """Several clients at once must get the answers that one alone gets."""
    result, clients = probe.found, probe.limits.concurrent_requests
    with ThreadPoolExecutor(clients) as pool:
        began = time.monotonic()
        answers = list(pool.map(probe.server.ask, _single_rows(probe)))
        seconds = time.monotonic() - began
    result.concurrent_p99_ms = float(
        np.percentile([answer.seconds * 1000 for answer in answers], 99)
    )
    result.requests_per_second = len(answers) / seconds
    if differing := _count_wrong(probe, answers):
        result.reasons.append(
            f"with {clients} requests at once {differing} of {len(answers)} answers were not those of "
            "training"
        )


def _single_rows(probe: Probe) -> list[bytes]:
    count = min(probe.rows.num_rows, _SINGLE_ROWS)
    return [rows_body(probe.rows, row, row + 1) for row in range(count)]


def _count_wrong(probe: Probe, answers: Sequence[Answer]) -> int:
    """How many of the first rows were not answered as in training."""
    return sum(
        not is_expected(answer, probe.expected[row : row + 1], probe.limits.tolerance)
        for row, answer in enumerate(answers)
    )


def _ask_odd(probe: Probe, predict: Callable[["pa.Table"], Predictions]) -> None:
    """Odd rows must be answered as in training; hard requests must not be answered with a 5xx."""
    result, inputs = probe.found, probe.interface.inputs
    for odd in odd_rows(probe.rows, inputs):
        answer = probe.server.ask(rows_body(odd.rows))
        result.survived[odd.name] = answer.status
        try:
            expected = predict(odd.rows)
        except Exception as error:  # a model may raise anything; it is a verdict, not an accident
            result.reasons.append(
                f"it cannot predict a row with {odd.name} ({type(error).__name__})"
            )
            continue
        result.reasons += unsound(expected, probe.interface, 1, f"of a row with {odd.name}")
        if not is_expected(answer, expected, probe.limits.tolerance):
            how = "otherwise than" if answer.status == OK else f"with HTTP {answer.status}, unlike"
            result.reasons.append(f"a row with {odd.name} was answered {how} in training")
    for hard in hard_requests(probe.rows, inputs):
        status = probe.server.ask(hard.body, hard.content_type).status
        result.survived[hard.name] = status
        if status >= _SERVER_ERROR:
            result.reasons.append(f"a request with {hard.name} was answered with HTTP {status}")


def _ask_malformed(probe: Probe) -> None:
    result, rows = probe.found, probe.rows
    types = {column.name: column.type for column in probe.interface.inputs}
    for request in malformed_requests(rows, types):
        status = probe.server.ask(request.body, request.content_type).status
        result.refused[request.name] = status
        if not 400 <= status < _SERVER_ERROR:
            result.reasons.append(
                f"a malformed request ({request.name}) was answered with HTTP {status}, not a 4xx"
            )
    status = probe.server.ask(rows_body(rows, 0, 1)).status
    if status != OK:
        result.reasons.append(
            f"after malformed requests a good one was answered with HTTP {status}"
        )


def _measure_memory(probe: Probe) -> None:
    result, limit = probe.found, probe.limits.max_memory_mb
    probe.server.check_alive()
    result.memory_mb = probe.server.look_at_memory(limit + probe.limits.spare_memory_mb)
    if result.memory_mb > limit:
        result.reasons.append(
            f"it holds {result.memory_mb:.0f} MB of memory; the limit is {limit:g} MB"
        )
