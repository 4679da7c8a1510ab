import numpy as np
import pytest

from ml_assets.errors import ModelError, PipelineFileError
from ml_assets.spec import Task
from ml_assets.training.data import Form
from ml_assets.training.estimators import (
    default_parameters,
    default_space,
    majority,
    make_estimator,
)
from ml_assets.training.fitting import fit_quietly
from ml_assets.training.predict import predict_scores
from ml_assets_tests.training.datasets import fitted

OWN = "ml_assets_tests.training.own_models"
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
NAMES = {
    "binary": ("hist_gradient_boosting", "logistic", "random_forest", "lightgbm"),
    "multiclass": ("hist_gradient_boosting", "logistic", "random_forest", "lightgbm"),
    "regression": ("hist_gradient_boosting", "ridge", "random_forest", "lightgbm"),
}


@pytest.mark.parametrize("task", TASKS)
def test_every_estimator_takes_gaps_and_codes_and_beats_the_majority(task: Task) -> None:
    _, data = fitted(task)
    form = data.form
    plain = majority(form)
    fit_quietly(plain, data.train)
    base = _error(
        task, predict_scores(plain, data.eval.features, task, data.classes), data.eval.label
    )
    for name in NAMES[task]:
        model = make_estimator(name, form, default_parameters(name, task), seed=0)
        fit_quietly(model, data.train)
        predictions = predict_scores(model, data.eval.features, task, data.classes)
        assert predictions.shape == {"multiclass": (len(data.eval), 3)}.get(task, (len(data.eval),))
        assert _error(task, predictions, data.eval.label) < 0.85 * base


def _error(task: Task, predictions: object, label: object) -> float:
    scores, truth = np.asarray(predictions), np.asarray(label)
    if task == "multiclass":
        truth = np.eye(3)[truth]
    return float(np.mean((scores - truth) ** 2))


def test_boosting_is_told_which_features_are_categories() -> None:
    model = make_estimator("hist_gradient_boosting", Form("binary", 3, (1,)), {}, seed=0)
    assert model.get_params()["categorical_features"] == [1]
    assert not model.get_params()["early_stopping"]


def test_linear_models_do_not_take_codes_for_numbers() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 5, 500).astype(float)
    label = np.isin(code, [0, 3]).astype(int)  # not monotone in the code
    model = make_estimator("logistic", Form("binary", 1, (0,)), {}, seed=0)
    model.fit(code.reshape(-1, 1), label)
    assert model.score(code.reshape(-1, 1), label) == 1.0


def test_an_unknown_category_and_a_gap_in_a_full_column_can_be_predicted() -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=80), rng.integers(0, 3, 80)])
    for name in NAMES["binary"]:
        model = make_estimator(name, Form("binary", 2, (1,)), {}, seed=0)
        model.fit(rows, (rows[:, 0] > 0).astype(int))
        assert np.isfinite(model.predict_proba([[np.nan, np.nan], [0.5, 99.0]])).all()


def test_parameters_of_the_yaml_win() -> None:
    parameters = {"max_bins": 17, "early_stopping": True, "random_state": 5}
    model = make_estimator("hist_gradient_boosting", Form("binary", 1), parameters, seed=0)
    assert parameters.items() <= model.get_params().items()


def test_a_wrong_parameter_is_named_with_the_nearest() -> None:
    with pytest.raises(PipelineFileError) as error:
        make_estimator("ridge", Form("regression", 1), {"alfa": 1, "x": 2}, seed=0)
    assert str(error.value).splitlines()[:2] == [
        "training: 'alfa' is not a parameter of ridge. Did you mean 'alpha'?",
        "training: 'x' is not a parameter of ridge.",
    ]


def test_the_defaults_lie_inside_the_space() -> None:
    for task in TASKS:
        for name in NAMES[task]:
            defaults = default_parameters(name, task)
            for parameter, dimension in default_space(name).items():
                assert dimension.low <= defaults[parameter] <= dimension.high  # type: ignore[union-attr]


def test_an_estimator_of_ones_own_gets_its_parameters_and_the_seed() -> None:
    model = make_estimator(f"{OWN}:tree", Form("binary", 2), {"max_depth": 7}, seed=11)
    assert model.get_params()["max_depth"] == 7
    assert model.get_params()["random_state"] == 11


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (
            "no_such_module:tree",
            PipelineFileError,
            "training.estimator: the module 'no_such_module' is not found",
        ),
        (f"{OWN}:no_such", PipelineFileError, "has no function 'no_such'"),
        (f"{OWN}:broken", ModelError, r"broken failed: RuntimeError\('no licence'\)"),
        (f"{OWN}:no_estimator", ModelError, "binary task; what it gave has no predict_proba"),
    ],
)
def test_a_wrong_function_is_refused(name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_estimator(name, Form("binary", 2), {}, seed=0)


def test_a_class_that_was_never_trained_on_has_probability_zero() -> None:
    rows = np.arange(40.0).reshape(-1, 1)
    model = make_estimator("logistic", Form("multiclass", 1), {}, seed=0)
    model.fit(rows, np.where(rows[:, 0] > 20, 2, 0))
    predictions = predict_scores(model, rows, "multiclass", 4)
    assert predictions.shape == (40, 4)
    np.testing.assert_array_equal(predictions[:, [1, 3]], 0)
    np.testing.assert_allclose(predictions.sum(axis=1), 1)


@pytest.mark.parametrize(("task", "shape"), [("binary", (0,)), ("multiclass", (0, 3))])
def test_no_rows_give_no_predictions(task: Task, shape: tuple[int, ...]) -> None:
    assert predict_scores(None, np.empty((0, 2)), task, 3).shape == shape
