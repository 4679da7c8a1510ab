from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ml_assets.evaluation import explain_pictures as pictures
from ml_assets.evaluation.explain_row import explain_row
from ml_assets.evaluation.importance import partial_dependence, permutation_importance
from ml_assets.evaluation.weak_slices import find_weak_slices

STRANGE = "$x_1$ 列 <b>&|"


def _predict(frame: pd.DataFrame) -> Any:
    return np.clip(frame[STRANGE].fillna(0).to_numpy() / 10 + 0.2, 0, 1)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    random = np.random.default_rng(0)
    city = random.choice(["Oslo", "$Rome$"], 3000)
    number = pd.Series(random.uniform(0, 6, 3000)).where(random.random(3000) < 0.9)
    return pd.DataFrame({STRANGE: number, "city": city})


@pytest.mark.parametrize("kind", ["weak", "none", "importance", "dependence", "row"])
def test_pictures_are_small_and_the_same_each_time(
    kind: str, rows: pd.DataFrame, tmp_path: Path
) -> None:
    score = _predict(rows)
    y = (np.random.default_rng(1).random(3000) < score).astype(int)
    bad = (rows["city"] == "Oslo").to_numpy() & (kind == "weak")
    y[bad] = 1 - y[bad]
    columns = [STRANGE, "city"]
    for path in (tmp_path / "one.png", tmp_path / "two.png"):
        match kind:
            case "weak" | "none":
                weak = find_weak_slices(rows, y, score)
                assert bool(weak.slices) == (kind == "weak")
                pictures.draw_weak_slices(path, weak)
            case "importance":
                pictures.draw_importance(path, permutation_importance(_predict, rows, y))
            case "dependence":
                parts = [partial_dependence(_predict, rows, column) for column in columns]
                pictures.draw_dependence(path, parts)
            case "row":
                pictures.draw_row(path, explain_row(_predict, rows[:1], rows, samples=10))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").stat().st_size < 40_000
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size[0] > 300
