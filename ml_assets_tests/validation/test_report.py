"""The HTML report: complete, harmless, small, and the same for the same input."""

import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.drift import DriftFinding, detect_drift
from ml_assets.validation.report import MAX_BYTES, Report, report_html, write_report

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}'\"&<"


class Seen(HTMLParser):
    """All tags with their attributes, and all text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "path", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data


def anomaly(
    feature: str | None, text: str = "3 values lie outside.", severity: Any = "ERROR"
) -> Anomaly:
    return Anomaly(
        feature, "ENUM_TYPE_UNEXPECTED_STRING_VALUES", severity, "Unexpected string values", text,
        "a", "b", None, ("id 1",),
    )  # fmt: skip


def frame(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "origin": rng.choice(["EWR", "JFK"], rows),
            "delay": rng.gamma(2, 10, rows),
            "when": pd.Timestamp("2013-01-01") + pd.to_timedelta(rng.integers(0, 9999, rows), "h"),
            "none": None,
            "label": rng.integers(0, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def statistics() -> DatasetStatistics:
    return generate_statistics(
        frame(), slices=["origin"], cross_features=True, label="label", min_slice_rows=10
    )


@pytest.fixture(scope="module")
def moved(statistics: DatasetStatistics) -> list[DriftFinding]:
    later = frame()
    later["delay"] += 50
    return detect_drift(generate_statistics(later), statistics)


@pytest.fixture(scope="module")
def seen(statistics: DatasetStatistics, moved: list[DriftFinding]) -> Seen:
    schema = Schema((Feature("origin", "string", domain=("EWR",)), Feature("gone", "int")))
    cell: Any = CellOf(7, None, "origin", "EWRR", 0.9, "near EWR", "EWR")
    html = report_html(
        Report(
            {"all": statistics, "train": statistics, "eval": generate_statistics(frame(50))},
            schema,
            [anomaly("origin"), anomaly("gone", "it is missing"), anomaly(None, "too few", "WARN")],
            moved,
            reference=statistics,
            cells=[cell],
            title="Flights",
        )
    )
    return Seen(html)


class CellOf:
    """A suspicious cell."""

    def __init__(self, *values: Any) -> None:
        names = ("row", "example_id", "column", "value", "score", "explanation", "repair")
        vars(self).update(zip(names, values, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "Flights",
        "600 rows (train 600, eval 50). The schema of 2 columns is not reviewed yet.",
        "3 values lie outside.",
        "it is missing",
        "(data set)",
        "Such as id 1",
        "1 of 5 columns moved",
        "string; one of 1 values",
        "std. deviation",
        "2013-0",
        "Association with the label",
        "Pearson",
        "origin=EWR",
        "EWRR",
        "near EWR",
    ],
)
def test_everything_that_was_given_is_told(seen: Seen, text: str) -> None:
    assert text in seen.text


def test_what_was_found_comes_before_the_columns(seen: Seen) -> None:
    found = [
        seen.text.index(text) for text in ("3 values lie outside.", "near EWR", "std. deviation")
    ]
    assert found == sorted(found)


def test_it_is_well_formed_and_its_links_lead_somewhere(seen: Seen) -> None:
    assert seen.open == []
    ids = [found["id"] for _, found in seen.tags if "id" in found]
    assert len(ids) == len(set(ids))
    links = [found["href"] for tag, found in seen.tags if tag == "a"]
    assert links
    assert {str(link).removeprefix("#") for link in links} <= set(ids)


def test_it_needs_nothing_else(seen: Seen) -> None:
    assert not {"link", "img", "iframe", "object", "base"} & {tag for tag, _ in seen.tags}
    assert not [found for _, found in seen.tags if "src" in found]
    assert [tag for tag, _ in seen.tags].count("script") == 1


def test_distributions_are_drawn_for_each_side(seen: Seen) -> None:
    paths = [found for tag, found in seen.tags if tag == "path"]
    assert {found["class"] for found in paths} >= {"s0", "s1", "sp"}
    for found in paths:
        assert set(str(found["d"])) <= set("MHVZ 0123456789-")


@pytest.mark.parametrize(("not_in", "asked"), [((), True), (("SERVING",), False)])
def test_it_is_asked_of_no_column_that_is_said_to_be_known_after_the_label(
    not_in: tuple[str, ...], asked: bool
) -> None:
    rows = pd.DataFrame({"copy": ["a", "b", "c"] * 100, "label": [0, 1, 2] * 100})
    found = generate_statistics(rows, label="label")
    html = report_html(Report(found, Schema((Feature("copy", "string", not_in=not_in),))))
    assert ("known before the label?" in html) == asked
    assert ("May be known only after the label" in html) == asked
    assert "&times;0.00 of 1" in html


def hostile_report() -> str:
    rows = frame().rename(columns={"delay": HOSTILE})
    rows["origin"] = HOSTILE
    found = generate_statistics(
        rows, slices=["origin"], cross_features=True, label="label", min_slice_rows=10
    )
    drift = [DriftFinding(HOSTILE, {"psi": 1.0}, 0.0, "alarm", HOSTILE)]
    schema = Schema((Feature(HOSTILE, "float", note=HOSTILE),))
    bad = replace(anomaly(HOSTILE, HOSTILE), example_ids=(HOSTILE,), short_description=HOSTILE)
    cell: Any = CellOf(7, HOSTILE, HOSTILE, HOSTILE, 0.9, HOSTILE, HOSTILE)
    return report_html(
        Report(
            {"all": found, HOSTILE: found},
            schema,
            [bad],
            drift,
            reference=found,
            cells=[cell],
            title=HOSTILE,
        )
    )


def test_hostile_values_stay_text() -> None:
    html = hostile_report()
    seen = Seen(html)
    assert seen.open == []
    assert "img" not in {tag for tag, _ in seen.tags}
    assert not [name for _, found in seen.tags for name in found if name.startswith("on")]
    assert html.count("</script>") == 1
    assert "{{ 7*7 }}" in seen.text
    assert HOSTILE[:25] in seen.text


@pytest.fixture
def page() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on the PATH; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.ui
def test_a_browser_runs_our_script_only(page: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(hostile_report())
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: told.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    assert page.title().startswith("</script><img")
    assert page.locator("img").count() == 0
    assert told == [(tmp_path / "report.html").as_uri()]
    page.locator("#search").fill("WHEN")
    assert page.locator("article:visible").count() == 1
    page.locator("#search").fill("")
    names = page.locator("#columns tbody tr td:first-child")
    page.locator("#columns th", has_text="column").click()
    ascending = names.all_inner_texts()
    page.locator("#columns th", has_text="column").click()
    assert ascending == sorted(ascending, key=str.lower)
    assert names.all_inner_texts() == ascending[::-1]


def test_a_thousand_columns_with_hostile_names_stay_below_one_megabyte() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({f"{HOSTILE * 3}{n}": rng.normal(size=300) for n in range(1000)})
    found = generate_statistics(rows, cross_features=True)
    names = list(rows.columns)
    anomalies = [anomaly(str(name), "&" * 900) for name in names]
    drift = [DriftFinding(str(n), {"psi": 1.0}, 0.0, "alarm", '"' * 900) for n in names]
    html = report_html(
        Report({"all": found, "train": found}, None, anomalies, drift, reference=found)
    )
    assert len(html.encode()) < 1_000_000
    assert len(html.encode()) > MAX_BYTES / 2
    seen = Seen(html)
    assert "more columns" in seen.text
    assert "more anomalies" in seen.text


def test_columns_with_findings_come_first_where_not_all_fit() -> None:
    rows = pd.DataFrame({f"c{n}": np.arange(300.0) * n for n in range(1000)})
    found = generate_statistics(rows)
    html = report_html(
        Report({"all": found, "train": found, "eval": found}, None, [anomaly("c999")])
    )
    assert len(html.encode()) < 1_000_000
    seen = Seen(html)
    cards = [tags["data-name"] for tag, tags in seen.tags if tag == "article"]
    assert cards[:2] == ["c999", "c0"]
    assert 100 < len(cards) < 1000
    assert f"and {1000 - len(cards):,} more columns" in seen.text


def test_the_number_of_rows_does_not_matter() -> None:
    small, large = (len(report_html(Report(generate_statistics(frame(n))))) for n in (1000, 50_000))
    assert math.isclose(small, large, rel_tol=0.05)


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame(),
        pd.DataFrame({"x": []}),
        pd.DataFrame({"x": [None]}),
        pd.DataFrame({"x": [math.inf, -math.inf]}),
        pd.DataFrame({"x": [1e308, -1e308, 5e-324]}),
        pd.DataFrame({"x": [[1], [2]], "y": [{"a": 1}, None]}),
        pd.DataFrame({"x": [""]}),
        pd.DataFrame({"x": pd.to_datetime(["2013-01-01"])}),
    ],
)
def test_unusual_data_give_a_report(rows: pd.DataFrame) -> None:
    assert Seen(report_html(Report(generate_statistics(rows)))).open == []


def test_the_same_input_gives_the_same_file(statistics: DatasetStatistics, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, Report(statistics))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
