"""Infra validation, as TFX's InfraValidator: the candidate must be served as it was trained.

It is started as a real scoring server and asked real rows and malformed requests. Every limit that it
does not keep is a reason in words with the value and the limit. A server that cannot start, hangs or dies
is a reason like any other: this module gives a verdict, whatever the candidate does.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from ml_assets.registry.mlflow_model import Interface
from ml_assets.registry.payload import (
    hard_requests,
    malformed_requests,
    odd_rows,
    predictions_in,
    rows_body,
)
from ml_assets.registry.scoring_server import ScoringServer, ScoringServerError, scoring_server

if TYPE_CHECKING:
    import pyarrow as pa

# Enough for a percentile that is not one outlier, and a second of CPU.
_SINGLE_ROWS = 100
_ANSWER_SECONDS = 60.0
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Limits:
    """What the candidate must keep: the fields of `InfraValidationSpec`, and the wait for one answer."""

    max_load_seconds: float
    max_latency_ms: float
    max_memory_mb: float
    tolerance: float
    concurrent_requests: int = 4
    max_answer_seconds: float = _ANSWER_SECONDS


@dataclass
class InfraValidation:
    """What was measured, and every reason against the candidate.

    Attributes
    ----------
    rows : int
        The rows that it was asked.
    reasons : list of str
        Empty if it is blessed.
    refused : dict of str to int
        The HTTP status of each malformed request.
    survived : dict of str to int
        The HTTP status of each odd or hard request.
    max_difference : float or None
        The largest absolute difference to the prediction in training.
    load_seconds, warm_up_ms, p50_ms, p99_ms, memory_mb : float or None
        From the start to the first healthy answer; of the first prediction; over later requests of one
        row; resident at the end. None where it did not get so far.
    concurrent_p99_ms, requests_per_second : float or None
        Over requests of one row from several clients at once.
    """

    rows: int
    reasons: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    survived: dict[str, int] = field(default_factory=dict)
    max_difference: float | None = None
    load_seconds: float | None = None
    warm_up_ms: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    memory_mb: float | None = None
    concurrent_p99_ms: float | None = None
    requests_per_second: float | None = None

    @property
    def blessed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    def measured(self) -> dict[str, float | None]:
        """Give what was measured: other numbers each time."""
        names = ("load_seconds", "warm_up_ms", "p50_ms", "p99_ms", "concurrent_p99_ms")
        return {name: getattr(self, name) for name in (*names, "requests_per_second", "memory_mb")}

    def answers(self) -> dict[str, Any]:
        """Give what it answered as plain JSON, without what was measured: the same each time."""
        difference = self.max_difference
        known = difference is not None and np.isfinite(difference)
        return {
            "rows": self.rows,
            "refused": dict(self.refused),
            "survived": dict(self.survived),
            "max_difference": difference if known else None,
        }


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
    try:
        expected = predict(rows)
    except Exception as error:  # a model may raise anything; it is a verdict, not an accident
        # Only our own messages are known to hold no values of the rows.
        words = f": {error}" if isinstance(error, MLAssetsError) else ""
        found.reasons.append(f"the model cannot predict real rows ({type(error).__name__}){words}")
        return found
    found.reasons += unsound(expected, interface, "in training")
    try:
        with scoring_server(model, log, limits.max_answer_seconds, environment) as server:
            found.load_seconds = server.wait_until_healthy(limits.max_load_seconds)
            found.warm_up_ms = server.ask(rows_body(rows, 0, 1)).seconds * 1000
            asked = Asked(server, found, rows, expected, interface, limits)
            _ask_all(asked)
            _ask_singly(asked)
            _ask_at_once(asked)
            _ask_odd(asked, predict)
            _ask_malformed(asked)
            _measure_memory(asked)
    except ScoringServerError as error:
        found.reasons.append(str(error))
    except OSError as error:
        found.reasons.append(f"the scoring server could not be started: {error.strerror or error}")
    if found.blessed:
        log.unlink(missing_ok=True)
    return found


def _ask_all(asked: Asked) -> None:
    found, rows, expected = asked.found, asked.rows, asked.expected
    answer = asked.server.ask(rows_body(rows))
    if answer.status != OK:
        found.reasons.append(
            f"{rows.num_rows} real rows were answered with HTTP {answer.status}, not 200; the server's "
            f"output is in {asked.server.log}"
        )
        return
    given = as_array(predictions_in(answer.body))
    if given is None or given.shape != expected.shape:
        shape = "no list of numbers" if given is None else f"shape {given.shape}"
        found.reasons.append(f"the predictions have {shape}; in training they had {expected.shape}")
        return
    found.reasons += unsound(given, asked.interface, "as a server")
    found.max_difference = largest_difference(given, expected)
    if not found.max_difference <= asked.limits.tolerance:
        wrong = rows_that_differ(given, expected, asked.limits.tolerance)
        found.reasons.append(
            f"predictions differ from those in training by up to {found.max_difference:.3g} in {wrong} "
            f"of {len(expected)} rows; the tolerance is {asked.limits.tolerance:g}"
        )


def _ask_singly(asked: Asked) -> None:
    found, rows, limits = asked.found, asked.rows, asked.limits
    count = min(rows.num_rows, _SINGLE_ROWS)
    answers = [asked.server.ask(rows_body(rows, row, row + 1)) for row in range(count)]
    milliseconds = [answer.seconds * 1000 for answer in answers]
    found.p50_ms, found.p99_ms = (float(v) for v in np.percentile(milliseconds, [50, 99]))
    failed = [answer.status for answer in answers if answer.status != OK]
    if failed:
        found.reasons.append(
            f"{len(failed)} of {count} requests of one row were answered with HTTP {failed[0]}"
        )
    if found.p99_ms > limits.max_latency_ms:
        found.reasons.append(
            f"the 99th percentile of the latency is {found.p99_ms:.0f} ms; the limit is "
            f"{limits.max_latency_ms:g} ms"
        )


def _ask_at_once(asked: Asked) -> None:
    """Several clients at once must get the answers that one alone gets."""
    count, clients = min(asked.rows.num_rows, _SINGLE_ROWS), asked.limits.concurrent_requests
    bodies = [rows_body(asked.rows, row, row + 1) for row in range(count)]
    with ThreadPoolExecutor(clients) as pool:
        began = time.monotonic()
        answers = list(pool.map(asked.server.ask, bodies))
        seconds = time.monotonic() - began
    found = asked.found
    found.concurrent_p99_ms = float(np.percentile([a.seconds * 1000 for a in answers], 99))
    found.requests_per_second = count / seconds
    wrong = [
        row
        for row, answer in enumerate(answers)
        if not is_expected(answer, asked.expected[row : row + 1], asked.limits.tolerance)
    ]
    if wrong:
        found.reasons.append(
            f"with {clients} requests at once {len(wrong)} of {count} answers were not those of training"
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
        found.reasons += unsound(expected, asked.interface, f"of a row with {odd.name}")
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
    found.memory_mb = asked.server.memory_mb()
    if found.memory_mb > limit:
        found.reasons.append(
            f"it holds {found.memory_mb:.0f} MB of memory; the limit is {limit:g} MB"
        )
