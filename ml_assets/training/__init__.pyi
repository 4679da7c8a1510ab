from .bundle import LoadedModel as LoadedModel
from .bundle import ModelFacts as ModelFacts
from .bundle import load_model as load_model
from .bundle import write_model as write_model
from .contest import Contest as Contest
from .data import Examples as Examples
from .data import Form as Form
from .data import TrainingData as TrainingData
from .data import read_training_data as read_training_data
from .decision import choose_threshold as choose_threshold
from .estimators import make_estimator as make_estimator
from .predict import predict_scores as predict_scores
from .spec import TrainingSpec as TrainingSpec
from .study import open_study as open_study
from .train import TrainedModels as TrainedModels
from .train import decide_thresholds as decide_thresholds
from .train import fit_model as fit_model
from .train import train_models as train_models
from .trial import run_trial as run_trial
from .tune import Plan as Plan
from .tune import SearchResult as SearchResult
from .tune import search as search
from .tuning import run_search as run_search

__all__ = [
    "Contest",
    "Examples",
    "Form",
    "LoadedModel",
    "ModelFacts",
    "Plan",
    "SearchResult",
    "TrainedModels",
    "TrainingData",
    "TrainingSpec",
    "choose_threshold",
    "decide_thresholds",
    "fit_model",
    "load_model",
    "make_estimator",
    "open_study",
    "predict_scores",
    "read_training_data",
    "run_search",
    "run_trial",
    "search",
    "train_models",
    "write_model",
]
