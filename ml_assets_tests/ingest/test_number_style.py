import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.ingest.number_style import NumberStyle
from ml_assets.ingest.text_types import Inference, to_type

GERMAN, ENGLISH, SWISS = NumberStyle(",", "."), NumberStyle(".", ","), NumberStyle(".", "'")
COMMA = NumberStyle(",")

# The style, the texts, the inferred type, and the values.
WRITTEN = [
    (COMMA, ["0,5", "-1,25", "3"], "float", [0.5, -1.25, 3.0]),
    (COMMA, ["0,5", "1.25"], "float", [0.5, 1.25]),
    (COMMA, ["1", "2"], "int", [1, 2]),
    (COMMA, ["0,5", "1.157,5"], "string", ["0,5", "1.157,5"]),
    (GERMAN, ["1.157.830,5", "11,5"], "float", [1157830.5, 11.5]),
    (GERMAN, ["11.568", "7"], "int", [11568, 7]),
    (GERMAN, ["0.5", "1,5"], "string", ["0.5", "1,5"]),
    (ENGLISH, ["1,157,830", "232"], "int", [1157830, 232]),
    (ENGLISH, ["1,157.5", "nan"], "float", [1157.5, None]),
    (ENGLISH, ["1,57", "2"], "string", ["1,57", "2"]),
    (SWISS, ["1'157.5", None], "float", [1157.5, None]),
    (NumberStyle(), ["0,5"], "string", ["0,5"]),
]


@pytest.mark.parametrize(("style", "texts", "kind", "values"), WRITTEN)
def test_numbers_are_inferred_and_read_in_their_style(
    style: NumberStyle, texts: list[str | None], kind: str, values: list[object]
) -> None:
    inference = Inference(style=style)
    inference.update(pa.array(texts, pa.string()))
    assert inference.kind == kind
    read, wrong = to_type(pa.array(texts, pa.string()), kind, (), style)
    assert wrong.true_count == 0
    assert [None if value != value else value for value in read.to_pylist()] == values


def test_what_is_no_number_of_the_style_is_told() -> None:
    _, wrong = to_type(pa.array(["1,5", "1.5.5", "x", " 2,5 "]), "float", (), COMMA)
    assert wrong.to_pylist() == [False, True, True, False]


@given(st.integers(-(10**14), 10**14), st.sampled_from([GERMAN, ENGLISH, SWISS]))
def test_a_number_reads_back_from_its_style(number: int, style: NumberStyle) -> None:
    written = f"{number:,}".replace(",", style.thousands)
    read, _ = to_type(pa.array([written]), "int", (), style)
    assert read.to_pylist() == [number]
