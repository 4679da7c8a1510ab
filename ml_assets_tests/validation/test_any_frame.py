"""Whatever a frame holds: a clear error or a result, and no anomaly by the schema inferred from it."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Comparator, Feature, FunctionalDependency, Schema
from ml_assets.schema.pandera import to_pandera
from ml_assets.statistics.generate import generate_statistics
from ml_assets.table import Table
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.cells import find_cell_errors
from ml_assets.validation.comparators import measure_distances
from ml_assets.validation.dependencies import check_dependencies
from ml_assets.validation.drift import detect_drift
from ml_assets.validation.example import validate_example
from ml_assets.validation.feature_skew import detect_feature_skew
from ml_assets.validation.rows import find_broken_rows
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.statistics.test_inputs import ARRAYS, FRAMES

cell = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.binary(max_size=3),
    st.datetimes(), st.dates(), st.times(), st.timedeltas(), st.decimals(allow_nan=False),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
    st.just(pd.NA), st.just(pd.NaT), st.just(float("nan")), st.builds(object),
)  # fmt: skip
column = st.one_of(
    st.lists(cell, max_size=4),
    *(st.lists(st.none() | kind, max_size=4) for kind in (
        st.integers(-(2**70), 2**70), st.floats(), st.text(), st.binary(), st.datetimes(), st.dates(),
    )),
)  # fmt: skip
name = st.sampled_from(["a", "b", "a.b", "", 7, None, ("x", "y"), "_example_id"])
SCHEMA = Schema(
    (
        Feature("a", "int", min=0, drift=Comparator(l_infinity=0.1, jensen_shannon=0.1, ks=0.1)),
        Feature("b", "string", domain=("x",), unique=True, holds="int", max_length=2),
        Feature("a.b", "timestamp", drift=Comparator(psi=0.1)),
        Feature("7", "float", max=1.0, min_unique=2, drift=Comparator(wasserstein=0.1)),
    ),
    functional_dependencies=(FunctionalDependency(("a",), "b"),),
)


ANY_TEXT = Schema((Feature("x", "string", domain=("none of them",), nullable=False),))


def frame_of(columns: Any) -> pd.DataFrame:
    rows = min((len(cells) for _, cells in columns), default=0)
    series = [pd.Series(cells[:rows], dtype=object) for _, cells in columns]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame()
    frame.columns = pd.Index([n for n, _ in columns], tupleize_cols=False, dtype=object)
    return frame


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(name, column), max_size=4))
def test_no_frame_crashes(columns: Any) -> None:
    frame = frame_of(columns)
    try:
        statistics = generate_statistics(frame)
    except DataError:
        return
    for anomalies in (
        validate_statistics(statistics, SCHEMA, "SERVING", statistics, statistics),
        validate_statistics(statistics, infer_schema(statistics)) if len(frame) else [],
    ):
        assert all(isinstance(anomaly, Anomaly) and anomaly.description for anomaly in anomalies)
    measure_distances(statistics, SCHEMA, statistics, statistics)
    for _, row in frame.iterrows() if frame.columns.is_unique else ():
        validate_example(row, SCHEMA)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a.b", "7"]), column), max_size=4))
def test_no_table_crashes(tmp_path_factory: Any, columns: Any) -> None:
    rows = min((len(cells) for _, cells in columns), default=0)
    try:
        table = pa.table({n: pa.array(cells[:rows], from_pandas=True) for n, cells in columns})
    except (pa.ArrowException, TypeError, OverflowError):
        return
    folder: Path = tmp_path_factory.mktemp("any")
    with contextlib.suppress(pa.ArrowException):
        pq.write_table(table, folder / "t.parquet")
        stored = Table((folder / "t.parquet",))
        for broken in find_broken_rows(stored, SCHEMA):
            assert broken.reason
        check_dependencies(stored, SCHEMA)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from("abc"), column, max_size=3))
def test_a_schema_finds_no_anomaly_in_the_data_it_was_inferred_from(columns: Any) -> None:
    frame = frame_of(list(columns.items()))
    try:
        statistics = generate_statistics(frame)
    except DataError:
        return
    if len(frame):
        assert (
            validate_statistics(
                statistics, infer_schema(statistics), previous_statistics=statistics
            )
            == []
        )


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_rows_satisfy_the_schema_inferred_from_them(tmp_path: Path, rows: int) -> None:
    rng = np.random.default_rng(rows)
    table = pa.table(
        {
            "number": rng.normal(size=rows),
            "code": rng.integers(0, 3, rows),
            "text": [f"t{n % 7}" for n in range(rows)],
            "price": [Decimal(n) / 7 for n in range(rows)],
            "flag": [n % 2 == 0 for n in range(rows)],
            "when": pa.array(range(rows), pa.timestamp("s", "UTC")),
            "day": pa.array(range(rows), pa.date32()),
            "holes": pa.array([None if n % 3 else n for n in range(rows)], pa.int64()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    stored = Table((tmp_path / "t.parquet",))
    schema = infer_schema(generate_statistics(stored))
    assert [*find_broken_rows(stored, schema)] == []
    for row in table.to_pylist():
        assert validate_example(row, schema, None) == []


@pytest.mark.parametrize("name", ARRAYS)
def test_every_arrow_type_satisfies_the_schema_inferred_from_it(tmp_path: Path, name: str) -> None:
    table = pa.table({"x": pa.chunked_array([ARRAYS[name][0]] * 3)})
    statistics = generate_statistics(table)
    schema = infer_schema(statistics)
    assert validate_statistics(statistics, schema) == []
    assert not [finding for finding in detect_drift(table, table) if finding.verdict == "alarm"]
    assert find_cell_errors(table).errors == ()
    with contextlib.suppress(pa.ArrowException):
        pq.write_table(table, tmp_path / "t.parquet")
        stored = Table((tmp_path / "t.parquet",))
        assert [*find_broken_rows(stored, schema)] == []
        assert all(broken.reason for broken in find_broken_rows(stored, ANY_TEXT))


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_satisfies_the_pandera_schema_inferred_from_it(name: str) -> None:
    frame = FRAMES[name][0]
    validated = to_pandera(infer_schema(generate_statistics(frame))).validate(frame, lazy=True)
    assert validated.shape == frame.shape


def _not_utf8() -> pa.Array:
    raw = pa.array([b"\xff", b"\xff", b"a", None])
    return raw.view(pa.string())


@pytest.mark.parametrize(
    ("array", "type_", "shown"),
    [
        (pa.array([2**45, 2**45, 5, None], pa.timestamp("s")), "timestamp", f"{2**45}"),
        (pa.array([2**45, 2**45, 5, None], pa.timestamp("s", "UTC")), "timestamp", f"{2**45}"),
        (pa.array([2**31 - 1, 2**31 - 1, 5, None], pa.date32()), "date", f"{2**31 - 1}"),
        (_not_utf8(), "string", r"'\udcff'"),
    ],
    ids=["far moment", "far moment in a zone", "far day", "not UTF-8"],
)
def test_what_python_has_no_word_for_can_repeat_and_contradict(
    array: Any, type_: Any, shown: str
) -> None:
    table = pa.table({"x": array, "y": [1, 2, 3, 4], "k": [*"pqrs"]})
    schema = Schema(
        (Feature("x", type_, unique=True),),
        functional_dependencies=(FunctionalDependency(("x",), "y"),),
    )
    reasons = [
        broken.reason for broken in find_broken_rows(table, schema) if broken.rule != "not_nullable"
    ]
    assert reasons == [
        f"y is 1, and rows with x {shown} have several values of it: 1, 2",
        f"x is {shown}, as in an earlier row",
        f"y is 2, and rows with x {shown} have several values of it: 1, 2",
    ]
    turned = table.set_column(0, "x", table["x"].take(pa.array([2, 1, 0, 3])))
    for one, other in ((table, turned), (table, table.set_column(0, "x", pa.array([*"abcd"])))):
        (skew,) = detect_feature_skew(one, other, key=["k"]).mismatched
        assert json.dumps(skew.samples)
    assert detect_feature_skew(table, table, key=["k"]).mismatched == ()
