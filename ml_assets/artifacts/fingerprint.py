"""What an artifact is made from: the code it runs, its libraries, its configuration, its inputs.

An edited function re-runs what depends on it, and only that; a reworded comment re-runs nothing.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any

from ml_assets import durable
from ml_assets.artifacts.code import PACKAGE, Memo, Source, code_of

# The libraries of ours whose version may change a result, by the name that they are imported by.
_LIBRARIES = {
    "numpy": "numpy", "pandas": "pandas", "pyarrow": "pyarrow", "sklearn": "scikit-learn",
    "scipy": "scipy", "optuna": "optuna", "pandera": "pandera", "mlflow": "mlflow",
    "skops": "skops", "sqlalchemy": "sqlalchemy",
}  # fmt: skip

Ingredients = dict[str, dict[str, str]]


def ingredients(
    function: Callable[..., Any],
    config: Mapping[str, Any],
    inputs: Mapping[str, str],
    user_modules: Iterable[str] = (),
    memo: Memo | None = None,
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
    user_modules : iterable of str
        The user's own modules that the function runs, such as ``my_project.source``.
    memo : dict, optional
        What was read from source texts before; what is read now is added.

    Returns
    -------
    dict
        ``code`` and ``libraries`` by module or distribution name, ``config`` by YAML key, ``inputs``
        by asset name; every value is a digest or a version.
    """
    sources = code_of(function, user_modules, {} if memo is None else memo)
    return {
        "code": {name: source.digest for name, source in sorted(sources.items())},
        "libraries": libraries_of(sources),
        "config": {key: durable.json_digest(value) for key, value in sorted(config.items())},
        "inputs": dict(sorted(inputs.items())),
    }


def fingerprint(parts: Ingredients) -> str:
    """Give the SHA-256 over all ingredients."""
    return durable.json_digest(parts)


def named_modules(values: Any) -> Iterator[str]:
    """Give the modules of all functions that a part of the YAML names as ``module:function``."""
    match values:
        case str():
            module, colon, name = values.partition(":")
            if colon and name.isidentifier() and all(p.isidentifier() for p in module.split(".")):
                yield module
        case Mapping():
            yield from (module for value in values.values() for module in named_modules(value))
        case list() | tuple():
            yield from (module for value in values for module in named_modules(value))


def libraries_of(sources: Mapping[str, Source]) -> dict[str, str]:
    """Give the version of each library that code imports and that may change a result."""
    return dict(sorted(_libraries(sources)))


def _libraries(sources: Mapping[str, Source]) -> Iterator[tuple[str, str]]:
    """Of ours those that matter, of a user's all that are installed."""
    for module, source in sources.items():
        is_ours = module.split(".")[0] == PACKAGE
        for name in {base.split(".")[0] for base, _ in source.imports}:
            if name in _LIBRARIES:
                yield _LIBRARIES[name], metadata.version(_LIBRARIES[name])
            elif not is_ours and name not in sys.stdlib_module_names:
                yield from _version(name)


def _version(name: str) -> Iterator[tuple[str, str]]:
    try:
        yield name, metadata.version(name)
    except metadata.PackageNotFoundError:  # a module of the user's own
        return
