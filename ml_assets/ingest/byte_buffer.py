"""`ByteBuffer`: the part of a file that is being looked at."""

from collections.abc import Iterable, Iterator

_STEP = 1 << 20


class ByteBuffer:
    """The bytes of a file that were read and not yet used.

    Parameters
    ----------
    chunks : iterable of bytes
        The file, in pieces of any size.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.content = b""

    def has(self, size: int) -> bool:
        """Whether at least so many bytes are left; reads them if so."""
        while len(self.content) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self.content += chunk
        return True

    def drop(self, size: int) -> None:
        """Count the first `size` bytes as used."""
        self.content = self.content[size:]

    def take_line(self) -> bytes:
        """Take everything up to and with the next line end."""
        size = _STEP
        while True:
            # One more byte, since an LF behind a CR belongs to the same line end.
            has_more = self.has(size + 1)
            line_ends = [
                position
                for position in (
                    self.content.find(b"\n", 0, size),
                    self.content.find(b"\r", 0, size),
                )
                if position >= 0
            ]
            if line_ends or not has_more:
                end = min(line_ends, default=len(self.content) - 1) + 1
                end += self.content[end - 1 : end + 1] == b"\r\n"
                line = self.content[:end]
                self.drop(end)
                return line
            size *= 2

    def rest(self) -> Iterator[bytes]:
        """Give what was read and is not used, then what was not read."""
        yield self.content
        yield from self._chunks
