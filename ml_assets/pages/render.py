"""Renders pages from templates, with every value escaped, and keeps each part within its bytes."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from ml_assets.markdown import cut
from ml_assets.pages.style import SCRIPT, STYLE
from ml_assets.pages.templates import TEMPLATES

Render = Callable[..., Markup]


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

    def rest(self, noun: str) -> str:
        """Say how many of what were left out; empty where none was."""
        omitted = self.total - self.shown
        return f"and {omitted:,} more {noun}" if omitted else ""


def renderer(templates: Mapping[str, str]) -> Render:
    """Give the function that renders a room's templates, and those that all pages share.

    Every value that is not `Markup` is escaped.
    """

    @cache
    def environment() -> Environment:
        return Environment(
            loader=DictLoader({**TEMPLATES, **templates}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(template: str, **values: Any) -> Markup:
        return Markup(environment().get_template(template).render(**values))  # noqa: S704 (escaped)

    return render


_render = renderer({})


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
    return _render("table", head=head, rows=rows, numbers=numbers)


def rows_table(
    records: Sequence[Mapping[str, Any]], numbers: Sequence[str], max_bytes: int
) -> Markup:
    """Give a table of the first records that fit; the columns `numbers` stand on the right."""
    head = list(records[0]) if records else []
    positions = [place for place, name in enumerate(head) if name in numbers]
    rows = (_render("row", cells=list(record.values()), numbers=positions) for record in records)
    return table(head, within(rows, len(records), max_bytes).body, positions)


def figure(content: bytes, caption: str) -> Markup:
    """Give a PNG picture that stands inside the page."""
    return _render("figure", content=base64.b64encode(content).decode(), caption=caption)


def tag(text: str, level: str) -> Markup:
    """Give a short word in a frame; `level` is its colour: ok, warn, error, drift or unknown."""
    return _render("tag", text=text, level=level)


def page_html(
    title: str, subtitle: str, tiles: Sequence[Mapping[str, str]], sections: Sequence[Section]
) -> str:
    """Give a page as text; a tile has ``name``, ``value`` and ``level``."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    page = _render(
        "page",
        title=cut(title, 200),
        subtitle=subtitle,
        tiles=tiles,
        sections=sections,
        style=Markup(STYLE),  # noqa: S704 (our own text)
        script=Markup(SCRIPT),  # noqa: S704 (our own text)
        script_hash=digest,
    )
    return str(page)  # not Markup, which would escape what is added to it
