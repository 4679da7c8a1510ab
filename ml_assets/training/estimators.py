"""The estimators by name: how each is built, its parameters by default and what is searched.

Each takes the feature matrix as it is: float64, NaN where missing, categories as codes. Gradient boosting
takes that natively; the others get a head that imputes and, for the linear ones, scales and one-hot
encodes. LightGBM is imported where it is used: it is an extra.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ml_assets.errors import ModelError, PipelineFileError, did_you_mean
from ml_assets.ingest.user_function import load_function
from ml_assets.spec import Task
from ml_assets.training.data import Form
from ml_assets.training.spec import LIGHTGBM, FloatRange, IntRange, SearchDimension

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class _Estimator:
    """An estimator that has a name in the YAML."""

    classifier: Any
    regressor: Any
    defaults: Parameters = field(default_factory=dict)
    space: Mapping[str, SearchDimension] = field(default_factory=dict)

    def library_parameters(self, task: Task) -> Parameters:
        """Its parameters, with the library's defaults."""
        model = self.regressor if task == "regression" else self.classifier
        parameters: Parameters = model().get_params()
        return parameters

    def make(self, task: Task, parameters: Parameters, form: Form) -> Any:
        model = self.regressor if task == "regression" else self.classifier
        return model(**parameters)


class _LightGBM(_Estimator):
    """LightGBM, which is imported only when it is used."""

    def library_parameters(self, task: Task) -> Parameters:
        from ml_assets.training.lightgbm_model import known_parameters

        return known_parameters(task == "regression")

    def make(self, task: Task, parameters: Parameters, form: Form) -> Any:
        from ml_assets.training.lightgbm_model import LightGBMClassifier, LightGBMRegressor

        kind = LightGBMRegressor if task == "regression" else LightGBMClassifier
        return kind(dict(parameters), list(form.categorical))


_ESTIMATORS = {
    "hist_gradient_boosting": _Estimator(
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        {
            "learning_rate": 0.1,
            "max_leaf_nodes": 31,
            "min_samples_leaf": 20,
            "l2_regularization": 0.01,
        },
        {
            "learning_rate": FloatRange(low=0.03, high=0.3, log=True),
            "max_leaf_nodes": IntRange(low=8, high=64, log=True),
            "min_samples_leaf": IntRange(low=5, high=200, log=True),
            "l2_regularization": FloatRange(low=1e-3, high=30.0, log=True),
        },
    ),
    "logistic": _Estimator(
        LogisticRegression,
        None,
        {"C": 1.0, "max_iter": 500},
        {"C": FloatRange(low=1e-4, high=100.0, log=True)},
    ),
    "ridge": _Estimator(
        None,
        Ridge,
        {"alpha": 1.0},
        {"alpha": FloatRange(low=1e-3, high=1e4, log=True)},
    ),
    "random_forest": _Estimator(
        RandomForestClassifier,
        RandomForestRegressor,
        {"n_estimators": 100, "min_samples_leaf": 5, "max_features": 0.3},
        {
            "min_samples_leaf": IntRange(low=1, high=100, log=True),
            "max_features": FloatRange(low=0.1, high=1.0),
        },
    ),
    LIGHTGBM: _LightGBM(
        None,
        None,
        {"learning_rate": 0.1, "num_leaves": 31, "min_child_samples": 20, "reg_lambda": 0.01},
        {
            "learning_rate": FloatRange(low=0.03, high=0.3, log=True),
            "num_leaves": IntRange(low=8, high=64, log=True),
            "min_child_samples": IntRange(low=5, high=200, log=True),
            "reg_lambda": FloatRange(low=1e-3, high=30.0, log=True),
        },
    ),
}


def default_parameters(name: str, task: Task) -> dict[str, Any]:
    """Give the default parameters of an estimator; none for a user's own."""
    return dict(_ESTIMATORS[name].defaults) if name in _ESTIMATORS else {}


def default_space(name: str) -> dict[str, SearchDimension]:
    """Give the default search space of an estimator; empty for a user's own."""
    return dict(_ESTIMATORS[name].space) if name in _ESTIMATORS else {}


def make_estimator(
    name: str, form: Form, parameters: Parameters, *, seed: int, threads: int = 1
) -> Any:
    """Give an unfitted estimator for a feature matrix of this form.

    Parameters
    ----------
    name : str
        An estimator's name in the YAML, or ``module:function``.
    form : Form
        The form of the feature matrix.
    parameters : mapping
        Its parameters, over the defaults of scikit-learn.
    seed : int
        Of its random numbers, where it has any.
    threads : int
        The most threads where the estimator itself starts them.

    Raises
    ------
    PipelineFileError
        If it has no such parameter, or the user's function cannot be found.
    ModelError
        If the user's function fails or gives something that cannot be fitted.
    MissingExtraError
        If it is LightGBM, and that is not installed.
    """
    if name not in _ESTIMATORS:
        return _own_estimator(name, form, parameters, seed)
    entry = _ESTIMATORS[name]
    allowed = entry.library_parameters(form.task)
    _check_names(name, form.task, parameters, allowed)
    fixed = {
        key: value
        for key, value in _fixed_parameters(name, form, seed, threads).items()
        if key in allowed
    }
    return _with_head(name, entry.make(form.task, {**fixed, **parameters}, form), form)


def majority(form: Form) -> Any:
    """Give the baseline that always predicts the classes' shares, or the mean."""
    return DummyRegressor() if form.task == "regression" else DummyClassifier(strategy="prior")


def _fixed_parameters(name: str, form: Form, seed: int, threads: int) -> dict[str, Any]:
    fixed: dict[str, Any] = {"random_state": seed}
    if name == "hist_gradient_boosting":
        fixed |= {"early_stopping": False, "categorical_features": list(form.categorical) or None}
    if name in ("random_forest", LIGHTGBM):
        fixed |= {"n_jobs": threads}
    return fixed


def _with_head(name: str, model: Any, form: Form) -> Any:
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    if name == "random_forest":
        return Pipeline([("impute", impute), ("model", model)])
    if name in ("hist_gradient_boosting", LIGHTGBM):
        return model
    numbers = Pipeline([("impute", impute), ("scale", StandardScaler())])
    codes = OneHotEncoder(handle_unknown="ignore")
    head = ColumnTransformer(
        [("numbers", numbers, form.numeric), ("codes", codes, list(form.categorical))]
    )
    return Pipeline([("head", head), ("model", model)])


def unknown_parameters(name: str, task: Task, names: Iterable[str]) -> dict[str, str]:
    """Give the parameters that an estimator does not have, each with what is wrong about it.

    Empty for the user's own estimator, whose parameters are not known.
    """
    allowed = _ESTIMATORS[name].library_parameters(task) if name in _ESTIMATORS else names
    return {
        key: f"'{key}' is not a parameter of {name}.{did_you_mean(key, allowed)}"
        for key in names
        if key not in allowed
    }


def _check_names(name: str, task: Task, parameters: Parameters, allowed: Parameters) -> None:
    unknown = unknown_parameters(name, task, parameters)
    if unknown:
        mistakes = "\n".join(f"training: {text}" for text in unknown.values())
        raise PipelineFileError(f"{mistakes}\nAllowed: {', '.join(sorted(allowed))}.")


def _own_estimator(name: str, form: Form, parameters: Parameters, seed: int) -> Any:
    function = load_function(name, "training.estimator")
    try:
        model = function(**parameters)
    except Exception as error:  # the user's code may raise anything
        raise ModelError(f"training.estimator: {name} failed: {error!r}.") from error
    needed = ("fit", "predict") if form.task == "regression" else ("fit", "predict_proba")
    if missing := [method for method in (*needed, "get_params") if not hasattr(model, method)]:
        raise ModelError(
            f"training.estimator: {name} must give a scikit-learn estimator for a {form.task} task; "
            f"what it gave has no {' and no '.join(missing)}."
        )
    # Unseeded, two runs would give two models.
    seeds = {
        name: seed
        for name, value in model.get_params().items()
        if name.endswith("random_state") and value is None
    }
    return model.set_params(**seeds)
