from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ml_assets.errors import DataError, PipelineFileError
from ml_assets.ingest.sources import open_source, source_fingerprint
from ml_assets.ingest.spec import SourceSpec
from ml_assets_tests.ingest import user_sources
from ml_assets_tests.ingest.reading import read_rows

HERE = "ml_assets_tests.ingest.user_sources"


@pytest.mark.parametrize(
    ("function", "kind"),
    [("frame", "int"), ("arrow", "int"), ("reader", "int"), ("frames", "float")],
)
def test_tables_and_iterators_of_tables_are_read(tmp_path: Path, function: str, kind: str) -> None:
    types, rows, _ = read_rows(SourceSpec(python=f"{HERE}:{function}"), tmp_path)
    assert types == {"a": kind, "b": "string"}
    assert rows == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("text", r"ingest\.source\.python: .*:text gave a str; allowed is a DataFrame"),
        ("numbers", r"gave an iterator of int; allowed is"),
        ("nothing", r"user_sources:nothing gave no rows"),
        ("mixed", r"mixed gave a table that cannot be read: .*column a"),
        ("clash", r"the column 'a' has types that share no other: int, string"),
        ("broken", r"broken failed: RuntimeError: the lake is dry"),
        ("broken_later", r"broken_later failed: RuntimeError: the lake is dry"),
    ],
)
def test_a_function_that_cannot_be_used_is_refused(
    tmp_path: Path, function: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_rows(SourceSpec(python=f"{HERE}:{function}"), tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:f", r"the module 'no_such_module' is not found"),
        (f"{HERE}:fram", r"has no function 'fram'\. Did you mean 'frame'\?"),
        (f"{HERE}:NOT_A_FUNCTION", r"has no function 'NOT_A_FUNCTION'"),
    ],
)
def test_a_wrong_name_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(PipelineFileError, match=message):
        read_rows(SourceSpec(python=name), tmp_path)


def test_looking_at_the_first_rows_reads_no_further(tmp_path: Path) -> None:
    source = open_source(SourceSpec(python=f"{HERE}:broken_later"), tmp_path, tmp_path)
    assert source.parts[0].types(sample=True) == {"a": "int", "b": "string"}


def test_what_was_looked_at_is_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def frames() -> Iterator[pd.DataFrame]:
        for number in range(3):
            asked.append(number)
            yield pd.DataFrame({"a": [number]})

    monkeypatch.setattr(user_sources, "frames", frames)
    (part,) = open_source(SourceSpec(python=f"{HERE}:frames"), tmp_path, tmp_path).parts
    assert part.types(sample=True) == {"a": "int"}
    assert next(part.batches({"a": "int"})).to_pylist() == [{"a": 0}]
    assert asked == [0]
    assert part.types() == {"a": "int"}
    rows = [row["a"] for batch in part.batches({"a": "int"}) for row in batch.to_pylist()]
    assert rows == asked == [0, 1, 2]


def test_the_users_fingerprint_decides(tmp_path: Path) -> None:
    with_stamp = SourceSpec(python=f"{HERE}:frame", fingerprint=f"{HERE}:stamp")
    assert source_fingerprint(with_stamp, tmp_path) is not None
    assert source_fingerprint(SourceSpec(python=f"{HERE}:frame"), tmp_path) is None
    wrong = SourceSpec(python=f"{HERE}:frame", fingerprint=f"{HERE}:no_stamp")
    with pytest.raises(DataError, match=r"no_stamp gave a int; allowed is a text"):
        source_fingerprint(wrong, tmp_path)
