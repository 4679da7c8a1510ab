"""The `validation` part of the YAML."""

from typing import Literal

from ml_assets.spec import Fraction, Spec


class ValidationSpec(Spec):
    """How strictly examples are judged against the schema.

    Attributes
    ----------
    severity : mapping
        Overrides the severity of an anomaly by its TFDV name; ``ERROR`` blocks, ``WARN`` is shown.
    max_quarantined_fraction : float
        The largest share of rows that may break the schema, 0 to 1; more blocks the run.
    """

    severity: dict[str, Literal["ERROR", "WARN"]] = {}
    max_quarantined_fraction: Fraction = 0.01
