"""Which files a source consists of: one file, all files of its kind in a folder, or a glob pattern."""

import glob
from dataclasses import dataclass
from pathlib import Path

from ml_assets.durable import file_digest
from ml_assets.errors import DataError, did_you_mean

# The endings that files of each kind have in a folder; a file that is named itself may have any.
ENDINGS = {
    "csv": (".csv", ".tsv", ".txt"),
    "parquet": (".parquet", ".pq"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
}
_PROJECT_MARKS = ("pyproject.toml", "workspace.yaml")


@dataclass(frozen=True)
class FoundFile:
    """One file of a source: its name, where it lies, and the SHA-256 of its content."""

    name: str
    path: Path
    digest: str


def project_directory(directory: Path) -> Path:
    """Give the project's folder, from which relative paths in a pipeline's YAML are looked up.

    Parameters
    ----------
    directory : Path
        The folder of the YAML file.

    Returns
    -------
    Path
        The nearest folder at or above it that holds a pyproject.toml or a workspace.yaml; where none
        does, `directory` itself.
    """
    folders = (directory, *directory.parents)
    marked = (
        folder for folder in folders if any((folder / mark).is_file() for mark in _PROJECT_MARKS)
    )
    return next(marked, directory)


def find_files(pattern: str, kind: str, directory: Path) -> list[tuple[str, Path]]:
    """Find the files of a source, sorted by name.

    Parameters
    ----------
    pattern : str
        A file, a folder or a glob pattern, absolute or relative to the project's folder.
    kind : {"csv", "parquet", "jsonl"}
        The kind of file to take from a folder.
    directory : Path
        The folder of the YAML file.

    Returns
    -------
    list of (str, Path)
        Each file with its name, relative to the folder that the pattern begins with.

    Raises
    ------
    DataError
        If there is no such file, with the nearest name that exists.
    """
    path = project_directory(directory) / Path(pattern).expanduser()
    if path.is_file():
        return [(path.name, path)]
    if path.is_dir():
        return _files_in_folder(path, kind)
    if glob.has_magic(pattern):
        return _files_matching(path, kind)
    raise DataError(missing_file(path, f"ingest.source.{kind}"))


def digested(files: list[tuple[str, Path]]) -> list[FoundFile]:
    """Read each file's content once and give its SHA-256.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    found_files = []
    for name, path in files:
        try:
            found_files.append(FoundFile(name, path, file_digest(path)))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    return found_files


def check_unchanged(file: FoundFile) -> None:
    """Refuse what was read if the file's content is not what it was before.

    Raises
    ------
    DataError
        If it changed, or is gone.
    """
    if not file.path.is_file() or file_digest(file.path) != file.digest:
        raise DataError(
            f"{file.path} changed while it was read; nothing of it was kept. Run again once it is "
            "complete."
        )


def missing_file(path: Path, key: str) -> str:
    """Say that a file does not exist, and what exists that is named nearly so."""
    folder = path.parent
    if not folder.is_dir():
        return f"{key}: {path} does not exist; neither does its folder."
    hint = did_you_mean(path.name, [sibling.name for sibling in folder.iterdir()])
    return f"{key}: {path} does not exist.{hint}"


def _files_in_folder(folder: Path, kind: str) -> list[tuple[str, Path]]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and _is_data(path)]
    matches = [(path.name, path) for path in files if path.suffix.lower() in ENDINGS[kind]]
    if not matches:
        endings = ", ".join(ENDINGS[kind])
        raise DataError(
            f"ingest.source.{kind}: {folder} is a folder and holds no file that ends in {endings}. "
            f"It holds {len(files)} other files. Name a file, or a folder of such files."
        )
    return matches


def _files_matching(pattern: Path, kind: str) -> list[tuple[str, Path]]:
    base = pattern
    while glob.has_magic(str(base)):
        base = base.parent
    paths = sorted(Path(path) for path in glob.glob(str(pattern), recursive=True))  # noqa: PTH207
    matches = [
        (path.relative_to(base).as_posix(), path)
        for path in paths
        if path.is_file() and _is_data(path)
    ]
    if not matches:
        raise DataError(
            f"ingest.source.{kind}: no file matches {pattern}. The folder {base} "
            f"{'exists' if base.is_dir() else 'does not exist'}."
        )
    return matches


def _is_data(path: Path) -> bool:
    """Whether a file is data: names with a leading dot or underscore are other programs' marks."""
    return not path.name.startswith((".", "_"))
