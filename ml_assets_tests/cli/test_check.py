"""The command `check` on one pipeline."""

import re
from pathlib import Path
from typing import Any

import pytest

from ml_assets.__main__ import main
from ml_assets.cli import check
from ml_assets.cli.check import check_pipelines, setting_mistakes, source_mistakes
from ml_assets.cli.pipelines import find_pipeline
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.cli.orders import ROWS, shop

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
        {"evaluation": {"slices": ["fare:4,day:2", "company:4, fare"]}},
        [
            "evaluation.slices: column 'company' is of type string; allowed are int and float and "
            "date and timestamp."
        ],
    ),
    (
        {"evaluation": {"weak_slices": {"columns": ["fare", "compny"]}}},
        ["evaluation.weak_slices.columns: no column 'compny'. Did you mean 'company'?"],
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
    lines = source_mistakes(read_pipeline_file(path))
    assert len(lines) < 10
    assert [line.partition(": ")[2] for line in lines[: len(said)]] == said
    written = path.read_text().splitlines()
    for line in lines[: len(said)]:
        match = re.match(r"shop/defs\.yaml:(\d+): .*? column '(.*?)'", line)
        assert match
        assert match[2] in written[int(match[1]) - 1]
    assert lines[len(said) :] == (
        ["The source's columns are: order_id, day, fare, tips, company, paid."] if said else []
    )


def test_wrong_sql_of_slices_is_told_with_its_line_beside_wrong_columns(defs: Path) -> None:
    by_sql = {"dear": "fare > 20", "cheap": "fares < 5", "far": "count(*) > 1", "tips": "1"}
    path = shop(defs, evaluation={"slices": ["dear:4, company", "cheep"], "sql_slices": by_sql})
    lines = source_mistakes(read_pipeline_file(path))
    assert [line.partition(": ")[2] for line in lines[:-1]] == [
        "evaluation.sql_slices.cheap: no such column: fares. Did you mean 'fare'?",
        "evaluation.sql_slices.far: misuse of aggregate function count().",
        "evaluation.sql_slices.tips: 'tips' is a column of the source; give the slice another name.",
        "evaluation.slices: no column 'cheep'.",
    ]
    written = path.read_text().splitlines()
    for line, key in zip(lines, ("cheap", "far", "tips", "cheep"), strict=False):
        assert key in written[int(line.split(":")[1]) - 1]


def test_a_metric_of_ones_own_that_is_not_there_is_told_with_its_line(defs: Path) -> None:
    evaluation = {"metrics": ["f1", "nowhere:f"], "thresholds": {"re:no_such": {"min": 0}}}
    lines = source_mistakes(read_pipeline_file(shop(defs, evaluation=evaluation)))
    assert [line.split(": ", 1)[1] for line in lines] == [
        "evaluation.metrics.1: the module 'nowhere' is not found. It must be importable from the "
        "project's folder, or be installed.",
        "evaluation.thresholds.re:no_such: re has no function 'no_such'.",
    ]


# What the source is said to be, and how the message ends.
SOURCES = [
    ({"csv": "order.csv"}, "order.csv does not exist. Did you mean 'orders.csv'?"),
    ({"parquet": "nowhere/*.parquet"}, "does not exist."),
    ({"csv": "empty.csv"}, "empty"),
    ({"csv": "header.csv"}, "header.csv has column names but no rows."),
]


@pytest.mark.parametrize(("source", "said"), SOURCES)
def test_a_source_that_cannot_be_read_is_told_with_its_line(
    defs: Path, source: dict[str, str], said: str
) -> None:
    (defs.parent / "empty.csv").touch()
    (defs.parent / "header.csv").write_text(ROWS.splitlines()[0])
    path = shop(defs, ingest={"source": source})
    first, *_ = source_mistakes(read_pipeline_file(path))
    assert first.startswith("shop/defs.yaml:")
    assert said in first


def test_pipelines_without_mistakes_are_named(
    defs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(defs)
    assert check_pipelines(defs, ["shop"]) == 0
    assert capsys.readouterr().out == "shop: nothing wrong.\n"


def test_the_command_line_prints_an_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "flihgts"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("There is no pipeline 'flihgts'")
    assert "Did you mean 'flights'?" in err
    assert "Traceback" not in err


def test_extras_that_are_not_installed_are_told(
    defs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuning = {"cluster": "tcp://host:8786", "search_space": {"num_leaves": {"low": 4, "high": 9}}}
    shop(defs, training={"estimator": "lightgbm", "tuning": tuning})
    pipeline = find_pipeline(defs, "shop")
    assert source_mistakes(pipeline) == []
    monkeypatch.setattr(check, "find_spec", lambda name: None)
    lines = [line.partition(": ")[2] for line in source_mistakes(pipeline)]
    assert lines == [
        "training.estimator needs lightgbm, which is not installed. Install it: "
        "pip install 'ml_assets[lightgbm]'",
        "training.tuning.cluster needs distributed, which is not installed. Install it: "
        "pip install 'ml_assets[dask]'",
    ]


# More attributes, and what is said of them.
OUTSIDE: list[tuple[dict[str, Any], str]] = [
    (
        {"training": {"estimator": "nomod.x:fn"}},
        "training.estimator: the module 'nomod' is not found.",
    ),
    (
        {"ingest": {"source": {"python": "nomod.x:fn"}}},
        "ingest.source.python: the module 'nomod' is not found.",
    ),
    (
        {"training": {"estimator": "math:nope"}},
        "training.estimator: math has no function 'nope'.",
    ),
    (
        {"training": {"parameters": {"max_iters": 3}}},
        "training.parameters: 'max_iters' is not a parameter of hist_gradient_boosting. "
        "Did you mean 'max_iter'?",
    ),
    (
        {"training": {"tuning": {"search_space": {"learning_rat": {"low": 0.1, "high": 0.2}}}}},
        "training.tuning.search_space: 'learning_rat' is not a parameter of hist_gradient_boosting.",
    ),
    (
        {"labels": {"expression": "company > 3"}},
        "labels.expression: 'company > 3' cannot be computed where company is string: ",
    ),
    (
        {"task": "regression", "labels": {"expression": "fare > 3"}},
        "labels.expression: 'fare > 3' gives bool; a regression needs numbers.",
    ),
    (
        {"labels": {"column": "company", "positive": True}},
        "labels.positive: column 'company' is of type string; allowed is bool. YAML reads yes and no "
        "without quotes as true and false; write 'yes'.",
    ),
    (
        {"transform": {"encodings": {"company": "date_parts"}}},
        "transform.encodings.company: column 'company' is of type string; allowed are date and timest",
    ),
    (
        {"transform": {"encodings": {"company": "numeric"}}},
        "transform.encodings.company: 2 of the first 2 texts of 'company' are no numbers and would be ",
    ),
    (
        {"transform": {"encodings": {"company": "scale_to_z_score"}}},
        "transform.encodings.company: 2 of the first 2 texts of 'company' are no numbers and would be ",
    ),
    (
        {"transform": {"encodings": {"fare": ["numeric", "tfidf"]}}},
        "transform.encodings.fare: column 'fare' is of type float; allowed is string.",
    ),
    (
        {"transform": {"encodings": {"company, fair": "categorical"}}},
        "transform.encodings.company, fair: no column 'fair'. Did you mean 'fare'?",
    ),
    (
        {"transform": {"encodings": {"company,fare": "categorical"}}},
        "transform.encodings.company,fare: categorical of several columns takes int, bool, string; ",
    ),
    (
        {"transform": {"encodings": {"company,fair:4": "categorical"}}},
        "transform.encodings.company,fair:4: no column 'fair'. Did you mean 'fare'?",
    ),
    (
        {"transform": {"encodings": {"company:4,fare:4": "categorical"}}},
        "transform.encodings.company:4,fare:4: bins are of int, float, date, timestamp; 'company' is s",
    ),
    (
        {"transform": {"encodings": {"fare": {"scale_to_0_1_per_key": {"key": "compny"}}}}},
        "transform.encodings.fare: no column 'compny'. Did you mean 'company'?",
    ),
    (
        {"transform": {"encodings": {"fare": {"scale_to_0_1_per_key": {"key": "tips"}}}}},
        "transform.encodings.fare: scale_to_0_1_per_key takes a key of int, bool, string; 'tips' is fl",
    ),
    (
        {"statistics": {"slices": ["fare:4"]}},
        "statistics.slices: no column 'fare:4'. Did you mean 'fare'?",
    ),
    (
        {"transform": {"known_before": ["fair"]}},
        "transform.known_before: no column 'fair'. Did you mean 'fare'?",
    ),
    (
        {"transform": {"exclude": ["order_id", "day", "fare", "tips", "company"]}},
        "transform: no column is left to learn from: 'order_id' is in transform.exclude; ",
    ),
]


@pytest.mark.parametrize(("attributes", "said"), OUTSIDE, ids=lambda value: str(value)[:40])
def test_what_the_yaml_says_is_compared_with_the_world_outside_it(
    defs: Path, attributes: dict[str, Any], said: str
) -> None:
    path = shop(defs, **attributes)
    first, *_ = source_mistakes(read_pipeline_file(path))
    place, _, text = first.partition(": ")
    assert re.fullmatch(r"shop/defs\.yaml:\d+", place)
    assert text.startswith(said)


def test_settings_that_a_search_has_tried_are_not_looked_up_again(defs: Path) -> None:
    training = {"estimator": "nomod.x:fn", "parameters": {"a": 1}}
    file = read_pipeline_file(shop(defs, training=training))
    assert "the module 'nomod' is not found." in setting_mistakes(file)[0]
    assert setting_mistakes(file, is_tried=True) == []


def test_rows_that_cannot_be_read_are_told_before_the_run(defs: Path) -> None:
    rows = [f"{n},2026-01-01,5.5,1.0,a,{'true' if n % 2 else 'false'}" for n in range(100)]
    rows[7] += ",more"
    rows[50] = "x"
    (defs.parent / "orders.csv").write_text("\n".join([ROWS.split("\n")[0], *rows]) + "\n")
    path = shop(defs)
    lines = source_mistakes(read_pipeline_file(path))
    assert lines[0].endswith(
        "ingest.source: 2 of the first 100 rows cannot be read (2.00%; allowed 1.00%, "
        "ingest.max_rejected_fraction). Most often: 7 fields, the header has 6. The first is "
        "orders.csv, line 9."
    )
    path = shop(defs, ingest={"max_rejected_fraction": 0.02})
    assert source_mistakes(read_pipeline_file(path)) == []


# Windows, and whether they hold any of the data.
WINDOWS = [
    ({"start": "2026-01-02"}, True),
    ({"end": "2026-01-01"}, True),
    ({"start": "2035-01-01", "end": "2035-01-02"}, False),
    ({"end": "2025-12-31"}, False),
    ({"last": 3}, True),
]


@pytest.mark.parametrize(("window", "holds"), WINDOWS)
@pytest.mark.parametrize("part", ["ingest", "serving"])
def test_a_window_without_data_is_told(
    defs: Path, capsys: pytest.CaptureFixture[str], part: str, window: Any, holds: bool
) -> None:
    ingest = {"time": "day", "span": "day", **({"window": window} if part == "ingest" else {})}
    shop(defs, ingest=ingest, **({"serving": {"window": window}} if part == "serving" else {}))
    assert check_pipelines(defs, ["shop"]) == (0 if holds else 1)
    message = f"{part}.window: from .* there are no data; they are from 2026-01-01 to 2026-01-02"
    assert bool(re.search(message, capsys.readouterr().err)) != holds
