"""The command `check`, and what pipelines are called."""

import re
from pathlib import Path
from typing import Any

import pytest

from ml_assets.__main__ import main
from ml_assets.cli.check import check_pipelines, source_mistakes
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.pipeline_factory import write_pipeline, write_text

ROWS = "order_id,day,fare,tips,company,paid\n1,2026-01-01,5.5,1.0,a,true\n2,2026-01-02,6.5,0.5,b,false\n"


@pytest.fixture
def defs(tmp_path: Path) -> Path:
    """Give the folder of the pipelines of a project that has a file of orders."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "orders.csv").write_text(ROWS)
    return tmp_path / "defs"


def shop(defs: Path, **attributes: Any) -> Path:
    ingest = {"source": {"csv": "orders.csv"}, **attributes.pop("ingest", {})}
    return write_pipeline(defs, "shop", ingest=ingest, **attributes)


# The attributes, and what is said of the columns that they name.
NAMED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    (
        {"ingest": {"key": ["order", "order_id"], "time": "dai", "known_at": ["company"]}},
        [
            "ingest.key: no column 'order'. Did you mean 'order_id'?",
            "ingest.time: no column 'dai'. Did you mean 'day'?",
            "ingest.known_at: column 'company' is of type string; allowed are date and timestamp.",
        ],
    ),
    ({"labels": "piad"}, ["labels.column: no column 'piad'. Did you mean 'paid'?"]),
    (
        {"statistics": {"weight": "tip"}},
        ["statistics.weight: no column 'tip'. Did you mean 'tips'?"],
    ),
    (
        {"statistics": {"weight": "company"}},
        ["statistics.weight: column 'company' is of type string; allowed are int and float."],
    ),
    (
        {"labels": {"expression": "tip > 0.2 * fares"}},
        [
            "labels.expression: no column 'tip'. Did you mean 'tips'?",
            "labels.expression: no column 'fares'. Did you mean 'fare'?",
        ],
    ),
    (
        {
            "transform": {
                "features": ["fare"],
                "exclude": ["Company"],
                "known_after": ["tips", "x"],
                "encodings": {"compny": "categorical"},
            }
        },
        [
            "transform.encodings.compny: no column 'compny'. Did you mean 'company'?",
            "transform.exclude: no column 'Company'. Did you mean 'company'?",
            "transform.known_after: no column 'x'.",
        ],
    ),
    (
        {"evaluation": {"slices": ["company, dy", "company"]}},
        ["evaluation.slices: no column 'dy'. Did you mean 'day'?"],
    ),
    (
        {"ingest": {"split": {"by": "group", "group": "compan"}}},
        ["ingest.split.group: no column 'compan'. Did you mean 'company'?"],
    ),
    (
        {"ingest": {"source": {"csv": "orders.csv", "types": {"fares": "float"}}}},
        ["ingest.source.types.fares: no column 'fares'. Did you mean 'fare'?"],
    ),
]


@pytest.mark.parametrize(("attributes", "said"), NAMED)
def test_every_wrong_column_is_told_with_its_line_and_the_nearest_name(
    defs: Path, attributes: dict[str, Any], said: list[str]
) -> None:
    path = shop(defs, **attributes)
    found = source_mistakes(read_pipeline_file(path))
    assert len(found) < 10
    assert [line.partition(": ")[2] for line in found[: len(said)]] == said
    written = path.read_text().splitlines()
    for line in found[: len(said)]:
        match = re.match(r"shop/defs\.yaml:(\d+): .*? column '(.*?)'", line)
        assert match
        assert match[2] in written[int(match[1]) - 1]
    assert found[len(said) :] == (
        ["The source's columns are: order_id, day, fare, tips, company, paid."] if said else []
    )


# What the source is said to be, and how the message ends.
SOURCES = [
    ({"csv": "order.csv"}, "order.csv does not exist. Did you mean 'orders.csv'?"),
    ({"parquet": "nowhere/*.parquet"}, "does not exist."),
    ({"csv": "empty.csv"}, "empty"),
]


@pytest.mark.parametrize(("source", "said"), SOURCES)
def test_a_source_that_cannot_be_read_is_told_with_its_line(
    defs: Path, source: dict[str, str], said: str
) -> None:
    (defs.parent / "empty.csv").touch()
    path = shop(defs, ingest={"source": source})
    first, *_ = source_mistakes(read_pipeline_file(path))
    assert first.startswith("shop/defs.yaml:")
    assert said in first


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


def test_pipelines_without_mistakes_are_named(
    defs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(defs)
    assert check_pipelines(defs, ["shop"]) == 0
    assert capsys.readouterr().out == "shop: nothing wrong.\n"


def test_an_unknown_pipeline_is_told_with_the_nearest_name(defs: Path) -> None:
    shop(defs)
    known = r"There is no pipeline 'shpo' in defs/\. There are: shop\. Did you mean 'shop'\?"
    with pytest.raises(PipelineFileError, match=known):
        find_pipeline(defs, "shpo")


def test_the_command_line_prints_an_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "flihgts"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("There is no pipeline 'flihgts'")
    assert "Did you mean 'flights'?" in err
    assert "Traceback" not in err
