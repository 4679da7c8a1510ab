"""Finds pipelines by name."""

from pathlib import Path

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.pipeline_file import PipelineFile, pipeline_files, read_pipeline_file


def find_pipeline(defs: Path, name: str) -> PipelineFile:
    """Read the YAML file of the pipeline with this name.

    Raises
    ------
    PipelineFileError
        If there is none, naming those that there are; or if its YAML has mistakes.
    """
    folders = {path.parent.name: path for path in pipeline_files(defs)}
    if name in folders:
        return read_pipeline_file(folders[name])
    known = ", ".join(folders) or "none"
    raise PipelineFileError(
        f"There is no pipeline {name!r} in {defs.name}/. There are: {known}."
        f"{did_you_mean(name, folders)}"
    )
