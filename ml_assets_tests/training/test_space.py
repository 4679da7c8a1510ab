import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from ml_assets.training.space import clip_to_space, corner, to_distributions, values_on_edges
from ml_assets.training.spec import Choice, FloatRange, IntRange, SearchDimension

SPACE: dict[str, SearchDimension] = {
    "rate": FloatRange(low=0.01, high=1.0, log=True),
    "leaves": IntRange(low=1, high=101),
    "kind": Choice(choices=["a", "b", None]),
}


def test_each_dimension_has_its_distribution() -> None:
    assert to_distributions(SPACE) == {
        "rate": FloatDistribution(0.01, 1.0, log=True),
        "leaves": IntDistribution(1, 101),
        "kind": CategoricalDistribution(("a", "b", None)),
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"rate": 0.1, "leaves": 31, "kind": "b", "other": 1},
            {"rate": 0.1, "leaves": 31, "kind": "b"},
        ),
        ({"rate": 5.0, "leaves": 0, "kind": "z"}, {"rate": 1.0, "leaves": 1}),
        ({"rate": None, "leaves": True}, {}),
        ({"kind": None}, {"kind": None}),
    ],
)
def test_values_are_moved_inside_the_space(
    values: dict[str, object], expected: dict[str, object]
) -> None:
    assert clip_to_space(values, {n: d for n, d in SPACE.items() if n in values}) == expected


@pytest.mark.parametrize(
    ("best", "ends"),
    [
        ({"rate": 0.1, "leaves": 50, "kind": "a"}, {}),
        ({"rate": 0.0102, "leaves": 101}, {"rate": "low", "leaves": "high"}),
        ({"rate": 0.98}, {"rate": "high"}),
    ],
)
def test_a_best_value_on_the_edge_is_named(best: dict[str, object], ends: dict[str, str]) -> None:
    assert values_on_edges(best, SPACE) == ends


def test_a_range_of_one_point_has_no_edge() -> None:
    assert values_on_edges({"leaves": 3}, {"leaves": IntRange(low=3, high=3)}) == {}


def test_a_corner_lies_in_the_space() -> None:
    assert corner(SPACE) == {"rate": 0.01, "leaves": 1, "kind": "a"}
