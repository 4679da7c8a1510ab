import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError, PipelineFileError
from ml_assets.ingest import csv_records
from ml_assets_tests.ingest.reading import read_csv

# What is wrong, the file, the rows that remain, and for each rejected row its line, reason and text.
BROKEN = {
    "too few fields": (
        b"a,b\n1,2\n3\n4,5\n",
        [(1, 2), (4, 5)],
        [(3, "1 field, the header has 2", "3")],
    ),
    "too many fields": (
        b"a,b\n1,2,3\n4,5\n",
        [(4, 5)],
        [(2, "3 fields, the header has 2", "1,2,3")],
    ),
    "trailing comma": (
        b"a,b\n1,2,\n4,5\n",
        [(4, 5)],
        [(2, "3 fields, the header has 2", "1,2,")],
    ),
    "quote never closed, to the end": (
        b'a,b\n1,"x\n2,y\n3,z\n',
        [(2, "y"), (3, "z")],
        [(2, "a quote is opened and never closed", '1,"x')],
    ),
    "quote never closed, before another": (
        b'a,b\n1,"x\n2,y\n3,"z"\n',
        [(2, "y"), (3, "z")],
        [(2, "text follows a closing quote", '1,"x')],
    ),
    "text behind a quoted field": (
        b'a,b\n1,"x"y\n2,z\n',
        [(2, "z")],
        [(2, "text follows a closing quote", '1,"x"y')],
    ),
    "quote inside a field": (
        b'a,b\n1,5" disk\n2,z\n',
        [(2, "z")],
        [(2, "a quote inside a field that does not begin with one", '1,5" disk')],
    ),
    "NUL byte": (b"a,b\n1,x\0y\n2,z\n", [(2, "z")], [(2, "a NUL byte", "1,x\0y")]),
    "line numbers behind quoted line ends": (
        b'a,b\n1,"x\ny\nz"\n2\n3,w\n',
        [(1, "x\ny\nz"), (3, "w")],
        [(5, "1 field, the header has 2", "2")],
    ),
    "line numbers with CRLF and blank lines": (
        b'a,b\r\n\r\n1,"x\r\ny"\r\n2\r\n3,w\r\n',
        [(1, "x\r\ny"), (3, "w")],
        [(5, "1 field, the header has 2", "2")],
    ),
    "CR alone ends a line": (
        b"a,b\r1,2\r3\r4,5",
        [(1, 2), (4, 5)],
        [(3, "1 field, the header has 2", "3")],
    ),
    "several broken lines in a row": (
        b'a,b\n"\n"\n"x\n1,2\n',
        [(1, 2)],
        [
            (2, "1 field, the header has 2", '"\n"'),
            (4, "a quote is opened and never closed", '"x'),
        ],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_rows_are_set_aside_with_line_reason_and_text(tmp_path: Path, case: str) -> None:
    content, rows, rejected = BROKEN[case]
    _, read_back, set_aside = read_csv(tmp_path, content)
    assert [tuple(row.values()) for row in read_back] == rows
    assert [(row.line, row.reason, row.text) for row in set_aside] == rejected
    assert {row.file for row in set_aside} == {"data.csv"}


WHOLE = {
    "no line end at the end": (b"a,b\n1,2", [{"a": 1, "b": 2}]),
    "byte order mark": (b"\xef\xbb\xbfa\n1\n", [{"a": 1}]),
    "doubled quotes": (b'a,b\n"x""y","""z"""\n', [{"a": 'x"y', "b": '"z"'}]),
    "quoted delimiter": (b'a,b\n"x,y",z\n', [{"a": "x,y", "b": "z"}]),
    "empty field is null, quoted empty text is text": (
        b'a,b\n,"x"\n"",y\nw,\n',
        [{"a": None, "b": "x"}, {"a": "", "b": "y"}, {"a": "w", "b": None}],
    ),
    "blank lines are skipped": (b"a\n\n1\n\n\n2\n", [{"a": 1}, {"a": 2}]),
    "quoted column names": (b'"a","b c"\n1,2\n', [{"a": 1, "b c": 2}]),
}


@pytest.mark.parametrize("case", WHOLE)
def test_whole_rows_are_read(tmp_path: Path, case: str) -> None:
    content, rows = WHOLE[case]
    _, read_back, rejected = read_csv(tmp_path, content)
    assert read_back == rows
    assert not rejected


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("piece", [16, 1 << 20])
def test_what_pythons_csv_module_writes_is_read_back_equal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
    rows: list[tuple[str, str]],
    end: str,
) -> None:
    monkeypatch.setattr(csv_records, "_PIECE", piece)
    monkeypatch.setattr(csv_records, "_SMALL_PIECE", piece)
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([("a", "b"), *rows])
    types = {"a": "string", "b": "string"}
    _, read_back, rejected = read_csv(tmp_path, stream.getvalue().encode(), types=types)
    assert [(row["a"], row["b"]) for row in read_back] == rows
    assert not rejected


LINES = st.sampled_from(["1,2", '"3","4"', "5", "6,7,8", '9,"x', '"a"b,1', '"y\nz",1', "", "1,\0"])


@given(lines=st.lists(LINES, max_size=25))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_result_does_not_depend_on_the_size_of_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    content = "\n".join(["a,b", "0,0", *lines]).encode()
    whole = read_csv(tmp_path, content)
    with monkeypatch.context() as small:
        small.setattr(csv_records, "_PIECE", 7)
        small.setattr(csv_records, "_SMALL_PIECE", 3)
        assert read_csv(tmp_path, content) == whole


@pytest.mark.parametrize(
    ("content", "spec", "message"),
    [
        (b"", {}, r"data\.csv is empty: it has no header and no rows"),
        (b"\n\n", {}, r"data\.csv is empty"),
        (b'"a,b\n1,2\n', {}, r"header in line 1 is broken: a quote is opened and never closed"),
        (b"a\0,b\n", {}, r"NUL byte.*encoding: utf-16"),
        (b"a\n\xe9\n", {}, r"byte at offset 2 is not utf-8"),
        (b"a\n" + b"x" * 3_000_000 + b"\xe9", {}, r"byte at offset 3,000,002 is not utf-8"),
        ("a\n1\n".encode("utf-16"), {}, r"begins like UTF-16: set ingest\.source\.encoding"),
        (b"\x1f\x8b\x08\x00", {}, r"is compressed \(gzip\), not text"),
        (b"PK\x03\x04\xff", {}, r"is compressed \(zip\), not text"),
        (b"a,,c\n1,2,3\n", {}, r"column 2 has no name"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, spec: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_csv(tmp_path, content, **spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"encoding": "utf8x"}, r"'utf8x' is not known"),
        ({"delimiter": '"'}, r"one ASCII character and no quote; found '\"'"),
        ({"delimiter": "§"}, r"one ASCII character"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(
    tmp_path: Path, spec: dict[str, str], message: str
) -> None:
    with pytest.raises(PipelineFileError, match=message):
        read_csv(tmp_path, b"a\n1\n", **spec)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "cp1252", "utf-8"])
def test_the_declared_encoding_is_used(tmp_path: Path, encoding: str) -> None:
    _, rows, _ = read_csv(tmp_path, "a,b\n1,é\n".encode(encoding), encoding=encoding)
    assert rows == [{"a": 1, "b": "é"}]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_records, "MAX_RECORD", 1 << 18)
    with pytest.raises(DataError, match=r"row that begins in line 3 is longer than"):
        read_csv(tmp_path, b"a\n1\n" + b"x" * 2_000_000 + b"\n2\n")


def test_a_quote_that_is_open_for_too_long_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_records, "MAX_RECORD", 1 << 18)
    _, rows, rejected = read_csv(tmp_path, b'a,b\n1,"x\n' + b"2,y\n" * 200_000)
    assert len(rows) == 200_000
    assert [(row.line, row.reason) for row in rejected] == [
        (2, "a quote is opened and never closed")
    ]


def test_a_value_that_is_not_of_its_declared_type_sets_its_row_aside(tmp_path: Path) -> None:
    content = b"a,b\n1,x\n\nfive,y\n3,z\n,w\n"
    types, rows, rejected = read_csv(tmp_path, content, types={"a": "int"})
    assert types == {"a": "int", "b": "string"}
    assert [row["a"] for row in rows] == [1, 3, None]
    assert [(row.line, row.reason, row.text) for row in rejected] == [
        (4, "column 'a' is not of type int", "five,y")
    ]
