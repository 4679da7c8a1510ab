"""Cuts the bytes of a CSV file into whole records, and sets aside those that are broken.

What passes is well-formed by RFC 4180: the expected number of fields, quotes only around whole fields
and doubled inside them, no NUL byte. So whoever parses it needs no leniency, and cannot shift or pad a
row. LF, CRLF and CR end a line; a line without any character is skipped. After a misplaced quote the
scan resumes on the next line: a forgotten quote costs one line, not the rest of the file.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml_assets.errors import DataError
from ml_assets.ingest.byte_buffer import ByteBuffer
from ml_assets.ingest.rejected import Rejected, raw_text

Positions = npt.NDArray[np.int64]

_QUOTE, _LF, _CR, _NUL = 34, 10, 13, 0
_PIECE = 1 << 20
_SMALL_PIECE = 1 << 16
# A longer record is taken for a forgotten quote; a longer line is refused.
MAX_RECORD = 1 << 24


@dataclass(frozen=True)
class Records:
    """Some consecutive good records of a file.

    Attributes
    ----------
    content : bytes
        The records in UTF-8, each with its line end.
    starts : array of int
        Where in `content` each record begins.
    lines : array of int
        On which line of the file, from 1, each record begins.
    quoted_line_ends : bool
        Whether some field holds a line end.
    rejected : list of Rejected
        The broken records between and beside them.
    """

    content: bytes
    starts: Positions
    lines: Positions
    quoted_line_ends: bool
    rejected: list[Rejected]

    def text(self, record: int) -> str:
        """Give the text of one record, as found."""
        ends = [*self.starts[record + 1 : record + 2], len(self.content)]
        return raw_text(self.content[self.starts[record] : ends[0]])


@dataclass(frozen=True)
class _Scan:
    """What one piece of bytes that begins with a record holds.

    `ends` are the positions behind each record's line end. `mistake` is where a misplaced quote lies:
    only records that end before it count.
    """

    ends: Positions
    fields: Positions
    line_ends: Positions
    nul: Positions
    quoted_line_ends: bool
    mistake: int | None
    reason: str


def cut_records(
    chunks: Iterable[bytes], delimiter: str, fields: int, file: str, first_line: int = 1
) -> Iterator[Records]:
    """Cut a file's bytes into whole, well-formed records.

    Parameters
    ----------
    chunks : iterable of bytes
        The file in UTF-8, without a byte order mark.
    delimiter : str
        One ASCII character.
    fields : int
        How many fields each record must have.
    file : str
        The file's name, for the rejected rows.
    first_line : int
        The line on which the first chunk begins.

    Raises
    ------
    DataError
        If a line is longer than 16 MiB.
    """
    return _merged_blocks(_record_blocks(ByteBuffer(chunks), delimiter, fields, file, first_line))


def _record_blocks(
    buffer: ByteBuffer, delimiter: str, fields: int, file: str, line: int
) -> Iterator[Records]:
    piece = _PIECE
    while buffer.has(1):
        last = not buffer.has(piece + 1)
        scan = _scan(buffer.content[:piece], delimiter, last)
        if len(scan.ends):
            records, line = _records_of_scan(buffer.content, scan, fields, file, line)
            yield records
            buffer.drop(int(scan.ends[-1]))
            piece = min(2 * piece, _PIECE)
        if scan.mistake is not None:
            yield _only_rejected(Rejected(file, line, scan.reason, raw_text(buffer.take_line())))
            line, piece = line + 1, _SMALL_PIECE
        elif not len(scan.ends):
            _refuse_long_record(piece, file, line)
            piece *= 2


def _merged_blocks(blocks: Iterator[Records]) -> Iterator[Records]:
    """The same records in blocks of a bearable size, however often a broken line interrupts them."""
    pending, size = list[Records](), 0
    for records in blocks:
        pending.append(records)
        size += len(records.content)
        if size >= _PIECE // 2:
            yield _concatenated(pending)
            pending, size = [], 0
    if pending:
        yield _concatenated(pending)


def _concatenated(parts: list[Records]) -> Records:
    if len(parts) == 1:
        return parts[0]
    sizes = [len(part.content) for part in parts]
    offsets = np.cumsum([0, *sizes[:-1]])
    return Records(
        content=b"".join(part.content for part in parts),
        starts=np.concatenate(
            [part.starts + offset for part, offset in zip(parts, offsets, strict=True)]
        ),
        lines=np.concatenate([part.lines for part in parts]),
        quoted_line_ends=any(part.quoted_line_ends for part in parts),
        rejected=[row for part in parts for row in part.rejected],
    )


def cut_header(
    chunks: Iterable[bytes], delimiter: str, file: str
) -> tuple[list[str], Iterator[bytes], int]:
    """Cut off a file's first record.

    Returns
    -------
    fields : list of str
        The names in it; empty where the file has no record.
    rest : iterator of bytes
        What follows.
    line : int
        The line on which the rest begins.

    Raises
    ------
    DataError
        If the record is longer than 16 MiB, or its quotes or bytes are broken.
    """
    buffer, line, piece = ByteBuffer(chunks), 1, _SMALL_PIECE
    while buffer.has(1) and buffer.content[0] in (_LF, _CR):
        buffer.take_line()
        line += 1
    while buffer.has(1):
        scan = _scan(buffer.content[:piece], delimiter, not buffer.has(piece + 1))
        if len(scan.ends):
            return _header(buffer, scan, delimiter, file, line)
        if scan.mistake is not None:
            raise DataError(f"{file}: the header in line {line} is broken: {scan.reason}.")
        _refuse_long_record(piece, file, line)
        piece *= 2
    return [], iter(()), line


def _header(
    buffer: ByteBuffer, scan: _Scan, delimiter: str, file: str, line: int
) -> tuple[list[str], Iterator[bytes], int]:
    end = int(scan.ends[0])
    record = buffer.content[:end]
    if b"\0" in record:
        raise DataError(
            f"{file}: the header in line {line} has a NUL byte. If the file is UTF-16, declare it: "
            "ingest.source.encoding: utf-16"
        )
    text = record.decode("utf-8").rstrip("\r\n")
    fields = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    buffer.drop(end)
    return fields, buffer.rest(), line + int(np.searchsorted(scan.line_ends, end))


def _scan(piece: bytes, delimiter: str, final: bool) -> _Scan:
    data = np.frombuffer(piece, dtype=np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    line_ends = _line_ends(data, final)
    mistake, reason = _misplaced_quote(data, quotes, ord(delimiter), final)
    # Between an odd number of quotes and the next one we are inside a quoted field.
    outside = line_ends[np.searchsorted(quotes, line_ends) % 2 == 0]
    ends = outside + 1
    if final and len(data) and (not len(ends) or ends[-1] < len(data)):
        ends = np.append(ends, len(data))
    if mistake is None and len(piece) >= MAX_RECORD and len(quotes) % 2 and not len(ends):
        mistake, reason = int(quotes[-1]), "a quote is opened and never closed"
    if mistake is not None:
        ends = ends[ends <= mistake]
    commas = np.flatnonzero(data == ord(delimiter))
    commas = commas[np.searchsorted(quotes, commas) % 2 == 0]
    fields = np.diff(np.searchsorted(commas, ends), prepend=0) + 1
    return _Scan(
        ends=ends,
        fields=fields,
        line_ends=line_ends,
        nul=np.flatnonzero(data == _NUL),
        quoted_line_ends=len(outside) < len(line_ends),
        mistake=mistake,
        reason=reason,
    )


def _line_ends(data: npt.NDArray[np.uint8], final: bool) -> Positions:
    """Where each line's last character is: LF, or a CR that no LF follows."""
    ends_line = data == _LF
    is_return = data == _CR
    if is_return.any():
        lone_return = is_return.copy()
        lone_return[:-1] &= ~ends_line[1:]
        lone_return[-1] &= final
        ends_line = ends_line | lone_return
    return np.flatnonzero(ends_line)


def _misplaced_quote(
    data: npt.NDArray[np.uint8], quotes: Positions, delimiter: int, final: bool
) -> tuple[int | None, str]:
    """Where the first quote is that neither begins, ends nor is doubled inside a field."""
    if not len(quotes):
        return None, ""
    breaks = np.zeros(256, dtype=bool)
    breaks[[delimiter, _LF, _CR]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before_ok = breaks[data[np.maximum(opening - 1, 0)]] | (opening == 0)
    before_ok[1:] |= closing[: len(opening) - 1] == opening[1:] - 1
    after = np.minimum(closing + 1, len(data) - 1)
    after_ok = breaks[data[after]] | (closing + 1 == len(data))
    after_ok[: len(opening) - 1] |= opening[1:] == closing[: len(opening) - 1] + 1
    mistakes = [
        *(
            (int(position), "a quote inside a field that does not begin with one")
            for position in opening[~before_ok][:1]
        ),
        *((int(position), "text follows a closing quote") for position in closing[~after_ok][:1]),
    ]
    if final and len(quotes) % 2:
        mistakes.append((int(quotes[-1]), "a quote is opened and never closed"))
    return min(mistakes, default=(None, ""))


def _records_of_scan(
    content: bytes, scan: _Scan, fields: int, file: str, line: int
) -> tuple[Records, int]:
    """The records that a scan found, and the line on which the next one begins."""
    ends = scan.ends
    starts = np.concatenate([[0], ends[:-1]])
    lines = line + np.searchsorted(scan.line_ends, starts)
    # A record that begins with a line end is an empty line.
    first_bytes = np.frombuffer(content, dtype=np.uint8)[starts]
    is_blank = (first_bytes == _LF) | (first_bytes == _CR)
    has_nul = np.zeros(len(starts), dtype=bool)
    has_nul[np.searchsorted(ends, scan.nul[scan.nul < ends[-1]], side="right")] = True
    is_broken = (has_nul | (scan.fields != fields)) & ~is_blank
    rejected = [
        Rejected(
            file,
            int(lines[record]),
            _why_broken(bool(has_nul[record]), int(scan.fields[record]), fields),
            raw_text(content[starts[record] : ends[record]]),
        )
        for record in np.flatnonzero(is_broken)
    ]
    good = _without_records(content, starts, ends, lines, is_broken | is_blank)
    next_line = line + int(np.searchsorted(scan.line_ends, ends[-1]))
    return Records(*good, scan.quoted_line_ends, rejected), next_line


def _why_broken(has_nul: bool, field_count: int, expected: int) -> str:
    if has_nul:
        return "a NUL byte"
    return f"{field_count} field{'s' if field_count != 1 else ''}, the header has {expected}"


def _without_records(
    content: bytes,
    starts: Positions,
    ends: Positions,
    lines: Positions,
    drop: npt.NDArray[np.bool_],
) -> tuple[bytes, Positions, Positions]:
    """The content without some of its records, where they begin, and on which lines."""
    if not drop.any():
        return content[: ends[-1]], starts, lines
    kept_records = np.flatnonzero(~drop)
    if not len(kept_records):
        return b"", starts[:0], lines[:0]
    # Neighbouring records that stay are copied in one slice.
    runs = np.split(kept_records, np.flatnonzero(np.diff(kept_records) > 1) + 1)
    content = b"".join(content[starts[run[0]] : ends[run[-1]]] for run in runs)
    sizes = (ends - starts)[kept_records]
    return content, np.concatenate([[0], np.cumsum(sizes)[:-1]]), lines[kept_records]


def _only_rejected(rejected: Rejected) -> Records:
    nothing = np.zeros(0, dtype=np.int64)
    return Records(b"", nothing, nothing, False, [rejected])


def _refuse_long_record(piece: int, file: str, line: int) -> None:
    if piece >= MAX_RECORD:
        raise DataError(
            f"{file}: the row that begins in line {line:,} is longer than {MAX_RECORD >> 20} MiB. "
            "Is it text, with one row on each line?"
        )
