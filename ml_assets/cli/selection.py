"""Resolves `--select` to assets of one pipeline, never of another, and never to all by mistake."""

import re
import warnings
from collections.abc import Iterable, Sequence, Set
from typing import Any

import dagster as dg

from ml_assets.errors import PipelineFileError, did_you_mean

_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A name, or one with what it is made from or what is made from it: `+model`, `2+model`, `model*`. With
# the pipeline before it Dagster would take `+flights/model` for one step.
_NAME = re.compile(
    rf"(?P<up>\d*\+|\*)?((?P<of>{_WORDS.pattern})/)?(?P<name>{_WORDS.pattern})(?P<down>\+\d*|\*)?"
)
_FEW = 3
# An asset, and the one that fails the run if its gate refused: they are selected together.
_JUDGES = {"registered_model": "promotion"}


def select_assets(select: str, pipeline: str, graph: Any) -> list[dg.AssetKey]:
    """Give the assets of a pipeline that a selection means, sorted.

    Parameters
    ----------
    select : str
        Dagster's selections, separated by commas. The bare name of an asset means the pipeline's own,
        also in `+model` (with what it is made from) and `model+`; `registered_model` brings
        `promotion`, so that a candidate that is refused fails the run.
    pipeline : str
        The pipeline's name, which is also its group.
    graph : BaseAssetGraph
        All assets that there are.

    Raises
    ------
    PipelineFileError
        If it means no asset of the pipeline, with the nearest names.
    """
    own = dg.AssetSelection.groups(pipeline).resolve(graph)
    names = {key.path[-1] for key in own}
    parts = _parts(select)
    found = {key for part in parts for key in _resolve(part, pipeline, names, graph)}
    if not found & own:
        raise PipelineFileError(
            f"--select '{select}' means no asset of {pipeline}.{_nearest(parts, pipeline, names)} Its "
            f"assets are: {', '.join(sorted(names))}."
        )
    return sorted((found | _judges(found & own)) & own)


def describe_selection(keys: Sequence[dg.AssetKey], select: str, pipeline: str) -> str:
    """Give Dagster's selection of exactly these assets: their keys or, of many, `select` rewritten."""
    if len(keys) <= _FEW:
        return ",".join(f"key:{key.to_user_string()}" for key in keys)
    terms = [_with_key(part, pipeline) for part in _parts(select)]
    terms += [f"key:{key.to_user_string()}" for key in sorted(_judges(keys) & set(keys))]
    return f"({' or '.join(terms)}) and group:{pipeline}"


def _parts(select: str) -> list[str]:
    return [part.strip() for part in select.split(",") if part.strip()]


def _judges(keys: Iterable[dg.AssetKey]) -> set[dg.AssetKey]:
    """The assets that must be selected together with these."""
    judges = ((key.path[:-1], _JUDGES.get(key.path[-1])) for key in keys)
    return {dg.AssetKey([*before, name]) for before, name in judges if name}


def _resolve(part: str, pipeline: str, names: Iterable[str], graph: Any) -> Set[dg.AssetKey]:
    named = _NAME.fullmatch(part)
    if named is not None and (named["name"] not in names or named["of"] not in (None, pipeline)):
        return set()
    try:
        with warnings.catch_warnings(action="ignore"):  # its parser warns of an argument of its own
            selection = dg.AssetSelection.from_string(_with_key(part, pipeline))
            return selection.resolve(graph, allow_missing=True)
    except Exception as error:  # Dagster's parser has a class of its own for each mistake
        said = str(error).strip().splitlines()
        raise PipelineFileError(
            f"--select: '{part}' is no selection of assets: {said[0] if said else error!r} Examples: "
            f"model, +model (with what it is made from), key:{pipeline}/model."
        ) from error


def _with_key(part: str, pipeline: str) -> str:
    """A bare name as Dagster's selection of the pipeline's own asset; all else as it is."""
    named = _NAME.fullmatch(part)
    if named is None or named["of"] not in (None, pipeline):
        return part
    up, down = ((named[side] or "").replace("*", "+") for side in ("up", "down"))
    return f"{up}key:{pipeline}/{named['name']}{down}"


def _nearest(parts: Iterable[str], pipeline: str, names: Iterable[str]) -> str:
    known = [*names, pipeline]
    words = [word for part in parts for word in _WORDS.findall(part)]
    hints = (did_you_mean(word, known) for word in reversed(words) if word not in known)
    return next((hint for hint in hints if hint), "")
