"""How columns of text get a type: inferred over the whole source, or declared.

A column that is not declared gets the narrowest type that holds every value as it is written. So a
leading zero, "NA", "1_000", a bare "1e5" or a whole number beyond 64 bits makes it a string; a whole
number beyond 2**53 among fractions too, since a float would round it. Declared types are read more
freely: spaces around a value, a plus sign, any exponent. An empty text is null unless the column is a
string.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.ingest.column_types import ARROW, UNKNOWN
from ml_assets.ingest.number_style import NumberStyle

_INT = r"^[+-]?[0-9]+$"
_FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_FINITE = r"(?i)^[+-]?(inf|infinity|nan)$"
# As a person or a program writes a number: no leading zero or plus, an exponent only with a sign.
_PLAIN_FLOAT = r"^-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-][0-9]+)?$"
_WHOLE = r"^-?[0-9]+$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"
_NAIVE = _TIME + "$"
_ZONED = _TIME + r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
_EPOCH = r"^[0-9]{9,10}$"
_BOOLS = {"bool": ("true", "false"), "Bool": ("True", "False"), "BOOL": ("TRUE", "FALSE")}
_EXACT_FLOAT = 2**53
_USUAL = NumberStyle()

# The types a value may still have, narrowest first, and the word that each becomes.
_CANDIDATES = {
    "int": "int", "float": "float", "bool": "bool", "Bool": "bool", "BOOL": "bool",
    "date": "date", "timestamp": "timestamp", "zoned": "timestamp",
}  # fmt: skip


@dataclass
class Inference:
    """What type one column of text can have, as far as its values were seen.

    Attributes
    ----------
    null_values : sequence of str
        Texts that mean "no value" unless the column turns out to be a string.
    numbers : bool
        Whether the source itself says that these are numbers (JSON): then any exponent is one.
    style : NumberStyle
        How numbers are written.
    """

    null_values: Sequence[str] = ()
    numbers: bool = False
    style: NumberStyle = _USUAL
    _possible: list[str] = field(default_factory=lambda: list(_CANDIDATES))
    _seen: bool = False
    _null_texts: bool = False
    _finite: bool = False

    def update(self, texts: pa.Array) -> None:
        """Take more values of the column into account."""
        if not self._possible:
            return
        values = without_null_texts(texts, self.null_values).drop_null()
        self._null_texts |= len(values) < len(texts) - texts.null_count
        if not len(values):
            return
        self._seen = True
        first_values = values[: min(len(values), 20)]
        tests = {kind: _fit_test(kind, self.numbers, self.style) for kind in self._possible}
        self._possible = [
            kind for kind, test in tests.items() if test(first_values) and test(values)
        ]
        if "float" in self._possible and not self._finite:
            self._finite = _any_finite(values)

    @property
    def kind(self) -> str:
        """The narrowest type that holds every value seen; ``"null"`` where there was none."""
        if self._possible and not self._seen:
            return "string" if self._null_texts else UNKNOWN
        # Programs write "nan" and "inf" among numbers; a column of nothing else is text.
        names_only = self._possible[:1] == ["float"] and not self._finite
        return "string" if names_only or not self._possible else _CANDIDATES[self._possible[0]]


def without_null_texts(texts: pa.Array, null_values: Sequence[str]) -> pa.Array:
    """Give texts with null for empty ones and for those that mean "no value"."""
    null_texts = pa.array(["", *null_values], pa.string())
    means_null = pc.is_in(texts, null_texts)
    return (
        pc.if_else(means_null, pa.scalar(None, pa.string()), texts)
        if pc.any(means_null).as_py()
        else texts
    )


def to_type(
    texts: pa.Array, kind: str, null_values: Sequence[str], style: NumberStyle = _USUAL
) -> tuple[pa.Array, pa.Array]:
    """Give texts as one of the six types, and which of them cannot be read.

    Parameters
    ----------
    texts : pyarrow.Array of string
        The values as they are written.
    kind : str
        The type word.
    null_values : sequence of str
        Texts that mean "no value"; they stay as they are in a string column.
    style : NumberStyle
        How numbers are written.

    Returns
    -------
    values : pyarrow.Array
        Null wherever a text cannot be read.
    wrong : pyarrow.Array of bool
        True there, false elsewhere; never null.
    """
    if kind == "string":
        return texts, pa.repeat(pa.scalar(value=False), len(texts))
    texts = without_null_texts(texts, null_values)
    values = without_null_texts(pc.utf8_trim_whitespace(texts), ())
    parsed = _READERS[kind](style.usual(values) if kind in ("int", "float") else values)
    wrong = pc.and_(pc.is_valid(values), pc.is_null(parsed))
    return parsed, wrong


def _read_int(texts: pa.Array) -> pa.Array:
    return _parse(pc.utf8_ltrim(_matching(texts, _INT), "+"), ARROW["int"])


def _read_float(texts: pa.Array) -> pa.Array:
    numbers = _without_rounded(_parse(_matching(texts, _FLOAT), ARROW["float"]), texts)
    # 1e400 is written as a number but is none that a float can hold.
    numbers = pc.if_else(pc.is_finite(numbers), numbers, None)
    if numbers.null_count == texts.null_count:
        return numbers
    return pc.coalesce(numbers, _parse(_matching(texts, _NOT_FINITE), ARROW["float"]))


def _without_rounded(numbers: pa.Array, texts: pa.Array) -> pa.Array:
    """The numbers, with null for whole ones that a float cannot hold: they may be ids."""
    large = pc.fill_null(pc.greater_equal(pc.abs(numbers), _EXACT_FLOAT), False)
    if not pc.any(large, min_count=0).as_py():
        return numbers
    rounded = [
        is_large and text.lstrip("+-").isdigit() and int(float(text)) != int(text)
        for is_large, text in zip(large.to_pylist(), texts.to_pylist(), strict=True)
    ]
    return pc.if_else(pa.array(rounded), None, numbers)


def _read_bool(texts: pa.Array) -> pa.Array:
    folded = pc.utf8_lower(texts)
    is_true = pc.is_in(folded, pa.array(["true", "1"]))
    is_bool = pc.or_(is_true, pc.is_in(folded, pa.array(["false", "0"])))
    return pc.if_else(is_bool, is_true, None)


def _read_date(texts: pa.Array) -> pa.Array:
    return _parse(_matching(texts, _DATE), ARROW["date"])


def _read_timestamp(texts: pa.Array) -> pa.Array:
    """ISO 8601, with a zone or without; or whole seconds since 1970 in 9 or 10 digits."""
    naive = _parse(_matching(texts, _NAIVE), ARROW["timestamp"])
    if naive.null_count == texts.null_count:
        return naive
    zoned = _parse(_matching(texts, _ZONED), pa.timestamp("us", "UTC"))
    seconds = _parse(_matching(texts, _EPOCH), pa.int64())
    epoch = pc.cast(pc.cast(seconds, pa.timestamp("s")), ARROW["timestamp"])
    return pc.coalesce(naive, pc.cast(zoned, ARROW["timestamp"]), epoch)


_READERS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "int": _read_int,
    "float": _read_float,
    "bool": _read_bool,
    "date": _read_date,
    "timestamp": _read_timestamp,
}


def _matching(texts: pa.Array, pattern: str) -> pa.Array:
    """The texts that match; null elsewhere."""
    fits = pc.match_substring_regex(texts, pattern)
    return texts if _all(fits) else pc.if_else(fits, texts, pa.scalar(None, pa.string()))


def _parse(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Each text as Arrow reads it; null where it cannot."""
    try:
        return pc.cast(texts, kind)
    except pa.ArrowInvalid:
        codes = texts.dictionary_encode()
        values = [_parse_text(text, kind) for text in codes.dictionary]
        return pa.array(values, kind).take(codes.indices)


def _parse_text(text: pa.Scalar, kind: pa.DataType) -> pa.Scalar:
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return pa.scalar(None, kind)


def _fit_test(kind: str, numbers: bool, style: NumberStyle) -> Callable[[pa.Array], bool]:
    """The test whether a type holds all of some texts as they are written; no text is null."""
    match kind:
        case "int":
            return lambda texts: _all_in_style(_are_ints, style.usual(texts))
        case "float":
            are_floats = _are_loose_floats if numbers else _are_floats
            return lambda texts: _all_in_style(are_floats, style.usual(texts))
        case "date":
            return lambda texts: _all_parse(texts, _DATE, ARROW["date"])
        case "timestamp":
            return lambda texts: _all_parse(texts, _NAIVE, ARROW["timestamp"])
        case "zoned":
            return lambda texts: _all_parse(texts, _ZONED, pa.timestamp("us", "UTC"))
        case _:
            return lambda texts: _all(pc.is_in(texts, pa.array(_BOOLS[kind])))


def _all_in_style(test: Callable[[pa.Array], bool], numbers: pa.Array) -> bool:
    return not numbers.null_count and test(numbers)


def _are_ints(texts: pa.Array) -> bool:
    try:
        numbers = pc.cast(texts, pa.int64())
    except pa.ArrowInvalid:
        return False
    return _all(pc.equal(pc.cast(numbers, pa.string()), texts))


def _are_floats(texts: pa.Array) -> bool:
    plain = pc.match_substring_regex(texts, _PLAIN_FLOAT)
    return _are_loose_floats(texts, plain)


def _are_loose_floats(texts: pa.Array, plain: pa.Array | None = None) -> bool:
    if plain is None:
        plain = pc.match_substring_regex(texts, _FLOAT)
    if not _all(plain):
        if not _all(pc.match_substring_regex(texts.filter(pc.invert(plain)), _NOT_FINITE)):
            return False
        texts = texts.filter(plain)
    numbers = pc.cast(texts, pa.float64())
    return _all(pc.is_finite(numbers)) and not _would_round(texts, numbers)


def _any_finite(texts: pa.Array) -> bool:
    return not _all(pc.match_substring_regex(texts, _NOT_FINITE))


def _would_round(texts: pa.Array, numbers: pa.Array) -> bool:
    """Whether a float would round a whole number among the texts."""
    large = pc.greater_equal(pc.abs(numbers), _EXACT_FLOAT)
    return bool(np.asarray(pc.match_substring_regex(texts.filter(large), _WHOLE)).any())


def _all_parse(texts: pa.Array, pattern: str, kind: pa.DataType) -> bool:
    if not _all(pc.match_substring_regex(texts, pattern)):
        return False
    try:
        pc.cast(texts, kind)
    except pa.ArrowInvalid:
        return False
    return True


def _all(flags: pa.Array) -> bool:
    return bool(pc.all(flags, min_count=0).as_py())
