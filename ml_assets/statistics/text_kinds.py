"""Counts which texts of a column are numbers, dates, e-mail addresses or URLs.

Every different text of a batch is looked at once, and only where its bytes allow: a text without an ``@``
is no address. So a column of names costs next to nothing.

What counts as what:

- int: digits, with a sign or without, that fit 64 bits; float: an int, or a decimal or scientific number.
  White space around it is allowed. NaN, infinity and numbers beyond the floats are none.
- date: ``2013-06-30`` (with ``/`` or ``.`` too, and in the orders of day and month that are in use),
  alone or with a time of the day; ISO 8601 with ``T``, fractions and a zone.
- e-mail: what HTML's input of that type takes, with a dot in the domain.
- URL: a scheme, ``://`` and no white space.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.statistics.points import Array
from ml_assets.statistics.text_bytes import TextBytes, text_bytes

_INT = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_YEAR, _MONTH, _DAY = "[0-9]{4}", "(0?[1-9]|1[0-2])", "(0?[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([T ][0-2]?[0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?( ?[AaPp][Mm])?"
_ZONE = r"( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?"
_DATE = (
    f"^({_YEAR}[-/.]{_MONTH}[-/.]{_DAY}|{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}"
    f"|{_MONTH}[-/.]{_DAY}[-/.]{_YEAR}){_CLOCK}{_ZONE}$"
)
_EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
_URL = r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s]+$"
# Longer ones need not fit 64 bits, and are looked at one by one.
_SAFE_DIGITS = 18
_LONGEST_DATE = 40
_DIGITS = np.zeros(256, bool)
_DIGITS[[*b"0123456789"]] = True
_BEGIN_NUMBER = _DIGITS.copy()
_BEGIN_NUMBER[[*b"+-. \t\n\r\f\v"]] = True


@dataclass(frozen=True)
class TextKinds:
    """How many of a column's texts are of a kind.

    Attributes
    ----------
    num_int, num_float : int
        Ints, and ints or floats.
    num_date, num_email, num_url : int
        Dates with or without a time, e-mail addresses, URLs.
    num_spaced : int
        Texts with a space in them.
    extremes : tuple of numbers, optional
        The least and the greatest number.
    """

    num_int: int = 0
    num_float: int = 0
    num_date: int = 0
    num_email: int = 0
    num_url: int = 0
    num_spaced: int = 0
    extremes: tuple[int | float, int | float] | None = None


NO_KINDS = TextKinds()


def text_kinds(texts: Any, counts: Array) -> TextKinds:
    """Give the kinds of different texts.

    Parameters
    ----------
    texts : pyarrow.Array of string
        Each once, without null.
    counts : ndarray of int64
        How often each occurs.
    """
    raw = text_bytes(texts)
    first = _first_bytes(raw)

    def matching(candidates: Array, pattern: str) -> int:
        places = np.flatnonzero(candidates)
        return int(counts[places[_matches(texts.take(pa.array(places)), pattern)]].sum())

    digit_first = _DIGITS[first]
    num_int, num_float, extremes = _numbers(texts, counts, np.flatnonzero(_BEGIN_NUMBER[first]))
    return TextKinds(
        num_int=num_int,
        num_float=num_float,
        num_date=matching(digit_first & (raw.sizes >= 8) & (raw.sizes <= _LONGEST_DATE), _DATE),
        num_email=matching(raw.has("@"), _EMAIL),
        num_url=matching(raw.has(":") & ~digit_first, _URL),
        num_spaced=int(counts[raw.has(" ")].sum()),
        extremes=extremes,
    )


def merge_kinds(first: TextKinds, second: TextKinds) -> TextKinds:
    """Give the kinds of both sets of texts together."""
    extremes = [*(first.extremes or ()), *(second.extremes or ())]
    return TextKinds(
        num_int=first.num_int + second.num_int,
        num_float=first.num_float + second.num_float,
        num_date=first.num_date + second.num_date,
        num_email=first.num_email + second.num_email,
        num_url=first.num_url + second.num_url,
        num_spaced=first.num_spaced + second.num_spaced,
        extremes=(min(extremes), max(extremes)) if extremes else None,
    )


def _first_bytes(raw: TextBytes) -> Array:
    """The first byte of each text; 0 of an empty one."""
    first = np.zeros(len(raw.starts), np.uint8)
    filled = np.flatnonzero(raw.sizes)
    first[filled] = raw.data[raw.starts[filled]]
    return first


def _matches(texts: Any, pattern: str) -> Array:
    if not len(texts):
        return np.empty(0, np.int64)
    is_match: Array = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return np.flatnonzero(is_match)


def _numbers(
    texts: Any, counts: Array, places: Array
) -> tuple[int, int, tuple[int | float, int | float] | None]:
    """How many ints, how many numbers in all, and the least and the greatest of them."""
    trimmed = pc.ascii_trim_whitespace(texts.take(pa.array(places)))
    numbers = _matches(trimmed, _NUMBER)
    if not len(numbers):
        return 0, 0, None
    places = places[numbers]
    # "+5" is a number for people, not for Arrow.
    plain = pc.ascii_ltrim(trimmed.take(pa.array(numbers)), "+")
    floats = plain.cast(pa.float64()).to_numpy()
    ints, extremes = _ints(plain)
    finite = np.isfinite(floats)
    others = floats[finite & ~ints]
    ends = [*extremes, *([others.min().item(), others.max().item()] if len(others) else [])]
    return (
        int(counts[places[ints]].sum()),
        int(counts[places[finite | ints]].sum()),
        (min(ends), max(ends)) if ends else None,
    )


def _ints(texts: Any) -> tuple[Array, list[int]]:
    """Which numbers are ints, and the least and the greatest of those."""
    is_int = np.zeros(len(texts), bool)
    whole = _matches(texts, _INT)
    short = text_bytes(texts).sizes[whole] <= _SAFE_DIGITS
    is_int[whole[short]] = True
    values = texts.take(pa.array(whole[short])).cast(pa.int64()).to_numpy()
    ends = [values.min().item(), values.max().item()] if len(values) else []
    for place in whole[~short].tolist():
        digits = texts[place].as_py()
        value = _int(digits)
        if value is not None:
            is_int[place] = True
            ends.append(value)
    return is_int, ends


def _int(digits: str) -> int | None:
    """The int, if it fits 64 bits. Python refuses to read thousands of digits."""
    significant = digits.lstrip("+-").lstrip("0")
    value = int(significant or "0") if len(significant) <= 19 else 2**64
    value = -value if digits.startswith("-") else value
    return value if -(2**63) <= value < 2**63 else None
