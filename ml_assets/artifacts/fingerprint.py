"""What an artifact is made from: the code it runs, its libraries, its configuration, its inputs.

An edited function re-runs what depends on it, and only that; a reworded comment re-runs nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any

from ml_assets import durable
from ml_assets.artifacts.code import Memo, Source, code_of
from ml_assets.artifacts.modules import distributions_of, is_ours

# Our dependencies whose version may change a result, by the name that they are imported by.
LIBRARIES = {
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
    named = list(user_modules)
    sources = code_of(function, named, {} if memo is None else memo)
    return {
        "code": {name: source.digest for name, source in sorted(sources.items())},
        "libraries": libraries_of(sources, named),
        "config": {key: durable.json_digest(value) for key, value in sorted(config.items())},
        "inputs": dict(sorted(inputs.items())),
    }


def fingerprint(parts: Ingredients) -> str:
    """Give the SHA-256 over all ingredients."""
    return durable.json_digest(parts)


def named_modules(values: Any) -> Iterator[str]:
    """Give the modules of all functions that a part of the YAML names, keys too: ``module:function``."""
    match values:
        case str():
            module, colon, name = values.partition(":")
            if (
                colon
                and name.isidentifier()
                and all(part.isidentifier() for part in module.split("."))
            ):
                yield module
        case Mapping():
            yield from (
                module
                for pair in values.items()
                for value in pair
                for module in named_modules(value)
            )
        case list() | tuple():
            yield from (module for value in values for module in named_modules(value))


def libraries_of(sources: Mapping[str, Source], named: Iterable[str] = ()) -> dict[str, str]:
    """Give the version of each library that code imports and that may change a result.

    Parameters
    ----------
    sources : mapping of str to Source
        The code. What our own modules import counts as far as it may change a result; of what a user's
        import, everything does.
    named : iterable of str
        Modules that the YAML names; they may be a library's.
    """
    distributions = {
        name for name in (*_imported(sources), *map(_root, named)) for name in _installed(name)
    }
    return {name: metadata.version(name) for name in sorted(distributions)}


def _imported(sources: Mapping[str, Source]) -> Iterator[str]:
    for module, source in sources.items():
        for base, _ in source.imports:
            if _root(base) in LIBRARIES or not is_ours(module):
                yield _root(base)


def _installed(root: str) -> tuple[str, ...]:
    return (LIBRARIES[root],) if root in LIBRARIES else distributions_of(root)


def _root(module: str) -> str:
    return module.split(".")[0]
