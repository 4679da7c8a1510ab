"""Runs the command `run` several times in one process, on a toy pipeline: prints each outcome as JSON."""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from ml_assets.cli import run
from ml_assets.cli.summary import print_summary
from ml_assets.errors import MLAssetsError

# What the toy's first stage is told to do, the selection, and whether the traceback is wanted.
SCENARIOS: dict[str, tuple[str, str | None, bool]] = {
    "error": ("error", None, False),
    "plain_error": ("plain_error", None, True),
    "gate": ("gate", None, False),
    "long_gate": ("long_gate", None, False),
    "selection": ("", "nonsense", False),
    "elsewhere": ("elsewhere", None, False),
    "part": ("", "key:toy/first", False),
    "success": ("", None, False),
    "again": ("", None, False),
    "part_anew": ("anew", "first", False),
    "interrupt": ("interrupt", None, False),
    "many_causes": ("many_causes", None, False),
    "disk": ("disk", None, False),
    "killed": ("killed_once", "first", False),
    "after_the_kill": ("killed_once", "first", False),
    "definitions": ("definitions", "group:toy", False),
}


def main(folder: Path) -> None:
    """Run all scenarios in `folder`, which holds the toy's YAML and data."""
    os.chdir(folder)
    run.DEFINITIONS = "ml_assets_tests.cli.toy_definitions"
    outcomes = {name: _run(*scenario) for name, scenario in SCENARIOS.items()}
    outcomes["summary"] = printed(lambda: print_summary(folder / "defs", "toy"))
    print(json.dumps(outcomes))


def _run(order: str, select: str | None, traceback: bool) -> list[object]:
    os.environ["TOY"] = order
    other = Path("defs/other/defs.yaml")
    if order == "elsewhere":
        other.parent.mkdir()
        other.write_text("typ: nothing\nattributes: []\n")
    else:
        other.unlink(missing_ok=True)
    sys.modules.pop(run.DEFINITIONS, None)
    return printed(lambda: run.run_pipeline(Path("defs"), "toy", select, traceback))


def printed(command: "object") -> list[object]:
    """Give the exit code of a command, or its error, and what it printed on both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = command()  # type: ignore[operator]
        except MLAssetsError as error:
            code = str(error)
    return [code, out.getvalue(), err.getvalue()]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
