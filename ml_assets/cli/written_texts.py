"""Tells how numbers are written in a CSV file's text columns, and which of these cannot be read."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

NO_VALUE = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "-", ".")
_INT = r"-?(0|[1-9]\d{0,17})"
_NUMBER = rf"{_INT}(\.\d+)?([eE][+-]?\d+)?"
_DECIMAL_COMMA = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"
_GROUPED = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"
# What people write for a number or a time, and ingest reads as neither.
_FOREIGN = {
    "percentages": r"[+-]?\d+([.,]\d+)?\s*%",
    "amounts of money": r"[+-]?([$€£¥]\s*[\d.,]+|[\d.,]+\s*([$€£¥]|EUR|USD|GBP))",
    "dates": r"\d{1,2}([./-])\d{1,2}\1\d{2,4}( .*)?|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}( .*)?",
}
_WITH_UNIT = re.compile(r"[+-]?\d+([.,]\d+)?\s*(?P<unit>°?[^\W\d_][\w/]{0,9})")
# With so few different values, such as `2 rooms`, numbers with units serve as categories.
_FEW_VALUES = 20
# The least share of a column's values that must be of a kind.
_MOSTLY, _NEARLY_ALL = 0.5, 0.9


@dataclass(frozen=True)
class Written:
    """How the text columns of a file are written.

    Attributes
    ----------
    source : mapping
        What ``ingest.source`` must say for them to be read: types, null values, decimal, thousands.
    foreign : mapping of str to list of str
        Kinds of values that cannot be read, such as percentages, each with its columns.
    """

    source: Mapping[str, Any] = field(default_factory=dict)
    foreign: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Texts:
    """The different values of a column of texts, without those that mean "no value"."""

    name: str
    values: Collection[str]
    gaps: frozenset[str]
    share: float
    is_padded: bool

    def are(self, pattern: str, min_share: float = 1.0) -> bool:
        compiled = re.compile(pattern)
        matching = sum(compiled.fullmatch(text) is not None for text in self.values)
        return bool(self.values) and matching >= min_share * len(self.values)

    def holds(self, sign: str) -> bool:
        return any(sign in text for text in self.values)


def how_written(rows: "pa.Table", delimiter: str) -> Written:
    """Tell how the text columns of a file are written.

    Parameters
    ----------
    rows : pyarrow.Table
        Its rows as ingest reads them without any setting.
    delimiter : str
        What stands between fields.
    """
    columns = list(_text_columns(rows))
    plain = [column for column in columns if column.are(_NUMBER)]
    padded = [
        column for column in plain if (column.gaps or column.is_padded) and column.share > _MOSTLY
    ]
    rest = [column for column in columns if column not in plain]
    style, styled = _number_style(rest, rows, delimiter)
    read = [*padded, *(column for column in styled if column.gaps or column.is_padded)]
    gaps = sorted({word for column in [*padded, *styled] for word in column.gaps})
    types = {column.name: "int" if _is_whole(column, style) else "float" for column in read}
    source = {**style, **({"types": types} if types else {})}
    foreign = dict(_foreign([column for column in rest if column not in styled]))
    return Written({**source, **({"null_values": gaps} if gaps else {})}, foreign)


def _text_columns(rows: "pa.Table") -> Iterator[_Texts]:
    import pyarrow.compute as pc
    import pyarrow.types as is_type

    for field_ in rows.schema:
        if not is_type.is_string(field_.type):
            continue
        entries = pc.value_counts(rows[field_.name]).to_pylist()
        counts = {
            entry["values"]: entry["counts"] for entry in entries if entry["values"] is not None
        }
        gaps = frozenset(text for text in counts if text.strip() in NO_VALUE)
        values = {text.strip() for text in counts if text not in gaps}
        present = sum(count for text, count in counts.items() if text not in gaps)
        is_padded = any(text != text.strip() for text in counts)
        share = present / max(sum(counts.values()), 1)
        yield _Texts(field_.name, values, gaps, share, is_padded)


def _number_style(
    columns: list[_Texts], rows: "pa.Table", delimiter: str
) -> tuple[dict[str, str], list[_Texts]]:
    """How numbers with commas are written, and the columns that hold such."""
    import pyarrow.types as is_type

    german = [column for column in columns if column.holds(",") and column.are(_DECIMAL_COMMA)]
    english = [column for column in columns if column.holds(",") and column.are(_GROUPED)]
    only_german = [column for column in german if column not in english]
    only_english = [column for column in english if column not in german]
    if only_german and only_english:
        return {}, []
    if only_english or (english and delimiter == ","):
        return {"thousands": ","}, english
    has_floats = any(is_type.is_floating(field_.type) for field_ in rows.schema)
    has_groups = any(column.holds(".") for column in german)
    if not german or (has_floats and has_groups):
        return {}, []
    return {"decimal": ",", **({"thousands": "."} if has_groups else {})}, german


def _is_whole(column: _Texts, style: Mapping[str, str]) -> bool:
    thousands = style.get("thousands", "")
    return all(re.fullmatch(_INT, text.replace(thousands, "")) for text in column.values)


def _foreign(columns: list[_Texts]) -> Iterator[tuple[str, list[str]]]:
    remaining = list(columns)
    for kind, pattern in _FOREIGN.items():
        matching = [column for column in remaining if column.are(pattern, _NEARLY_ALL)]
        remaining = [column for column in remaining if column not in matching]
        if matching:
            yield kind, [column.name for column in matching]
    if with_units := [column for column in remaining if _has_unit(column)]:
        yield "numbers with units", [column.name for column in with_units]
    numbers = [
        column.name
        for column in remaining
        if column.holds(",") and column.are(rf"{_DECIMAL_COMMA}|{_GROUPED}")
    ]
    if numbers:
        yield "numbers with commas", numbers


def _has_unit(column: _Texts) -> bool:
    """Whether nearly all of many values are a number with the same unit, as `12.5 km`."""
    found = (_WITH_UNIT.fullmatch(text) for text in column.values)
    units = Counter(match["unit"] for match in found if match)
    is_many = len(column.values) > _FEW_VALUES
    return is_many and max(units.values(), default=0) >= _NEARLY_ALL * len(column.values)
