"""The form that each room's part of the YAML shares: frozen, no unknown keys, checked names."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Spec(BaseModel):
    """A part of a pipeline's YAML file: immutable, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


FunctionName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", max_length=300)
]
"""The name of a user's function or class, as ``package.module:name``."""

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share of a whole: 0 is none of it, 1 is all of it."""
