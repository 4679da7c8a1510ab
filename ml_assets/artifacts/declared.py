"""The stages that the rooms declare, and what the artifact of a stage would be made from now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.artifacts.code import keep_memo, load_memo
from ml_assets.artifacts.fingerprint import Ingredients, ingredients, named_modules
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.modules import has_source
from ml_assets.artifacts.outcome import Outcome
from ml_assets.artifacts.store import Artifact
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline import PipelineSpec


class Unsure(str):
    """A reason to make an artifact again: only that can tell whether the stored one is up to date."""

    __slots__ = ()


StageFunction = Callable[..., Outcome]
Verify = Callable[[Home, Artifact], str | None]


@dataclass(frozen=True)
class DeclaredStage:
    """A stage as declared by its room: the stage function, and the arguments of `stage_asset`.

    `blocking` and `warning` are the names of its checks.
    """

    pipeline: PipelineSpec
    function: StageFunction
    ins: Sequence[str]
    config: Mapping[str, Any]
    blocking: Sequence[str]
    warning: Sequence[str]
    verify: Verify | None

    @property
    def name(self) -> str:
        """The asset's name."""
        return self.function.__name__


# The stages that this process has built, by pipeline and asset; the last definition of each counts.
_stages: dict[tuple[str, str], DeclaredStage] = {}


def declare(stage: DeclaredStage) -> None:
    """Remember a stage, so that `declared_stage` finds it."""
    _stages[stage.pipeline.name, stage.name] = stage


def declared_stage(pipeline: str, asset: str) -> DeclaredStage | None:
    """Give the stage of a pipeline that makes an asset, if this process has built it."""
    return _stages.get((pipeline, asset))


def ingredients_now(stage: DeclaredStage, home: Home, digests: Mapping[str, str]) -> Ingredients:
    """Give what a stage would be made from now.

    Parameters
    ----------
    stage : DeclaredStage
        The stage.
    home : Home
        The home folder, where the digests of source texts are cached.
    digests : mapping of str to str
        The content digest of each input.

    Raises
    ------
    PipelineFileError
        If the YAML names a function in a module whose source cannot be found.
    """
    modules = user_modules(stage)
    for name in sorted(modules & {*stage.pipeline.user_modules}):
        if not has_source(name):
            raise PipelineFileError(
                f"The YAML of {stage.pipeline.name} names a function of the module '{name}', and no "
                "Python source file of that module is found, so nobody could tell when it changes. "
                "Check the name, or put the file where Python finds it."
            )
    path = home.root / "sources.json"
    memo = load_memo(path)
    known_sources = len(memo)
    parts = ingredients(stage.function, stage.config, digests, modules, memo)
    if len(memo) > known_sources:
        keep_memo(path, memo)
    return parts


def user_modules(stage: DeclaredStage) -> set[str]:
    """The user's modules that run in a stage: those its settings name, and a loaded model's.

    An estimator from another library counts too: another version of it gives another model.
    """
    loads_model = {"model", "registered_model"} & {*stage.ins}
    fits_model = {"training", "training.estimator"} & {*stage.config}
    training = stage.pipeline.training
    estimator_modules = named_modules(training.estimator) if loads_model else ()
    libraries = training.libraries if loads_model or fits_model else ()
    return {*named_modules(stage.config), *estimator_modules, *libraries}
