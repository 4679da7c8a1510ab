"""Draws everything of an assessment that can be drawn, each as a small PNG with its caption."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ml_assets.evaluation import explain_pictures, pictures
from ml_assets.evaluation.age_picture import draw_staleness
from ml_assets.evaluation.assessment import Assessment
from ml_assets.evaluation.fairness_report import draw_groups
from ml_assets.evaluation.spec import ThresholdSpec

Drawn = dict[str, tuple[str, str]]
"""The file of each picture and its caption, by a name for the picture."""


def draw(
    directory: Path,
    assessment: Assessment,
    y_true: NDArray[Any],
    y_score: NDArray[Any],
    classes: Sequence[str],
    threshold: ThresholdSpec | None = None,
) -> Drawn:
    """Draw an assessment.

    Parameters
    ----------
    directory : Path
        Where the files go.
    assessment : Assessment
        What to draw.
    y_true, y_score : array
        The labels and the candidate's predictions on the test rows.
    classes : sequence of str
        The names of the class codes; empty for a regression.
    threshold : ThresholdSpec, optional
        What the main metric must reach.
    """
    return {
        name: (file, caption)
        for name, file, caption in (
            *_task_pictures(directory, assessment, y_true, y_score, classes),
            *_part_pictures(directory, assessment, threshold),
        )
    }


def _task_pictures(
    directory: Path,
    assessment: Assessment,
    y_true: NDArray[Any],
    y_score: NDArray[Any],
    classes: Sequence[str],
) -> Iterator[tuple[str, str, str]]:
    evaluation = assessment.evaluation
    main = evaluation.metric(evaluation.main_metric).value
    if evaluation.task == "binary" and evaluation.metric("roc_auc").value is not None:
        file = "roc_and_calibration.png"
        pictures.draw_roc_and_calibration(directory / file, y_true, y_score, evaluation)
        yield "curves", file, "ROC and calibration on the test split"
        pictures.draw_scores(directory / "scores.png", y_true, y_score, evaluation)
        yield "scores", "scores.png", "Precision, recall and scores on the test split"
    if evaluation.task == "multiclass" and main is not None:
        pictures.draw_confusion(directory / "confusion.png", y_true, y_score, classes)
        yield "confusion", "confusion.png", "Confusion matrix of the test split"
    if evaluation.task == "regression" and main is not None:
        pictures.draw_residuals(directory / "residuals.png", y_true, y_score)
        yield "residuals", "residuals.png", "Residuals on the test split"


def _part_pictures(
    directory: Path, assessment: Assessment, threshold: ThresholdSpec | None
) -> Iterator[tuple[str, str, str]]:
    if assessment.evaluation.slices:
        pictures.draw_slices(directory / "slices.png", assessment.evaluation)
        yield "slices_picture", "slices.png", f"{assessment.evaluation.main_metric} of the slices"
    if assessment.weak is not None and assessment.weak.slices:
        explain_pictures.draw_weak_slices(directory / "weak_slices.png", assessment.weak)
        yield "weak_slices_picture", "weak_slices.png", "Slices on which the model is weak"
    if assessment.importance:
        explain_pictures.draw_importance(directory / "importance.png", assessment.importance)
        yield "importance_picture", "importance.png", "What each column is worth to the model"
    if assessment.dependence:
        explain_pictures.draw_dependence(directory / "dependence.png", assessment.dependence)
        yield "dependence", "dependence.png", "The mean prediction over the values of a column"
    if draw_staleness(directory / "staleness.png", assessment.staleness or (), threshold):
        yield "staleness_picture", "staleness.png", "How the model ages"
    if assessment.people is not None:
        draw_groups(directory / "groups.png", assessment.people)
        yield "groups_picture", "groups.png", "Groups of people, with their intervals"
