"""Compares the columns and types that a pipeline's YAML names with its source, before anything runs."""

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets.errors import DataError, PipelineFileError, did_you_mean
from ml_assets.ingest.sources import Part, Source, common_types, open_source
from ml_assets.ingest.spec import IngestSpec, SourceSpec

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[str | int, ...]
Where = Callable[[Key], str]

TIMES = ("date", "timestamp")
NUMBERS = ("int", "float")
ANY_TYPE = ("string", "bool", *NUMBERS, *TIMES)
_MOST_SHOWN = 7
# Of the first rows' values; fewer are left to the check `rejected_rows`.
_MOST_MISFITS = 0.5


@dataclass(frozen=True)
class NamedColumns:
    """Columns that a key of the YAML names.

    Attributes
    ----------
    key : tuple
        The key's path below ``attributes``, such as ``("ingest", "key", 0)``.
    columns : sequence of str
        The columns.
    types : sequence of str
        The types that they may have; by default their types do not matter.
    are_numbers : bool
        Whether texts in them must mostly be numbers.
    advice : str
        What to do about a wrong type.
    whole : str
        A column that the key may name in place of these, if there is one of that name.
    judge : callable, optional
        Says what else is wrong, given all columns; or None.
    """

    key: Key
    columns: Sequence[str]
    types: Sequence[str] = ()
    are_numbers: bool = False
    advice: str = ""
    whole: str = ""
    judge: Callable[[Collection[str]], str | None] | None = None


def check_source(
    spec: SourceSpec,
    source: Source,
    named: Sequence[NamedColumns],
    where: Where,
    most_rejected: float = 1.0,
) -> dict[str, str]:
    """Look at a source's first rows and compare them with what the YAML names.

    Where a column whose type matters has no value in the first rows, all rows are looked at.

    Parameters
    ----------
    spec : SourceSpec
        What the YAML says of the source.
    source : Source
        The opened source.
    named : sequence of NamedColumns
        What the YAML names.
    where : callable
        Gives file and line of a key.
    most_rejected : float
        The largest share of rows that may be unreadable.

    Returns
    -------
    dict
        The source's columns with their types, as far as these rows tell.

    Raises
    ------
    DataError
        If the source cannot be read, or has no rows.
    PipelineFileError
        Naming every mistake at once, in fewer than ten lines.
    """
    columns = _columns(source, named)
    first = _first_rows(source, columns)
    refuse([*check_types(spec, source, where), *check_columns(columns, named, where)], columns)
    rejected = _rejected_rows(first, len(source.parts) == 1, where, most_rejected)
    refuse(rejected or _lost_texts(spec, first, columns, named, where), columns)
    return columns


def _columns(source: Source, named: Sequence[NamedColumns]) -> dict[str, str]:
    """The columns' types by the first rows, or by all where these leave open a type that matters."""
    from ml_assets.ingest.column_types import UNKNOWN

    found = source.types(sample=True)
    told = [pair for types in found.values() for pair in types.items()]
    unknown = {name for name, _ in told} - {name for name, kind in told if kind != UNKNOWN}
    typed = {name for entry in named if entry.types for name in entry.columns}
    return common_types(source.types() if typed & unknown else found, source.kind)


def first_and_last_span(spec: IngestSpec, directory: Path) -> tuple[str, str]:
    """Give the names of a source's first and last span, from the times of all its rows.

    Raises
    ------
    DataError
        If it cannot be read, or no row has a time.
    """
    import pyarrow.compute as pc

    from ml_assets.ingest.spans import span_name

    time, ends = str(spec.time), list[datetime]()
    with tempfile.TemporaryDirectory() as scratch:
        source = open_source(spec.source, directory, Path(scratch))
        kinds = {time: common_types(source.types(), source.kind)[time]}
        for part in source.parts:
            for batch in part.batches(kinds):
                found = pc.min_max(pc.cast(batch.column(time), "timestamp[us]")).as_py()
                ends += [end for end in found.values() if end is not None]
    if not ends:
        raise DataError(f"ingest.time: no row has a value in '{time}'.")
    return span_name(min(ends), spec.span), span_name(max(ends), spec.span)


def check_columns(
    columns: Mapping[str, str], named: Sequence[NamedColumns], where: Where
) -> list[str]:
    """Compare a source's columns with those that the YAML names.

    Parameters
    ----------
    columns : mapping of str to str
        The source's columns with their types.
    named : sequence of NamedColumns
        What the YAML names.
    where : callable
        Gives file and line of a key.

    Returns
    -------
    list of str
        One sentence for each mistake: where, which key, what is missing or of the wrong type, and the
        nearest right name.
    """
    mistakes = []
    for entry in named:
        key = _dotted(entry.key)
        for name in [entry.whole] if entry.whole in columns else entry.columns:
            if name not in columns:
                hint = did_you_mean(name, columns)
                mistakes.append(f"{where(entry.key)}: {key}: no column '{name}'.{hint}")
            elif entry.types and columns[name] not in entry.types:
                allowed = f"{'are' if len(entry.types) > 1 else 'is'} {' and '.join(entry.types)}"
                mistakes.append(
                    f"{where(entry.key)}: {key}: column '{name}' is of type {columns[name]}; allowed "
                    f"{allowed}.{entry.advice and f' {entry.advice}'}"
                )
        if entry.judge is not None and (text := entry.judge(columns)):
            mistakes.append(f"{where(entry.key)}: {key}: {text}")
    return mistakes


def check_types(spec: SourceSpec, source: Source, where: Where) -> list[str]:
    """Compare the types that the YAML declares with the source's first rows; give the mistakes."""
    if spec.types and source.kind not in ("csv", "jsonl"):
        place = where(("ingest", "source", "types"))
        return [f"{place}: ingest.source.types: a {source.kind} source has types of its own."]
    mistakes = []
    for name, share in source.parts[0].misfits().items() if spec.types else ():
        if share > _MOST_MISFITS:
            key: Key = ("ingest", "source", "types", name)
            mistakes.append(
                f"{where(key)}: {_dotted(key)}: {share:.0%} of the first values are not of type "
                f"{spec.types[name]}."
            )
    return mistakes


def refuse(mistakes: Sequence[str], columns: Mapping[str, str]) -> None:
    """Raise all mistakes at once, if there are any.

    Raises
    ------
    PipelineFileError
        In fewer than ten lines; the last names the source's columns.
    """
    if not mistakes:
        return
    more = [f"and {len(mistakes) - _MOST_SHOWN} more."] if len(mistakes) > _MOST_SHOWN else []
    names = ", ".join(list(columns)[:40]) + (", ..." if len(columns) > 40 else "")
    raise PipelineFileError(
        "\n".join([*mistakes[:_MOST_SHOWN], *more, f"The source's columns are: {names}."])
    )


@dataclass(frozen=True)
class _First:
    """The first rows of a source, those behind them, and how many before and among them are broken."""

    part: Part
    rows: "pa.RecordBatch | None"
    more: "Iterator[pa.RecordBatch]"
    rejected: int

    @property
    def count(self) -> int:
        return self.rejected + (self.rows.num_rows if self.rows else 0)


def _first_rows(source: Source, columns: Mapping[str, str]) -> _First:
    from ml_assets.ingest.rejected import Rejections
    from ml_assets.ingest.snapshots import no_rows

    for part in source.parts:
        batches = part.batches(columns)
        first = _First(part, next(batches, None), batches, part.rejections.count)
        if first.count:
            return first
    raise DataError(no_rows(source, Rejections()))


def _rejected_rows(first: _First, is_only: bool, where: Where, most_rejected: float) -> list[str]:
    """Too many of the first rows that cannot be read."""
    share, part = first.rejected / first.count, first.part
    example = part.rejections.kept[0] if first.rejected else None
    reason = part.rejections.reasons()[0][0] if first.rejected else ""
    # The first rows decide only where they are all rows.
    is_all = is_only and example is not None and next(first.more, None) is None
    if example is None or share <= (most_rejected if is_all else _MOST_MISFITS):
        return []
    return [
        f"{where(('ingest', 'source'))}: ingest.source: {first.rejected:,} of the first "
        f"{first.count:,} rows cannot be read ({share:.2%}; allowed {most_rejected:.2%}, "
        f"ingest.max_rejected_fraction). Most often: {reason}. The first is {example.file}, line "
        f"{example.line}."
    ]


def _lost_texts(
    spec: SourceSpec,
    first: _First,
    columns: Mapping[str, str],
    named: Sequence[NamedColumns],
    where: Where,
) -> list[str]:
    """Texts among the first rows that ought to be numbers and are not."""
    from ml_assets.ingest.text_types import to_type

    mistakes = []
    # Of several columns together the encoding itself says what it takes.
    alone = [one for one in named if one.are_numbers and len(one.columns) == 1]
    for entry, name in ((one, one.columns[0]) for one in alone):
        texts = first.rows.column(name) if first.rows and columns[name] == "string" else None
        known = len(texts) - texts.null_count if texts is not None else 0
        lost = to_type(texts, "float", spec.null_values)[1].true_count if known else 0
        if lost > _MOST_MISFITS * known:
            mistakes.append(
                f"{where(entry.key)}: {_dotted(entry.key)}: {lost:,} of the first {known:,} texts of "
                f"'{name}' are no numbers and would be missing; use categorical."
            )
    return mistakes


def _dotted(key: Key) -> str:
    return ".".join(part for part in key if isinstance(part, str))
