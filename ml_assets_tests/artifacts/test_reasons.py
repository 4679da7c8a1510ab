"""Why a stage runs, in words."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_assets.artifacts.reasons import reason_to_run
from ml_assets.artifacts.store import Artifact, Record

BEFORE: dict[str, dict[str, str]] = {
    "code": {"ml_assets.a.fit": "1", "ml_assets.b": "1"},
    "libraries": {"pandas": "3.1", "numpy": "2.4"},
    "config": {"training": "1", "task": "1"},
    "inputs": {"examples": "1", "schema": "1"},
}


def now(**groups: dict[str, str]) -> dict[str, dict[str, str]]:
    return {name: {**values, **groups.get(name, {})} for name, values in BEFORE.items()}


def reason(parts: dict[str, dict[str, str]], old_rows: Any = None, new_rows: Any = None) -> str:
    artifact = Artifact("examples", "f", "d", Path(), {"rows": new_rows})
    return reason_to_run(RECORD, parts, {"examples": artifact}, {"examples": {"rows": old_rows}})


RECORD = Record(
    asset="model", fingerprint="f", digest="d", ingredients=BEFORE, inputs={}, summary={},
    metadata={}, checks=[], blocking=[], run_id="r", made_at="", seconds=0, reason="",
)  # fmt: skip
CASES = [
    (now(inputs={"examples": "2"}), 15002, 8000, "examples changed: 15,002 -> 8,000 rows"),
    (now(inputs={"examples": "2"}), 15002, 15002, "examples changed"),
    (now(inputs={"examples": "2"}), None, 8000, "examples changed"),
    (now(inputs={"schema": "2"}), None, None, "schema changed"),
    (now(inputs={"labels": "1"}), None, None, "labels changed"),
    (now(config={"training": "2"}), None, None, "training in the YAML changed"),
    (now(code={"ml_assets.b": "2"}), None, None, "code changed: ml_assets.b"),
    (now(libraries={"pandas": "3.2"}), None, None, "pandas was upgraded"),
    (
        now(config={"task": "2", "training": "2"}, code={"ml_assets.b": "2"}),
        None,
        None,
        "task in the YAML changed (and 2 more)",
    ),
    (
        now(inputs={"examples": "2"}, libraries={"numpy": "3"}),
        1,
        2,
        "examples changed: 1 -> 2 rows (and 1 more)",
    ),
    (now(), None, None, "what was stored was deleted"),
]


@pytest.mark.parametrize(("parts", "old", "new", "expected"), CASES)
def test_the_reason_names_the_most_telling_difference(
    parts: dict[str, dict[str, str]], old: int | None, new: int | None, expected: str
) -> None:
    assert reason(parts, old, new) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((5, 5), "raw_data changed (and 1 more)"),
        ((5, 6), "labels changed: 5 -> 6 rows (and 1 more)"),
    ],
)
def test_inputs_are_told_by_rows_then_in_the_order_of_the_stage(
    rows: tuple[int, int], expected: str
) -> None:
    names = ("raw_data", "labels")
    inputs = {
        name: Artifact(name, "f", "d", Path(), {"rows": rows[1] if name == "labels" else 9})
        for name in names
    }
    record = replace(RECORD, ingredients={**BEFORE, "inputs": dict.fromkeys(names, "1")})
    parts = {**BEFORE, "inputs": dict.fromkeys(names, "2")}
    before = {"raw_data": {"rows": 9}, "labels": {"rows": rows[0]}}
    assert reason_to_run(record, parts, inputs, before) == expected


def test_what_was_never_made_is_said() -> None:
    assert reason_to_run(None, now(), {}, {}) == "first time"


def test_a_part_that_is_gone_is_a_difference() -> None:
    parts = now()
    del parts["inputs"]["schema"]
    assert reason(parts) == "schema changed"
