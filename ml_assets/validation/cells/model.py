"""What is found: `CellError`, one suspicious cell, and `CellErrors`, all that a table has."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import pyarrow as pa

Kind = Literal[
    "broken_dependency", "near_frequent_value", "rare_pattern", "rare_value", "misplaced_value",
    "placeholder", "outlier", "outlier_in_group",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

ARROW_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("example_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("score", pa.float64()),
        ("kind", pa.string()),
        ("explanation", pa.string()),
        ("repair", pa.string()),
        ("also", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class CellError:
    """A cell that is probably wrong.

    Attributes
    ----------
    row : int
        The row's position in the data, from 0.
    example_id : str or None
        The row's example id, or the values of its key, where there is one.
    column : str
        The column.
    value : str
        What the cell holds, cut to 60 characters.
    score : float
        How probable an error is, 0 to 1; see `ml_assets.validation.cells.evidence`.
    kind : str
        The strongest reason, one of `KINDS`.
    explanation : str
        The strongest reason, for a person.
    repair : str or None
        The value that the rule implies. A proposal: nothing is changed.
    also : tuple of str
        The other kinds of reason that speak against the cell.
    """

    row: int
    example_id: str | None
    column: str
    value: str
    score: float
    kind: Kind
    explanation: str
    repair: str | None = None
    also: tuple[Kind, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the finding as plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class CellErrors:
    """The suspicious cells of a table.

    Attributes
    ----------
    errors : tuple of CellError
        The most suspicious ones, at most as many as were asked for, in the order of rows and columns.
    found : int
        How many cells are suspicious, kept or not.
    cells : int
        How many cells have a value and were looked at.
    counts : mapping of (str, str) to int
        How many cells are suspicious by column and kind, most first.
    not_judged : mapping of str to str
        The columns and dependencies that were not looked at, and why.
    """

    errors: tuple[CellError, ...] = ()
    found: int = 0
    cells: int = 0
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    not_judged: Mapping[str, str] = field(default_factory=dict)

    @property
    def fraction(self) -> float:
        """The share of the cells that are suspicious, 0 to 1."""
        return self.found / max(1, self.cells)

    def to_arrow(self) -> pa.Table:
        """Give the errors as a table with the columns of `CellError`."""
        return pa.Table.from_pylist([error.to_json() for error in self.errors], schema=ARROW_SCHEMA)

    def to_pandas(self) -> Any:
        """Give the errors as a DataFrame with the columns of `CellError`."""
        return self.to_arrow().to_pandas()
