"""The command `run`: what a person sees of success and failure."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ml_assets_tests.pipeline_factory import write_pipeline

AGAIN = "Mend that, then: python -m ml_assets run toy"
Printed = tuple[object, list[str], list[str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Printed]:
    """Give the exit code and printed lines of each scenario of `toy_runs`."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    (folder / "a.csv").write_text("n,paid\n1,true\n2,false\n")
    write_pipeline(folder / "defs", "toy")
    project = str(Path(__file__).resolve().parents[2])
    hidden = ("ML_ASSETS_HOME", "DAGSTER_HOME", "MLFLOW_TRACKING_URI")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "ml_assets_tests.cli.toy_runs", str(folder)],
        env={**environment, "PYTHONPATH": project, "PYTHONWARNINGS": "ignore"},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    return {
        name: (code, out.splitlines(), err.splitlines())
        for name, (code, out, err) in outcomes.items()
    }


def test_success_prints_a_line_for_each_asset_then_the_summary(runs: dict[str, Printed]) -> None:
    code, out, err = runs["success"]
    assert code == 0
    assert [line.split()[0] for line in err if not line.startswith("$")] == [
        "first",
        "second",
        "third",
    ]
    assert "toy: binary" in out


def test_the_command_that_runs_can_be_copied(runs: dict[str, Printed]) -> None:
    _, _, err = runs["success"]
    assert err[0].startswith("$ dagster asset materialize -m ")
    assert err[0].endswith(" --select 'group:toy'")


def test_the_last_line_of_a_failure_names_asset_cause_and_next_command(
    runs: dict[str, Printed],
) -> None:
    code, _, err = runs["error"]
    assert code == 1
    assert err[-1] == (
        f"Failed: toy/first: rows.csv, line 3: a bad row. (and 1 more, above) {AGAIN}"
    )
    assert "Not made: second, third." in err


def test_what_failed_is_said_once_and_in_full(runs: dict[str, Printed]) -> None:
    _, _, err = runs["many_causes"]
    assert [line for line in err if "is constant" in line] == ["a is constant", "b is constant"]
    assert err[-1] == (
        f"Failed: toy/first: no column is left to learn from. (and 2 more, above) {AGAIN}"
    )


def test_an_interrupted_run_says_how_it_goes_on(runs: dict[str, Printed]) -> None:
    code, _, err = runs["interrupt"]
    assert code == 130
    assert err[-2:] == [
        "Not made: second, third.",
        "Interrupted: toy/first. What was made before is kept; to go on: python -m ml_assets run toy",
    ]


def test_a_full_disk_is_told_with_its_place(runs: dict[str, Printed]) -> None:
    _, _, err = runs["disk"]
    assert re.match(
        r"Failed: toy/first: sqlite3\.OperationalError: disk I/O error: the disk below .*\.ml_assets has "
        r"[\d,]+ MB left, or a limit on the size of files was reached \(ulimit -f\)\. Mend that",
        err[-1],
    )


def test_a_part_says_what_it_leaves_behind(runs: dict[str, Printed]) -> None:
    _, out, err = runs["part_anew"]
    assert err[0].endswith(" --select 'key:toy/first'")
    assert out[-1] == "  stale: second, third (made before; python -m ml_assets run toy)"
    assert not any("stale" in line for line in runs["success"][1])


def test_the_traceback_is_in_a_file_and_nowhere_else(runs: dict[str, Printed]) -> None:
    _, out, err = runs["error"]
    assert "Stack Trace" not in "".join((*out, *err))
    (line,) = [line for line in err if line.startswith("Traceback: ")]
    assert re.fullmatch(r"Traceback: \.ml_assets/logs/[0-9a-f-]{36}\.txt", line)


def test_the_traceback_is_printed_where_it_is_wanted(runs: dict[str, Printed]) -> None:
    _, _, err = runs["plain_error"]
    assert any("Stack Trace" in line for line in err)
    assert err[-1] == f"Failed: toy/first: ZeroDivisionError: by zero. {AGAIN}"


def test_a_failed_gate_shows_what_it_found_and_what_was_not_made(runs: dict[str, Printed]) -> None:
    code, _, err = runs["gate"]
    assert code == 1
    assert err[-1] == (f"Failed: toy/first: check sound: roc_auc is 0.61; 0.7 is needed. {AGAIN}")
    assert "Not made: second, third." in err
    assert "    sound: roc_auc is 0.61; 0.7 is needed." in err


def test_a_gate_that_found_many_things_ends_with_the_asset_too(runs: dict[str, Printed]) -> None:
    _, _, err = runs["long_gate"]
    assert err[-3:] == [
        "  ERROR: a is below 3.",
        "  ERROR: b is below 4.",
        f"Failed: toy/first: check sound: roc_auc is 0.61; 0.7 is needed. (and 2 more, above) {AGAIN}",
    ]


def test_a_selection_of_nothing_is_explained(runs: dict[str, Printed]) -> None:
    code, _, err = runs["selection"]
    assert code == 1
    assert err[-2] == "Traceback: .ml_assets/logs/before_the_run.txt"
    assert err[-1].startswith("Failed: toy: ")
    assert (
        "--select 'nonsense' means no asset of toy. Its assets are: first, second, third."
        in err[-1]
    )
    assert not any(line.split()[0] in ("first", "second") for line in err if line.strip())
    assert not any("toy_runs.py" in line for line in err)


def test_definitions_that_cannot_be_loaded_are_explained(runs: dict[str, Printed]) -> None:
    code, _, err = runs["definitions"]
    assert code == 1
    assert err[-1] == (
        f"Failed: toy: shop/defs.yaml:3: task is missing. (and 1 more, above) {AGAIN}"
    )


def test_a_mistake_in_another_file_is_told_as_check_tells_it(runs: dict[str, Printed]) -> None:
    code, out, err = runs["elsewhere"]
    lines = str(code).splitlines()
    assert lines[0].startswith("other/defs.yaml:1: ")
    assert "'type'" in lines[0]
    assert lines[-1] == (
        "A mistake in one file stops every pipeline. There are some in: other. "
        "See: python -m ml_assets check"
    )
    assert not out
    assert not err


def test_a_part_that_succeeds_does_not_count_as_a_whole_run(runs: dict[str, Printed]) -> None:
    assert runs["part"][0] == 0
    assert runs["success"][2][0].startswith("$ dagster")


def test_a_run_of_nothing_new_says_so_without_dagster(runs: dict[str, Printed]) -> None:
    code, out, err = runs["again"]
    assert code == 0
    assert [line.split() for line in err] == [[n, "cached"] for n in ("first", "second", "third")]
    assert "toy: binary" in out


def test_nothing_of_dagsters_own_log_is_printed(runs: dict[str, Printed]) -> None:
    printed = "\n".join(line for _, out, err in runs.values() for line in (*out, *err))
    noise = (
        "Materialization failed",
        "DEBUG",
        "STEP_START",
        "Dependencies for step",
        "Warning",
        "RUN_FAILURE",
    )
    assert [word for word in noise if word in printed] == []


def test_a_step_whose_process_is_killed_fails_the_run_with_a_reason_and_is_made_by_the_next(
    runs: dict[str, Printed],
) -> None:
    code, _, err = runs["killed"]
    assert code == 1
    assert err[-1] == (
        "Failed: toy/first: its process was killed, most often because the machine had no memory left. "
        + AGAIN
    )
    assert runs["after_the_kill"][0] == 0
