"""Runs a pipeline whose source is a query or a function, in one process: prints each outcome as JSON."""

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

from ml_assets.cli import run
from ml_assets_tests.cli.toy_runs import printed
from ml_assets_tests.pipeline_factory import write_pipeline

FUNCTION = """
from pathlib import Path
import pandas as pd

def rows():
    with Path("asked.txt").open("a") as file:
        file.write("rows ")
    columns = {"age": [20, 30] * 20, "plan": ["a", "b"] * 20, "paid": [True, False] * 20}
    return pd.DataFrame({"customer": range(40), **columns})

def failing():
    return {}["a place"]

def stamp():
    return "v1"
"""
ROWS = {"python": "source_of_shop:rows"}
PYTHON = {"source": ROWS, "key": "customer"}
STAMPED = {"source": {**ROWS, "fingerprint": "source_of_shop:stamp"}, "key": "customer"}
SQL = {"sql": "sqlite:///shop.db", "query": "select * from customers"}

# The attributes of the YAML, and the selection.
SCENARIOS: dict[str, tuple[dict[str, Any], str | None]] = {
    "wrong_column": ({"ingest": {**PYTHON, "key": "custmer"}}, None),
    "wrong_column_of_query": ({"ingest": {"source": SQL, "time": "age"}}, None),
    "wrong_query": ({"ingest": {"source": {**SQL, "query": "select * from custmers"}}}, None),
    "wrong_function": ({"ingest": {"source": {"python": "source_of_shop:row"}}}, None),
    "wrong_setting": ({"ingest": PYTHON, "training": {"estimator": "source_of_shop:f"}}, None),
    "failing": ({"ingest": {"source": {"python": "source_of_shop:failing"}}}, None),
    "wrong_stamp": (
        {"ingest": {"source": {**ROWS, "fingerprint": "source_of_shop:failing"}}},
        None,
    ),
    "right": ({"ingest": PYTHON}, None),
    "right_again": ({"ingest": PYTHON}, None),
    "right_query": ({"ingest": {"source": SQL}}, None),
    "wrong_part": ({"ingest": {**PYTHON, "key": "custmer"}}, "labels"),
    "right_part": ({"ingest": PYTHON}, "labels"),
    "stamped": ({"ingest": STAMPED}, None),
    "stored": ({"ingest": STAMPED, "transform": {"exclude": ["age"]}}, None),
    "wrong_stored": ({"ingest": STAMPED, "transform": {"exclude": ["aeg"]}}, None),
}


def main(folder: Path) -> None:
    """Run all scenarios in `folder`, an empty project."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    Path("source_of_shop.py").write_text(FUNCTION)
    with sqlite3.connect("shop.db") as database:
        database.execute("create table customers (customer int, age int, paid int)")
        rows = [(n, 20 + n, n % 2) for n in range(40)]
        database.executemany("insert into customers values (?, ?, ?)", rows)
    run.DEFINITIONS = "ml_assets_tests.cli.asked_definitions"
    print(json.dumps({name: _run(*scenario) for name, scenario in SCENARIOS.items()}))


def _run(attributes: dict[str, Any], select: str | None) -> list[object]:
    """The exit code, what was printed, and how often the function was called."""
    asked = Path("asked.txt")
    asked.write_text("")
    sys.modules.pop(run.DEFINITIONS, None)
    write_pipeline(Path("defs"), "shop", **attributes)
    said = printed(lambda: run.run_pipeline(Path("defs").absolute(), "shop", select, False))
    return [
        *said,
        asked.read_text().count("rows"),
        Path(".ml_assets/pipelines/shop/current").exists(),
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
