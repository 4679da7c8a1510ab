"""The `validation` part of the YAML."""

from typing import Literal

from pydantic import model_validator

from ml_assets.errors import did_you_mean
from ml_assets.spec import Fraction, Spec, broken_rules
from ml_assets.validation.anomaly import SHORT_DESCRIPTIONS


class ValidationSpec(Spec):
    """How strictly examples are judged against the schema.

    Attributes
    ----------
    severity : mapping
        Overrides the severity of an anomaly by its TFDV name; ``ERROR`` blocks, ``WARN`` is shown.
    max_quarantined_fraction : float
        The largest share of rows that may break the schema, 0 to 1; more blocks the run. An anomaly
        that no more rows than these have is a warning, because they are taken out.
    """

    severity: dict[str, Literal["ERROR", "WARN"]] = {}
    max_quarantined_fraction: Fraction = 0.01

    @model_validator(mode="after")
    def _knows_the_codes(self) -> "ValidationSpec":
        known = sorted(SHORT_DESCRIPTIONS)
        broken_rules(
            *(
                (
                    code not in known,
                    f"severity.{code}",
                    f"is not the name of an anomaly.{did_you_mean(code, known)}",
                )
                for code in self.severity
            )
        )
        return self
