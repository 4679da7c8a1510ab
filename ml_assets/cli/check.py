"""Checks pipelines before anything runs: their YAML, and the columns it names against the source."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ml_assets.cli.pipelines import find_pipeline
from ml_assets.errors import DataError, MLAssetsError, PipelineFileError
from ml_assets.pipeline_file import PipelineFile, pipeline_files


def check_pipelines(defs: Path, names: Sequence[str]) -> int:
    """Print every mistake of the named pipelines, or of all; give 1 if there is one, else 0."""
    found = names or [path.parent.name for path in pipeline_files(defs)]
    mistakes = [line for name in found for line in _mistakes(defs, name)]
    print(*mistakes, sep="\n", end="\n" if mistakes else "", file=sys.stderr)
    if not mistakes:
        print(f"{', '.join(found) or 'no pipelines'}: nothing wrong.")
    return 1 if mistakes else 0


def source_mistakes(pipeline: PipelineFile) -> list[str]:
    """Give every mistake in what a pipeline's YAML says about its source.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline. The first rows of its source are read.

    Returns
    -------
    list of str
        In fewer than ten lines: a source that is missing or cannot be read; columns that it does not
        have, each with file, line, key and the nearest right name; columns of a wrong type.
    """
    from ml_assets.ingest.preflight import check_source
    from ml_assets.named_columns import named_columns

    spec = pipeline.spec
    try:
        check_source(
            spec.ingest.source,
            spec.directory,
            named_columns(spec),
            lambda key: pipeline.where(*key),
        )
    except PipelineFileError as error:
        return str(error).splitlines()
    except DataError as error:
        first, *more = str(error).splitlines()
        return [f"{pipeline.where('ingest', 'source')}: {first}", *more]
    return []


def _mistakes(defs: Path, name: str) -> list[str]:
    try:
        return source_mistakes(find_pipeline(defs, name))
    except MLAssetsError as error:
        return str(error).splitlines()
