"""The adapter to databases: a query through SQLAlchemy as record batches, read once and in a stream.

Nothing that it raises holds the URL, the password or the query's rows.
"""

import datetime
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pyarrow as pa
import sqlalchemy as sa

from ml_assets.errors import DataError, MissingExtraError, PipelineFileError, did_you_mean
from ml_assets.ingest.source_files import missing_file
from ml_assets.ingest.text_types import Inference
from ml_assets.table import BATCH_ROWS

_SECRET_WORDS = ("pass", "pwd", "secret", "token", "key", "credential")
_TEXT_TYPES = (uuid.UUID, datetime.time)
_WORD = re.compile(r"\w+")


def query_batches(url: str, query: str, directory: Path) -> Iterator[pa.RecordBatch]:
    """Run a query and give its rows in batches of at most 65,536, with the types that each batch has.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL. A relative SQLite file is looked up from `directory`.
    query : str
        Handed to the database as it is.
    directory : Path
        The project's folder.

    Raises
    ------
    PipelineFileError
        If the URL cannot be read.
    MissingExtraError
        If the database's driver is not installed.
    DataError
        If the database cannot be reached, refuses the query, or a column mixes types.
    """
    address = _address(url, directory)
    engine = _guarded(lambda: sa.create_engine(_with_driver(address)), address)
    try:
        with _guarded(engine.connect, address) as connection:
            options = {"stream_results": True, "no_parameters": True}
            streaming = connection.execution_options(**options)

            def hint(message: str) -> str:
                return _nearest_name(engine, query, message)

            result = _guarded(lambda: streaming.exec_driver_sql(query), address, hint)
            names = list(result.keys())
            yield _batch(names, [])
            while rows := _guarded(lambda: result.fetchmany(BATCH_ROWS), address, hint):
                yield _batch(names, rows)
    finally:
        engine.dispose()


def times_as_text(batches: Iterable[pa.RecordBatch]) -> dict[str, str]:
    """Give the text columns that hold only dates or times as ISO 8601 writes them, with their type.

    SQLite has no type for times and keeps them as text.
    """
    inferences: dict[str, Inference] = {}
    for batch in batches:
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_string(values.type):
                inferences.setdefault(name, Inference()).update(values)
    return {
        name: inference.kind
        for name, inference in inferences.items()
        if inference.kind in ("date", "timestamp")
    }


def _address(url: str, directory: Path) -> sa.URL:
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        address = None
    if address is None:
        raise PipelineFileError(
            "ingest.source.sql is not an SQLAlchemy URL. Allowed are such as sqlite:///data.db and "
            "postgresql://user@host/database"
        )
    file = address.database
    if address.get_backend_name() == "sqlite" and file and not file.startswith((":", "file:")):
        path = directory / file
        if not path.is_file():
            raise DataError(missing_file(path, "ingest.source.sql"))
        return address.set(database=str(path))
    return address


def _with_driver(address: sa.URL) -> sa.URL:
    """PostgreSQL through psycopg, unless the URL names another driver."""
    if address.drivername in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    return address


def _guarded(
    action: Callable[[], Any], address: sa.URL, hint: Callable[[str], str] | None = None
) -> Any:
    """Do something with a database; raise what goes wrong without the secrets of its address.

    For what a query does, `hint` gives advice on the database's message.
    """
    problem: Exception | None = None
    try:
        return action()
    except ImportError as error:
        problem = MissingExtraError(
            f"The driver for {address.get_backend_name()} is not installed ({error.name}). Install "
            "it; for PostgreSQL: pip install 'ml_assets[postgres]'"
        )
    except sa.exc.NoSuchModuleError:
        problem = PipelineFileError(
            f"ingest.source.sql: SQLAlchemy knows no database {address.drivername!r}."
        )
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        text = _without_secrets(" ".join(str(cause).split()), address)[:300]
        key, suggestion = ("query", hint(text)) if hint else ("sql", "")
        problem = DataError(
            f"ingest.source.{key}: {_place(address)}: {text}{suggestion and f'.{suggestion}'}"
        )
    # Outside of the except block, so that the driver's own error, with its secrets, is not attached.
    raise problem


def _nearest_name(engine: sa.Engine, query: str, message: str) -> str:
    """The nearest table, or column of the query's tables, to what a database does not know."""
    query_words = {word.casefold() for word in _WORD.findall(query)}
    try:
        inspector = sa.inspect(engine)
        known_names = [*inspector.get_table_names(), *inspector.get_view_names()]
        tables = [name for name in known_names if name.casefold() in query_words]
        known_names += [
            column["name"] for table in tables for column in inspector.get_columns(table)
        ]
    except sa.exc.SQLAlchemyError:  # without its tables there is no hint
        return ""
    folded = {name.casefold() for name in known_names}
    unknown = [word for word in _WORD.findall(message) if word.casefold() in query_words - folded]
    return next((hint for word in unknown if (hint := did_you_mean(word, known_names))), "")


def _place(address: sa.URL) -> str:
    if address.host is None:
        return f"{address.get_backend_name()} {Path(address.database or 'memory').name}"
    return f"{address.get_backend_name()} at {address.host}"


def _without_secrets(text: str, address: sa.URL) -> str:
    secrets = [str(address.password or "")]
    for key, value in address.query.items():
        if any(word in key.lower() for word in _SECRET_WORDS):
            secrets += [value] if isinstance(value, str) else value
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in (secret, unquote_plus(secret), quote_plus(secret)):
            text = text.replace(form, "***")
    return text


def _batch(names: list[str], rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    arrays = [_array(name, list(values)) for name, values in zip(names, columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _array(name: str, values: list[Any]) -> pa.Array:
    plain_values = [str(value) if isinstance(value, _TEXT_TYPES) else value for value in values]
    try:
        return pa.array(plain_values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        types = sorted({type(value).__name__ for value in values if value is not None})
        raise DataError(
            f"ingest.source.query: the column '{name}' holds {' and '.join(types)} that share no type. "
            f"Cast it in the query, such as CAST({name} AS TEXT)."
        ) from error
