"""The form that each room's part of the YAML shares: frozen, no unknown keys, checked names."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


class Spec(BaseModel):
    """A part of a pipeline's YAML file: immutable, and strict about its keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )


@dataclass(frozen=True)
class InWords:
    """Says in an annotation what a pattern allows, for messages to the author of the YAML."""

    text: str


_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FILE_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_MOST_CHARACTERS = 200


def _as_file_name(text: str) -> str:
    is_plain = _FILE_NAME.fullmatch(text) and ".." not in text and len(text) <= _MOST_CHARACTERS
    if not is_plain or _DEVICE.fullmatch(text):
        raise PydanticCustomError("file_name", "no name of a file")
    return text


FileName = Annotated[str, AfterValidator(_as_file_name)]
"""A text that becomes the name of a file, folder or model: one place for what such a name may be.

ASCII letters, digits, ``_``, ``-`` and single dots inside, at most 200 characters, and no name that some
systems keep for a device, such as ``con``. So it stays where it is put, on every system.
"""

_FUNCTION = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
FunctionName = Annotated[
    str,
    StringConstraints(pattern=_FUNCTION, max_length=300),
    InWords("package.module:name"),
]
"""The name of a user's function or class, as ``package.module:name``."""

Task = Literal["binary", "multiclass", "regression"]
"""What kind of label is predicted."""

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share of a whole: 0 is none of it, 1 is all of it."""


def is_function_name(text: str) -> bool:
    """Whether a text is a `FunctionName`."""
    return re.match(_FUNCTION, text) is not None and len(text) <= 300


def columns_and_bins(crossed: str) -> list[tuple[str, int | None]]:
    """Give the columns of a cross, each with its number of quantile bins: ``a,b:4`` has none and 4."""
    pairs: list[tuple[str, int | None]] = []
    for part in crossed.split(","):
        column, colon, bins = part.strip().rpartition(":")
        is_binned = bool(colon) and bins.isdecimal() and int(bins) > 1
        pairs.append((column, int(bins)) if is_binned else (part.strip(), None))
    return pairs


BrokenRule = tuple[bool, str | tuple[str | int, ...], str]
"""Whether a rule is broken, the key to look at, and what is wrong; see `refuse_broken_rules`."""


def refuse_broken_rules(*rules: BrokenRule) -> None:
    """Raise all broken rules of a part of the YAML together, inside a pydantic validator.

    Parameters
    ----------
    *rules : tuple of (bool, str or tuple, str)
        Whether the rule is broken; the key that the author must look at, dotted (or its parts, where
        one may hold a dot), relative to the part and empty for the part itself; and what is wrong, as
        the end of a sentence that begins with that key.

    Raises
    ------
    pydantic_core.PydanticCustomError
        If a rule is broken.
    """
    broken = [(key, text) for is_broken, key, text in rules if is_broken]
    if broken:
        named = [
            (key if isinstance(key, str) else ".".join(map(str, key)), text) for key, text in broken
        ]
        whole = "; ".join(f"{key} {text}".lstrip() for key, text in named)
        raise PydanticCustomError("rules", "{text}", {"text": whole, "rules": broken})
