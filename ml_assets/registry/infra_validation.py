"""Infra validation, as TFX's InfraValidator: the candidate must be served as it was trained.

It is started as a real scoring server and asked real rows and malformed requests. Every limit that it
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
class Asked:
    """A running candidate, what it is asked, what it must keep, and what was found so far."""

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
    found = InfraValidation(rows=rows.num_rows)
    if not rows.num_rows:
        found.reasons.append("there are no validated examples to ask it with")
        return found
    most = limits.max_memory_mb + limits.spare_memory_mb
    try:
        with scoring_server(model, log, limits.max_answer_seconds, most, environment) as server:
            found.load_seconds = server.wait_until_healthy(limits.max_load_seconds)
            found.warm_up_ms = server.ask(rows_body(rows, 0, 1)).seconds * 1000
            # Only a model that a process of its own has survived is opened in this one.
            answer = server.ask(rows_body(rows))
            found.expected = _expected(found, rows, predict)
            if found.expected is not None:
                asked = Asked(server, found, rows, found.expected, interface, limits)
                _ask_everything(asked, answer, predict)
    except ScoringServerError as error:
        found.reasons.append(str(error))
    except OSError as error:
        found.reasons.append(f"the scoring server could not be started: {error.strerror or error}")
    if found.blessed:
        log.unlink(missing_ok=True)
    return found


def _expected(
    found: InfraValidation, rows: "pa.Table", predict: Callable[["pa.Table"], Predictions]
) -> Predictions | None:
    try:
        return predict(rows)
    except Exception as error:  # a model may raise anything; it is a verdict, not an accident
        # Only our own messages are known to hold no values of the rows.
        words = f": {error}" if isinstance(error, MLAssetsError) else ""
        found.reasons.append(f"the model cannot predict real rows ({type(error).__name__}){words}")
        return None


def _ask_everything(
    asked: Asked, answer: Answer, predict: Callable[["pa.Table"], Predictions]
) -> None:
    sound = unsound(asked.expected, asked.interface, asked.rows.num_rows, "in training")
    asked.found.reasons += sound
    compare_all(asked, answer)
    _ask_singly(asked)
    _ask_at_once(asked)
    _ask_odd(asked, predict)
    _ask_malformed(asked)
    _measure_memory(asked)


def compare_all(asked: Asked, answer: Answer) -> None:
    """Add what the answer to all rows has against the candidate."""
    found, expected = asked.found, asked.expected
    count = asked.rows.num_rows
    if answer.status != OK:
        found.reasons.append(
            f"{count} real rows were answered with HTTP {answer.status}, not 200; the server's "
            f"output is in {asked.server.log}"
        )
        return
    given = as_array(predictions_in(answer.body))
    if given is None or given.shape != expected.shape:
        shape = "no list of numbers" if given is None else f"shape {given.shape}"
        found.reasons.append(f"the predictions have {shape}; in training they had {expected.shape}")
        return
    found.reasons += unsound(given, asked.interface, count, "as a server")
    found.max_difference = largest_difference(given, expected)
    if not found.max_difference <= asked.limits.tolerance:
        wrong = rows_that_differ(given, expected, asked.limits.tolerance)
        found.reasons.append(
            f"predictions differ from those in training by up to {found.max_difference:.3g} in {wrong} "
            f"of {count} rows; the tolerance is {asked.limits.tolerance:g}"
        )


def _ask_singly(asked: Asked) -> None:
    """Each row alone must get the answer that it gets among others."""
    found, limits = asked.found, asked.limits
    answers = [asked.server.ask(body) for body in _single_rows(asked)]
    milliseconds = [answer.seconds * 1000 for answer in answers]
    found.p50_ms, found.p99_ms = (float(v) for v in np.percentile(milliseconds, [50, 99]))
    failed = [answer.status for answer in answers if answer.status != OK]
    if failed:
        found.reasons.append(
            f"{len(failed)} of {len(answers)} requests of one row were answered with HTTP {failed[0]}"
        )
    elif wrong := _wrong(asked, answers):
        found.reasons.append(f"one by one {wrong} of {len(answers)} rows were answered otherwise")
    if found.p99_ms > limits.max_latency_ms:
        found.reasons.append(
            f"the 99th percentile of the latency is {found.p99_ms:.0f} ms; the limit is "
            f"{limits.max_latency_ms:g} ms"
        )


def _ask_at_once(asked: Asked) -> None:
    """Several clients at once must get the answers that one alone gets."""
    found, clients = asked.found, asked.limits.concurrent_requests
    with ThreadPoolExecutor(clients) as pool:
        began = time.monotonic()
        answers = list(pool.map(asked.server.ask, _single_rows(asked)))
        seconds = time.monotonic() - began
    found.concurrent_p99_ms = float(np.percentile([a.seconds * 1000 for a in answers], 99))
    found.requests_per_second = len(answers) / seconds
    if wrong := _wrong(asked, answers):
        found.reasons.append(
            f"with {clients} requests at once {wrong} of {len(answers)} answers were not those of "
            "training"
        )


def _single_rows(asked: Asked) -> list[bytes]:
    count = min(asked.rows.num_rows, _SINGLE_ROWS)
    return [rows_body(asked.rows, row, row + 1) for row in range(count)]


def _wrong(asked: Asked, answers: Sequence[Answer]) -> int:
    """How many of the first rows were not answered as in training."""
    return sum(
        not is_expected(answer, asked.expected[row : row + 1], asked.limits.tolerance)
        for row, answer in enumerate(answers)
    )


def _ask_odd(asked: Asked, predict: Callable[["pa.Table"], Predictions]) -> None:
    """Odd rows must be answered as in training; hard requests must not be answered with a 5xx."""
    found, inputs = asked.found, asked.interface.inputs
    for odd in odd_rows(asked.rows, inputs):
        answer = asked.server.ask(rows_body(odd.rows))
        found.survived[odd.name] = answer.status
        try:
            expected = predict(odd.rows)
        except Exception as error:  # a model may raise anything; it is a verdict, not an accident
            found.reasons.append(
                f"it cannot predict a row with {odd.name} ({type(error).__name__})"
            )
            continue
        found.reasons += unsound(expected, asked.interface, 1, f"of a row with {odd.name}")
        if not is_expected(answer, expected, asked.limits.tolerance):
            said = "otherwise than" if answer.status == OK else f"with HTTP {answer.status}, unlike"
            found.reasons.append(f"a row with {odd.name} was answered {said} in training")
    for hard in hard_requests(asked.rows, inputs):
        status = asked.server.ask(hard.body, hard.content_type).status
        found.survived[hard.name] = status
        if status >= _SERVER_ERROR:
            found.reasons.append(f"a request with {hard.name} was answered with HTTP {status}")


def _ask_malformed(asked: Asked) -> None:
    found, rows = asked.found, asked.rows
    types = {column.name: column.type for column in asked.interface.inputs}
    for request in malformed_requests(rows, types):
        status = asked.server.ask(request.body, request.content_type).status
        found.refused[request.name] = status
        if not 400 <= status < _SERVER_ERROR:
            found.reasons.append(
                f"a malformed request ({request.name}) was answered with HTTP {status}, not a 4xx"
            )
    status = asked.server.ask(rows_body(rows, 0, 1)).status
    if status != OK:
        found.reasons.append(f"after malformed requests a good one was answered with HTTP {status}")


def _measure_memory(asked: Asked) -> None:
    found, limit = asked.found, asked.limits.max_memory_mb
    asked.server.check_alive()
    found.memory_mb = asked.server.look_at_memory(limit + asked.limits.spare_memory_mb)
    if found.memory_mb > limit:
        found.reasons.append(
            f"it holds {found.memory_mb:.0f} MB of memory; the limit is {limit:g} MB"
        )
