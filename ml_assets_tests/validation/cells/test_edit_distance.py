import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.validation.cells.edit_distance import bag_distance, bags, edit_distance

FEW_LETTERS = st.text("abc", max_size=12)


def by_table(first: str, second: str) -> int:
    """The textbook's table of optimal string alignment."""
    table = [
        [i + j if not i or not j else 0 for j in range(len(second) + 1)]
        for i in range(len(first) + 1)
    ]
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            same = first[i - 1] == second[j - 1]
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (not same)
            )
            if i > 1 and j > 1 and first[i - 1] == second[j - 2] and first[i - 2] == second[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ("birmingxam", "birmingham", 1),
        ("JKF", "JFK", 1),
        ("kitten", "sitting", 3),
        ("", "abc", 3),
        ("abc", "", 3),
        ("same", "same", 0),
        ("a" * 100, "a" * 99 + "b", 1),
    ],
)
def test_known_distances(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second) == distance


@given(FEW_LETTERS, FEW_LETTERS)
def test_equals_the_table_of_the_textbook(first: str, second: str) -> None:
    assert edit_distance(first, second) == by_table(first, second)


@given(st.text(max_size=12), st.text(max_size=12))
def test_bag_distance_is_never_greater(first: str, second: str) -> None:
    both = bags([first, second])
    assert bag_distance(both[0], both[1:])[0] <= edit_distance(first, second)
