"""Draws an evaluation: curves, calibration, scores, confusion, residuals, slices. Small, equal PNGs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml_assets.evaluation.curves import calibration_bins, precision_recall_points, roc_points
from ml_assets.evaluation.multiclass import confusion_matrix
from ml_assets.evaluation.ranking import Floats
from ml_assets.evaluation.result import Evaluation, Metric, metric_named
from ml_assets.markdown import cut
from ml_assets.pages.figure import save_figure

BLUE, GREY, RED = "#2b6ca3", "#999999", "#c0392b"
_MOST_SLICES = 30
_MOST_CLASSES = 25
_LABEL_LENGTH = 28


def draw_roc_and_calibration(
    path: Path, y_true: Floats, score: Floats, evaluation: Evaluation
) -> None:
    """Draw the ROC curve beside the calibration of a binary candidate. Both classes must occur."""
    figure, (roc, calibration) = new_figure(8, 3.6, 2)
    false, true = roc_points(y_true, score)
    roc.plot(false, true, color=BLUE)
    roc.plot([0, 1], [0, 1], color=GREY, linestyle=":")
    roc.set(title=_title("ROC", evaluation.metric("roc_auc")), xlabel="false positive rate")
    roc.set(ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1.01))
    points = calibration_bins(y_true, score, confidence=evaluation.confidence)
    predicted = [point.predicted for point in points]
    observed = np.array([point.observed for point in points])
    errors = observed - [point.low for point in points], [point.high for point in points] - observed
    calibration.plot([0, 1], [0, 1], color=GREY, linestyle=":")
    calibration.errorbar(predicted, observed, yerr=np.abs(errors), color=BLUE, marker="o", ms=3)
    calibration.set(title="Calibration", xlabel="predicted probability")
    calibration.set(ylabel="share of positives", xlim=(0, 1), ylim=(0, 1.01))
    save_figure(figure, path)


def draw_scores(path: Path, y_true: Floats, score: Floats, evaluation: Evaluation) -> None:
    """Draw precision over recall of a binary candidate, beside the scores of both classes."""
    figure, (curve, scores) = new_figure(8, 3.6, 2)
    recall, precision = precision_recall_points(y_true, score)
    curve.plot(recall, precision, color=BLUE, drawstyle="steps-post")
    curve.axhline(float(y_true.mean()), color=GREY, linestyle=":")
    curve.set(title=_title("Average precision", evaluation.metric("average_precision")))
    curve.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))
    for label, colour, name in ((0, GREY, "negative"), (1, BLUE, "positive")):
        rows = score[y_true == label]
        shares = np.full(len(rows), 1 / len(rows))
        scores.hist(
            rows, bins=40, range=(0, 1), weights=shares, color=colour, alpha=0.6, label=name
        )
    scores.set(title="Scores of each class", xlabel="predicted probability", ylabel="share of rows")
    scores.legend(fontsize=8)
    save_figure(figure, path)


def draw_confusion(
    path: Path, codes: NDArray[Any], probabilities: Floats, classes: Sequence[str]
) -> None:
    """Draw the confusion matrix of a multiclass candidate, each row as shares of its true class."""
    matrix = confusion_matrix(codes, probabilities)
    shown = np.sort(np.argsort(-matrix.sum(axis=1), kind="stable")[:_MOST_CLASSES])
    counts = matrix[np.ix_(shown, shown)]
    shares = counts / np.maximum(matrix.sum(axis=1)[shown, None], 1)
    side = max(3.2, 0.42 * len(shown) + 1.4)
    figure, (axes,) = new_figure(side + 0.6, side, 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape) if len(shown) <= 12 else ():
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = f"{counts[row, column]:,}" if counts[row, column] else ""
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    labels = [cut(classes[code], 12) for code in shown]
    axes.set_xticks(range(len(shown)), labels, rotation=90, fontsize=7, parse_math=False)
    axes.set_yticks(range(len(shown)), labels, fontsize=7, parse_math=False)
    few = "" if len(shown) == len(matrix) else f", {len(shown)} largest of {len(matrix)}"
    axes.set(title=f"Confusion{few}", xlabel="predicted", ylabel="true")
    save_figure(figure, path)


def draw_residuals(path: Path, y_true: Floats, y_pred: Floats) -> None:
    """Draw the residuals of a regression candidate: against the prediction, and as a histogram."""
    figure, (against, histogram) = new_figure(8, 3.6, 2)
    residual = y_true - y_pred
    low, high = np.quantile(residual, [0.005, 0.995])
    margin = (high - low) / 20 or 1.0
    inside = (residual >= low - margin) & (residual <= high + margin)
    against.hist2d(y_pred[inside], residual[inside], bins=40, cmap="Blues", cmin=1)
    against.axhline(0, color=GREY, linestyle=":")
    against.set(title="Residuals", xlabel="predicted", ylabel="true - predicted")
    histogram.hist(residual[inside], bins=40, color=BLUE)
    histogram.axvline(0, color=GREY, linestyle=":")
    histogram.set(title="Histogram (middle 99 %)", xlabel="true - predicted", ylabel="rows")
    save_figure(figure, path)


def draw_slices(path: Path, evaluation: Evaluation) -> None:
    """Draw the main metric of the largest slices with its intervals, beside that of all rows."""
    largest = sorted(evaluation.slices, key=lambda piece: -piece.rows)[:_MOST_SLICES]
    shown = [piece for piece in evaluation.slices if piece in largest]
    points = [metric_named(piece.metrics, evaluation.main_metric) for piece in shown]
    figure, (axes,) = new_figure(7, 0.24 * len(shown) + 1.2, 1)
    for row, point in enumerate(points):
        if point.low is not None and point.high is not None:
            axes.plot([point.low, point.high], [row, row], color=BLUE, linewidth=1.5)
        if point.value is not None:
            axes.plot([point.value], [row], color=BLUE, marker="o", ms=4)
    overall = evaluation.metric(evaluation.main_metric)
    if overall.value is not None:
        axes.axvline(overall.value, color=RED, linestyle=":", linewidth=1)
    labels = [f"{cut(piece.name, _LABEL_LENGTH)}  ({piece.rows:,})" for piece in shown]
    axes.set_yticks(range(len(shown)), labels, fontsize=7, parse_math=False)
    axes.set(ylim=(len(shown) - 0.4, -0.6), title=_title(evaluation.main_metric, overall))
    save_figure(figure, path)


def _title(title: str, metric: Metric) -> str:
    return title if metric.value is None else f"{title}: {metric.value:.4g}"


def new_figure(width: float, height: float, panels: int) -> tuple[Figure, Sequence[Any]]:
    """Give a figure with panels side by side; width and height in inches."""
    figure = Figure(figsize=(width, height), dpi=80, layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    return figure, axes
