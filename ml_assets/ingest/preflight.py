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
    first_rows = _first_rows(source, columns)
    refuse([*check_types(spec, source, where), *check_columns(columns, named, where)], columns)
    rejected = _rejected_rows(first_rows, len(source.parts) == 1, where, most_rejected)
    refuse(rejected or _lost_texts(spec, first_rows, columns, named, where), columns)
    return columns


def _columns(source: Source, named: Sequence[NamedColumns]) -> dict[str, str]:
    """The columns' types by the first rows, or by all where these leave open a type that matters."""
    from ml_assets.ingest.column_types import UNKNOWN

    types_by_part = source.types(sample=True)
    named_types = [pair for types in types_by_part.values() for pair in types.items()]
    unknown = {name for name, _ in named_types} - {
        name for name, kind in named_types if kind != UNKNOWN
    }
    typed_names = {name for entry in named if entry.types for name in entry.columns}
    return common_types(source.types() if typed_names & unknown else types_by_part, source.kind)


def first_and_last_span(spec: IngestSpec, directory: Path) -> tuple[str, str]:
    """Give the names of a source's first and last span, from the times of all its rows.

    Raises
    ------
    DataError
        If it cannot be read, or no row has a time.
    """
    import pyarrow.compute as pc

    from ml_assets.ingest.spans import span_name

    time, moments = str(spec.time), list[datetime]()
    with tempfile.TemporaryDirectory() as scratch:
        source = open_source(spec.source, directory, Path(scratch))
        kinds = {time: common_types(source.types(), source.kind)[time]}
        for part in source.parts:
            for batch in part.batches(kinds):
                bounds = pc.min_max(pc.cast(batch.column(time), "timestamp[us]")).as_py()
                moments += [moment for moment in bounds.values() if moment is not None]
    if not moments:
        raise DataError(f"ingest.time: no row has a value in '{time}'.")
    return span_name(min(moments), spec.span), span_name(max(moments), spec.span)


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
class _FirstRows:
    """The first rows of a source, those behind them, and how many before and among them are broken."""

    part: Part
    rows: "pa.RecordBatch | None"
    rest: "Iterator[pa.RecordBatch]"
    rejected: int

    @property
    def count(self) -> int:
        return self.rejected + (self.rows.num_rows if self.rows else 0)


def _first_rows(source: Source, columns: Mapping[str, str]) -> _FirstRows:
    from ml_assets.ingest.rejected import Rejections
    from ml_assets.ingest.snapshots import no_rows

    for part in source.parts:
        batches = part.batches(columns)
        first_rows = _FirstRows(part, next(batches, None), batches, part.rejections.count)
        if first_rows.count:
            return first_rows
    raise DataError(no_rows(source, Rejections()))


def _rejected_rows(
    first_rows: _FirstRows, is_only: bool, where: Where, most_rejected: float
) -> list[str]:
    """Too many of the first rows that cannot be read."""
    share, part = first_rows.rejected / first_rows.count, first_rows.part
    example = part.rejections.kept[0] if first_rows.rejected else None
    reason = part.rejections.reasons()[0][0] if first_rows.rejected else ""
    # The first rows decide only where they are all rows.
    all_read = is_only and example is not None and next(first_rows.rest, None) is None
    if example is None or share <= (most_rejected if all_read else _MOST_MISFITS):
        return []
    return [
        f"{where(('ingest', 'source'))}: ingest.source: {first_rows.rejected:,} of the first "
        f"{first_rows.count:,} rows cannot be read ({share:.2%}; allowed {most_rejected:.2%}, "
        f"ingest.max_rejected_fraction). Most often: {reason}. The first is {example.file}, line "
        f"{example.line}."
    ]


def _lost_texts(
    spec: SourceSpec,
    first_rows: _FirstRows,
    columns: Mapping[str, str],
    named: Sequence[NamedColumns],
    where: Where,
) -> list[str]:
    """Texts among the first rows that ought to be numbers and are not."""
    from ml_assets.ingest.text_types import to_type

    mistakes = []
    # Of several columns together the encoding itself says what it takes.
    single = [entry for entry in named if entry.are_numbers and len(entry.columns) == 1]
    for entry, name in ((entry, entry.columns[0]) for entry in single):
        texts = (
            first_rows.rows.column(name) if first_rows.rows and columns[name] == "string" else None
        )
        total = len(texts) - texts.null_count if texts is not None else 0
        lost = to_type(texts, "float", spec.null_values)[1].true_count if total else 0
        if lost > _MOST_MISFITS * total:
            mistakes.append(
                f"{where(entry.key)}: {_dotted(entry.key)}: {lost:,} of the first {total:,} texts of "
                f"'{name}' are no numbers and would be missing; use categorical."
            )
    return mistakes


def _dotted(key: Key) -> str:
    return ".".join(part for part in key if isinstance(part, str))
