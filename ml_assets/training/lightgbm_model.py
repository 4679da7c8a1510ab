"""LightGBM as a scikit-learn estimator that keeps nothing but LightGBM's own text of the trees.

So a skops file holds a text and a few numbers of it, and no object of LightGBM's. The text is checked
when it is read from a file, and handed to LightGBM when the model first predicts.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from ml_assets.errors import MissingExtraError
from ml_assets.training.lightgbm_text import check_text, trimmed

if TYPE_CHECKING:
    from ml_assets.training.data import TrainingData
    from ml_assets.training.growth import Watch
    from ml_assets.training.row_facts import Weights

_BOOSTER = "_booster"
# One thread or many, the same model.
_FIXED = {"deterministic": True, "force_row_wise": True, "verbosity": -1}


def known_parameters(is_regression: bool) -> dict[str, Any]:
    """Give the hyperparameters that LightGBM has, with their defaults."""
    parameters: dict[str, Any] = _library_model(is_regression, {}).get_params()
    return parameters


class _LightGBM(BaseEstimator):  # type: ignore[misc]
    """What both kinds share.

    Parameters
    ----------
    parameters : mapping
        LightGBM's hyperparameters, as its scikit-learn interface calls them.
    categorical : sequence of int
        The positions of the features that are category codes.
    """

    is_regression = False

    def __init__(self, parameters: Mapping[str, Any], categorical: Sequence[int] = ()) -> None:
        self.parameters = parameters
        self.categorical = categorical

    def fit(
        self, features: Any, label: Any, sample_weight: Any = None, **options: Any
    ) -> "_LightGBM":
        """Fit on a feature matrix; the options are those of LightGBM's own ``fit``."""
        model = _library_model(self.is_regression, self.parameters)
        chosen = list(self.categorical) or "auto"
        model.fit(
            features, label, sample_weight=sample_weight, categorical_feature=chosen, **options
        )
        if not self.is_regression:
            self.classes_ = np.asarray(model.classes_)
        self.n_features_in_ = int(model.n_features_in_)
        self.text_ = trimmed(model.booster_.model_to_string())
        check_text(self.text_)
        self.__dict__.pop(_BOOSTER, None)
        return self

    def _predict_raw(self, features: Any) -> Any:
        if _BOOSTER not in self.__dict__:
            self.__dict__[_BOOSTER] = _import_lightgbm().Booster(model_str=self.text_)
        # Few rows come at a time, and threads take longer to start than to work.
        return self.__dict__[_BOOSTER].predict(
            np.asarray(features, dtype=np.float64), num_threads=1
        )

    def __getstate__(self) -> dict[str, Any]:
        """Give what a file keeps: LightGBM's own object is made anew from the text."""
        state: dict[str, Any] = super().__getstate__()
        return {key: value for key, value in state.items() if key != _BOOSTER}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what a file kept, if its text is sound."""
        if "text_" in state:
            check_text(state["text_"])
        super().__setstate__({key: value for key, value in state.items() if key != _BOOSTER})


class LightGBMClassifier(ClassifierMixin, _LightGBM):  # type: ignore[misc]
    """LightGBM for classes; see `_LightGBM`."""

    def predict_proba(self, features: Any) -> Any:
        """Give one column for each class that was fitted, in the order of ``classes_``."""
        scores = self._predict_raw(features)
        return scores if scores.ndim == 2 else np.column_stack([1 - scores, scores])

    def predict(self, features: Any) -> Any:
        """Give the most probable class of each row."""
        return self.classes_[self.predict_proba(features).argmax(axis=1)]


class LightGBMRegressor(RegressorMixin, _LightGBM):  # type: ignore[misc]
    """LightGBM for numbers; see `_LightGBM`."""

    is_regression = True

    def predict(self, features: Any) -> Any:
        """Give a number for each row."""
        return self._predict_raw(features)


def grow_lightgbm(
    model: _LightGBM,
    data: "TrainingData",
    weight: "Weights | None",
    watch: "Watch",
    patience: int,
) -> None:
    """Fit a model that a watch measures, until so many trees brought no improvement.

    Parameters
    ----------
    model : LightGBMClassifier or LightGBMRegressor
        Unfitted, with the most trees that it may have.
    data : TrainingData
        The rows to fit and to measure on.
    weight : ndarray, optional
        How much each training row counts.
    watch : Watch
        Measures.
    patience : int
        After so many trees without improvement no more are grown.
    """
    rate, trees = float(model.parameters.get("learning_rate", 0.1)), 0

    def evaluate(label: Any, predictions: Any) -> tuple[str, float, bool]:
        nonlocal trees
        trees += 1
        if watch.is_due(trees):
            watch.measure(_for_all_classes(predictions, data), trees, rate)
        return "watched", watch.score, True

    # The watch has the labels; those of classes that were not fitted would be refused here.
    stand_in = np.full(len(data.eval), data.train.label[0])
    model.set_params(parameters={**model.parameters, "metric": "None"}).fit(
        data.train.features,
        data.train.label,
        sample_weight=weight,
        eval_X=data.eval.features,
        eval_y=stand_in,
        eval_metric=evaluate,
        callbacks=[
            _import_lightgbm().early_stopping(patience, first_metric_only=True, verbose=False)
        ],
    )


def _for_all_classes(predictions: Any, data: "TrainingData") -> Any:
    """LightGBM's predictions while it grows, with a column also for each class that was not fitted."""
    if data.task != "multiclass":
        return predictions
    fitted = (
        predictions if predictions.ndim == 2 else np.column_stack([1 - predictions, predictions])
    )
    probabilities = np.zeros((len(fitted), data.classes))
    probabilities[:, np.unique(data.train.label)] = fitted
    return probabilities


def _library_model(is_regression: bool, parameters: Mapping[str, Any]) -> Any:
    library = _import_lightgbm()
    kind = library.LGBMRegressor if is_regression else library.LGBMClassifier
    return kind(**{**_FIXED, **parameters})


def _import_lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtraError(
            "training.estimator: lightgbm is not installed. Install it: "
            "pip install 'ml_assets[lightgbm]'"
        ) from error
    return lightgbm
