"""The command `run` of a query or a function: what is refused before any asset starts."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.cli.execute import Definitions

AGAIN = "Mend that, then: python -m ml_assets run shop"
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Printed:
    """What a run gave, how often it called the source's function, and whether anything is stored."""

    code: object
    out: str
    err: str
    calls: int
    is_stored: bool


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Printed]:
    """Give what came of each scenario of `asked_runs`, in order."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    hidden = ("ML_ASSETS_HOME", "DAGSTER_HOME", "MLFLOW_TRACKING_URI")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "ml_assets_tests.cli.asked_runs", str(folder)],
        env={**environment, "PYTHONPATH": str(PROJECT), "PYTHONWARNINGS": "ignore"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: Printed(*outcome) for name, outcome in json.loads(done.stdout).items()}


# A scenario, and what is said in it.
REFUSED = [
    (
        "wrong_column",
        "shop/defs.yaml:7: ingest.key: no column 'custmer'. Did you mean 'customer'?\n"
        "The source's columns are: customer, age, plan, paid.",
    ),
    (
        "wrong_column_of_query",
        "shop/defs.yaml:8: ingest.time: column 'age' is of type int; allowed are date and timestamp.\n"
        "The source's columns are: customer, age, paid.",
    ),
    (
        "wrong_function",
        "shop/defs.yaml:6: ingest.source.python: source_of_shop has no function 'row'. Did you mean "
        "'rows'?",
    ),
    (
        "wrong_setting",
        "shop/defs.yaml:10: training.estimator: source_of_shop has no function 'f'.",
    ),
]


@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_what_the_yaml_says_wrong_is_refused_before_any_asset(
    runs: dict[str, Printed], name: str, said: str
) -> None:
    ran = runs[name]
    assert (ran.code, ran.out, ran.err, ran.is_stored) == (said, "", "", False)


FAILED = [
    (
        "wrong_query",
        "shop/defs.yaml:7: ingest.source.query: sqlite shop.db: no such table: custmers. Did you mean "
        "'customers'?",
    ),
    (
        "failing",
        "shop/defs.yaml:6: ingest.source.python: source_of_shop:failing failed: KeyError: 'a place'.",
    ),
    (
        "wrong_stamp",
        "shop/defs.yaml:7: ingest.source.fingerprint: source_of_shop:failing failed: KeyError: "
        "'a place'.",
    ),
]


@pytest.mark.parametrize(("name", "said"), FAILED)
def test_a_source_that_fails_is_told_before_any_asset_with_its_traceback_in_a_file(
    runs: dict[str, Printed], name: str, said: str
) -> None:
    ran = runs[name]
    traceback = "Traceback: .ml_assets/logs/before_the_run.txt"
    assert ran.code == 1
    assert ran.err.splitlines() == [traceback, f"Failed: shop: {said} {AGAIN}"]
    assert not ran.is_stored


def test_a_source_is_asked_once_in_a_run(runs: dict[str, Printed]) -> None:
    right, again = runs["right"], runs["right_again"]
    assert [right.code, right.calls] == [again.code, again.calls] == [0, 1]
    assert "only reading the source tells whether it changed" in again.err
    assert runs["right_query"].code == runs["stamped"].code == 0


def test_what_is_stored_is_judged_where_the_source_is_not_read(runs: dict[str, Printed]) -> None:
    for name, key in (("wrong_part", "ingest.key"), ("wrong_stored", "transform.exclude")):
        assert f"{key}: no column " in str(runs[name].code)
        assert runs[name].calls == 0
    for name in ("right_part", "stored"):
        assert (runs[name].code, runs[name].calls) == (0, 0)


@pytest.mark.parametrize(
    ("executor", "is_one"), [(dg.in_process_executor, True), (dg.multiprocess_executor, False)]
)
def test_processes_of_their_own_are_told_from_one_process(
    executor: dg.ExecutorDefinition, is_one: bool
) -> None:
    @dg.asset
    def first() -> None:
        """The first."""

    loaded = dg.Definitions(assets=[first], executor=executor).get_repository_def()
    assert Definitions(None, loaded).run_in_this_process([first.key]) is is_one
