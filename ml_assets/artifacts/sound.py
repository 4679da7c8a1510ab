"""Whether the files in the store are as they were made, judged by content; a process reads each once.

Within a process an unchanged file is recognised by its path, inode, size and times. Another process does
not trust these: `outline` tells it only whether everything has to be read.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ml_assets import durable
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.errors import DataError, ModelError
from ml_assets.ingest.spans import SPANS_FOLDER

DAMAGED_FOLDER = "damaged"
_SHORT = 12
_digests: dict[tuple[str, int, int, int, int], str] = {}


def find_damage(store: Store, artifact: Artifact) -> list[Path]:
    """Give what is not as it was made: the artifact's folder, or snapshots that it names.

    Parameters
    ----------
    store : Store
        Where it lies.
    artifact : Artifact
        Any artifact.

    Returns
    -------
    list of Path
        Empty where every byte is as it was made. What is gone counts too.
    """
    if not artifact.path.is_dir():
        return [artifact.path]
    if durable.directory_digest(artifact.path, _digest) != artifact.digest:
        return [artifact.path]
    return [
        path
        for path, digest in _snapshots(store, artifact)
        if not path.is_file() or _digest(path) != digest
    ]


def set_aside(store: Store, damaged: Iterable[Path]) -> Path:
    """Move what was damaged out of the way, so that it is made again; give the folder it is in."""
    folder = store.root / DAMAGED_FOLDER
    for path in damaged:
        target = _aside_path(store, path)
        if path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            if target.is_dir():
                durable.remove_directory(target)
            path.replace(target)
    return folder


def was_set_aside(store: Store, asset: str, digest: str) -> bool:
    """Whether the artifact with this content was once damaged and moved out of the way."""
    return _aside_path(store, store.object_path(asset, digest)).exists()


def _aside_path(store: Store, path: Path) -> Path:
    return store.root / DAMAGED_FOLDER / f"{path.parent.name}-{path.name[:_SHORT]}"


def refuse_damaged(store: Store, artifacts: Iterable[Artifact]) -> None:
    """Refuse artifacts that are not as they were made, and see to it that the next run makes them again.

    Raises
    ------
    DataError
        With a line for each of them.
    """
    damage_by_asset = {artifact.asset: find_damage(store, artifact) for artifact in artifacts}
    messages = [
        f"{store.root.name}/{asset} was damaged: {damage_in_words(store, paths)}."
        for asset, paths in damage_by_asset.items()
        if paths
    ]
    if messages:
        folder = set_aside(store, (path for paths in damage_by_asset.values() for path in paths))
        raise DataError(
            "\n".join(
                [
                    *messages,
                    f"It was moved to {folder}. A run of the whole pipeline makes it again.",
                ]
            )
        )


def is_altered(store: Store, asset: str, digest: str) -> bool:
    """Whether an artifact is there under this content's digest, and its content is another."""
    path = store.object_path(asset, digest)
    return path.is_dir() and durable.directory_digest(path, _digest) != digest


def sound_path(store: Store, asset: str, digest: str, *, may_be_gone: bool = False) -> Path:
    """Give the folder of an older artifact, of which only the content's digest is known.

    Raises
    ------
    ModelError
        If it was altered, or is gone and may not be. It stays where it is: no run makes it again.
    """
    path = store.object_path(asset, digest)
    is_gone = not path.is_dir() and not may_be_gone
    if is_gone or is_altered(store, asset, digest):
        pipeline, command = store.root.name, "python -m ml_assets"
        raise ModelError(
            f"{pipeline}/{asset}: objects/{asset}/{digest[:_SHORT]}... "
            f"{'is gone' if is_gone else 'was altered after it was made'}, so it is not used. Restore "
            f"the folder from a copy, or do without that model: {command} rollback {pipeline} --reason "
            f"TEXT, or train another one with {command} run {pipeline}"
        )
    return path


def damage_in_words(store: Store, damaged: Sequence[Path]) -> str:
    """Say what was damaged, in a few words."""
    path = damaged[0].relative_to(store.root)
    path = path.with_name(f"{path.name[:_SHORT]}...") if len(path.name) > 2 * _SHORT else path
    state = "was altered, or files of it are gone" if damaged[0].exists() else "is gone"
    more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
    return f"{path} {state}{more}"


def outline(store: Store, artifact: Artifact) -> list[list[str | int]]:
    """Give name, size and time of each of an artifact's files, without reading them."""
    files = [path for path in artifact.path.rglob("*") if path.is_file()]
    files += [path for path, _ in _snapshots(store, artifact) if path.is_file()]
    stats = ((path, path.stat()) for path in sorted(files))
    return [
        [str(path.relative_to(store.root)), stat.st_size, stat.st_mtime_ns] for path, stat in stats
    ]


def _snapshots(store: Store, artifact: Artifact) -> Iterator[tuple[Path, str]]:
    """The snapshots that an artifact names, which lie beside the objects, with their digests."""
    manifest = durable.read_json_object(artifact.path / "manifest.json") or {}
    for span in manifest.get("spans", []):
        yield store.root / SPANS_FOLDER / span["file"], span["sha256"]


def _digest(path: Path) -> str:
    stat = path.stat()
    key = (str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    if key not in _digests:
        _digests[key] = durable.file_digest(path)
    return _digests[key]
