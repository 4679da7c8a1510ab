"""Writes pipelines' YAML files, for tests."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_assets.errors import PipelineFileError
from ml_assets.pipeline import PipelineSpec
from ml_assets.pipeline_file import COMPONENT_TYPE, read_pipeline_file

SMALLEST: dict[str, Any] = {
    "task": "binary",
    "ingest": {"source": {"csv": "a.csv"}},
    "labels": "paid",
}


def write_text(folder: Path, text: str, name: str = "shop") -> Path:
    """Write the text of the YAML file of the pipeline `name`, and give its path."""
    path = folder / name / "defs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def write_pipeline(folder: Path, name: str = "shop", **attributes: Any) -> Path:
    """Write a YAML file whose attributes are the smallest that there are, and these."""
    values = {"type": COMPONENT_TYPE, "attributes": {**SMALLEST, **attributes}}
    return write_text(folder, yaml.safe_dump(values, sort_keys=False), name)


def to_yaml(spec: PipelineSpec) -> str:
    """Write a specification out in full, as the text of a YAML file."""
    attributes = spec.model_dump(mode="json", by_alias=True)
    return yaml.safe_dump({"type": COMPONENT_TYPE, "attributes": attributes}, sort_keys=False)


def mistakes(path: Path) -> list[str]:
    """The lines of what is told of a file with mistakes."""
    with pytest.raises(PipelineFileError) as caught:
        read_pipeline_file(path)
    return str(caught.value).splitlines()
