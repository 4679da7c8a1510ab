"""What an artifact is made from: the code it runs, its libraries, its configuration, its inputs.

Code is followed statically: from the source of a stage function through its imports of this package
(and of a user's own modules), each module's syntax tree without docstrings and comments. So an edited
function re-runs what depends on it, and a reworded comment does not.
"""

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ml_assets import durable

PACKAGE = "ml_assets"
# Wiring composes everything, so following it would make each stage depend on every other.
_WIRING = ("artifacts", "pipeline", "component", "definitions", "__main__")
_LIBRARIES = {
    "numpy": "numpy", "pandas": "pandas", "pyarrow": "pyarrow", "sklearn": "scikit-learn",
    "scipy": "scipy", "optuna": "optuna", "pandera": "pandera", "mlflow": "mlflow",
    "skops": "skops", "datasketches": "datasketches", "sqlalchemy": "sqlalchemy",
}  # fmt: skip

Ingredients = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Source:
    """What matters of a source text: its meaning as a digest, and what it imports."""

    digest: str
    modules: tuple[str, ...]
    libraries: tuple[str, ...]


Memo = dict[str, Source]
"""Sources by the digest of their text, and of the function in it."""


def ingredients(
    function: Callable[..., Any],
    config: Mapping[str, Any],
    inputs: Mapping[str, str],
    user_modules: tuple[str, ...] = (),
    memo: "Memo | None" = None,
) -> Ingredients:
    """Give everything that an artifact is made from, in four groups.

    Parameters
    ----------
    function : callable
        The stage function.
    config : mapping
        The part of the YAML that the stage reads, as plain JSON.
    inputs : mapping of str to str
        The content digest of each upstream asset.
    user_modules : tuple of str
        The user's own modules that the YAML names, such as ``my_project.source``.
    memo : mapping, optional
        What was read from source texts before, by their digest; what is read now is added.

    Returns
    -------
    dict
        ``code`` and ``libraries`` by module or distribution name, ``config`` by YAML key, ``inputs``
        by asset name; every value is a digest or a version.
    """
    sources = _closure(function, user_modules, {} if memo is None else memo)
    libraries = {name for source in sources.values() for name in source.libraries}
    return {
        "code": {name: source.digest for name, source in sorted(sources.items())},
        "libraries": {
            _LIBRARIES[name]: metadata.version(_LIBRARIES[name])
            for name in sorted(libraries)
            if name in _LIBRARIES
        },
        "config": {key: durable.json_digest(value) for key, value in sorted(config.items())},
        "inputs": dict(sorted(inputs.items())),
    }


def fingerprint(parts: Ingredients) -> str:
    """Give the SHA-256 over all ingredients."""
    return durable.json_digest(parts)


def _closure(
    function: Callable[..., Any], user_modules: tuple[str, ...], memo: Memo
) -> dict[str, Source]:
    """The function and every module of ours or the user's that it imports, directly or not."""
    start = _read(function.__module__, function.__name__, memo)
    if start is None:
        raise ValueError(f"{function.__module__}.{function.__name__} has no source file.")
    sources = {f"{function.__module__}.{function.__name__}": start}
    waiting = [*start.modules, *user_modules]
    roots = {PACKAGE, *(name.split(".")[0] for name in user_modules)}
    while waiting:
        name = waiting.pop()
        if name in sources or name.split(".")[0] not in roots or _is_wiring(name):
            continue
        source = _read(name, None, memo)
        if source is not None:
            sources[name] = source
            waiting.extend(source.modules)
    return sources


def _read(module: str, function: str | None, memo: Memo) -> Source | None:
    """Read a module, or one function of it with the helpers that it uses by name."""
    text = _text(module)
    if text is None:
        return None
    key = f"{hashlib.sha256(text).hexdigest()}:{module}:{function or ''}"
    if key not in memo:
        tree = ast.parse(text)
        memo[key] = _source(tree if function is None else _only(tree, function), module)
    return memo[key]


@functools.cache
def _text(module: str) -> bytes | None:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).read_bytes()


def _only(tree: ast.Module, function: str) -> ast.Module:
    defined = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    wanted, found = [function], dict[str, ast.FunctionDef]()
    while wanted:
        name = wanted.pop()
        if name in defined and name not in found:
            found[name] = defined[name]
            wanted.extend(n.id for n in ast.walk(defined[name]) if isinstance(n, ast.Name))
    return ast.Module(body=[found[name] for name in sorted(found)], type_ignores=[])


def _source(tree: ast.Module, module: str) -> Source:
    nodes = list(ast.walk(tree))
    for node in nodes:
        _drop_docstring(node)
    package = module.rpartition(".")[0]
    modules = {name for node in nodes for name in _imported(node, package)}
    libraries = {name.split(".")[0] for name in modules}
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
    return Source(digest, tuple(sorted(modules)), tuple(sorted(libraries)))


def _drop_docstring(node: ast.AST) -> None:
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and _is_text(body[0]):
        body[:1] = [] if len(body) > 1 else [ast.Pass()]


def _is_text(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    return (
        isinstance(node, ast.Expr)
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
    )


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    """Every module that an import may mean: ``from a import b`` is ``a``, and ``a.b`` if that is one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        name = ".".join([*above, *([node.module] if node.module else [])])
        yield name
        yield from (f"{name}.{a.name}" for a in node.names if _exists(name, a))


def _exists(package: str, alias: ast.alias) -> bool:
    """Whether a name that is imported from a package of ours is a module of it."""
    if package.split(".")[0] != PACKAGE:
        return False
    folder = Path(__file__).parent.parent.joinpath(*package.split(".")[1:])
    return (folder / f"{alias.name}.py").is_file()


def _is_wiring(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == PACKAGE and len(parts) > 1 and (parts[1] in _WIRING or parts[-1] == "assets")


def load_memo(path: Path) -> Memo:
    """Read what `keep_memo` has written; nothing where that is not there."""
    if not path.is_file():
        return {}
    stored = durable.read_json(path)
    return {
        key: Source(d, tuple(modules), tuple(libs)) for key, (d, modules, libs) in stored.items()
    }


def keep_memo(path: Path, memo: Memo) -> None:
    """Write what was read from source texts, for the next process."""
    durable.write_json(path, {k: [s.digest, s.modules, s.libraries] for k, s in memo.items()})
