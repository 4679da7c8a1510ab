"""Which rows repeat a value, for every type that a column can have."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.table import Table
from ml_assets.validation.repeats import repeated_rows

VALUES = [
    pytest.param(1, 2, id="int"),
    pytest.param(-0.0, 0.5, id="float"),
    pytest.param("a", "b", id="text"),
    pytest.param(b"a", b"\xff", id="bytes"),
    pytest.param(True, False, id="bool"),
    pytest.param(Decimal("1.10"), Decimal("1.11"), id="decimal"),
    pytest.param(date(2026, 1, 1), date(2026, 1, 2), id="date"),
    pytest.param(datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 1), id="timestamp"),
    pytest.param(time(1), time(2), id="time"),
    pytest.param(timedelta(0), timedelta(microseconds=1), id="duration"),
]


@pytest.mark.parametrize("batch_rows", [1, 100])
@pytest.mark.parametrize(("one", "other"), VALUES)
def test_a_row_repeats_an_earlier_one_with_its_value(
    tmp_path: Path, one: Any, other: Any, batch_rows: int
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": [None, one, other, None, one, one]}), path)
    assert repeated_rows(Table((path,)), "a", batch_rows).tolist() == [4, 5]
