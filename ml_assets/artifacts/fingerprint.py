"""What an artifact is made from: the code it runs, its libraries, its configuration, its inputs.

Code is followed statically: from the source of a stage function through its imports of this package
(and of a user's own modules), each module's syntax tree without docstrings and comments. So an edited
function re-runs what depends on it, and a reworded comment does not.
"""

import ast
import functools
import hashlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
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


def ingredients(
    function: Callable[..., Any],
    config: Mapping[str, Any],
    inputs: Mapping[str, str],
    user_modules: tuple[str, ...] = (),
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

    Returns
    -------
    dict
        ``code`` and ``libraries`` by module or distribution name, ``config`` by YAML key, ``inputs``
        by asset name; every value is a digest or a version.
    """
    trees = _closure(function, user_modules)
    libraries = {name for tree in trees.values() for name in _top_level_imports(tree)}
    return {
        "code": {name: _tree_digest(tree) for name, tree in sorted(trees.items())},
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


def _closure(function: Callable[..., Any], user_modules: tuple[str, ...]) -> dict[str, ast.AST]:
    """The function and every module of ours or the user's that it imports, directly or not."""
    start = _function_tree(function)
    trees: dict[str, ast.AST] = {f"{function.__module__}.{function.__name__}": start}
    waiting = [*_followed_imports(start, function.__module__), *user_modules]
    roots = {PACKAGE, *(name.split(".")[0] for name in user_modules)}
    while waiting:
        name = waiting.pop()
        if name in trees or name.split(".")[0] not in roots or _is_wiring(name):
            continue
        tree = _module_tree(name)
        if tree is not None:
            trees[name] = tree
            waiting.extend(_followed_imports(tree, name))
    return trees


def _function_tree(function: Callable[..., Any]) -> ast.AST:
    """The function's own tree, and those of the helpers in its module that it uses by name."""
    module = _module_tree(function.__module__)
    if module is None:
        return _without_docstrings(ast.parse(inspect.cleandoc(inspect.getsource(function))))
    defined = {n.name: n for n in ast.walk(module) if isinstance(n, ast.FunctionDef)}
    wanted, found = [function.__name__], dict[str, ast.FunctionDef]()
    while wanted:
        name = wanted.pop()
        if name in defined and name not in found:
            found[name] = defined[name]
            wanted.extend(n.id for n in ast.walk(defined[name]) if isinstance(n, ast.Name))
    return ast.Module(body=[found[name] for name in sorted(found)], type_ignores=[])


@functools.cache
def _module_tree(name: str) -> ast.AST | None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return _without_docstrings(ast.parse(Path(spec.origin).read_bytes()))


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    return (
        isinstance(node, ast.Expr)
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
    )


def _tree_digest(tree: ast.AST) -> str:
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def _followed_imports(tree: ast.AST, module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names if _exists(node.module, a))


def _exists(package: str, alias: ast.alias) -> bool:
    """Whether a name that is imported from a package of ours is a module of it."""
    if package.split(".")[0] != PACKAGE:
        return False
    folder = Path(__file__).parent.parent.joinpath(*package.split(".")[1:])
    return (folder / f"{alias.name}.py").is_file()


def _top_level_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def _is_wiring(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == PACKAGE and len(parts) > 1 and (parts[1] in _WIRING or parts[-1] == "assets")
