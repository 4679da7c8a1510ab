import pandas as pd
import pytest

from ml_assets.errors import DataError
from ml_assets.evaluation.sliced_columns import sliced_columns
from ml_assets.evaluation.spec import EvaluationSpec

ROWS = pd.DataFrame(
    {"mail": ["bob@x.org", None, "ann@x.org", "bob@x.org"], "number": [4, 3, 2, 1]},
    index=[5, 5, 1, 2],
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mail", ["(hidden 2)", None, "(hidden 1)", "(hidden 2)"]),
        ("substr(mail, 4)", ["(hidden 1)", None, "(hidden 1)", "(hidden 1)"]),
        ("mail LIKE 'ann%'", [0, None, 1, 0]),
        ("'no ' || number", ["no 4", "no 3", "no 2", "no 1"]),
    ],
)
def test_of_texts_that_may_name_a_person_only_which_are_the_same_is_kept(
    expression: str, expected: list[object]
) -> None:
    spec = EvaluationSpec(slices=["mail", "number:2"], sql_slices={"it": expression})
    found = sliced_columns(ROWS, spec, {"mail"})
    assert [None if pd.isna(value) else value for value in found["it"]] == expected
    assert found.index.equals(ROWS.index)
    assert found["mail"].isna().tolist() == ROWS["mail"].isna().tolist()
    assert not found["mail"].dropna().str.contains("@").any()
    assert found["number"].equals(ROWS["number"])


def test_an_expression_that_is_wrong_is_told_as_such() -> None:
    with pytest.raises(DataError, match=r"evaluation\.sql_slices\.it: no such column: male"):
        sliced_columns(ROWS, EvaluationSpec(sql_slices={"it": "male"}), {"mail"})
