"""What a label expression may hold: arithmetic, comparisons, and, or, not, columns, numbers and texts.

Python's own parser reads it; nothing of it is ever run as Python.
"""

import ast

_MAX_LENGTH = 1_000
_MAX_PARTS = 200
_MAX_INT = 2**63 - 1
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Name, ast.Load, ast.Constant,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.UAdd, ast.Not, ast.And, ast.Or,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip
_IN_WORDS = (
    "+ - * /, comparisons, and, or, not, parentheses, column names, numbers and quoted texts"
)
_NAMES = {
    ast.Call: "a function call",
    ast.Attribute: "a dot behind a name",
    ast.Subscript: "square brackets behind a name",
    ast.Lambda: "lambda",
    ast.IfExp: "if",
    ast.JoinedStr: "an f-string",
    ast.Pow: "**",
    ast.Mod: "%",
    ast.FloorDiv: "//",
    ast.BitAnd: "& (write: and)",
    ast.BitOr: "| (write: or)",
    ast.Invert: "~ (write: not)",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def expression_mistake(expression: str) -> str | None:
    """Say why a text is not a label expression; None if it is one.

    Parameters
    ----------
    expression : str
        Such as ``tips > 0.2 * fare``.
    """
    if len(expression) > _MAX_LENGTH:
        return f"it is longer than {_MAX_LENGTH:,} characters"
    try:
        nodes = list(ast.walk(ast.parse(expression.strip(), mode="eval")))
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return str(getattr(error, "msg", None) or error)
    if len(nodes) > _MAX_PARTS:
        return f"it has more than {_MAX_PARTS} parts"
    forbidden = [node for node in nodes if not isinstance(node, _ALLOWED)]
    if forbidden:
        kind = type(forbidden[0])
        return f"{_NAMES.get(kind, kind.__name__)} is not allowed; use {_IN_WORDS}"
    unfit = [
        repr(node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and not _is_plain(node.value)
    ]
    if unfit:
        return f"{unfit[0][:40]} is not a number of 64 bits, a text, True or False"
    return None if any(isinstance(node, ast.Name) for node in nodes) else "it names no column"


def _is_plain(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) <= _MAX_INT
    return isinstance(value, float | str)
