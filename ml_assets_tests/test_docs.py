"""The code in the documentation runs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_assets.training.spec import TrainingSpec

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


def test_training() -> None:
    known = run_page("training.md")
    assert len(known["found"].trials) == 10
    # One false negative costs as much as ten false positives.
    assert 0.05 < known["threshold"] < 0.2
    defaults = TrainingSpec.model_validate(yaml_of("training.md")["training"])
    assert defaults == TrainingSpec()


def test_data_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page("data_validation.md")
    assert (tmp_path / "report.html").stat().st_size < 1_000_000


def test_transform() -> None:
    known = run_page("transform.md")
    assert known["fitted"].manifest.dropped == {}


def test_faults_names_tests_that_there_are() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (DOCS / "faults.md").read_text("utf-8"))
    assert len(named) > 60
    tests = Path(__file__).resolve().parent
    missing = [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (tests / file).read_text("utf-8")
    ]
    assert missing == []


def yaml_of(name: str) -> Any:
    """Read the first YAML of a page."""
    found = re.search(r"^```yaml\n(.*?)^```$", (DOCS / name).read_text("utf-8"), re.M | re.S)
    assert found
    return yaml.safe_load(found[1])


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
