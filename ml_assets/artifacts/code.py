"""Finds the code that a function runs from source texts alone: nothing is imported.

A function is followed through the names that it uses to what its module binds to them, and through
imports to whole modules, as long as those belong to this package or to the user: to neither the
standard library nor an installed distribution. Docstrings and comments are no code.
"""

import ast
import functools
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.artifacts.modules import PACKAGE, is_foreign, is_ours, source_file

# Wiring composes everything, so following it would make each stage depend on every other.
_WIRING = (
    "artifacts", "cli", "component", "console", "definitions", "named_columns", "pipeline",
    "pipeline_file", "spec_mistakes", "spec_types", "yaml_lines", "__main__",
)  # fmt: skip
# In every room: how Dagster sees it, and what people ask of it.
_WIRING_OF_A_ROOM = ("assets", "people")


@dataclass(frozen=True)
class Source:
    """What matters of a source text.

    Attributes
    ----------
    digest : str
        Of its meaning: the syntax tree without docstrings.
    imports : tuple of (str, tuple of str)
        Each module that it imports, by full name, with the names that it takes from it.
    """

    digest: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]


Memo = dict[str, Source]
"""Sources by the digest of their text, with the name of the module and of the function in it."""


def code_of(
    function: Callable[..., Any], user_modules: Iterable[str], memo: Memo
) -> dict[str, Source]:
    """Give all code of this package and of the user's that a function runs.

    Parameters
    ----------
    function : callable
        The function. Of its own module only what it uses is taken.
    user_modules : iterable of str
        Modules of the user's own that are imported by name while it runs.
    memo : dict
        What was read from source texts before; what is read now is added.

    Returns
    -------
    dict of str to Source
        By the name of the function, and of each module.

    Raises
    ------
    ValueError
        If the function has no source file.
    """
    module = function.__module__
    function_source = _read_source(module, function.__qualname__, memo)
    if function_source is None:
        raise ValueError(f"{module}.{function.__qualname__} has no source file.")
    modules = _follow(_imported_modules(function_source), user_modules, memo)
    return {f"{module}.{function.__name__}": function_source, **modules}


def code_of_modules(names: Iterable[str]) -> dict[str, Source]:
    """Give the code of a user's modules, and of all modules of the user that they import."""
    return _follow((), names, {})


def _follow(imported: Iterable[str], named: Iterable[str], memo: Memo) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    named = [parent for name in named for parent in _with_parents(name)]
    pending = [*named, *imported]
    while pending:
        name = pending.pop()
        if name in sources or is_foreign(name) or (name not in named and _is_wiring(name)):
            continue
        source = _read_source(name, None, memo)
        if source is not None:
            sources[name] = source
            pending.extend(_imported_modules(source))
    return sources


def _with_parents(module: str) -> list[str]:
    """A module and, of a user's, the packages that hold it: importing it runs them too."""
    parts = module.split(".")
    if is_ours(module):
        return [module]
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def load_memo(path: Path) -> Memo:
    """Read what `keep_memo` has written; nothing where that is absent, damaged, or of other versions."""
    stored = durable.read_json_object(path) or {}
    if stored.get("made_by") != _made_by():
        return {}
    try:
        return {
            key: Source(str(digest), tuple((str(base), tuple(names)) for base, names in imports))
            for key, (digest, imports) in stored["sources"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def keep_memo(path: Path, memo: Memo) -> None:
    """Write what was read from source texts, for the next process."""
    sources = {key: [source.digest, source.imports] for key, source in memo.items()}
    durable.write_json(path, {"made_by": _made_by(), "sources": sources})


@functools.cache
def _made_by() -> str:
    """The version of this reading, and of Python, whose trees differ."""
    return f"{sys.version_info[:2]} {durable.file_digest(Path(__file__))}"


def _read_source(module: str, function: str | None, memo: Memo) -> Source | None:
    """Read a module, or one function of it with what it uses."""
    file = source_file(module)
    if file is None:
        return None
    text, text_digest = _text(file.path)
    key = f"{text_digest}:{module}:{function or ''}"
    if key not in memo:
        tree = _without_texts(ast.parse(text))
        tree = tree if function is None else _reachable(tree, function.split("."))
        digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
        memo[key] = Source(digest, tuple(sorted(set(_imports(tree, module, file.is_package)))))
    return memo[key]


@functools.cache
def _text(path: Path) -> tuple[bytes, str]:
    text = path.read_bytes()
    return text, hashlib.sha256(text).hexdigest()


def _reachable(module: ast.Module, qualified: list[str]) -> ast.Module:
    """The function, and what its module binds to the names that it uses, directly or not."""
    scopes = _scopes(module, qualified)
    statements: dict[int, ast.stmt] = {}
    pending, visited = [qualified[-1]], set[str]()
    while pending:
        name = pending.pop()
        if name in visited:
            continue
        visited.add(name)
        for statement in next((scope[name] for scope in scopes if name in scope), []):
            statements[id(statement)] = statement
            pending.extend(_names_in(statement))
    # Sorted by what they say, so that moving a helper within its module changes nothing.
    return ast.Module(body=sorted(statements.values(), key=ast.dump), type_ignores=[])


def _scopes(module: ast.Module, qualified: list[str]) -> list[dict[str, list[ast.stmt]]]:
    """What each scope around a function binds, the innermost first."""
    scopes, body = [_bindings(module.body)], module.body
    for name in [part for part in qualified[:-1] if part != "<locals>"]:
        definitions = [
            statement
            for statement in body
            if isinstance(statement, _DEFINITIONS) and statement.name == name
        ]
        body = [statement for definition in definitions for statement in definition.body]
        scopes.append(_bindings(body))
    return scopes[::-1]


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _bindings(body: Iterable[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """The statements of one scope that bind each name."""
    statements_by_name: dict[str, list[ast.stmt]] = {}
    for statement in body:
        for name, bound in _bound_by(statement):
            statements_by_name.setdefault(name, []).append(bound)
    return statements_by_name


def _bound_by(statement: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    if isinstance(statement, _DEFINITIONS):
        yield statement.name, statement
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            yield (alias.asname or alias.name.split(".")[0]), ast.Import([alias])
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            binding = ast.ImportFrom(statement.module, [alias], statement.level)
            yield (alias.asname or alias.name), binding
    else:
        # Assignments, also those inside `if`, `for`, `with` and `try`: the whole statement counts.
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id, statement
            elif node is not statement and isinstance(node, ast.Import | ast.ImportFrom):
                yield from _bound_by(node)


def _names_in(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement reads, those in quoted annotations left out."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _without_texts(tree: ast.Module) -> ast.Module:
    """Take out statements that are only a text: docstrings, and those below attributes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            code = [statement for statement in body if not _is_text(statement)]
            node.body = code or [ast.Pass()] if body else body  # type: ignore[attr-defined]
    return tree


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imports(
    tree: ast.Module, module: str, is_package: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(sorted(alias.name for alias in node.names))
            yield _absolute_name(node, module, is_package), names


def _absolute_name(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return str(node.module)
    parts = module.split(".")
    base = parts[: len(parts) - node.level + (1 if is_package else 0)]
    return ".".join([*base, *([node.module] if node.module else [])])


def _imported_modules(source: Source) -> Iterator[str]:
    """The modules that a source imports, also those that it takes from packages, by full name."""
    for base, names in source.imports:
        lazy_modules = _behind_door(base)
        yield base
        yield from () if names else lazy_modules.values()
        for name in names:
            if source_file(f"{base}.{name}"):
                yield f"{base}.{name}"
            elif name in lazy_modules:
                yield lazy_modules[name]


@functools.cache
def _behind_door(package: str) -> dict[str, str]:
    """The module behind each public name of a package that loads them lazily, as its stub says."""
    file = source_file(package) if package.split(".")[0] == PACKAGE else None
    stub = file.path.with_suffix(".pyi") if file and file.is_package else None
    if stub is None or not stub.is_file():
        return {}
    imports = [
        node for node in ast.parse(stub.read_bytes()).body if isinstance(node, ast.ImportFrom)
    ]
    return {
        alias.asname or alias.name: _absolute_name(node, package, True)
        for node in imports
        for alias in node.names
    }


def _is_wiring(name: str) -> bool:
    parts = name.split(".")
    return (
        is_ours(name) and len(parts) > 1 and (parts[1] in _WIRING or parts[-1] in _WIRING_OF_A_ROOM)
    )
