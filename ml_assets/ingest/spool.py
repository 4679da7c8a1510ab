"""`Spool`: record batches kept by key, in memory up to a limit and in files beyond it."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

_MAX_BYTES = 256 << 20


class Spool:
    """Batches by key, in the order in which they came.

    Parameters
    ----------
    directory : Path
        A folder for the files, which its owner removes.
    max_bytes : int
        How much is kept in memory, >= 0.
    """

    def __init__(self, directory: Path, max_bytes: int = _MAX_BYTES) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._memory: dict[str, list[pa.RecordBatch]] = {}
        self._bytes = 0
        self._files: dict[str, list[tuple[Path, int]]] = {}
        self._count = 0

    def add(self, key: str, batch: pa.RecordBatch) -> None:
        """Keep one more batch under a key."""
        self._memory.setdefault(key, []).append(batch)
        self._bytes += batch.nbytes
        if self._bytes > self._max_bytes:
            self._spill()

    def sorted_keys(self) -> list[str]:
        """Give the keys, sorted."""
        return sorted(self._memory.keys() | self._files.keys())

    def batches(self, key: str) -> Iterator[pa.RecordBatch]:
        """Give the batches of one key, in order."""
        for path, index in self._files.get(key, []):
            with pa.memory_map(str(path)) as stream:
                yield pa.ipc.open_file(stream).get_batch(index)
        yield from self._memory.get(key, [])

    def _spill(self) -> None:
        """Write everything that is in memory, one file for each schema."""
        self._directory.mkdir(parents=True, exist_ok=True)
        writers: dict[str, tuple[Path, pa.RecordBatchFileWriter, list[str]]] = {}
        for key, batches in self._memory.items():
            for batch in batches:
                schema_text = batch.schema.to_string()
                if schema_text not in writers:
                    self._count += 1
                    path = self._directory / f"{self._count}.arrow"
                    writers[schema_text] = (path, pa.ipc.new_file(str(path), batch.schema), [])
                path, writer, written = writers[schema_text]
                self._files.setdefault(key, []).append((path, len(written)))
                writer.write_batch(batch)
                written.append(key)
        for _, writer, _ in writers.values():
            writer.close()
        self._memory, self._bytes = {}, 0
