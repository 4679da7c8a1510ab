"""The command `check` on several pipelines: a mistake in one file stops the others too."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_assets.cli.check import check_pipelines
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline_file import COMPONENT_TYPE
from ml_assets_tests.cli.orders import shop
from ml_assets_tests.pipeline_factory import write_pipeline, write_text


def test_all_pipelines_are_checked_and_all_mistakes_printed(
    defs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(defs, labels="piad")
    write_text(defs, "type: ml_assets.component.MLPipeline\nattributes: {task: x}\n", "other")
    assert check_pipelines(defs, []) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "shop/defs.yaml:7: labels.column: no column 'piad'. Did you mean 'paid'?" in err
    assert "other/defs.yaml:2: task must be one of binary, multiclass, regression" in err


def test_an_unknown_pipeline_is_told_with_the_nearest_name(defs: Path) -> None:
    shop(defs)
    message = r"There is no pipeline 'shpo' in defs/\. Did you mean 'shop'\? There are: shop\."
    with pytest.raises(PipelineFileError, match=message):
        find_pipeline(defs, "shpo")


def test_of_many_pipelines_a_few_are_named(defs: Path) -> None:
    for number in range(9):
        write_pipeline(defs, f"shop{number}")
    message = r"There are: shop0, shop1, shop2, shop3, shop4 and 4 more\."
    with pytest.raises(PipelineFileError, match=message):
        find_pipeline(defs, "nope")


HEAD = "type: ml_assets.component.MLPipeline\n"
# The text of another file, and what is said of it.
OTHERS = [
    ("", "other/defs.yaml:1: needs the keys type and attributes."),
    ("# type: x\n", "other/defs.yaml:1: needs the keys type and attributes."),
    (
        "type: ml_assets.component.MLPipelin\nattributes: {}\n",
        "other/defs.yaml:1: type must be ml_assets.component.MLPipeline; found "
        "'ml_assets.component.MLPipelin'. Did you mean 'ml_assets.component.MLPipeline'?",
    ),
    (HEAD + "attributes: {owners: [bob]}\n", "other/defs.yaml:2: owners.0 must be an e-mail"),
    ("type: dagster.DefsFolderComponent\n", ""),
]


@pytest.mark.parametrize(("text", "said"), OTHERS)
def test_every_file_is_looked_at_and_stops_the_others_too(
    defs: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    shop(defs)
    write_text(defs, text, "other")
    assert check_pipelines(defs, []) == (1 if said else 0)
    assert said in capsys.readouterr().err
    assert check_pipelines(defs, ["shop"]) == (1 if said else 0)
    elsewhere = "A mistake in one file stops every pipeline. There are some in: other."
    assert (elsewhere in capsys.readouterr().err) == bool(said)


def test_a_folder_in_place_of_a_file_is_told(
    defs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(defs)
    (defs / "other" / "defs.yaml").mkdir(parents=True)
    assert check_pipelines(defs, []) == 1
    assert "other/defs.yaml cannot be read: Is a directory." in capsys.readouterr().err


# What two pipelines share, and what is said of the second.
SHARED = [
    (
        {"name": "same"},
        r"b/defs\.yaml:\d+: name 'same' is taken by a/defs\.yaml:\d+; each pipeline needs its own",
    ),
    (
        {"registry": {"model": "m"}},
        r"b/defs\.yaml:\d+: registry\.model 'm' is taken by a/defs\.yaml:\d+; ",
    ),
]


@pytest.mark.parametrize(("shared", "said"), SHARED)
def test_names_that_two_pipelines_share_are_told(
    defs: Path, capsys: pytest.CaptureFixture[str], shared: dict[str, Any], said: str
) -> None:
    ingest = {"source": {"csv": "orders.csv"}}
    attributes = {"task": "binary", "ingest": ingest, "labels": "paid", **shared}
    text = yaml.safe_dump({"type": COMPONENT_TYPE, "attributes": attributes})
    for name in ("a", "b"):
        write_text(defs, text, name)
    assert check_pipelines(defs, []) == 1
    assert re.search(said, capsys.readouterr().err)
