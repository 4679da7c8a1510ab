"""The code in the documentation runs."""

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.mark.parametrize("name", ["data_validation.md"])
def test_the_python_of_a_page_runs_from_top_to_bottom(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / name).read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert blocks
    known: dict[str, Any] = {}
    for block in blocks:
        # Padded so that an error names the page's own line.
        above = page[: page.index(block)].count("\n")
        exec(compile("\n" * above + block, str(DOCS / name), "exec"), known)
    assert (tmp_path / "report.html").stat().st_size < 1_000_000
