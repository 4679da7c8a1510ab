"""`PipelineSpec`: the content of one YAML file, with a part for each room."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ml_assets.evaluation.names import main_metric
from ml_assets.evaluation.spec import EvaluationSpec
from ml_assets.ingest.spec import IngestSpec
from ml_assets.labels.spec import LabelSpec
from ml_assets.monitoring.spec import MonitoringSpec
from ml_assets.registry.spec import RegistrySpec
from ml_assets.schema.spec import SchemaSpec
from ml_assets.serving.spec import ServingSpec
from ml_assets.spec import BrokenRule, FileName, InWords, Spec, Task, refuse_broken_rules
from ml_assets.statistics.spec import StatisticsSpec
from ml_assets.training.spec import TrainingSpec
from ml_assets.transform.spec import TransformSpec
from ml_assets.validation.spec import ValidationSpec

Pace = Literal["months", "weeks", "days", "hours"]
PipelineName = Annotated[
    FileName,
    Field(pattern=r"^[a-z][a-z0-9_]{0,62}$"),
    InWords(
        "lower-case letters, digits and _, first a letter, at most 63, and no device such as con"
    ),
]
# What Dagster takes as an owner.
Owner = Annotated[
    str,
    Field(pattern=r"^([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}|team:(?s:.)+)$"),
    InWords("an e-mail address or team:name"),
]

# How old an asset may be before it counts as stale, by how fast the ground truth changes.
FRESH_FOR: dict[Pace, timedelta] = {
    "months": timedelta(days=60),
    "weeks": timedelta(days=14),
    "days": timedelta(days=2),
    "hours": timedelta(hours=3),
}
# How old a champion may be: half of that, and all of it where the truth changes by the hour.
MAX_AGE_DAYS: dict[Pace, float] = {"months": 30.0, "weeks": 7.0, "days": 1.0, "hours": 0.125}


class PipelineSpec(Spec):
    """One model, from its source to its retraining.

    Attributes
    ----------
    name : str
        The pipeline's name: the prefix of its asset keys. By default its folder's name.
    directory : Path
        The folder of its YAML file; set by the loader.
    description : str
        One sentence for the UI.
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    owners : list of str
        E-mail addresses, or ``team:name``.
    ground_truth_changes : {"months", "weeks", "days", "hours"}
        How fast the truth changes: how old assets and the model may be before they count as stale.
    """

    name: PipelineName
    directory: Annotated[Path, Field(exclude=True)] = Path()
    description: str = ""
    task: Task
    owners: list[Owner] = []
    ground_truth_changes: Pace = "months"
    ingest: IngestSpec
    labels: LabelSpec
    statistics: StatisticsSpec = StatisticsSpec()
    schema_: Annotated[SchemaSpec, Field(alias="schema")] = SchemaSpec()
    validation: ValidationSpec = ValidationSpec()
    transform: TransformSpec = TransformSpec()
    training: TrainingSpec = TrainingSpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    registry: RegistrySpec = RegistrySpec()
    serving: ServingSpec = ServingSpec()
    monitoring: MonitoringSpec = MonitoringSpec()

    @model_validator(mode="after")
    def _check_consistency(self) -> "PipelineSpec":
        refuse_broken_rules(
            *self._features_that_make_the_label(),
            *(
                (True, ("evaluation", *key), text)
                for key, text in self.evaluation.mistakes(self.task)
            ),
            *self._settings_of_another_task(),
        )
        return self

    def _features_that_make_the_label(self) -> Iterator[BrokenRule]:
        named = [("transform.features", name) for name in self.transform.features or ()]
        read = [
            (f"transform.encodings.{key}", name) for key, name in self.transform.read_together()
        ]
        for key, name in (*named, *read):
            yield name in self.labels.columns, key, f"names '{name}', which makes the label"

    def _settings_of_another_task(self) -> Iterator[BrokenRule]:
        training, task = self.training, self.task
        is_binary, is_regression = task == "binary", task == "regression"
        of_classes = "is for classes, not for a regression"
        of_binary = f"is for a binary task; this one is {task}"
        logistic, ridge = (training.estimator == name for name in ("logistic", "ridge"))
        yield logistic and is_regression, "training.estimator", "logistic is for classes; use ridge"
        yield (
            ridge and not is_regression,
            "training.estimator",
            "ridge is for regression; use logistic",
        )
        yield (
            is_regression and training.class_weight is not None,
            "training.class_weight",
            of_classes,
        )
        yield is_regression and training.calibration is not None, "training.calibration", of_classes
        yield not is_binary and training.decision is not None, "training.decision", of_binary
        protected = bool(self.evaluation.fairness.protected)
        yield not is_binary and protected, "evaluation.fairness", of_binary

    @property
    def fresh_for(self) -> timedelta:
        """How old an asset may be before it counts as stale."""
        return FRESH_FOR[self.ground_truth_changes]

    @property
    def max_model_age_days(self) -> float:
        """How old the champion may be, in days, before the sensor retrains it."""
        default = MAX_AGE_DAYS[self.ground_truth_changes]
        return self.monitoring.retraining.max_age_days or default

    @property
    def absent_in_serving(self) -> tuple[str, ...]:
        """The columns that do not exist yet at the moment of prediction."""
        return (*self.labels.columns, *self.transform.known_after)

    @property
    def model_name(self) -> str:
        """The registered model's name in MLflow."""
        return self.registry.model or self.name

    @property
    def main_metric(self) -> str:
        """The metric that is reported first: the first with a threshold, or the task's default."""
        return main_metric(self.evaluation.thresholds, self.task)

    @property
    def user_modules(self) -> tuple[str, ...]:
        """The user's own modules that the YAML names."""
        source, estimator = self.ingest.source, self.training.estimator
        user_estimator = estimator if ":" in estimator else None
        names = (
            source.python,
            source.fingerprint,
            user_estimator,
            *self.evaluation.functions.values(),
        )
        return tuple(dict.fromkeys(name.split(":")[0] for name in names if name))
