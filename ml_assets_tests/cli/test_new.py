"""The command `new`: a first pipeline for a file of data. That it runs is tested in test_new_pipeline."""

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine

from ml_assets.cli.check import source_mistakes
from ml_assets.cli.data_file import open_data_file
from ml_assets.cli.guess import guess_columns
from ml_assets.cli.guess_label import LabelGuesses
from ml_assets.cli.new import new_pipeline, pipeline_text
from ml_assets.errors import DataError, MLAssetsError, PipelineFileError
from ml_assets.labels.spec import LabelSpec
from ml_assets.pipeline import PipelineSpec
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.shared_data import shared_path

DAYS = [f"2026-01-{day:02d}" for day in range(1, 31)] * 2
N = len(DAYS)
# All different, and neither in order nor without gaps.
SPREAD = [n * 7 % 61 for n in range(N)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project's folder, and go there."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(file: Path | str, label: str) -> PipelineSpec:
    """Write a pipeline, and read it back; its YAML fits its data."""
    assert new_pipeline(Path("defs"), "mine", Path(file), label) == 0
    path = Path("defs/mine/defs.yaml")
    assert len(path.read_text().splitlines()) <= 20
    pipeline = read_pipeline_file(path)
    assert source_mistakes(pipeline) == []
    return pipeline.spec


def of_columns(label: str = "y", **columns: Any) -> PipelineSpec:
    frame = pd.DataFrame({"y": [0, 1] * (N // 2), "spread": SPREAD, **columns})
    frame.to_csv("rows.csv", index=False)
    return made("rows.csv", label)


def _taxi(path: Path) -> None:
    shutil.copy(shared_path("chicago_taxi/data.csv"), path)


def _adult(path: Path) -> None:
    shutil.copy(shared_path("adult/adult.csv"), path)


def _diabetes(path: Path) -> None:
    load_diabetes(as_frame=True).frame.to_csv(path, index=False)


def _wine(path: Path) -> None:
    load_wine(as_frame=True).frame.to_csv(path, index=False)


REAL: list[tuple[Callable[[Path], None], str, str, str, list[str]]] = [
    (_taxi, "tips > 0.2 * fare", "binary", "roc_auc", ["tips"]),
    (_adult, "income-per-year", "binary", "roc_auc", []),
    (_diabetes, "target", "regression", "r2", []),
    (_wine, "target", "multiclass", "accuracy", []),
]


@pytest.mark.parametrize(
    ("write", "label", "task", "metric", "known_after"),
    REAL,
    ids=["taxi", "adult", "diabetes", "wine"],
)
def test_real_data_are_guessed_right(
    project: Path,
    write: Callable[[Path], None],
    label: str,
    task: str,
    metric: str,
    known_after: list[str],
) -> None:
    write(project / "rows.csv")
    spec = made("rows.csv", label)
    assert spec.task == task
    assert list(spec.evaluation.thresholds) == [metric]
    assert spec.transform.known_after == known_after
    assert (spec.ingest.source.csv, spec.ingest.key, spec.ingest.time) == ("rows.csv", [], None)


# The label's values, the task, the metric, and the least value of it.
LABELS: list[tuple[list[Any], str, str, float]] = [
    ([0, 1] * (N // 2), "binary", "roc_auc", 0.6),
    (["yes", "no"] * (N // 2), "binary", "roc_auc", 0.6),
    ([True, False] * (N // 2), "binary", "roc_auc", 0.6),
    ([1.5, 2.5] * (N // 2), "binary", "roc_auc", 0.6),
    ([1, 2, 3] * (N // 3), "multiclass", "accuracy", 0.38),
    (["a", "a", "b", "a", "a", "c"] * (N // 6), "multiclass", "accuracy", 0.71),
    (["a"] * (N - 2) + ["b", "c"], "multiclass", "accuracy", 0.98),
    (list(range(N)), "regression", "r2", 0.1),
    ([n / 7 for n in range(N)], "regression", "r2", 0.1),
]


@pytest.mark.parametrize(("values", "task", "metric", "least"), LABELS)
def test_the_task_is_guessed_from_the_labels_values(
    project: Path, values: list[Any], task: str, metric: str, least: float
) -> None:
    spec = of_columns(y=values)
    assert spec.task == task
    threshold = spec.evaluation.thresholds[metric]  # type: ignore[index]
    assert threshold.min == pytest.approx(least)


# Columns beside the label, and what is guessed: key, time and columns to leave out.
ROLES: list[tuple[dict[str, list[Any]], list[str], str | None, list[str]]] = [
    ({"order_id": list(range(N))}, ["order_id"], None, []),
    ({"orderId": [f"o{n}" for n in range(N)]}, ["orderId"], None, []),
    ({"amount": list(range(N))}, [], None, ["amount"]),
    ({"amount": [7 * n for n in range(N, 0, -1)]}, [], None, ["amount"]),
    ({"amount": [n * 7 % N for n in range(N)]}, [], None, ["amount"]),
    ({"amount": SPREAD}, [], None, []),
    ({"valid": SPREAD}, [], None, []),
    ({"order_id": [n / 2 for n in range(N)]}, [], None, []),
    ({"order_id": [None, *range(N - 1)]}, [], None, []),
    (
        {"shop_id": [0, 1] * (N // 2), "order_number": [n // 2 for n in range(N)]},
        ["shop_id", "order_number"],
        None,
        [],
    ),
    ({"id": list(range(N)), "customer_id": list(range(N))}, ["id"], None, ["customer_id"]),
    ({"name": [f"n{n}" for n in range(N)]}, [], None, ["name"]),
    ({"plan": ["a", "b"] * (N // 2)}, [], None, []),
    ({"day": DAYS}, [], "day", []),
    ({"at": [f"{day} 10:00:00" for day in DAYS]}, [], "at", []),
    ({"day": [None, *DAYS[1:]], "later": DAYS}, [], "later", []),
    ({"day": ["2026-01-01"] * N, "later": DAYS}, [], "later", []),
]


@pytest.mark.parametrize(("columns", "key", "time", "exclude"), ROLES)
def test_key_time_and_columns_to_leave_out_are_guessed(
    project: Path,
    columns: dict[str, Any],
    key: list[str],
    time: str | None,
    exclude: list[str],
) -> None:
    spec = of_columns(**columns)
    assert (spec.ingest.key, spec.ingest.time, spec.transform.exclude) == (key, time, exclude)


def test_numbers_with_words_for_no_value_are_declared_as_numbers(project: Path) -> None:
    columns: dict[str, Any] = {
        "age": ["NA", *range(N - 1)],
        "fare": ["1.5", "?"] * (N // 3) + ["2"] * (N - N // 3 * 2),
        "zip": ["0123", "NA"] * (N // 2),
        "state": ["NA", "CA"] * (N // 2),
    }
    source = of_columns(**columns).ingest.source
    assert source.types == {"age": "int", "fare": "float"}
    assert source.null_values == ["?", "NA"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_guessed(project: Path, delimiter: str) -> None:
    frame = pd.DataFrame({"a": ["x,y"] * N, "y": [0, 1] * (N // 2)})
    frame.to_csv("rows.csv", index=False, sep=delimiter)
    assert made("rows.csv", "y").ingest.source.delimiter == delimiter


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_other_kinds_of_files_are_read(project: Path, kind: str) -> None:
    times, label = pd.to_datetime(DAYS), [0, 1] * (N // 2)
    frame = pd.DataFrame({"order_id": range(N), "at": times, "x": SPREAD, "y": label})
    if kind == "parquet":
        frame.to_parquet("rows.parquet")
    else:
        frame.to_json("rows.jsonl", orient="records", lines=True, date_format="iso")
    spec = made(f"rows.{kind}", "y")
    assert (spec.ingest.source.kind, spec.ingest.key, spec.ingest.time) == (
        kind,
        ["order_id"],
        "at",
    )


def test_many_missing_labels_are_allowed_for(project: Path) -> None:
    spec = of_columns(y=[0, 1, None] * (N // 3))
    assert spec.labels.max_missing_fraction == pytest.approx(0.4)


def test_a_file_outside_the_project_is_named_in_full(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "rows.csv"
    _wine(file)
    assert made(file, "target").ingest.source.csv == str(file)


def test_a_file_below_the_working_folder_is_named_from_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "data").mkdir()
    _wine(project / "data" / "rows.csv")
    monkeypatch.chdir(project / "data")
    assert new_pipeline(project / "defs", "mine", Path("rows.csv"), "target") == 0
    spec = read_pipeline_file(project / "defs" / "mine" / "defs.yaml").spec
    assert spec.ingest.source.csv == "data/rows.csv"


STRANGE = ["a b", "on", "1st", "c: d", "[x]", "#n", "ключ", "-", "it's", 'say "hi"', "null", "a,b"]


def test_strange_names_of_columns_are_written_so_that_they_read_back(project: Path) -> None:
    texts: dict[str, Any] = {name: [f"v{n}" for n in range(N)] for name in STRANGE}
    assert of_columns(**texts).transform.exclude == STRANGE


@pytest.mark.parametrize("label", STRANGE)
def test_a_strange_name_may_be_the_label(project: Path, label: str) -> None:
    spec = of_columns(label, **{label: [0, 1] * (N // 2)})
    assert spec.labels.column == label


def test_the_guesses_are_marked_on_their_lines_and_printed_with_the_next_command(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_columns(order_id=list(range(N)), day=DAYS, name=[f"n{n}" for n in range(N)])
    text = Path("defs/mine/defs.yaml").read_text()
    marked = {line.split(":")[0].strip() for line in text.splitlines() if "# guess" in line}
    assert marked == {"task", "key", "time", "split", "exclude", "roc_auc"}
    printed = capsys.readouterr().out
    assert text in printed
    assert printed.startswith("Wrote defs/mine/defs.yaml:")
    assert printed.splitlines()[-1] == "Mend the guesses, then: python -m ml_assets run mine"


# The name, the file, the label, the error and its message.
REFUSED: list[tuple[str, str, str, type[MLAssetsError], str]] = [
    ("Mine!", "rows.csv", "y", PipelineFileError, "name must be lower-case letters.*found 'Mine!'"),
    ("../mine", "rows.csv", "y", PipelineFileError, "name must be lower-case letters"),
    ("", "rows.csv", "y", PipelineFileError, "found ''"),
    ("taken", "rows.csv", "y", PipelineFileError, "defs/taken exists already and is not touched"),
    ("mine", "row.csv", "y", DataError, r"row.csv does not exist. Did you mean 'rows.csv'\?"),
    ("mine", "defs", "y", DataError, "defs is a folder; name one of its files"),
    ("mine", "rows.xlsx", "y", DataError, r"ends in .xlsx; allowed are .csv, .*, .parquet"),
    ("mine", "empty.csv", "y", DataError, "empty"),
    ("mine", "header.csv", "y", DataError, "no row"),
    ("mine", "rows.csv", "ages", DataError, r"no column 'ages'. Did you mean 'age'\?.*age, one, y"),
    ("mine", "rows.csv", "agee > 3", DataError, r"no column 'agee'. Did you mean 'age'\?"),
    ("mine", "rows.csv", "age > ", DataError, "no column 'age > '.*no expression either: invalid"),
    ("mine", "rows.csv", "f(age)", DataError, "a function call is not allowed"),
    ("mine", "rows.csv", "1 > 2", DataError, "names no column"),
    ("mine", "rows.csv", "one", DataError, "one has 1 different values; 2 are needed"),
    ("mine", "rows.csv", "age > 1000", DataError, "age > 1000 has 1 different values"),
    ("mine", "rows.csv", "text", DataError, "text has 60 different texts in 60 rows"),
    ("mine", "rows.csv", "nothing", DataError, "nothing has no different values"),
    ("mine", "rows.csv", "day", DataError, "day holds times"),
]


@pytest.mark.parametrize(("name", "file", "label", "error", "message"), REFUSED)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    project: Path, name: str, file: str, label: str, error: type[MLAssetsError], message: str
) -> None:
    columns = {"age": range(N), "one": 1, "y": [0, 1] * (N // 2), "nothing": None,
               "text": [f"t{n}" for n in range(N)], "day": DAYS}  # fmt: skip
    frame = pd.DataFrame(columns)
    frame.to_csv("rows.csv", index=False)
    frame.head(0).to_csv("header.csv", index=False)
    Path("rows.xlsx").touch()
    Path("empty.csv").touch()
    (project / "defs" / "taken").mkdir(parents=True)
    with pytest.raises(error, match=f"(?s){message}"):
        new_pipeline(Path("defs"), name, Path(file), label)
    assert [path.name for path in Path("defs").rglob("*")] == ["taken"]


def text_of(columns: dict[str, list[Any]], label: str = "y", **how: Any) -> str:
    """The YAML for columns as they are written, each in quotes."""
    frame = pd.DataFrame({"y": [0, 1] * (N // 2), "spread": SPREAD, **columns})
    frame.to_csv("rows.csv", index=False, **{"quoting": csv.QUOTE_ALL, **how})
    made("rows.csv", label)
    return Path("defs/mine/defs.yaml").read_text()


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


@pytest.mark.parametrize("texts", [["a", "b"], ["12", "abc"], ["1-2", "3-4"], ["NA", "?"]])
def test_texts_are_texts(project: Path, texts: list[str]) -> None:
    assert "# Mind" not in text_of({"x": texts * (N // 2)})


@pytest.mark.parametrize(
    ("encoding", "given", "said"),
    [("utf-16", None, "utf-16"), ("cp1252", None, "cp1252"), ("latin-1", "latin-1", "latin-1"),
     ("utf-8-sig", None, "utf-8")],
)  # fmt: skip
def test_the_encoding_is_guessed_or_given(
    project: Path, encoding: str, given: str | None, said: str
) -> None:
    frame = pd.DataFrame({"Größe": ["é", "ü"] * (N // 2), "y": [0, 1] * (N // 2)})
    frame.to_csv("rows.csv", index=False, encoding=encoding, sep=";")
    assert new_pipeline(Path("defs"), "mine", Path("rows.csv"), "y", given) == 0
    source = read_pipeline_file(Path("defs/mine/defs.yaml")).spec.ingest.source
    assert (source.encoding, source.delimiter) == (said, ";")


# The label's values, what the YAML says of it, and what is minded.
ODD_LABELS = [
    (["yes", "no", "NA"], {"null_values": ["NA"], "positive": "yes"}, ""),
    (["yes", "no", "unknown"], {}, ""),
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
