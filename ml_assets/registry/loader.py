"""What MLflow runs to load and ask a model of this package. MLflow calls `_load_pyfunc` by name.

A model with types of the user's own needs them named where it is served too, in the environment variable
``ML_ASSETS_TRUSTED_TYPES``, separated by commas: a list inside the model counts for nothing.
"""

import os
from pathlib import Path
from typing import Any

import pandas as pd

from ml_assets.errors import DataError
from ml_assets.training.bundle import LoadedModel, load_model

TRUSTED_TYPES = "ML_ASSETS_TRUSTED_TYPES"


class ServedModel:
    """A loaded bundle as MLflow asks it: the same `predict` as in training."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        columns = model.manifest["input_columns"]
        self._text_columns = [column["name"] for column in columns if column["type"] == "string"]

    def predict(self, data: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Give the model's predictions for raw rows.

        Parameters
        ----------
        data : DataFrame
            The raw columns that the model's signature names.
        params : dict, optional
            MLflow's; there are none.

        Raises
        ------
        DataError
            If a column cannot be read as its type. The scoring server answers that with a 4xx.
        """
        mistyped = [name for name in self._text_columns if not _is_text(data[name])]
        if mistyped:
            raise DataError(f"text or null is needed in {', '.join(mistyped)}; found other values.")
        return self._model.predict(data)


def _is_text(column: "pd.Series[Any]") -> bool:
    # MLflow lets any JSON value through in a column of text.
    if column.dtype != object:
        return isinstance(column.dtype, pd.StringDtype)
    return all(isinstance(value, str) for value in column.dropna())


def _load_pyfunc(path: str) -> ServedModel:
    trusted = os.environ.get(TRUSTED_TYPES, "").split(",")
    return ServedModel(load_model(Path(path), [name for name in trusted if name]))
