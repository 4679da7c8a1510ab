import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.calibration
import sklearn.metrics

from ml_assets.evaluation import evaluate
from ml_assets.evaluation.curves import calibration_bins, precision_recall_points, roc_points
from ml_assets.evaluation.pictures import (
    draw_confusion,
    draw_residuals,
    draw_roc_and_calibration,
    draw_scores,
    draw_slices,
)

Random = np.random.Generator


def _binary(path: Path, random: Random) -> None:
    y = random.integers(0, 2, 5000).astype(float)
    score = np.clip(0.2 * y + 0.8 * random.random(5000), 0, 1)
    draw_roc_and_calibration(path, y, score, evaluate(y, score))


def _scores(path: Path, random: Random) -> None:
    y = random.integers(0, 2, 5000).astype(float)
    score = np.clip(0.2 * y + 0.8 * random.random(5000), 0, 1)
    draw_scores(path, y, score, evaluate(y, score))


def _confusion(classes: int) -> Callable[[Path, Random], None]:
    def draw(path: Path, random: Random) -> None:
        codes = random.integers(0, classes, 2000)
        names = [f"$class^{k}$ <b>\n航空" for k in range(classes)]
        draw_confusion(path, codes, random.dirichlet(np.ones(classes), 2000), names)

    return draw


def _residuals(path: Path, random: Random) -> None:
    y = random.standard_t(2, 5000)
    draw_residuals(path, y, y + random.normal(size=5000))


def _equal_residuals(path: Path, random: Random) -> None:
    draw_residuals(path, np.ones(30), np.ones(30))


def _slices(path: Path, random: Random) -> None:
    y = random.integers(0, 2, 8000)
    names = np.array([f"${k} a very long name of a slice 航空\x1b[31m" for k in range(60)])
    features = pd.DataFrame({"g": names[random.integers(0, 60, 8000)]})
    draw_slices(path, evaluate(y, random.random(8000), features=features, slices=["g"]))


@pytest.mark.parametrize(
    "draw", [_binary, _scores, _confusion(3), _confusion(40), _residuals, _equal_residuals, _slices]
)
def test_a_picture_is_small_and_the_same_each_time(
    draw: Callable[[Path, Random], None], tmp_path: Path
) -> None:
    for name in ("one.png", "other.png"):
        draw(tmp_path / name, np.random.default_rng(0))
    content = (tmp_path / "one.png").read_bytes()
    assert content == (tmp_path / "other.png").read_bytes()
    assert len(content) < 60_000
    width, height = struct.unpack(">II", content[16:24])
    assert 200 < width < 1200
    assert 100 < height < 1200


def test_the_roc_curve_is_scikit_learns() -> None:
    random = np.random.default_rng(1)
    y = random.integers(0, 2, 300).astype(float)
    score = np.round(random.random(300), 2)
    false, true = roc_points(y, score)
    expected = sklearn.metrics.roc_curve(y, score, drop_intermediate=False)
    np.testing.assert_allclose(false, expected[0])
    np.testing.assert_allclose(true, expected[1])


def test_a_thinned_roc_curve_has_the_same_ends_and_area() -> None:
    random = np.random.default_rng(1)
    y = random.integers(0, 2, 20_000).astype(float)
    score = y + random.normal(size=20_000)
    false, true = roc_points(y, score)
    assert len(false) <= 400
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(true, false) == pytest.approx(
        sklearn.metrics.roc_auc_score(y, score), abs=1e-3
    )


def test_the_precision_recall_curve_is_scikit_learns_and_thinned_has_its_area() -> None:
    random = np.random.default_rng(1)
    y = random.integers(0, 2, 20_000).astype(float)
    score = y + random.normal(size=20_000)
    recall, precision = precision_recall_points(y[:300], score[:300])
    expected = sklearn.metrics.precision_recall_curve(y[:300], score[:300])
    assert set(zip(recall, precision, strict=True)) <= set(
        zip(expected[1], expected[0], strict=True)
    )
    recall, precision = precision_recall_points(y, score)
    assert len(recall) <= 400
    assert (recall[0], recall[-1], precision[-1]) == (1, 0, 1)
    assert -np.trapezoid(precision, recall) == pytest.approx(
        sklearn.metrics.average_precision_score(y, score), abs=2e-3
    )


def test_calibration_bins_are_scikit_learns_quantile_bins() -> None:
    random = np.random.default_rng(2)
    score = random.random(1000)
    y = (random.random(1000) < score).astype(float)
    points = calibration_bins(y, score, 0.95)
    true, predicted = sklearn.calibration.calibration_curve(
        y, score, n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose([point.observed for point in points], true)
    np.testing.assert_allclose([point.predicted for point in points], predicted)
    assert all(point.low < point.observed < point.high for point in points)


def test_equal_probabilities_are_one_bin() -> None:
    assert [
        point.rows for point in calibration_bins(np.array([0.0, 1.0]), np.full(2, 0.5), 0.95)
    ] == [2]
