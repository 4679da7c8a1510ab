"""What a selection means: assets of one pipeline, and never all by mistake."""

import warnings

import dagster as dg
import pytest

from ml_assets.cli.selection import describe_selection, select_assets
from ml_assets.errors import PipelineFileError


def asset(pipeline: str, name: str, *deps: str) -> dg.AssetsDefinition:
    def make() -> None:
        """Nothing."""

    upstream = [dg.AssetKey([pipeline, dep]) for dep in deps]
    key = dg.AssetKey([pipeline, name])
    return dg.asset(key=key, group_name=pipeline, deps=upstream)(make)


ASSETS = [
    asset("flights", "raw_data"),
    asset("flights", "model", "raw_data"),
    asset("flights", "predictions", "model"),
    asset("flights", "registered_model"),
    asset("flights", "promotion", "registered_model"),
    asset("churn", "raw_data"),
    asset("churn", "model", "raw_data"),
]
GRAPH = dg.Definitions(assets=ASSETS).get_repository_def().asset_graph

MEANT = [
    ("model", ["model"]),
    ("model, predictions", ["model", "predictions"]),
    ("key:flights/model", ["model"]),
    ("+key:flights/model", ["model", "raw_data"]),
    ("key:flights/model+", ["model", "predictions"]),
    ("+model", ["model", "raw_data"]),
    ("*predictions", ["model", "predictions", "raw_data"]),
    ("1+predictions", ["model", "predictions"]),
    (
        "raw_data*, registered_model+",
        [
            "model",
            "predictions",
            "promotion",
            "raw_data",
            "registered_model",
        ],
    ),
    ("+flights/predictions", ["model", "predictions", "raw_data"]),
    (
        "+predictions, registered_model,",
        ["model", "predictions", "promotion", "raw_data", "registered_model"],
    ),
    ("+model+", ["model", "predictions", "raw_data"]),
    ("group:flights", ["model", "predictions", "promotion", "raw_data", "registered_model"]),
    ("*", ["model", "predictions", "promotion", "raw_data", "registered_model"]),
    ("registered_model", ["promotion", "registered_model"]),
    ('key:"*/model"', ["model"]),
    ("key:churn/model,key:flights/raw_data", ["raw_data"]),
]


@pytest.mark.parametrize(("select", "names"), MEANT)
def test_a_selection_means_the_pipelines_own_assets(select: str, names: list[str]) -> None:
    found = select_assets(select, "flights", GRAPH)
    assert [key.path for key in found] == [["flights", name] for name in names]


NOTHING = [
    ("group:fligts", "Did you mean 'flights'?"),
    ("modle", "Did you mean 'model'?"),
    ("+modle", "Did you mean 'model'?"),
    ("key:flights/predictons", "Did you mean 'predictions'?"),
    ("group:churn", ""),
    ("+churn/model", ""),
    (",", ""),
]


@pytest.mark.parametrize(("select", "hint"), NOTHING)
def test_a_selection_of_nothing_is_refused_with_the_nearest_name(select: str, hint: str) -> None:
    with pytest.raises(PipelineFileError, match="means no asset of flights") as raised:
        select_assets(select, "flights", GRAPH)
    assert hint in str(raised.value)
    assert "Its assets are: model, predictions, promotion, raw_data, reg" in str(raised.value)


def test_what_is_no_selection_is_refused_with_examples() -> None:
    with pytest.raises(
        PipelineFileError, match=r"'key:::' is no selection of assets.*Examples: model"
    ):
        select_assets("key:::", "flights", GRAPH)


@pytest.mark.parametrize("select", [select for select, _ in MEANT])
def test_the_printed_selection_means_the_same_to_dagster(select: str) -> None:
    keys = select_assets(select, "flights", GRAPH)
    told = describe_selection(keys, select, "flights")
    with warnings.catch_warnings(action="ignore"):
        parts = dg.AssetSelection.from_coercible(told.split(","))
    assert sorted(parts.resolve(GRAPH)) == keys
