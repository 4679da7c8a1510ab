"""What blocks: severities by what quarantine can mend, and by the YAML."""

from typing import Any

import pytest
from pydantic import ValidationError

from ml_assets.validation.anomaly import anomaly
from ml_assets.validation.severity import with_severity
from ml_assets.validation.spec import ValidationSpec


def anomaly_of(code: Any, fraction: Any = None, severity: Any = "ERROR") -> Any:
    return anomaly(
        "x", code, "d", expected="e", found="f", affected_fraction=fraction, severity=severity
    )


BIG = "INT_TYPE_BIG_INT"


@pytest.mark.parametrize(
    ("unjudged", "overrides", "expected"),
    [
        (anomaly_of(BIG, 0.01), {}, "WARN"),
        (anomaly_of(BIG, 0.0101), {}, "ERROR"),
        (anomaly_of("SCHEMA_MISSING_COLUMN"), {}, "ERROR"),
        (anomaly_of("SCHEMA_NEW_COLUMN", severity="WARN"), {}, "WARN"),
        (anomaly_of("SCHEMA_NEW_COLUMN", severity="WARN"), {"SCHEMA_NEW_COLUMN": "ERROR"}, "ERROR"),
        (anomaly_of(BIG, 0.001), {BIG: "ERROR"}, "ERROR"),
        (anomaly_of(BIG, 0.9), {BIG: "WARN"}, "WARN"),
        (anomaly_of(BIG, 0.9), {BIG: "ERROR", f"x.{BIG}": "WARN"}, "WARN"),
        (anomaly_of(BIG, 0.001), {f"y.{BIG}": "ERROR"}, "WARN"),
    ],
)
def test_severity(unjudged: Any, overrides: Any, expected: Any) -> None:
    assert [a.severity for a in with_severity([unjudged], overrides, 0.01)] == [expected]


def test_the_worst_come_first() -> None:
    judged = with_severity([anomaly_of(BIG, 0.001), anomaly_of("SCHEMA_MISSING_COLUMN")], {}, 0.01)
    assert [anomaly.severity for anomaly in judged] == ["ERROR", "WARN"]


def test_an_unknown_code_in_the_yaml_is_refused() -> None:
    with pytest.raises(
        ValidationError, match=r"INT_TYPE_BIGINT does not end in .* Did you mean 'INT_TYPE_BIG_INT'"
    ):
        ValidationSpec(severity={"INT_TYPE_BIGINT": "WARN"})
    ValidationSpec(severity={"a.b.INT_TYPE_BIG_INT": "WARN"})


def test_an_unknown_kind_cannot_block() -> None:
    with pytest.raises(ValidationError, match="blocking"):
        ValidationSpec.model_validate({"blocking": ["colums"]})
