"""Finds pipelines by name."""

from pathlib import Path

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.pipeline_file import (
    PipelineFile,
    component_files,
    pipeline_files,
    read_pipeline_file,
)

_MAX_NAMED = 5


def find_pipeline(defs: Path, name: str) -> PipelineFile:
    """Read the YAML file of the pipeline with this name.

    Raises
    ------
    PipelineFileError
        If there is none, naming those that there are; or if its YAML has mistakes.
    """
    files = {path.parent.name: path for path in component_files(defs)}
    if name in files:
        return read_pipeline_file(files[name])
    names = [path.parent.name for path in pipeline_files(defs)]
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    raise PipelineFileError(
        f"There is no pipeline {name!r} in {defs.name}/.{did_you_mean(name, names)} There are: "
        f"{', '.join(names[:_MAX_NAMED]) or 'none'}{more}."
    )
