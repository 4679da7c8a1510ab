"""The adapter for the schema file beside the pipeline and its history.

A version that this package makes is noted before the file is written, and entered into the history after
it. A process killed in between leaves the old file, or the new one whose entry the next process writes.
What people change in the file is entered when it is read next.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ml_assets import durable
from ml_assets.errors import PipelineFileError
from ml_assets.schema.history import History, Version, edited_version, history_in
from ml_assets.schema.infer import InferenceOptions
from ml_assets.schema.model import Schema
from ml_assets.schema.spec import SchemaSpec
from ml_assets.schema.yaml_file import read_schema
from ml_assets.schema.yaml_writer import schema_body

_FOLDER = "schema_versions"


@dataclass(frozen=True)
class PinnedSchema:
    """A schema file with its history; made by `pinned_schema`."""

    path: Path
    history: History

    @property
    def name(self) -> str:
        """The file as messages name it."""
        return f"{self.path.parent.name}/{self.path.name}"

    @contextmanager
    def changing(self, at: str, run_id: str, harmless: Collection[str]) -> Iterator[list[Version]]:
        """Hold the file against this machine's other processes, and give its history up to now.

        What a killed process wrote into the file and not into the history is entered first, then what
        people changed in it.

        Parameters
        ----------
        at, run_id, harmless
            As in `new_version`.

        Raises
        ------
        PipelineFileError
            If the file has mistakes, or the history is broken.
        """
        with durable.exclusive(self.history.folder / "schema.lock"):
            self.history.sweep()
            versions = self._recovered_versions()
            if self.path.is_file():
                read_schema(self.path)
                edited = edited_version(
                    self.text(), versions, at=at, run_id=run_id, harmless=harmless
                )
                versions += [self.history.append(edited)] if edited is not None else []
            yield versions

    def publish(self, version: Version) -> Version:
        """Write a version into the file and the history, and give it with its number.

        Raises
        ------
        PipelineFileError
            If the file cannot be written.
        """
        self.history.begin(version)
        try:
            durable.write_bytes(self.path, version.text.encode())
        except OSError as error:
            self.history.end()
            raise PipelineFileError(
                f"{self.name} cannot be written: {error.strerror}. Make "
                f"the folder {self.path.parent} writable, so that the schema can be kept and reviewed "
                "there."
            ) from error
        written = self.history.append(version)
        self.history.end()
        return written

    def text(self) -> str:
        """Give the file's text to the letter."""
        return self.path.read_bytes().decode()

    def _recovered_versions(self) -> list[Version]:
        versions = self.history.entries()
        unfinished = self.history.intent()
        if unfinished is not None:
            is_written = self.path.is_file() and durable.file_digest(self.path) == unfinished.digest
            if is_written and (not versions or versions[-1].at != unfinished.at):
                versions.append(self.history.append(unfinished))
            self.history.end()
        return versions


def pinned_schema(path: Path, root: Path) -> PinnedSchema:
    """Give the schema file `path` with the history that is kept in the pipeline's folder `root`."""
    return PinnedSchema(path, history_in(root / _FOLDER))


def inference_options(spec: SchemaSpec, absent_in_serving: Collection[str]) -> InferenceOptions:
    """Give the options with which a pipeline infers its schema, and proposes what is new in it.

    Parameters
    ----------
    spec : SchemaSpec
        The `schema` part of the YAML.
    absent_in_serving : collection of str
        The columns that do not exist yet at the moment of prediction.
    """
    return InferenceOptions(
        infer_feature_shape=False,
        max_string_domain_size=spec.max_domain_size,
        range_margin=spec.range_margin,
        presence_margin=1.0,
        leave_out_empty=True,
        absent_in_serving=set(absent_in_serving),
    )


def write_copy(path: Path, schema: Schema, original: Path) -> None:
    """Write what a schema demands, without comments and reviews: these change nothing downstream."""
    name = f"{original.parent.name}/{original.name}"
    header = f"# A copy of what {name} demands. To change the schema, edit that file.\n"
    durable.write_bytes(path, (header + schema_body(schema)).encode())


def why_not_pinned(path: Path, digest: str) -> str | None:
    """Say why a schema read from `path` when its SHA-256 was `digest` does not hold any more, if so."""
    if not path.is_file():
        return f"{path.name} is missing"
    return None if durable.file_digest(path) == digest else f"{path.name} was edited"
