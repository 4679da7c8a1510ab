"""Infra validation, as TFX's InfraValidator: the candidate must be served as it was trained.

It is started as a real scoring server and asked real rows and malformed requests. Every limit that it
does not keep is a reason in words with the value and the limit. A server that cannot start, hangs or dies
is a reason like any other: this module gives a verdict, whatever the candidate does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml_assets.errors import MLAssetsError
from ml_assets.registry.mlflow_model import Interface
from ml_assets.registry.payload import malformed_requests, predictions_in, rows_body
from ml_assets.registry.scoring_server import ScoringServer, ScoringServerError, scoring_server

if TYPE_CHECKING:
    import pyarrow as pa

# Enough for a percentile that is not one outlier, and half a second of CPU.
_SINGLE_ROWS = 20
_ANSWER_SECONDS = 60.0
_OK = 200
# A sum of rounded class probabilities is this near to 1.
_SUM_TOLERANCE = 1e-6

Predictions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """What the candidate must keep: the fields of `InfraValidationSpec`, and the wait for one answer."""

    max_load_seconds: float
    max_latency_ms: float
    max_memory_mb: float
    tolerance: float
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
    max_difference : float or None
        The largest absolute difference to the prediction in training.
    load_seconds, p50_ms, p99_ms, memory_mb : float or None
        From the start to the first healthy answer; over requests of one row; resident at the end. None
        where it did not get so far.
    """

    rows: int
    reasons: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    max_difference: float | None = None
    load_seconds: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    memory_mb: float | None = None

    @property
    def blessed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    def answers(self) -> dict[str, Any]:
        """Give what it answered as plain JSON, without what was measured: the same each time."""
        difference = self.max_difference
        known = difference is not None and np.isfinite(difference)
        return {
            "rows": self.rows,
            "refused": dict(self.refused),
            "max_difference": difference if known else None,
        }


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
    found.reasons += _unsound(expected, interface, "in training")
    try:
        with scoring_server(model, log, limits.max_answer_seconds, environment) as server:
            found.load_seconds = server.wait_until_healthy(limits.max_load_seconds)
            _ask_all(server, found, rows, expected, interface, limits)
            _ask_singly(server, found, rows, limits)
            _ask_malformed(server, found, rows, interface)
            _measure_memory(server, found, limits)
    except ScoringServerError as error:
        found.reasons.append(str(error))
    except OSError as error:
        found.reasons.append(f"the scoring server could not be started: {error.strerror or error}")
    if found.blessed:
        log.unlink(missing_ok=True)
    return found


def _ask_all(
    server: ScoringServer,
    found: InfraValidation,
    rows: "pa.Table",
    expected: Predictions,
    interface: Interface,
    limits: Limits,
) -> None:
    answer = server.ask(rows_body(rows))
    if answer.status != _OK:
        found.reasons.append(
            f"{rows.num_rows} real rows were answered with HTTP {answer.status}, not 200; the server's "
            f"output is in {server.log}"
        )
        return
    given = _as_array(predictions_in(answer.body))
    if given is None or given.shape != expected.shape:
        shape = "no list of numbers" if given is None else f"shape {given.shape}"
        found.reasons.append(f"the predictions have {shape}; in training they had {expected.shape}")
        return
    found.reasons += _unsound(given, interface, "as a server")
    found.max_difference = _largest_difference(given, expected)
    if not found.max_difference <= limits.tolerance:
        found.reasons.append(
            f"predictions differ from those in training by up to {found.max_difference:.3g}; the "
            f"tolerance is {limits.tolerance:g}"
        )


def _ask_singly(
    server: ScoringServer, found: InfraValidation, rows: "pa.Table", limits: Limits
) -> None:
    count = min(rows.num_rows, _SINGLE_ROWS)
    answers = [server.ask(rows_body(rows, row, row + 1)) for row in range(count)]
    milliseconds = [answer.seconds * 1000 for answer in answers]
    found.p50_ms, found.p99_ms = (float(v) for v in np.percentile(milliseconds, [50, 99]))
    failed = [answer.status for answer in answers if answer.status != _OK]
    if failed:
        found.reasons.append(
            f"{len(failed)} of {count} requests of one row were answered with HTTP {failed[0]}"
        )
    if found.p99_ms > limits.max_latency_ms:
        found.reasons.append(
            f"the 99th percentile of the latency is {found.p99_ms:.0f} ms; the limit is "
            f"{limits.max_latency_ms:g} ms"
        )


def _ask_malformed(
    server: ScoringServer, found: InfraValidation, rows: "pa.Table", interface: Interface
) -> None:
    types = {column.name: column.type for column in interface.inputs}
    for request in malformed_requests(rows, types):
        status = server.ask(request.body, request.content_type).status
        found.refused[request.name] = status
        if not 400 <= status < 500:
            found.reasons.append(
                f"a malformed request ({request.name}) was answered with HTTP {status}, not a 4xx"
            )
    status = server.ask(rows_body(rows, 0, 1)).status
    if status != _OK:
        found.reasons.append(f"after malformed requests a good one was answered with HTTP {status}")


def _measure_memory(server: ScoringServer, found: InfraValidation, limits: Limits) -> None:
    server.check_alive()
    found.memory_mb = server.memory_mb()
    if found.memory_mb > limits.max_memory_mb:
        found.reasons.append(
            f"it holds {found.memory_mb:.0f} MB of memory; the limit is {limits.max_memory_mb:g} MB"
        )


def _unsound(predictions: Predictions, interface: Interface, where: str) -> Iterator[str]:
    """What no model may predict, whatever it was trained on."""
    by_row = predictions.reshape(len(predictions), -1)
    finite = np.isfinite(by_row).all(axis=1)
    if not finite.all():
        bad = int((~finite).sum())
        yield f"{bad} of {len(by_row)} predictions {where} are not numbers (NaN or infinite)"
    if interface.task == "regression" or not finite.any():
        return
    outside = ((by_row[finite] < 0) | (by_row[finite] > 1)).any(axis=1)
    if outside.any():
        yield f"{int(outside.sum())} of {len(by_row)} probabilities {where} are outside 0 to 1"
    if interface.task == "multiclass":
        wrong = np.abs(by_row[finite].sum(axis=1) - 1) > _SUM_TOLERANCE
        if wrong.any():
            yield f"{int(wrong.sum())} of {len(by_row)} rows of probabilities {where} do not sum to 1"


def _as_array(predictions: Any) -> Predictions | None:
    if not isinstance(predictions, Sequence):
        return None
    try:
        return np.array(predictions, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _largest_difference(given: Predictions, expected: Predictions) -> float:
    """The largest absolute difference; NaN on both sides is none, on one side infinite."""
    same = (given == expected) | (np.isnan(given) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(given - expected))
    return float(np.where(np.isnan(difference), np.inf, difference).max(initial=0.0))
