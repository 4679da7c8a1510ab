"""What `new` says of values: how numbers and times are written, odd labels, and broken rows."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ml_assets.cli.data_file import open_data_file
from ml_assets.cli.guess import guess_columns
from ml_assets.cli.guess_label import LabelGuesses
from ml_assets.cli.new import new_pipeline, pipeline_text
from ml_assets.errors import DataError
from ml_assets.labels.spec import LabelSpec
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.cli.new_project import DAYS, SPREAD, N, made, of_columns, text_of

# A column as it is written, what the source says, and its type then.
WRITTEN: list[tuple[list[str], dict[str, Any], str]] = [
    (["0,5", "-1,25"], {"decimal": ","}, "float"),
    (["1.157,5", "3,25"], {"decimal": ",", "thousands": "."}, "float"),
    (["1,157,830", "232,225"], {"thousands": ","}, "int"),
    (["1,157.50", "12.25"], {"thousands": ","}, "float"),
    (["1,157", "2,300"], {"thousands": ","}, "int"),
    ([" 1.5", "2"], {"types": {"x": "float"}}, "float"),
    (["0,5", "NA"], {"decimal": ",", "types": {"x": "float"}, "null_values": ["NA"]}, "float"),
]


@pytest.mark.parametrize(("texts", "said", "kind"), WRITTEN)
def test_numbers_are_read_as_they_are_written(
    project: Path, texts: list[str], said: dict[str, Any], kind: str
) -> None:
    text = text_of({"x": texts * (N // 2)})
    spec = read_pipeline_file(Path("defs/mine/defs.yaml")).spec
    source = spec.ingest.source
    assert source.model_dump(include=set(said)) == said
    assert "x" not in spec.transform.exclude
    assert "# Mind" not in text
    assert open_data_file(Path("rows.csv")).types["x"] == kind


# A column as it is written, and what is said of it.
FOREIGN = [
    (["1.3%", "6,4 %"], "percentages"),
    (["$1.26", "€ 3"], "amounts of money"),
    (["1.157,50 EUR", "3 EUR"], "amounts of money"),
    (["01/31/2024", "2/1/2024"], "dates"),
    (["31.01.2024 12:00", "01.02.2024 13:00"], "dates"),
    (["1 Jan 2024", "2-Feb-24"], "dates"),
    (["1,157.5", "1.157,5"], "numbers with commas"),
]


@pytest.mark.parametrize(("texts", "what"), FOREIGN)
def test_what_cannot_be_read_is_left_out_and_said(
    project: Path, texts: list[str], what: str
) -> None:
    text = text_of({"x": texts * (N // 2)})
    assert text.startswith(f"# Mind: x: these {what} cannot be read, so they are left out. Write ")
    assert "exclude: [x]  # guess: cannot be read" in text


@pytest.mark.parametrize(
    ("unit", "is_told"),
    [
        (lambda i: " m²", True),
        (lambda i: "km/h", True),
        (lambda i: "°C", True),
        (lambda i: "abcd"[i % 4], False),
        (lambda i: "-b", False),
    ],
)
def test_numbers_with_one_unit_are_left_out_and_said(
    project: Path, unit: Callable[[int], str], is_told: bool
) -> None:
    text = text_of({"x": [f"{i // 2 + 0.5}{unit(i)}" for i in range(N)]})
    told = "# Mind: x: these numbers with units cannot be read, so they are left out. Write plain "
    assert text.startswith(told) == is_told


def test_few_numbers_with_a_unit_are_categories(project: Path) -> None:
    assert "# Mind" not in text_of({"x": ["2 rooms", "3 rooms"] * (N // 2)})


@pytest.mark.parametrize("texts", [["a", "b"], ["12", "abc"], ["1-2", "3-4"], ["NA", "?"]])
def test_texts_are_texts(project: Path, texts: list[str]) -> None:
    assert "# Mind" not in text_of({"x": texts * (N // 2)})


@pytest.mark.parametrize(
    ("encoding", "option", "said"),
    [("utf-16", None, "utf-16"), ("cp1252", None, "cp1252"), ("latin-1", "latin-1", "latin-1"),
     ("utf-8-sig", None, "utf-8")],
)  # fmt: skip
def test_the_encoding_is_guessed_or_given(
    project: Path, encoding: str, option: str | None, said: str
) -> None:
    frame = pd.DataFrame({"Größe": ["é", "ü"] * (N // 2), "y": [0, 1] * (N // 2)})
    frame.to_csv("rows.csv", index=False, encoding=encoding, sep=";")
    assert new_pipeline(Path("defs"), "mine", Path("rows.csv"), "y", option) == 0
    source = read_pipeline_file(Path("defs/mine/defs.yaml")).spec.ingest.source
    assert (source.encoding, source.delimiter) == (said, ";")


# The label's values, what the YAML says of it, and what is minded.
ODD_LABELS = [
    (["yes", "no", "NA"], {"null_values": ["NA"], "positive": "yes"}, ""),
    (["yes", "no", "unknown"], {}, ""),
    (["ja", "nein"], {"positive": "ja"}, ""),
    (["N", "Churned"], {"positive": "Churned"}, ""),
    (["good", "bad"], {"positive": "good"}, ""),
    ([1, 2], {"positive": 1}, ""),
    ([1.5, 2.5], {"positive": 2.5}, ""),
    (["Yes", "yes", "no"], {}, "classes differ only by case or spaces: 'Yes' and 'yes'"),
    (["NA", "?"], {"positive": "NA"}, ""),
]


@pytest.mark.parametrize(("values", "said", "minded"), ODD_LABELS)
def test_what_is_odd_about_a_label_is_written(
    project: Path, values: list[Any], said: dict[str, Any], minded: str
) -> None:
    rows = [values[n % len(values)] for n in range(N)]
    text = text_of({"y": rows}, quoting=csv.QUOTE_MINIMAL)
    labels = read_pipeline_file(Path("defs/mine/defs.yaml")).spec.labels
    fields = {"null_values", "positive"}
    assert labels.model_dump(include=fields, exclude_defaults=True) == said
    assert minded in text
    assert text.startswith("# Mind: classes" if minded else "type:")


def test_classes_that_are_numbers_may_be_amounts(project: Path) -> None:
    text = text_of({"y": [0, 1, 2, 5] * (N // 4)})
    assert "task: multiclass  # guess: 4 values; or regression, if they are amounts" in text


@pytest.mark.parametrize(("unit", "many"), [("seconds", 1), ("milliseconds", 1000)])
def test_numbers_that_look_like_times_are_said(project: Path, unit: str, many: int) -> None:
    text = text_of({"ts": [many * (1_700_000_000 + 3_600 * n) for n in SPREAD]})
    assert text.startswith(f"# Mind: ts looks like {unit} since 1970")
    assert "time:" not in text.split("attributes:")[1]


def test_a_split_by_time_is_guessed_with_a_time(project: Path) -> None:
    assert of_columns(day=DAYS).ingest.split.by == "time"


def test_two_times_are_too_few_to_split_by(project: Path) -> None:
    assert of_columns(day=DAYS[:2] * (N // 2)).ingest.split.by == "hash"


def test_a_file_without_a_header_is_said(project: Path) -> None:
    frame = pd.DataFrame({"0.5": [1.5] * N, "1": [0, 1] * (N // 2)})
    frame.to_csv("rows.csv", index=False)
    made("rows.csv", "1")
    text = Path("defs/mine/defs.yaml").read_text()
    assert text.startswith("# Mind: the first line holds only numbers")


def test_broken_rows_are_said(project: Path) -> None:
    rows = [f"{n},{n % 2}" + (",more" if n % 20 == 0 else "") for n in range(100)]
    Path("rows.csv").write_text("\n".join(["x,y", *rows]) + "\n")
    assert new_pipeline(Path("defs"), "mine", Path("rows.csv"), "y") == 0
    assert (
        Path("defs/mine/defs.yaml")
        .read_text()
        .startswith(
            "# Mind: 5 of 100 rows cannot be read (5.00%; allowed are 1%: mend the file, or raise "
            "ingest.max_rejected_fraction). The first is line 2: 3 fields, the header has 2"
        )
    )


NO_ROWS = [
    (
        '{"x": {"z": 1}, "y": 1}\n',
        "The first of 1 that are set aside is line 1: the value of 'x' is nes",
    ),
    ('[{"x": 1, "y": 1}]', "line 1: a JSON array; write one object on each line"),
]


@pytest.mark.parametrize(("text", "said"), NO_ROWS)
def test_why_there_are_no_rows_is_said(project: Path, text: str, said: str) -> None:
    Path("rows.jsonl").write_text(text)
    with pytest.raises(DataError, match=re.escape(said)):
        new_pipeline(Path("defs"), "mine", Path("rows.jsonl"), "y")


def test_many_remarks_are_cut_short(project: Path) -> None:
    pd.DataFrame({"1": range(9), "2": 1}).to_csv("rows.csv", index=False)
    data = open_data_file(Path("rows.csv"))
    columns = guess_columns(data.rows, data.types, LabelSpec(column="2"))
    label = LabelGuesses("binary", "2 values", ("roc_auc", 0.6), {"column": "2"})
    text = pipeline_text({"csv": "rows.csv"}, label, columns, [f"r{n}" for n in range(9)])
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        *(f"# Mind: r{n}" for n in range(4)),
        "# Mind: and 5 more",
    ]


def test_rows_that_repeat_are_said(project: Path) -> None:
    plans = ["a", "b", "c"] * (N // 3)
    text = text_of({"spread": [1] * N, "plan": plans})
    assert text.startswith("# Mind: without the label, 60 rows are only 3 different ones")


def test_rows_that_a_key_tells_apart_do_not_repeat(project: Path) -> None:
    assert "# Mind" not in text_of({"spread": [1] * N, "order_id": SPREAD})
