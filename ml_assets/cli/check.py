"""Checks pipelines before anything runs: their YAML, and what it says against the source."""

import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from ml_assets.cli.pipelines import find_pipeline
from ml_assets.errors import DataError, MLAssetsError, PipelineFileError
from ml_assets.ingest.sources import Source, open_source
from ml_assets.pipeline_file import (
    PipelineFile,
    component_files,
    is_meant_as_pipeline,
    read_pipeline_file,
    read_valid_parts,
)
from ml_assets.training.spec import LIGHTGBM
from ml_assets.yaml_lines import KeyPath

_KEY = re.compile(r"([a-z_]+(?:\.[^\s.:]+)+): ")
_MAX_FOLDERS = 5
_MAX_MISTAKES = 5


def check_pipelines(defs: Path, names: Sequence[str]) -> int:
    """Print every mistake of the named pipelines, or of all; give 1 if there is one, else 0.

    A bad file stops the others too, since Dagster loads all of them: it is named in any case.
    """
    pipelines, wrong_files = _read_all(defs)
    selected = names or sorted({*pipelines, *wrong_files})
    mistakes = [line for name in selected for line in _mistakes(defs, name, wrong_files)]
    mistakes += _elsewhere_lines([folder for folder in wrong_files if folder not in selected])
    print(*mistakes, sep="\n", end="\n" if mistakes else "", file=sys.stderr)
    if not mistakes:
        print(f"{', '.join(selected) or 'no pipelines'}: nothing wrong.")
    return 1 if mistakes else 0


def mistakes_elsewhere(defs: Path, folder: str) -> list[str]:
    """Give the first mistakes in the files of other pipelines: Dagster loads all, so each stops a run.

    Parameters
    ----------
    defs : Path
        The folder of the pipelines.
    folder : str
        The pipeline's folder; mistakes there are left out.

    Returns
    -------
    list of str
        At most five mistakes, then a line that names the folders with mistakes; empty if there are none.
    """
    _, wrong_files = _read_all(defs)
    others = {name: lines for name, lines in wrong_files.items() if name != folder}
    return [
        *[line for lines in others.values() for line in lines][:_MAX_MISTAKES],
        *_elsewhere_lines([*others]),
    ]


def source_mistakes(pipeline: PipelineFile) -> list[str]:
    """Give every mistake in what a pipeline's YAML says about the world outside it.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline. The first rows of its source are read.

    Returns
    -------
    list of str
        Functions and parameters that do not exist; and in fewer than ten lines: a source that
        is missing or cannot be read; columns that it does not have, each with file, line, key and the
        nearest right name; columns of a wrong type; a label that cannot be computed.
    """
    missing = setting_mistakes(pipeline)
    if any("ingest.source" in line for line in missing):
        return missing
    with tempfile.TemporaryDirectory() as scratch:
        try:
            _, mistakes = look_at_source(pipeline, Path(scratch))
        except DataError as error:
            mistakes = str(error).splitlines()
    return [*missing, *mistakes]


def setting_mistakes(pipeline: PipelineFile, is_tried: bool = False) -> list[str]:
    """Give every function and parameter of a pipeline's YAML that does not exist, with its line.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline.
    is_tried : bool
        Whether its part `training` has run before; estimator and parameters are then not checked,
        since that can take seconds to import.
    """
    source, estimator = pipeline.spec.ingest.source, pipeline.spec.training.estimator
    functions: dict[tuple[str | int, ...], str | None] = {
        ("ingest", "source", "python"): source.python,
        ("ingest", "source", "fingerprint"): source.fingerprint,
        ("training", "estimator"): estimator if ":" in estimator and not is_tried else None,
        **{("evaluation", *key): name for key, name in pipeline.spec.evaluation.functions.items()},
    }
    libraries = list(_missing_libraries(pipeline))
    parameters = [] if is_tried or libraries else _unknown_parameters(pipeline)
    return [*_missing_functions(pipeline, functions), *libraries, *parameters]


def look_at_source(pipeline: PipelineFile, scratch: Path) -> tuple[Source, list[str]]:
    """Open a pipeline's source, and compare its first rows with what the YAML says.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline.
    scratch : Path
        A folder for what does not fit into memory, for as long as the source is used.

    Returns
    -------
    tuple of Source and list of str
        The source, still open for reading, and the mistakes, each with file and line.

    Raises
    ------
    DataError
        If the source is missing or cannot be read; the message begins with file and line.
    """
    spec = pipeline.spec
    try:
        with warnings.catch_warnings(action="ignore"):  # of a user's function
            source = open_source(spec.ingest.source, spec.directory, scratch)
            return source, _row_mistakes(pipeline, source)
    except DataError as error:
        raise located(error, pipeline) from error


def located(error: DataError, pipeline: PipelineFile) -> DataError:
    """Give an error of a pipeline's source with file and line of its key before the text."""
    text, place = str(error), pipeline.where("ingest", "source")
    is_of_key = text.startswith("ingest.source.")
    return DataError(_with_line(text, pipeline) if is_of_key else f"{place}: {text}")


def mistakes_of_columns(pipeline: PipelineFile, columns: Mapping[str, str]) -> list[str]:
    """Give the mistakes of a pipeline's YAML about the names and types of its source's columns."""
    from ml_assets.ingest.preflight import refuse
    from ml_assets.named_columns import column_mistakes, no_features

    spec, where = pipeline.spec, _locator(pipeline)
    try:
        refuse(column_mistakes(spec, columns, where), columns)
        refuse(no_features(spec, columns, where), columns)
    except PipelineFileError as error:
        return [_with_line(line, pipeline) for line in str(error).splitlines()]
    return []


def _row_mistakes(pipeline: PipelineFile, source: Source) -> list[str]:
    from ml_assets.ingest.preflight import check_source
    from ml_assets.named_columns import named_columns

    ingest, columns_named = pipeline.spec.ingest, named_columns(pipeline.spec)
    max_rejected = ingest.max_rejected_fraction
    try:
        columns = check_source(
            ingest.source, source, columns_named, _locator(pipeline), max_rejected
        )
    except PipelineFileError as error:
        return str(error).splitlines()
    return mistakes_of_columns(pipeline, columns)


def _locator(pipeline: PipelineFile) -> Callable[[KeyPath], str]:
    return lambda key: pipeline.where(*key)


def _read_all(defs: Path) -> tuple[dict[str, PipelineFile], dict[str, list[str]]]:
    """All pipelines by folder, and the mistakes of those that cannot be read or share a name."""
    pipelines, wrong_files = dict[str, PipelineFile](), dict[str, list[str]]()
    for path in component_files(defs):
        if not is_meant_as_pipeline(path):
            continue
        try:
            pipelines[path.parent.name] = read_pipeline_file(path)
        except PipelineFileError as error:
            wrong_files[path.parent.name] = str(error).splitlines()
    for folder, line in _same_names(pipelines):
        wrong_files.setdefault(folder, []).append(line)
    return pipelines, wrong_files


def _same_names(pipelines: Mapping[str, PipelineFile]) -> Iterator[tuple[str, str]]:
    """The pipelines that have the name, or the registered model, of one before them."""
    names, models = dict[str, PipelineFile](), dict[str, PipelineFile]()
    for folder, file in pipelines.items():
        name, model = file.spec.name, file.spec.model_name
        for key, value, taken in ((("name",), name, names), (("registry", "model"), model, models)):
            if value in taken:
                place = taken[value].where(*key)
                needed = "each pipeline needs its own"
                text = f"{'.'.join(key)} {value!r} is taken by {place}; {needed}."
                yield folder, f"{file.where(*key)}: {text}"
                break
        else:
            names[name], models[model] = file, file


def _mistakes(defs: Path, name: str, wrong_files: Mapping[str, list[str]]) -> list[str]:
    """The mistakes of a pipeline's YAML itself, then those about its source, functions and windows."""
    own_mistakes = wrong_files.get(name, [])
    try:
        pipeline = (
            read_valid_parts(defs / name / "defs.yaml")
            if own_mistakes
            else find_pipeline(defs, name)
        )
        if pipeline is None:
            return [*own_mistakes]
        other_mistakes = source_mistakes(pipeline) or list(_empty_windows(pipeline))
    except MLAssetsError as error:
        other_mistakes = str(error).splitlines()
    return [*own_mistakes, *(line for line in other_mistakes if line not in own_mistakes)]


def _elsewhere_lines(folders: Sequence[str]) -> list[str]:
    if not folders:
        return []
    more = f" and {len(folders) - _MAX_FOLDERS} more" if len(folders) > _MAX_FOLDERS else ""
    return [
        f"A mistake in one file stops every pipeline. There are some in: "
        f"{', '.join(folders[:_MAX_FOLDERS])}{more}. See: python -m ml_assets check"
    ]


def _missing_functions(
    pipeline: PipelineFile, functions: Mapping[tuple[str | int, ...], str | None]
) -> Iterator[str]:
    """The user's functions that cannot be imported."""
    from ml_assets.ingest.user_function import load_function

    for key, name in functions.items():
        try:
            if name is not None:
                load_function(name, ".".join(map(str, key)))
        except PipelineFileError as error:
            yield f"{pipeline.where(*key)}: {error}"


def _missing_libraries(pipeline: PipelineFile) -> Iterator[str]:
    """The libraries that the YAML needs and that are not installed."""
    training = pipeline.spec.training
    libraries = {
        ("training", "estimator"): "lightgbm" if training.estimator == LIGHTGBM else None,
        ("training", "tuning", "cluster"): "distributed" if training.tuning.cluster else None,
    }
    extras = {"lightgbm": "lightgbm", "distributed": "dask"}
    for key, library in libraries.items():
        if library is not None and find_spec(library) is None:
            yield (
                f"{pipeline.where(*key)}: {'.'.join(key)} needs {library}, which is not installed. "
                f"Install it: pip install 'ml_assets[{extras[library]}]'"
            )


def _unknown_parameters(pipeline: PipelineFile) -> Iterator[str]:
    """Hyperparameters that the estimator does not have."""
    training = pipeline.spec.training
    settings = {
        ("training", "parameters"): training.parameters,
        ("training", "tuning", "search_space"): training.tuning.search_space or {},
    }
    if not any(settings.values()):
        return
    from ml_assets.training.estimators import unknown_parameters

    for key, parameters in settings.items():
        unknown = unknown_parameters(training.estimator, pipeline.spec.task, parameters)
        for name, text in unknown.items():
            yield f"{pipeline.where(*key, name)}: {'.'.join(key)}: {text}"


def _empty_windows(pipeline: PipelineFile) -> Iterator[str]:
    """Windows with dates that hold none of the data; for them the times of all rows are read."""
    from ml_assets.ingest.preflight import first_and_last_span

    spec = pipeline.spec
    windows = {("ingest", "window"): spec.ingest.window, ("serving", "window"): spec.serving.window}
    dated = {
        key: window
        for key, window in windows.items()
        if window.start is not None or window.end is not None
    }
    if not dated or not spec.ingest.source.is_file:
        return
    from ml_assets.ingest.spans import window_ends

    first, last = first_and_last_span(spec.ingest, spec.directory)
    for key, window in dated.items():
        start, end = window_ends(window, spec.ingest.span)
        if start > last or (end is not None and end < first):
            yield (
                f"{pipeline.where(*key)}: {'.'.join(key)}: from {start or 'the beginning'} to "
                f"{end or 'the end'} there are no data; they are from {first} to {last}."
            )


def _with_line(line: str, pipeline: PipelineFile) -> str:
    """The message with file and line of its key before it, if it begins with a key."""
    match = _KEY.match(line)
    return line if match is None else f"{pipeline.where(*match[1].split('.'))}: {line}"
