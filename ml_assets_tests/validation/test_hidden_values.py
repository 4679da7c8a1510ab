"""Values that may name a person or a row appear in no description."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from ml_assets.monitoring.bars import bars_of
from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.relation_tables import relation_tables
from ml_assets.statistics.semantic_type import may_identify
from ml_assets.statistics.sparklines import statistics_table
from ml_assets.validation.cells.model import CellError, CellErrors
from ml_assets.validation.cells.show import error_rows
from ml_assets.validation.drift import detect_drift
from ml_assets.validation.report import Report, report_html
from ml_assets.validation.validate import validate_statistics

SECRET = "secret"
# Of 400 rows; every value that may name a person has the word in it.
COLUMNS: list[tuple[str, list[Any], bool]] = [
    ("email", [f"secret{n}@example.org" for n in range(400)], True),
    ("url", [f"https://example.org/secret{n % 20}" for n in range(400)], True),
    ("identifier", [f"secret{n}" for n in range(400)], True),
    ("names of people", [f"Secret secret the {n}th" for n in range(400)], True),
    ("running number", list(range(400)), True),
    ("category", [f"public{n % 5}" for n in range(400)], False),
    ("numbers as texts", [f"{n * 7919}" for n in range(400)], False),
    ("amount", [n * 1.7 for n in range(400)], False),
]


@pytest.mark.parametrize(("name", "values", "hidden"), COLUMNS)
def test_what_may_name_a_person_or_a_row(name: str, values: Any, hidden: bool) -> None:
    statistics = generate_statistics(pa.table({name: values}))
    assert may_identify(statistics.feature(name)) is hidden
    assert ("not shown" in statistics_table(statistics)) is hidden


TEXTS = [(name, values) for name, values, hidden in COLUMNS[:4]]
RULES: list[dict[str, Any]] = [
    {"type": "int"},
    {"type": "int", "min": 3},
    {"type": "int", "holds": "bool"},
    {"type": "string", "domain": ("a", "b")},
    {"type": "string", "holds": "int"},
    {"type": "string", "holds": "bool"},
    {"type": "string", "drift": Comparator(l_infinity=0.0001, normalized_abs_difference=0.0001)},
]


@pytest.mark.parametrize(("name", "values"), TEXTS)
def test_no_anomaly_shows_them(name: str, values: Any) -> None:
    current = generate_statistics(pa.table({name: values}))
    before = generate_statistics(pa.table({name: [value + "x" for value in values]}))
    for rules in RULES:
        schema = Schema((Feature(name, **rules),))
        anomalies = validate_statistics(current, schema, previous_statistics=before)
        assert anomalies, rules
        assert SECRET not in str([anomaly.to_json() for anomaly in anomalies]).lower(), rules


MOVED: list[Callable[[str], str]] = [
    lambda text: text + "x",
    lambda text: text.upper(),
    lambda text: text[:9],
    lambda text: "new " + text[::-1],
    lambda text: text if "1" in text else "secretary",
]


@pytest.mark.parametrize(("name", "values"), TEXTS)
@pytest.mark.parametrize("place", range(len(MOVED)))
def test_no_drift_shows_them(name: str, values: Any, place: int) -> None:
    reference = pa.table({name: values})
    current = pa.table({name: [MOVED[place](value) for value in values]})
    for rows in ((current, reference), (reference, current)):
        (finding,) = detect_drift(*rows)
        assert finding.explanation
        shown = finding.explanation.lower()
        assert SECRET not in shown
        assert SECRET[::-1] not in shown


@pytest.mark.parametrize(("name", "values"), TEXTS)
def test_no_report_or_picture_of_drift_shows_them(name: str, values: Any) -> None:
    reference = generate_statistics(pa.table({name: values}))
    current = generate_statistics(pa.table({name: [value + "x" for value in values]}))
    drift = detect_drift(current, reference)
    html = report_html(Report(current, drift=drift, reference=reference))
    assert "(not shown)" in html
    assert SECRET not in html.lower()
    assert (
        SECRET not in str(bars_of(*(side.feature(name) for side in (reference, current)))).lower()
    )


def test_neither_slices_nor_lifts_nor_cells_show_them() -> None:
    urls = [f"https://example.org/secret{n % 2}" for n in range(400)]
    rows = pa.table({"url": urls, "kind": ["a", "b", "b", "b"] * 100, "label": [0, 1] * 200})
    statistics = generate_statistics(
        rows, slices=["kind", "url"], min_slice_rows=1, cross_features=True, label="label"
    )
    tables = relation_tables(statistics, statistics)
    assert set(tables) == {"slices", "correlations", "association_with_label"}
    assert "kind=a" in tables["slices"]
    assert SECRET not in str(tables)
    error = CellError(1, "id1", "url", SECRET, 0.9, "rare_value", f"{SECRET} is rare", SECRET)
    (row,) = error_rows(CellErrors(errors=(error,), found=1, cells=9), {"url"})
    assert SECRET not in str(row)
    assert (row["why"], row["value"], row["proposed"]) == (
        "rare value",
        "(not shown)",
        "(not shown)",
    )
