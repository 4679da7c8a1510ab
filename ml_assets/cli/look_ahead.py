"""Looks at the rows of a query or function before any asset of a run starts, and keeps them for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from ml_assets import durable
from ml_assets.artifacts.declared import declared_stage
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.stage import is_stored
from ml_assets.artifacts.store import Store
from ml_assets.cli.check import located, look_at_source, mistakes_of_columns
from ml_assets.cli.execute import Definitions
from ml_assets.errors import DataError, PipelineFileError
from ml_assets.ingest.kept_open import kept_open
from ml_assets.pipeline_file import PipelineFile

_READER = "raw_data"


@contextmanager
def looked_ahead(
    pipeline: PipelineFile, home: Home, definitions: Definitions, keys: Sequence[dg.AssetKey]
) -> Iterator[list[str]]:
    """Give the mistakes of the YAML about the rows that a run will read; meanwhile the source stays open.

    Where the run reads stored rows instead, these are judged. Files are not: they can be checked
    sooner, and be read again. Where each asset runs in its own process, an open source cannot be passed
    on, and only `raw_data` checks.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline.
    home : Home
        The home folder.
    definitions : Definitions
        All definitions.
    keys : sequence of AssetKey
        What is to run.

    Raises
    ------
    DataError
        If the source cannot be read.
    """
    spec = pipeline.spec
    mistakes = [] if spec.ingest.source.is_file else _mistakes_of_stored(pipeline, home, keys)
    if mistakes is not None or not definitions.run_in_this_process(keys):
        yield mistakes or []
        return
    with durable.staging_directory(home.pipeline(spec.name)) as scratch:
        source, mistakes = look_at_source(pipeline, scratch)
        with kept_open(spec.ingest.source, spec.directory, source):
            yield mistakes


def _mistakes_of_stored(
    pipeline: PipelineFile, home: Home, keys: Sequence[dg.AssetKey]
) -> list[str] | None:
    """What does not fit the rows that are stored; None where the source will be read instead."""
    name, store = pipeline.spec.name, Store(home.pipeline(pipeline.spec.name))
    reader, record = declared_stage(name, _READER), store.current(_READER)
    try:
        if reader and dg.AssetKey([name, _READER]) in keys and not is_stored(reader, home):
            return None
    except PipelineFileError as error:
        return str(error).splitlines()
    except DataError as error:
        raise located(error, pipeline) from error
    path = store.artifact(record).path / "manifest.json" if record else None
    if path is None or not path.is_file():  # which the first asset of the run will say
        return []
    columns = {column["name"]: column["type"] for column in durable.read_json(path)["columns"]}
    return mistakes_of_columns(pipeline, columns)
