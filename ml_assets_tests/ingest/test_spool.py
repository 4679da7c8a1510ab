from pathlib import Path

import pyarrow as pa
import pytest

from ml_assets.ingest.spool import Spool


@pytest.mark.parametrize("max_bytes", [0, 40, 1_000_000])
def test_batches_come_back_in_order_from_memory_and_files(tmp_path: Path, max_bytes: int) -> None:
    spool = Spool(tmp_path, max_bytes)
    for number in range(6):
        spool.add("even" if number % 2 == 0 else "odd", pa.record_batch({"a": [number]}))
    spool.add("odd", pa.record_batch({"a": [0.5]}))
    assert spool.sorted_keys() == ["even", "odd"]
    assert [batch["a"].to_pylist() for batch in spool.batches("even")] == [[0], [2], [4]]
    assert [batch["a"].to_pylist() for batch in spool.batches("odd")] == [[1], [3], [5], [0.5]]
    assert any(tmp_path.iterdir()) == (max_bytes < 1_000_000)
