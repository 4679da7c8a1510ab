"""The code in the documentation runs."""

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_statistics() -> None:
    known = run_page("statistics.md")
    assert known["fare"].numeric.median == 7.5


def test_fairness() -> None:
    known = run_page("fairness.md")
    assert known["groups"].disparity("selection_rate").ratio.high < 0.8
    assert known["finding"].text
    assert known["offer"].outcome != "fail"


def test_evaluation() -> None:
    known = run_page("evaluation.md")
    assert known["found"].blessed


def test_data_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page("data_validation.md")
    assert (tmp_path / "report.html").stat().st_size < 1_000_000


def test_transform() -> None:
    known = run_page("transform.md")
    assert known["fitted"].manifest.dropped == {}


def run_page(name: str) -> dict[str, Any]:
    """Run the Python of a page from top to bottom, and give the names that it leaves."""
    page = (DOCS / name).read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert blocks
    known: dict[str, Any] = {}
    for block in blocks:
        # Padded so that an error names the page's own line.
        above = page[: page.index(block)].count("\n")
        exec(compile("\n" * above + block, str(DOCS / name), "exec"), known)
    return known
