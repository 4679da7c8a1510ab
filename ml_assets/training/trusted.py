"""The types that a model file may hold: those of a transform, and those of estimators and calibrators."""

from ml_assets.transform.trusted import TRUSTED_TYPES

MODEL_TYPES = (
    *TRUSTED_TYPES,
    # A text and a few numbers; the text is checked before LightGBM sees it.
    "ml_assets.training.lightgbm_model.LightGBMClassifier",
    "ml_assets.training.lightgbm_model.LightGBMRegressor",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
)
