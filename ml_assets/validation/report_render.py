"""Renders the report's templates, with every value escaped, and keeps each part within its bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from ml_assets.validation.report_page import TEMPLATES


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes
    ----------
    key, title, about : str
        What links to it, its heading, and a sentence below that.
    body : Markup
        Rendered.
    more : str
        What was left out.
    """

    key: str
    title: str
    about: str
    body: Markup
    more: str = ""


@dataclass(frozen=True)
class Kept:
    """The first parts that fit.

    Attributes
    ----------
    body : Markup
        All of them, one after the other.
    shown, total : int
        How many these are, of how many.
    """

    body: Markup
    shown: int
    total: int

    def rest(self, what: str) -> str:
        """Say how many of what were left out; empty where none was."""
        left = self.total - self.shown
        return f"and {left:,} more {what}" if left else ""


def render(template: str, **values: Any) -> Markup:
    """Render a template of `report_page`; every value that is not `Markup` is escaped."""
    return Markup(_environment().get_template(template).render(**values))  # noqa: S704 (escaped)


def within(parts: Iterable[Markup], total: int, max_bytes: int) -> Kept:
    """Keep the first parts that have at most so many bytes together; the rest is not even rendered."""
    kept: list[Markup] = []
    size = 0
    for part in parts:
        size += len(part.encode())
        if size > max_bytes:
            break
        kept.append(part)
    return Kept(Markup("").join(kept), len(kept), total)


def table(head: Sequence[str], rows: Markup, numbers: Sequence[int] = ()) -> Markup:
    """Give a table that a click on its head sorts; `numbers` are the columns on the right."""
    return render("table", head=head, rows=rows, numbers=numbers)


@cache
def _environment() -> Environment:
    return Environment(
        loader=DictLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
