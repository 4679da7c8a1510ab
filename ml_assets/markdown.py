"""Makes values from the data harmless where they are shown: one line, cut, and escaped for Markdown."""

import re

_MAX_CHARACTERS = 40
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$:@-])")


def cut(text: str, limit: int) -> str:
    """Give a text in one line of at most so many characters; a longer one ends in an ellipsis."""
    flat = "".join(character if character.isprintable() else " " for character in text[: limit + 1])
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def escape_markdown(text: str, limit: int = _MAX_CHARACTERS) -> str:
    """Give a text from the data so that Markdown, HTML and terminals do not interpret it.

    Parameters
    ----------
    text : str
        Any text, such as a cell's value or a column's name.
    limit : int
        The most characters of it to show, >= 1; a longer text is cut and ends in an ellipsis.

    Returns
    -------
    str
        One line.
    """
    marked = _SPECIAL.sub(r"\\\1", cut(text, limit))
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
