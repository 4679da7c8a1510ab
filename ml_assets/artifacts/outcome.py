"""What a stage gives back: a summary, metadata to look at, and the verdicts of its checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["ERROR", "WARN"]
Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Check:
    """The verdict of one check.

    Attributes
    ----------
    name : str
        The check's name, as declared by its stage.
    passed : bool
        Whether the check is satisfied.
    description : str
        One sentence for a person: what was found, what is allowed, what to do next.
    severity : {"ERROR", "WARN"}
        How bad a failure is. Only a failed blocking check of severity ``ERROR`` stops a run.
    values : mapping
        The numbers behind the verdict.
    brief : str
        What the console says of a failure instead of the description, where that is long.
    """

    name: str
    passed: bool
    description: str = ""
    severity: Severity = "ERROR"
    values: Mapping[str, Scalar] = field(default_factory=dict)
    brief: str = ""


@dataclass(frozen=True)
class Markdown:
    """Text for a person, in Markdown. Its maker escapes values in it: `ml_assets.markdown`."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A PNG file inside the artifact, named relative to it; shown in the UI beside its caption."""

    file: str
    caption: str


@dataclass(frozen=True)
class File:
    """A file inside the artifact, named relative to it; the UI shows its path."""

    file: str


@dataclass(frozen=True)
class Rows:
    """A small table for the UI: at most a few dozen rows of plain values with equal keys."""

    records: Sequence[Mapping[str, Scalar]]


@dataclass(frozen=True)
class Columns:
    """The column schema of a table asset: name, type, whether null is allowed, and a description."""

    columns: Sequence[tuple[str, str, bool, str]]


@dataclass(frozen=True)
class Lineage:
    """From which columns of which asset, by its whole key, each column of a table asset is made."""

    asset: tuple[str, ...]
    columns: Sequence[tuple[str, Sequence[str]]]


Shown = Scalar | Markdown | Picture | File | Rows | Columns | Lineage


@dataclass(frozen=True)
class Outcome:
    """What one stage function gives back after it has written its files.

    Attributes
    ----------
    summary : mapping
        Plain JSON, small: what the run's summary, the next rooms and the reasons read. The key ``rows``
        is shown as the row count.
    metadata : mapping
        What the Dagster UI shows; numbers are plotted over time there.
    checks : sequence of Check
        One for each check that the stage declared.
    """

    summary: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Shown] = field(default_factory=dict)
    checks: Sequence[Check] = ()
