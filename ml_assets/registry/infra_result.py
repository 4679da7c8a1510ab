"""The limits that a candidate must keep as a scoring server, and the result of its validation."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml_assets.registry.answers import Predictions
from ml_assets.registry.spec import InfraValidationSpec

_ANSWER_SECONDS = 60.0
_SPARE_MEGABYTES = 1000.0


@dataclass(frozen=True)
class Limits:
    """What the candidate must keep: the fields of `InfraValidationSpec`, and where it is given up.

    That is after `max_answer_seconds` without an answer, and at `spare_memory_mb` above its limit.
    """

    max_load_seconds: float
    max_latency_ms: float
    max_memory_mb: float
    tolerance: float
    concurrent_requests: int = 4
    max_answer_seconds: float = _ANSWER_SECONDS
    spare_memory_mb: float = _SPARE_MEGABYTES

    @classmethod
    def of(cls, spec: InfraValidationSpec) -> "Limits":
        """Give the limits that the YAML sets."""
        return cls(**spec.model_dump(exclude={"rows"}))


@dataclass
class InfraValidation:
    """What was measured, and every reason against the candidate.

    Attributes
    ----------
    rows : int
        How many rows were sent to it.
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
        row; the most that was resident. None where it did not get so far.
    concurrent_p99_ms, requests_per_second : float or None
        Over requests of one row from several clients at once.
    expected : array or None
        What the model predicts for the rows in training.
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
    expected: Predictions | None = None

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
        is_finite = difference is not None and np.isfinite(difference)
        return {
            "rows": self.rows,
            "refused": dict(self.refused),
            "survived": dict(self.survived),
            "max_difference": difference if is_finite else None,
        }
