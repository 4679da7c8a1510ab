from pathlib import Path

import pytest

from ml_assets.errors import PipelineFileError
from ml_assets.ingest.preflight import (
    NUMBERS,
    TIMES,
    Key,
    NamedColumns,
    check_columns,
    check_source,
)
from ml_assets.ingest.sources import Source, open_source
from ml_assets.ingest.spec import SourceSpec

COLUMNS = {"fare": "float", "tips": "float", "company": "string", "pickup_at": "timestamp"}
NAMED = [
    NamedColumns(("ingest", "key", 0), ["compny"]),
    NamedColumns(("ingest", "time"), ["fare"], ("date", "timestamp")),
    NamedColumns(("labels", "expression"), ["tips", "far"]),
    NamedColumns(("transform", "exclude", 1), ["zzz"]),
]


def _opened(spec: SourceSpec, folder: Path) -> tuple[SourceSpec, Source]:
    return spec, open_source(spec, folder, folder / "scratch")


def _where(key: Key) -> str:
    return f"taxi/defs.yaml:{len(key)}"


def test_every_wrong_name_and_type_is_named_with_line_and_nearest_right_name() -> None:
    assert check_columns(COLUMNS, NAMED, _where) == [
        "taxi/defs.yaml:3: ingest.key: no column 'compny'. Did you mean 'company'?",
        "taxi/defs.yaml:2: ingest.time: column 'fare' is of type float; allowed are date and "
        "timestamp.",
        "taxi/defs.yaml:2: labels.expression: no column 'far'. Did you mean 'fare'?",
        "taxi/defs.yaml:3: transform.exclude: no column 'zzz'.",
    ]


def test_right_names_pass() -> None:
    named = [NamedColumns(("ingest", "time"), ["pickup_at"], ("timestamp",))]
    assert check_columns(COLUMNS, named, _where) == []


def test_a_source_is_refused_in_fewer_than_ten_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("fare,tips\n1,2\n")
    named = [NamedColumns(("transform", "exclude", i), [f"x{i}"]) for i in range(30)]
    with pytest.raises(PipelineFileError) as error:
        check_source(*_opened(SourceSpec(csv="a.csv"), tmp_path), named, _where)
    lines = str(error.value).splitlines()
    assert len(lines) < 10
    assert lines[-2:] == ["and 23 more.", "The source's columns are: fare, tips."]


def test_a_declared_type_that_does_not_fit_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("fare,tips\nx,1\ny,2\nz,\n")
    spec = SourceSpec(csv="a.csv", types={"fare": "int", "tips": "int"})
    message = r"ingest\.source\.types\.fare: 100% of the first values are not of type int"
    with pytest.raises(PipelineFileError, match=message):
        check_source(*_opened(spec, tmp_path), [], _where)


def test_types_are_for_text_files(tmp_path: Path) -> None:
    source = "ml_assets_tests.ingest.user_sources:frame"
    spec = SourceSpec(python=source, types={"a": "int"})
    with pytest.raises(PipelineFileError, match=r"a python source has types of its own"):
        check_source(*_opened(spec, tmp_path), [], _where)


def test_a_column_without_a_value_in_the_first_rows_is_judged_by_all_rows(tmp_path: Path) -> None:
    source = SourceSpec(python="ml_assets_tests.ingest.user_sources:late")
    known = NamedColumns(("ingest", "known_at", 0), ["known"], TIMES)
    delay = NamedColumns(("labels", "expression"), ["delay"], NUMBERS)
    types = {"known": "timestamp", "delay": "int"}
    assert check_source(*_opened(source, tmp_path), [known, delay], _where) == types
    wrong = NamedColumns(("ingest", "time"), ["delay"], TIMES)
    with pytest.raises(PipelineFileError, match=r"column 'delay' is of type int; allowed are date"):
        check_source(*_opened(source, tmp_path), [wrong], _where)
    unasked = NamedColumns(("transform", "exclude", 0), ["delay"])
    assert check_source(*_opened(source, tmp_path), [unasked], _where)["delay"] == "string"


def test_a_source_that_fits_gives_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("fare,company\n1.5,x\n")
    named = [NamedColumns(("ingest", "key", 0), ["company"])]
    columns = check_source(*_opened(SourceSpec(csv="a.csv"), tmp_path), named, _where)
    assert columns == {"fare": "float", "company": "string"}
