"""Reads the numbers that texts are, as strictly as TFDV: what is not one is an anomaly."""

import re
from functools import lru_cache

_INT = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
_FLOAT = re.compile(
    r"\s*[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)\s*",
    re.ASCII | re.IGNORECASE,
)
_INT64 = 2**63
_MAX_DIGITS = 400


@lru_cache(65_536)
def number_in(text: str, type_: str) -> int | float | None:
    """Give the number that a text is, or None.

    Parameters
    ----------
    text : str
        Digits with a sign, and for a float a point, an exponent, ``inf`` or ``nan``; spaces around them
        are fine, underscores and other digits than 0 to 9 are not.
    type_ : str
        ``int`` (of 64 bits) or ``float``.
    """
    if len(text) > _MAX_DIGITS:
        return None
    if type_ == "int":
        number = int(text) if _INT.fullmatch(text) else None
        return number if number is not None and -_INT64 <= number < _INT64 else None
    return float(text) if _FLOAT.fullmatch(text) else None


def is_number_text(text: str, type_: str) -> bool:
    """Whether a text is a number of this type."""
    return number_in(text, type_) is not None
