"""Reads a text file's bytes in its declared encoding as UTF-8; nothing is guessed or replaced."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from ml_assets.errors import DataError, PipelineFileError

_CHUNK = 1 << 20
_MAGIC = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


def utf8_chunks(path: Path, encoding: str, name: str) -> Iterator[bytes]:
    """Read a text file in chunks of UTF-8, without a byte order mark.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        The encoding it is declared to have; nothing else is tried.
    name : str
        The file's name, for errors.

    Raises
    ------
    DataError
        If the bytes are not of that encoding, naming the first wrong byte's offset.
    PipelineFileError
        If the encoding is not known.
    """
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise PipelineFileError(
            f"ingest.source.encoding: {encoding!r} is not known. Usual ones are utf-8, utf-16, "
            "latin-1 and cp1252."
        ) from None
    decoder = codec.incrementaldecoder()
    with path.open("rb") as stream:
        offset, at_start = 0, True
        while True:
            chunk = stream.read(_CHUNK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                wrong_offset = offset - pending + error.start
                raise DataError(_not_decodable(path, name, encoding, wrong_offset)) from None
            if text:
                yield (text.removeprefix("\ufeff") if at_start else text).encode()
                at_start = False
            if not chunk:
                return
            offset += len(chunk)


def guess_encoding(path: Path) -> str:
    """Guess the encoding of a text file: by its byte order mark, else UTF-8 if all of it is, else cp1252.

    What is compressed counts as UTF-8, so that reading it says so.
    """
    with path.open("rb") as stream:
        begin = stream.read(4)
    if begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if any(begin.startswith(magic) for magic in _MAGIC):
        return "utf-8"
    return next((name for name in ("utf-8", "cp1252") if _can_decode(path, name)), "latin-1")


def _can_decode(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _not_decodable(path: Path, name: str, encoding: str, offset: int) -> str:
    with path.open("rb") as stream:
        begin = stream.read(4)
    compression = next((kind for magic, kind in _MAGIC.items() if begin.startswith(magic)), None)
    if compression:
        return f"{name} is compressed ({compression}), not text. Unpack it first."
    if begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        hint = "It begins like UTF-16: set ingest.source.encoding: utf-16"
    else:
        hint = "Set ingest.source.encoding to the file's own (often cp1252), or write it again."
    return f"{name}: the byte at offset {offset:,} is not {encoding}. {hint}"
