"""How statistics are shown: sparklines, the table and the picture."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from ml_assets.markdown import escape_markdown
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.picture import draw_distributions
from ml_assets.statistics.sparklines import sparkline, statistics_table


@pytest.mark.parametrize(
    ("counts", "line"),
    [((), ""), ((0, 0), ""), ((1, 7, 0), "▂█▁"), ((1, 1_000_000), "▂█"), ((5,), "█")],
)
def test_sparkline(counts: Any, line: Any) -> None:
    assert sparkline(counts) == line


def test_hostile_text_stays_text() -> None:
    assert "<" not in escape_markdown("<script>alert(1)</script>")
    assert escape_markdown("a|b\n*c*\x1b[31m") == r"a\|b \*c\* \[31m"
    assert len(escape_markdown("x" * 500)) == 40


def test_table_has_a_line_for_each_feature() -> None:
    frame = pd.DataFrame(
        {
            "age": [1, 2, None],
            "name|x": ["<b>", "<b>", ""],
            "at": pd.to_datetime(["2013-01-01", "2013-01-02", "2013-01-03"]),
            "list": [[1], [2], [3]],
            "none": [None] * 3,
        }
    )
    lines = statistics_table(generate_statistics(frame)).splitlines()[2:]
    assert lines[0] == "| age | float | 33.3% | 2 | ██ | 1 … 1.5 … 2 |"
    assert lines[1].startswith(r"| name\|x | string |  | 2 | █▅ | &lt;b&gt; 67%, (empty) 33% |")
    assert "2013" in lines[2]
    assert lines[3].endswith("not described |")
    assert lines[4].endswith("no values |")


def test_what_values_mean_and_lack_is_told() -> None:
    frame = pd.DataFrame(
        {
            "mail": [f"u{number}@example.org" for number in range(60)],
            "day": pd.date_range("2013-01-01", periods=62).delete([3, 4]),
            "w": 1,
        }
    )
    lines = statistics_table(generate_statistics(frame, weight_column="w")).splitlines()[2:]
    assert lines[0].startswith("| mail | string: email |")
    assert lines[0].endswith("| not shown: a value may name a person or a row |")
    assert "by day, 1 gap, the largest 2013-01-04 to 2013-01-05 |" in lines[1].replace("\\", "")
    assert lines[2].endswith("1 … 1 … 1, weighted mean 1 |")


def test_a_wide_table_is_cut() -> None:
    table = pa.table({f"c{i}": [i] for i in range(203)})
    assert "and 3 more features" in statistics_table(generate_statistics(table))


@pytest.mark.parametrize("columns", [0, 1, 30])
def test_picture_is_small_and_deterministic(tmp_path: Path, columns: Any) -> None:
    frame = pd.DataFrame({f"$c{i}_{{": [i, None, 3] for i in range(columns)})
    for name in ("one.png", "two.png"):
        draw_distributions(generate_statistics(frame), tmp_path / name)
    content = (tmp_path / "one.png").read_bytes()
    assert content == (tmp_path / "two.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < 100_000
