"""The command `new`: a first pipeline for a file of data. That it runs is tested in test_new_pipeline."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine

from ml_assets.cli.new import new_pipeline
from ml_assets.errors import DataError, MLAssetsError, PipelineFileError
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.cli.new_project import DAYS, SPREAD, N, made, of_columns
from ml_assets_tests.shared_data import shared_path


def _taxi(path: Path) -> None:
    shutil.copy(shared_path("chicago_taxi/data.csv"), path)


def _adult(path: Path) -> None:
    shutil.copy(shared_path("adult/adult.csv"), path)


def _diabetes(path: Path) -> None:
    load_diabetes(as_frame=True).frame.to_csv(path, index=False)


def _wine(path: Path) -> None:
    load_wine(as_frame=True).frame.to_csv(path, index=False)


REAL: list[tuple[Callable[[Path], None], str, str, str, list[str], str]] = [
    (_taxi, "tips > 0.2 * fare", "binary", "roc_auc", ["tips"], "hist_gradient_boosting"),
    (_adult, "income-per-year", "binary", "roc_auc", [], "hist_gradient_boosting"),
    (_diabetes, "target", "regression", "r2", [], "ridge"),
    (_wine, "target", "multiclass", "accuracy", [], "logistic"),
]


@pytest.mark.parametrize(
    ("write", "label", "task", "metric", "known_after", "estimator"),
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
    estimator: str,
) -> None:
    write(project / "rows.csv")
    spec = made("rows.csv", label)
    assert spec.task == task
    assert list(spec.evaluation.thresholds) == [metric]
    assert spec.transform.known_after == known_after
    assert spec.training.estimator == estimator
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
    threshold = spec.evaluation.thresholds[metric]
    assert threshold.min == pytest.approx(least)


# Columns beside the label, and what is guessed: key, time and columns to leave out.
ROLES: list[tuple[dict[str, list[Any]], list[str], str | None, list[str]]] = [
    ({"order_id": list(range(N))}, ["order_id"], None, []),
    ({"Order ID": list(range(N))}, ["Order ID"], None, []),
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


def test_a_limit_of_missing_labels_that_nothing_could_break_is_not_guessed(project: Path) -> None:
    spec = of_columns(y=[0, 1] * 2 + [None] * (N - 4))
    assert (N - 4) / N < spec.labels.max_missing_fraction < 1


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
    assert marked == {"task", "key", "time", "split", "exclude", "training", "thresholds"}
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
    (
        "mine",
        "rows.xlsx",
        "y",
        DataError,
        r"ends in .xlsx; allowed are .csv, .*, .parquet.*\.python",
    ),
    ("mine", "empty.csv", "y", DataError, "empty"),
    ("mine", "header.csv", "y", DataError, "no row"),
    ("mine", "rows.csv", "ages", DataError, r"no column 'ages'. Did you mean 'age'\?.*age, one, y"),
    ("mine", "rows.csv", "agee > 3", DataError, r"no column 'agee'. Did you mean 'age'\?"),
    ("mine", "rows.csv", "age > ", DataError, "no column 'age > '.*no expression either: invalid"),
    ("mine", "rows.csv", "f(age)", DataError, "a function call is not allowed"),
    ("mine", "rows.csv", "1 > 2", DataError, "names no column"),
    ("mine", "rows.csv", "one", DataError, "one is the same in all 60 rows that have one"),
    ("mine", "rows.csv", "age > 1000", DataError, "age > 1000 is the same in all 60 rows"),
    ("mine", "rows.csv", "text", DataError, "text has 60 different texts in 60 rows"),
    ("mine", "rows.csv", "nothing", DataError, "nothing has no value in any row"),
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


def test_no_pipeline_is_written_into_an_installed_package(project: Path) -> None:
    pd.DataFrame({"age": range(N), "y": [0, 1] * (N // 2)}).to_csv("rows.csv", index=False)
    defs = project / "lib" / "site-packages" / "ml_assets" / "defs"
    with pytest.raises(PipelineFileError, match=r"where an upgrade would.*pip install -e \."):
        new_pipeline(defs, "mine", Path("rows.csv"), "y")
    assert not defs.exists()
