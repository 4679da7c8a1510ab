"""A span that looks poisoned, and how many rows and spans are needed to say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

LEAST_ROWS = 30
# With fewer spans nobody can say what is usual among them.
SURE_SPANS = 8


@dataclass(frozen=True)
class SuspectSpan:
    """A span that looks poisoned.

    Attributes
    ----------
    span : str
        Its name.
    rule : {"contradicting_labels", "near_duplicates"}
        What it looks like.
    reason : str
        With the numbers, without a value of the rows.
    row : mapping, optional
        The row that it is flooded with; None where all its rows are suspect.
    doubt : str
        What else may explain it; empty where nothing usual does, and its rows are to be set aside.
    """

    span: str
    rule: Literal["contradicting_labels", "near_duplicates"]
    reason: str
    row: Mapping[str, Any] | None = None
    doubt: str = ""
