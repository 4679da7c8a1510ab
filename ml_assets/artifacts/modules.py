"""Where modules lie and whose they are: this package's, the user's, a library's, or Python's own."""

import functools
import importlib.util
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path

PACKAGE = "ml_assets"
_STANDARD = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
_INSTALLED = {"site-packages", "dist-packages"}


def has_source(module: str) -> bool:
    """Whether a module's source file is found, or the installed distribution that it belongs to."""
    return source_file(module) is not None or bool(distributions_of(module))


def is_ours(module: str) -> bool:
    """Whether a module belongs to this package; what lies below its ``defs`` is the user's."""
    package, *below = module.split(".")
    return package == PACKAGE and below[:1] != ["defs"]


@dataclass(frozen=True)
class SourceFile:
    """A module's source file, and whether the module is a package."""

    path: Path
    is_package: bool


@functools.cache
def source_file(module: str) -> SourceFile | None:
    """Where a module's source lies. Python's import system is asked for its topmost package only."""
    root, *rest = module.split(".")
    spec = _spec(root)
    if spec is None:
        return None
    if not rest and not spec.submodule_search_locations:
        origin = Path(spec.origin or "")
        return SourceFile(origin, False) if origin.suffix == ".py" else None
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        if (place / "__init__.py").is_file():
            return SourceFile(place / "__init__.py", True)
        if rest and place.with_name(f"{rest[-1]}.py").is_file():
            return SourceFile(place.with_name(f"{rest[-1]}.py"), False)
    return None


@functools.cache
def _spec(root: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(root)
    except (ValueError, ImportError):  # such as "__main__"
        return None


@functools.cache
def _places(root: str) -> tuple[Path, ...]:
    """The files or folders that a topmost module is loaded from; none where it is built in."""
    spec = _spec(root)
    if spec is None or spec.origin in ("built-in", "frozen"):
        return ()
    return tuple(Path(place) for place in spec.submodule_search_locations or [spec.origin or ""])


@functools.cache
def distributions_of(module: str) -> tuple[str, ...]:
    """Give the installed distributions that a module belongs to; none of a user's own module."""
    root = module.split(".")[0]
    if not any(_INSTALLED & {*place.parts} for place in _places(root)):
        return ()
    try:
        metadata.version(root)
    except metadata.PackageNotFoundError:  # its name is another, such as PyYAML's, or it has none
        return tuple(sorted(set(_packages_distributions().get(root, ()))))
    return (root,)


@functools.cache
def _packages_distributions() -> Mapping[str, list[str]]:
    """What each topmost module was installed by: every distribution's list of files is read for it."""
    return metadata.packages_distributions()


@functools.cache
def is_foreign(module: str) -> bool:
    """Whether a module is the standard library's, or an installed distribution's."""
    root = module.split(".")[0]
    places = _places(root)
    is_installed = any(_INSTALLED & {*place.parts} for place in places)
    if is_installed and root != PACKAGE:
        return bool(distributions_of(root))
    return not is_installed and all(
        any(place.is_relative_to(standard) for standard in _STANDARD) for place in places
    )
