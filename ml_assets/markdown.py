"""Makes values from the data harmless in Markdown."""

import re

_MAX_CHARACTERS = 40
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$:@-])")


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
    flat = "".join(c if c.isprintable() else " " for c in text)
    short = flat if len(flat) <= limit else flat[: limit - 1] + "…"
    marked = _SPECIAL.sub(r"\\\1", short)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
