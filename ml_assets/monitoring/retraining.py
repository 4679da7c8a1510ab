"""Decides when to retrain: a pure function of the present state, the clock and earlier decisions.

Each reason names its evidence, by content. A reason whose evidence has led to a retraining already does
not lead to another: a drift alarm fires once for one champion and one set of scored rows, whether or not
the new model is promoted.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ml_assets.durable import json_digest
from ml_assets.monitoring.spec import RetrainingSpec

AlarmKind = Literal["skew", "drift", "performance"]
ReasonKind = Literal[AlarmKind, "new_spans", "age"]


@dataclass(frozen=True)
class Champion:
    """The model that serves: its version, and when that was registered, in UTC."""

    version: int
    created_at: datetime


@dataclass(frozen=True)
class Alarm:
    """An alarm of the monitoring.

    Attributes
    ----------
    kind : {"skew", "drift", "performance"}
        The check that failed.
    digest : str
        Of the artifact whose check failed.
    model_version : int
        The version whose scored rows it is about.
    text : str
        What the check says.
    """

    kind: AlarmKind
    digest: str
    model_version: int
    text: str


@dataclass(frozen=True)
class NewSpans:
    """The content of the source that has not been ingested yet, as far as it lies in a window.

    Attributes
    ----------
    names : tuple of str
        The spans that are new or changed, in a window of training or serving.
    digest : str
        Of the source's content.
    """

    names: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class State:
    """The state that a decision is made from.

    Attributes
    ----------
    pipeline : str
        Its name.
    is_trained : bool
        Whether a model was ever made.
    champion : Champion or None
        The model that serves.
    new_spans : NewSpans or None
        What is new in the source; None where nothing is.
    alarms : tuple of Alarm
        Those that hold now.
    max_age_days : float
        How old the champion may be.
    is_running : bool
        Whether a retraining is queued or running.
    cursor : str or None
        The cursor of the last decision; None before the first.
    """

    pipeline: str
    is_trained: bool
    champion: Champion | None
    new_spans: NewSpans | None
    alarms: tuple[Alarm, ...]
    max_age_days: float
    is_running: bool
    cursor: str | None


@dataclass(frozen=True)
class Reason:
    """Why to retrain: the kind, the content that shows it, and a sentence for a person."""

    kind: ReasonKind
    evidence: str
    text: str


@dataclass(frozen=True)
class Decision:
    """Whether to retrain.

    Attributes
    ----------
    retrain : bool
        Whether to start now.
    reasons : tuple of Reason
        The reasons to retrain, also those that wait for the end of the cool-down.
    run_key : str or None
        The key of the run to start, made from the evidence, so that no decision starts two runs.
    cursor : str
        The cursor for the next decision.
    message : str
        One sentence for a person.
    """

    retrain: bool
    reasons: tuple[Reason, ...]
    run_key: str | None
    cursor: str
    message: str


@dataclass(frozen=True)
class _Memory:
    """The cursor: when the last retraining was started, by which key, for which evidence."""

    started_at: str | None = None
    run_key: str | None = None
    handled: dict[str, str] = field(default_factory=dict)


def decide_retraining(state: State, now: datetime, spec: RetrainingSpec) -> Decision:
    """Decide whether to retrain now.

    Parameters
    ----------
    state : State
        The present state.
    now : datetime
        The time, in UTC.
    spec : RetrainingSpec
        Which reasons count, and how long to wait between retrainings.

    Returns
    -------
    Decision
        The cool-down holds for every reason; what arises in it is acted on when it ends.
    """
    memory = _read_cursor(state.cursor)
    current = _reasons(state, now, spec)
    repeated = [reason for reason in current if memory.handled.get(reason.kind) == reason.evidence]
    reasons = tuple(reason for reason in current if reason not in repeated)
    message = _waiting_message(state, reasons, now, spec, memory) or _no_news_message(
        state, reasons, repeated
    )
    if message is not None:
        return Decision(False, reasons, None, _write_cursor(memory), message)
    evidence: dict[str, str] = {reason.kind: reason.evidence for reason in reasons}
    # The key of the run before makes the same evidence a new decision when it comes up again later.
    key = json_digest({"evidence": evidence, "after": memory.run_key})[:32]
    handled = {**memory.handled, **evidence}
    cursor = _write_cursor(_Memory(now.isoformat(timespec="seconds"), key, handled))
    return Decision(True, reasons, key, cursor, _describe(reasons))


def _waiting_message(
    state: State, reasons: Sequence[Reason], now: datetime, spec: RetrainingSpec, memory: _Memory
) -> str | None:
    """Why not to retrain now, or None."""
    if not state.is_trained:
        return (
            f"{state.pipeline} was never trained. Materialize it first: "
            f"python -m ml_assets run {state.pipeline}"
        )
    if state.is_running and reasons:
        return f"A retraining is queued or running already; then: {_describe(reasons)}"
    if memory.started_at is not None and reasons:
        until = datetime.fromisoformat(memory.started_at) + timedelta(hours=spec.cool_down_hours)
        if now < until:
            return f"Cooling down until {until:%Y-%m-%d %H:%M} UTC; then: {_describe(reasons)}"
    return None


def _no_news_message(
    state: State, reasons: Sequence[Reason], repeated: Sequence[Reason]
) -> str | None:
    """Say that there is no new reason, and which old ones hold: a run that failed is not begun again."""
    if reasons:
        return None
    if not repeated or state.is_running:
        return "There is no new reason to retrain."
    return (
        f"There is no new reason to retrain. A retraining was started for this and has not ended it: "
        f"{_describe(repeated)}. Look at its run, then: python -m ml_assets run {state.pipeline}"
    )


def _reasons(state: State, now: datetime, spec: RetrainingSpec) -> list[Reason]:
    reasons = []
    if spec.on_new_spans and state.new_spans is not None and state.new_spans.names:
        reasons.append(
            Reason("new_spans", state.new_spans.digest, _span_text(state.new_spans.names))
        )
    if state.champion is None:
        return reasons
    enabled = {"skew": spec.on_skew, "drift": spec.on_drift, "performance": spec.on_performance}
    version = state.champion.version
    reasons += [
        Reason(alarm.kind, f"version {version}: {alarm.digest}", f"{alarm.kind}: {alarm.text}")
        for alarm in state.alarms
        if enabled[alarm.kind] and alarm.model_version == version
    ]
    return reasons + _age_reasons(state.champion, now, state.max_age_days)


def _age_reasons(champion: Champion, now: datetime, max_days: float) -> list[Reason]:
    days = (now - champion.created_at) / timedelta(days=1)
    if days <= max_days:
        return []
    # If the retraining replaces no champion, the next one waits as long again.
    evidence = f"version {champion.version}: {int(days / max_days)} times {max_days:g} days"
    text = f"version {champion.version} is {days:.1f} days old; at most {max_days:g} are allowed"
    return [Reason("age", evidence, text)]


def _span_text(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{len(names)} new or changed span{'s' if len(names) > 1 else ''}: {shown}"


def _describe(reasons: Sequence[Reason]) -> str:
    return "; ".join(reason.text for reason in reasons)


def _read_cursor(cursor: str | None) -> _Memory:
    """Read a cursor. One that this version did not write is no memory at all."""
    try:
        value = json.loads(cursor or "{}")
        return _Memory(
            value.get("started_at"), value.get("run_key"), dict(value.get("handled", {}))
        )
    except (ValueError, AttributeError, TypeError):
        return _Memory()


def _write_cursor(memory: _Memory) -> str:
    return json.dumps(asdict(memory), sort_keys=True)
