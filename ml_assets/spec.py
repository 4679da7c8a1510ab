"""The form that each room's part of the YAML shares: frozen, no unknown keys, checked names."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
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


_FUNCTION = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
FunctionName = Annotated[
    str,
    StringConstraints(pattern=_FUNCTION, max_length=300),
    InWords("package.module:name"),
]
"""The name of a user's function or class, as ``package.module:name``."""

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share of a whole: 0 is none of it, 1 is all of it."""


def is_function_name(text: str) -> bool:
    """Whether a text is a `FunctionName`."""
    return re.match(_FUNCTION, text) is not None and len(text) <= 300


def broken_rules(*rules: tuple[bool, str | tuple[str | int, ...], str]) -> None:
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
