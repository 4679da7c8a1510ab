"""What MLflow runs to load and ask a model of this package. MLflow calls `_load_pyfunc` by name."""

from pathlib import Path
from typing import Any

import pandas as pd

from ml_assets.errors import DataError
from ml_assets.training.bundle import LoadedModel, load_model


class ServedModel:
    """A loaded bundle as MLflow asks it: the same `predict` as in training."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model

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
        self._check_texts(data)
        return self._model.predict(data)

    def _check_texts(self, data: pd.DataFrame) -> None:
        """MLflow lets any JSON value through in a column of text."""
        for name in self._texts:
            column = data[name]
            if (
                column.dtype == object
                and not column.dropna().map(lambda v: isinstance(v, str)).all()
            ):
                raise DataError(f"column '{name}' must hold text or null.")


def _load_pyfunc(path: str) -> ServedModel:
    return ServedModel(load_model(Path(path)))
