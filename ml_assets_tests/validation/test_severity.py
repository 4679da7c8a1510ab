"""What blocks: severities by what quarantine can mend, and by the YAML."""

from typing import Any

import pytest
from pydantic import ValidationError

from ml_assets.validation.anomaly import anomaly
from ml_assets.validation.severity import with_severity
from ml_assets.validation.spec import ValidationSpec


def found(code: Any, fraction: Any = None, severity: Any = "ERROR") -> Any:
    return anomaly(
        "x", code, "d", expected="e", found="f", affected_fraction=fraction, severity=severity
    )


BIG = "INT_TYPE_BIG_INT"


@pytest.mark.parametrize(
    ("one", "overrides", "expected"),
    [
        (found(BIG, 0.01), {}, "WARN"),
        (found(BIG, 0.0101), {}, "ERROR"),
        (found("SCHEMA_MISSING_COLUMN"), {}, "ERROR"),
        (found("SCHEMA_NEW_COLUMN", severity="WARN"), {}, "WARN"),
        (found("SCHEMA_NEW_COLUMN", severity="WARN"), {"SCHEMA_NEW_COLUMN": "ERROR"}, "ERROR"),
        (found(BIG, 0.001), {BIG: "ERROR"}, "ERROR"),
        (found(BIG, 0.9), {BIG: "WARN"}, "WARN"),
        (found(BIG, 0.9), {BIG: "ERROR", f"x.{BIG}": "WARN"}, "WARN"),
        (found(BIG, 0.001), {f"y.{BIG}": "ERROR"}, "WARN"),
    ],
)
def test_severity(one: Any, overrides: Any, expected: Any) -> None:
    assert [a.severity for a in with_severity([one], overrides, 0.01)] == [expected]


def test_the_worst_come_first() -> None:
    judged = with_severity([found(BIG, 0.001), found("SCHEMA_MISSING_COLUMN")], {}, 0.01)
    assert [one.severity for one in judged] == ["ERROR", "WARN"]


def test_an_unknown_code_in_the_yaml_is_refused() -> None:
    with pytest.raises(
        ValidationError, match=r"INT_TYPE_BIGINT does not end in .* Did you mean 'INT_TYPE_BIG_INT'"
    ):
        ValidationSpec(severity={"INT_TYPE_BIGINT": "WARN"})
    ValidationSpec(severity={"a.b.INT_TYPE_BIG_INT": "WARN"})


def test_an_unknown_kind_cannot_block() -> None:
    with pytest.raises(ValidationError, match="blocking"):
        ValidationSpec.model_validate({"blocking": ["colums"]})
