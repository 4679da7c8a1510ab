"""The last span against the one before."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.table import Table
from ml_assets.validation.previous_span import compare_spans, last_two_spans


def table_of(folder: Path, **columns: Any) -> Table:
    pq.write_table(pa.table(columns), folder / "t.parquet")
    return Table((folder / "t.parquet",))


SPANS = ["2024-01"] * 300 + ["2024-02"] * 300 + ["2024-03"] * 100


@pytest.mark.parametrize(
    ("schema", "codes"),
    [
        (Schema((Feature("x", "string"),)), ["COMPARATOR_DISTRIBUTION_MOVED"]),
        (Schema((Feature("x", "string", stage="ALPHA"),)), []),
        (Schema((Feature("x", "string", drift=Comparator(l_infinity=0.9)),)), []),
        (
            Schema(
                (Feature("x", "string", drift=Comparator(l_infinity=0.1)),),
                rows_vs_previous=(0.5, None),
            ),
            ["COMPARATOR_LOW_NUM_EXAMPLES", "COMPARATOR_L_INFTY_HIGH"],
        ),
    ],
)
def test_the_last_span_is_compared_with_the_one_before(
    tmp_path: Path, schema: Any, codes: Any
) -> None:
    values = ["z"] * 300 + ["a"] * 300 + ["a", "b"] * 50
    rows = 3 if "LOW" not in " ".join(codes) else 1
    spans, cells = SPANS[:600] + SPANS[600:] * rows, values[:600] + values[600:] * rows
    table = table_of(tmp_path, x=cells, _span=spans)
    anomalies = compare_spans(table, schema, drift_alarm=True)
    assert [anomaly.code for anomaly in anomalies] == codes
    assert all(
        anomaly.description.startswith("Span 2024-03, after 2024-02: ") for anomaly in anomalies
    )


def test_without_the_alarm_only_comparators_judge(tmp_path: Path) -> None:
    spans, cells = ["a"] * 300 + ["b"] * 300, ["x"] * 300 + ["y"] * 300
    table = table_of(tmp_path, x=cells, y=cells, _span=spans)
    compared = Feature("y", "string", drift=Comparator(psi=1.0))
    (anomaly,) = compare_spans(table, Schema((Feature("x", "string"), compared)))
    assert (anomaly.feature, anomaly.code) == ("y", "COMPARATOR_PSI_HIGH")
    (anomaly,) = compare_spans(table, Schema(rows_vs_previous=(None, 0.5)))
    assert anomaly.code == "COMPARATOR_HIGH_NUM_EXAMPLES"


def test_without_a_span_before_there_is_nothing_to_compare(tmp_path: Path) -> None:
    for columns in ({"x": ["a"]}, {"x": ["a"], "_span": ["2024-01"]}):
        table = table_of(tmp_path, **columns)
        assert last_two_spans(table) is None
        assert compare_spans(table, Schema((Feature("x", "int"),)), drift_alarm=True) == []
