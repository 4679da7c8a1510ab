"""The `registry` part of the YAML: infra validation's limits, and the registered model's name."""

from datetime import date
from typing import Annotated

from pydantic import Field

from ml_assets.spec import FileName, InWords, Spec


class InfraValidationSpec(Spec):
    """The limits inside which the candidate must answer as a real scoring server.

    Attributes
    ----------
    rows : int
        How many real rows are sent to it, >= 1.
    max_load_seconds : float
        From the start of the process to its first healthy answer.
    max_latency_ms : float
        The 99th percentile over single-row requests, in milliseconds.
    max_memory_mb : float
        The process's resident memory, in megabytes (10^6 bytes).
    tolerance : float
        The largest absolute difference to the prediction in training, >= 0.
    concurrent_requests : int
        How many clients query it at once, 1 to 64.
    """

    rows: Annotated[int, Field(ge=1, le=10_000)] = 50
    max_load_seconds: Annotated[float, Field(gt=0)] = 120.0
    max_latency_ms: Annotated[float, Field(gt=0)] = 5000.0
    max_memory_mb: Annotated[float, Field(gt=0)] = 2000.0
    tolerance: Annotated[float, Field(ge=0)] = 1e-9
    concurrent_requests: Annotated[int, Field(ge=1, le=64)] = 4


class WaiverSpec(Spec):
    """A rule of the blessing that need not hold for a while. It is written into the ledger when used.

    Attributes
    ----------
    rule : str
        The rule's name as the evaluation shows it, such as ``beats_linear`` or ``roc_auc.min``.
    by : str
        Who answers for it.
    reason : str
        Why.
    until : date
        The last day on which it holds.
    """

    rule: Annotated[str, Field(min_length=1)]
    by: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    until: date


class RegistrySpec(Spec):
    """How a model is validated on its infrastructure and registered.

    Attributes
    ----------
    approval : bool
        Whether a person must approve of each version before it can become the champion.
    waivers : list of WaiverSpec
        Rules of the blessing that need not hold for a while.
    model : str, optional
        The registered model's name in MLflow; the pipeline's name by default.
    infra_validation : InfraValidationSpec
        The limits of infra validation.
    """

    model: (
        Annotated[
            FileName,
            InWords(
                "letters, digits, '_', '-' and dots inside, at most 200, no device such as con"
            ),
        ]
        | None
    ) = None
    approval: bool = False
    waivers: list[WaiverSpec] = []
    infra_validation: InfraValidationSpec = InfraValidationSpec()
