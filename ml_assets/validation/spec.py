"""The `validation` part of the YAML."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ml_assets.errors import did_you_mean
from ml_assets.spec import Fraction, Spec, refuse_broken_rules
from ml_assets.validation.codes import KINDS, SHORT_DESCRIPTIONS, Kind


class CellErrorsSpec(Spec):
    """How suspicious a single cell must be to be shown.

    Attributes
    ----------
    enabled : bool
        Whether the asset `cell_errors` is made. It reads the validated examples three times, which takes
        about 5 CPU seconds for a million rows of 19 columns; nothing waits for it.
    threshold : float
        The least score of a cell that is shown, 0 to 1: how probable an error is.
    max_found : int
        How many cells are kept, the most suspicious first, 0 to 1,000,000; all are counted.
    max_fraction : float
        The largest share of cells that may be suspicious before the check warns, 0 to 1.
    """

    enabled: bool = True
    threshold: Fraction = 0.5
    max_found: Annotated[int, Field(ge=0, le=1_000_000)] = 10_000
    max_fraction: Fraction = 0.005


class ValidationSpec(Spec):
    """How strictly examples are judged against the schema.

    Attributes
    ----------
    severity : mapping
        Overrides the severity of an anomaly by its TFDV name (``INT_TYPE_BIG_INT``), or of one column
        (``age.INT_TYPE_BIG_INT``); the check of an ``ERROR`` fails, a ``WARN`` is shown.
    blocking : list
        The kinds of anomalies whose check stops the run if it fails: by default all but ``drift``, since
        a model is often trained anew because the data moved.
    max_quarantined_fraction : float
        The largest share of rows that may break the schema, 0 to 1; more blocks the run. An anomaly
        that no more rows than these have is a warning, because they are taken out.
    max_example_ids : int
        How many rows are named for each anomaly, so that someone can go and look, 0 to 100.
    drift_alarm : bool
        Whether columns without a `drift` comparator in the schema are compared with the span before as
        well, by the alarm of `detect_drift`. Not by default: from one day to the next, the weather moves.
    screen_poisoning : bool
        Whether spans are set aside whose labels contradict all others, or that are flooded with one row;
        where that is in doubt, they are reported and left in.
    cell_errors : CellErrorsSpec
        The table of single cells that are probably wrong though they satisfy the schema.
    """

    severity: dict[str, Literal["ERROR", "WARN"]] = {}
    blocking: list[Kind] = [kind for kind in KINDS if kind != "drift"]
    max_quarantined_fraction: Fraction = 0.01
    max_example_ids: Annotated[int, Field(ge=0, le=100)] = 5
    drift_alarm: bool = False
    screen_poisoning: bool = True
    cell_errors: CellErrorsSpec = CellErrorsSpec()

    @model_validator(mode="after")
    def _knows_the_codes(self) -> "ValidationSpec":
        known = sorted(SHORT_DESCRIPTIONS)
        codes = {key: key.rpartition(".")[2] for key in self.severity}
        refuse_broken_rules(
            *(
                (
                    code not in known,
                    f"severity.{key}",
                    f"does not end in the name of an anomaly.{did_you_mean(code, known)}",
                )
                for key, code in codes.items()
            )
        )
        return self
