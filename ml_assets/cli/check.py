"""Checks pipelines before anything runs: their YAML, and the columns it names against the source."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ml_assets.cli.pipelines import find_pipeline
from ml_assets.errors import MLAssetsError
from ml_assets.pipeline_file import pipeline_files


def check_pipelines(defs: Path, names: Sequence[str]) -> int:
    """Print every mistake of the named pipelines, or of all; give 1 if there is one, else 0."""
    found = names or [path.parent.name for path in pipeline_files(defs)]
    mistakes = [line for name in found for line in _mistakes(defs, name)]
    print(*mistakes, sep="\n", end="\n" if mistakes else "", file=sys.stderr)
    if not mistakes:
        print(f"{', '.join(found) or 'no pipelines'}: nothing wrong.")
    return 1 if mistakes else 0


def _mistakes(defs: Path, name: str) -> list[str]:
    try:
        return source_mistakes(find_pipeline(defs, name))
    except MLAssetsError as error:
        return str(error).splitlines()
