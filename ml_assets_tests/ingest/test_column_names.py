import pytest

from ml_assets.errors import DataError
from ml_assets.ingest.column_names import MAX_COLUMNS, check_column_names


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b", "a"], r"f: the column name 'a' appears 2 times"),
        (["a", "", " "], r"columns 2, 3 have no name"),
        (["a" * 201], r"longer than 200 characters"),
        (["a\x1b[31m"], r"'a\\x1b\[31m' holds characters that cannot be seen"),
        (["price", "price\u200b"], r"'price\\u200b' holds characters that cannot be seen"),
        (["age", "\u0430ge"], r"'age' and '\\u0430ge' look the same"),
        (["caf\u00e9", "cafe\u0301"], r"look the same"),
        (["_split"], r"'_split' is reserved"),
        ([], r"has 0 columns; allowed are 1 to 10,000"),
        ([str(i) for i in range(MAX_COLUMNS + 1)], r"has 10,001 columns"),
    ],
)
def test_names_that_cannot_be_kept_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_column_names(names, "f")


def test_all_names_are_refused_at_once() -> None:
    with pytest.raises(DataError) as error:
        check_column_names(["a", "a", "", "_label"], "f")
    assert "appears 2 times" in str(error.value)
    assert "has no name" in str(error.value)
    assert "is reserved" in str(error.value)


@pytest.mark.parametrize("names", [["a", "A"], ["_rule_"], ["größe", "Größe 2"], ["<b>", "a.b"]])
def test_other_names_are_allowed_and_only_the_reserved_one_beside_them_is_refused(
    names: list[str],
) -> None:
    check_column_names(names, "f")
    with pytest.raises(DataError) as error:
        check_column_names([*names, "_label"], "f")
    assert str(error.value).startswith("f: the column name '_label' is reserved. Rename")
