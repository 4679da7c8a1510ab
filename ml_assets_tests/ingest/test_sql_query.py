import shutil
import socket
import sqlite3
import subprocess
import traceback
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ml_assets.errors import DataError, MLAssetsError, PipelineFileError
from ml_assets.ingest.sources import open_source
from ml_assets.ingest.spec import SourceSpec
from ml_assets_tests.ingest.reading import read_rows

CANARY = "hunter2-canary"


def _sqlite(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "data.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def _query(query: str) -> SourceSpec:
    return SourceSpec(sql="sqlite:///data.db", query=query)


def test_a_query_gives_typed_columns(tmp_path: Path) -> None:
    _sqlite(
        tmp_path,
        "create table t (i integer, f real, s text, d text, m text, n text)",
        "insert into t values (1, 1.5, '001', '2013-01-01', '2013-01-01 05:00:00', null)",
        "insert into t values (2, null, 'x', '2013-01-02', '2013-01-02 05:00:00', null)",
    )
    types, rows, _ = read_rows(_query("select * from t order by i"), tmp_path)
    assert types == {
        "i": "int", "f": "float", "s": "string", "d": "date", "m": "timestamp", "n": "string",
    }  # fmt: skip
    assert rows[0] == {
        "i": 1, "f": 1.5, "s": "001", "d": date(2013, 1, 1), "m": datetime(2013, 1, 1, 5), "n": None,
    }  # fmt: skip


def test_the_first_rows_of_sqlite_tell_times_kept_as_text(tmp_path: Path) -> None:
    _sqlite(tmp_path, "create table t (at text)", "insert into t values ('2013-01-01 05:00:00')")
    (part,) = open_source(_query("select at from t"), tmp_path, tmp_path).parts
    assert part.types(sample=True) == {"at": "timestamp"}
    assert next(part.batches({"at": "timestamp"})).to_pylist() == [{"at": datetime(2013, 1, 1, 5)}]


def test_colons_and_percent_signs_reach_the_database_as_they_are(tmp_path: Path) -> None:
    _sqlite(tmp_path)
    (tmp_path / "data.db").touch()
    _, rows, _ = read_rows(_query("select 'at :noon, 50%' as a, 7 % 4 as b"), tmp_path)
    assert rows == [{"a": "at :noon, 50%", "b": 3}]


def test_batches_whose_types_differ_share_the_wider_type(tmp_path: Path) -> None:
    _sqlite(tmp_path, "create table t (a)")
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.executemany("insert into t values (?)", [(1,)] * 70_000 + [(0.5,)])
    connection.close()
    types, rows, _ = read_rows(_query("select a from t"), tmp_path)
    assert types == {"a": "float"}
    assert len(rows) == 70_001
    assert rows[-1] == {"a": 0.5}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from absent", r"source\.query: sqlite data\.db: no such table: absent$"),
        ("select * from Sale", r"no such table: Sale\. Did you mean 'sales'\?"),
        ("select s.prise from sales s", r"no such column: s\.prise\. Did you mean 'price'\?"),
        ("select * from sales where 0", r"the query gave no rows"),
        ("select 1 as a, 2 as a", r"the column name 'a' appears 2 times"),
        (
            "select 1 as a union all select 'x'",
            r"'a' holds int and str that share no type\. Cast it",
        ),
        ("select x'00' as a", r"'a' \(binary\)"),
    ],
)
def test_a_query_that_cannot_be_used_is_refused(tmp_path: Path, query: str, message: str) -> None:
    _sqlite(tmp_path, "create table sales (id int, price real)")
    with pytest.raises(DataError, match=message):
        read_rows(_query(query), tmp_path)


def test_a_missing_sqlite_file_is_refused_and_not_made(tmp_path: Path) -> None:
    _sqlite(tmp_path, "create table t (a)")
    with pytest.raises(DataError, match=r"date\.db does not exist\. Did you mean 'data\.db'\?"):
        read_rows(SourceSpec(sql="sqlite:///date.db", query="select 1"), tmp_path)
    assert not (tmp_path / "date.db").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url", r"ingest\.source\.sql is not an SQLAlchemy URL"),
        ("nosuch://host/x", r"SQLAlchemy knows no database 'nosuch'"),
    ],
)
def test_a_wrong_url_is_refused(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(PipelineFileError, match=message):
        read_rows(SourceSpec(sql=url, query="select 1"), tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{CANARY}@127.0.0.1:1/x",
        f"postgresql://127.0.0.1:1/x?user=me&password={CANARY}",
        f"postgresql://me:{CANARY}@127.0.0.1:not-a-port/x",
        f"nosuch://me:{CANARY}@127.0.0.1/x",
    ],
)
def test_a_password_is_in_no_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(MLAssetsError) as error:
        read_rows(SourceSpec(sql=url, query="select 1"), tmp_path)
    text = "".join(traceback.format_exception(error.value))
    assert CANARY not in text


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests of this module."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    programs = _postgres_programs()
    as_user = _as_other_user()
    home = tmp_path_factory.mktemp("postgres")
    # A password is asked for, so that the canary is really used.
    (home / "password").write_text(CANARY)
    if as_user:
        _open_to_all(home)
    data, port = home / "data", _free_port()
    make: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "me",
        "-A",
        "scram-sha-256",
        "-N",
    ]
    _run([*as_user, *make, f"--pwfile={home / 'password'}"])
    options = f"-p {port} -k {home} -c fsync=off -c listen_addresses=127.0.0.1"
    _run(
        [
            *as_user,
            programs / "pg_ctl",
            "-D",
            data,
            "-w",
            "-l",
            home / "log",
            "-o",
            options,
            "start",
        ]
    )
    yield f"postgresql://me:{CANARY}@127.0.0.1:{port}/postgres"
    _run([*as_user, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"])


def test_postgresql_gives_typed_columns(tmp_path: Path, postgres: str) -> None:
    query = """
        select 7::bigint as i, 2.50::numeric as n, 3::numeric(9, 0) as w, 'x' as s, true as b,
               date '2013-01-01' as d, timestamptz '2013-01-01 05:00+02' as t,
               '6f1e0c52-0000-4000-8000-000000000000'::uuid as u, null::int as nothing
    """
    types, rows, _ = read_rows(SourceSpec(sql=postgres, query=query), tmp_path)
    assert types == {
        "i": "int", "n": "float", "w": "int", "s": "string", "b": "bool", "d": "date",
        "t": "timestamp", "u": "string", "nothing": "string",
    }  # fmt: skip
    assert rows == [
        {
            "i": 7, "n": 2.5, "w": 3, "s": "x", "b": True, "d": date(2013, 1, 1),
            "t": datetime(2013, 1, 1, 3), "u": "6f1e0c52-0000-4000-8000-000000000000",
            "nothing": None,
        }
    ]  # fmt: skip


def test_postgresql_streams_many_rows(tmp_path: Path, postgres: str) -> None:
    query = "select i, i % 7 as r from generate_series(1, 150000) as i"
    _, rows, _ = read_rows(SourceSpec(sql=postgres, query=query), tmp_path)
    assert len(rows) == 150_000
    assert rows[-1] == {"i": 150_000, "r": 150_000 % 7}


@pytest.mark.parametrize(
    ("change", "query", "message"),
    [
        (("", ""), "select * from nothing", r"postgresql at 127\.0\.0\.1: relation \"nothing\""),
        ((CANARY, CANARY + "x"), "select 1", r"password authentication failed"),
    ],
)
def test_postgresqls_errors_hold_no_password(
    tmp_path: Path, postgres: str, change: tuple[str, str], query: str, message: str
) -> None:
    with pytest.raises(DataError, match=message) as error:
        read_rows(SourceSpec(sql=postgres.replace(*change), query=query), tmp_path)
    assert CANARY not in "".join(traceback.format_exception(error.value))


def test_postgresqls_errors_name_what_was_probably_meant(tmp_path: Path, postgres: str) -> None:
    engine = sa.create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table if not exists sales (id int, price real)")
    engine.dispose()
    for query, meant in (("select * from Sale", "sales"), ("select prise from sales", "price")):
        with pytest.raises(DataError, match=rf"ingest\.source\.query: .*Did you mean '{meant}'\?$"):
            read_rows(SourceSpec(sql=postgres, query=query), tmp_path)


def _postgres_programs() -> Path:
    programs = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        programs.append(Path(on_path).resolve())
    if not programs:
        pytest.skip("no PostgreSQL server is installed")
    return sorted(programs)[-1].parent


def _as_other_user() -> list[str]:
    """What to put before a command so that it does not run as root, which PostgreSQL refuses."""
    if _output(["id", "-u"]) != "0":
        return []
    if shutil.which("setpriv") is None or _output(["getent", "passwd", "nobody"]) == "":
        pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def _open_to_all(home: Path) -> None:
    home.chmod(0o777)
    (home / "password").chmod(0o644)
    for parent in home.parents:
        if parent.owner() == home.owner() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
