from typing import Any

import pytest

from ml_assets.training.estimators import make_estimator
from ml_assets.training.reproduce import Reproduction, reproduce
from ml_assets.training.spec import TrainingSpec
from ml_assets.training.train import fit_model
from ml_assets_tests.training.datasets import fitted
from ml_assets_tests.training.test_trial import contest

OWN = "ml_assets_tests.training.own_models"


def refit(task: Any, parameters: dict[str, Any], **training: Any) -> Reproduction:
    spec, data = TrainingSpec.model_validate(training), fitted(task)[1]
    form = contest(task).data.form
    model = make_estimator(spec.estimator, form, parameters, seed=spec.seed)
    model = fit_model(model, data, spec.seed, spec.class_weight, spec.calibration)
    return reproduce(model, data, spec, parameters)


@pytest.mark.parametrize(
    ("task", "parameters", "training"),
    [
        ("binary", {"max_iter": 10}, {"calibration": "isotonic", "class_weight": "balanced"}),
        ("multiclass", {"n_estimators": 5}, {"estimator": "random_forest"}),
        ("regression", {"n_estimators": 5, "subsample": 0.5, "subsample_freq": 1},
         {"estimator": "lightgbm"}),
    ],
)  # fmt: skip
def test_the_same_seed_predicts_the_same_bytes(task: Any, parameters: Any, training: Any) -> None:
    reproduction = refit(task, parameters, **training)
    rows = fitted(task)[1]
    assert reproduction == Reproduction(len(rows.train), len(rows.eval), 0, is_whole=True)
    assert "predict the same" in reproduction.text


@pytest.mark.parametrize("refit_rows", [10_000, 100])
def test_an_estimator_without_a_seed_is_found_out(refit_rows: int) -> None:
    reproduction = refit("binary", {}, estimator=f"{OWN}:unseeded", refit_rows=refit_rows)
    assert reproduction.differing > 0
    assert reproduction.is_whole == (refit_rows > 341)
    assert reproduction.rows == min(refit_rows, 341)
    assert "this model cannot be made again. Give the estimator a random_state" in reproduction.text


def test_of_many_rows_a_sample_is_fitted_twice() -> None:
    reproduction = refit("binary", {"max_iter": 5}, refit_rows=100)
    assert reproduction == Reproduction(100, 114, 0, is_whole=False)
    assert reproduction.text.startswith(
        "two fits on a sample of rows (100 rows, one seed) predict the"
    )
