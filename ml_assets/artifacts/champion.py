"""What a stage may know of the champion without being made from it.

A search begins with the champion's hyperparameters. The champion is no ingredient of the search for all
that: every promotion would then be a reason to search again. So it is looked up here, in the wiring,
whose code is not followed either.
"""

from collections.abc import Mapping
from typing import Any

from ml_assets import durable
from ml_assets.artifacts.stage import Stage
from ml_assets.errors import MLAssetsError


def champion_manifest(stage: Stage, model_name: str) -> Mapping[str, Any] | None:
    """Give the champion's ``model.json``, or None; where it cannot be read, the log says why.

    Parameters
    ----------
    stage : Stage
        The stage that looks it up.
    model_name : str
        The registered model.
    """
    from ml_assets.registry.registry import champion

    try:
        holder = champion(stage.home.tracking_uri, model_name)
        if holder is None or holder.model_digest is None:
            return None
        return durable.read_json_object(stage.stored("model", holder.model_digest) / "model.json")
    except MLAssetsError as error:
        stage.log(f"{stage.asset}: begins without the champion, which cannot be told: {error}")
        return None
