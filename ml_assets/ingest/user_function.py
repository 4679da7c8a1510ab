"""The adapter to users' own Python functions that the YAML names as ``module:function``."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ml_assets.errors import DataError, PipelineFileError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

_EXPECTED = "a DataFrame, an Arrow table, or an iterator of either"


def load_function(name: str, key: str) -> Callable[..., Any]:
    """Import a function by its name.

    Parameters
    ----------
    name : str
        As ``module:function``.
    key : str
        The YAML key that names it, for errors.

    Raises
    ------
    PipelineFileError
        If the module is not found, fails when it is imported, or lacks the function.
    """
    module_name, _, function_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise PipelineFileError(
            f"{key}: the module {error.name!r} is not found. It must be importable from the project's "
            "folder, or be installed."
        ) from error
    except Exception as error:
        raise PipelineFileError(
            f"{key}: importing {module_name!r} failed: {type(error).__name__}: {error}"
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        hint = did_you_mean(
            function_name,
            [public_name for public_name in vars(module) if not public_name.startswith("_")],
        )
        raise PipelineFileError(f"{key}: {module_name} has no function {function_name!r}.{hint}")
    loaded: Callable[..., Any] = function
    return loaded


def call(name: str, key: str) -> Any:
    """Call a user's function without arguments.

    Raises
    ------
    DataError
        If it fails; the user's own error is its cause.
    """
    function = load_function(name, key)
    try:
        return function()
    except Exception as error:
        raise DataError(f"{key}: {name} failed: {type(error).__name__}: {error}") from error


def function_batches(name: str, key: str) -> "Iterator[pa.RecordBatch]":
    """Call a user's function and give what it gives in record batches.

    Parameters
    ----------
    name : str
        As ``module:function``.
    key : str
        The YAML key that names it, for errors.

    Raises
    ------
    DataError
        If it fails, or gives something that is not a table or an iterator of tables.
    """
    from ml_assets.table import BATCH_ROWS

    for table in _tables(call(name, key), name, key):
        yield from table.to_batches(max_chunksize=BATCH_ROWS) or _no_rows(table)


def _tables(result: Any, name: str, key: str) -> "Iterator[pa.Table]":
    if _is_table(result):
        yield _table(result, name, key)
        return
    if not isinstance(result, Iterable) or isinstance(result, str | bytes | dict):
        raise DataError(f"{key}: {name} gave a {type(result).__name__}; allowed is {_EXPECTED}.")
    items = iter(result)
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except Exception as error:
            raise DataError(f"{key}: {name} failed: {type(error).__name__}: {error}") from error
        if not _is_table(item):
            raise DataError(
                f"{key}: {name} gave an iterator of {type(item).__name__}; allowed is {_EXPECTED}."
            )
        yield _table(item, name, key)


def _is_table(value: Any) -> bool:
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")


def _table(value: Any, name: str, key: str) -> "pa.Table":
    import pandas as pd
    import pyarrow as pa

    try:
        if isinstance(value, pd.DataFrame):
            return pa.Table.from_pandas(value, preserve_index=False).replace_schema_metadata()
        return pa.table(value).replace_schema_metadata()
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        raise DataError(f"{key}: {name} gave a table that cannot be read: {error}") from error


def _no_rows(table: "pa.Table") -> "list[pa.RecordBatch]":
    """One batch without rows, which still says what the columns are."""
    import pyarrow as pa

    return [pa.RecordBatch.from_pylist([], schema=table.schema)]
