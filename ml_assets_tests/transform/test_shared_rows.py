from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.shared_rows import describe_shared, find_shared_rows

ROWS = 400
RNG = np.random.default_rng(0)
IS_TRAINING = np.arange(ROWS) < 300


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "_split": np.where(IS_TRAINING, "train", np.where(np.arange(ROWS) % 2, "eval", "test")),
            "_label": np.arange(ROWS) % 2,
            "fare": RNG.normal(size=ROWS),
            "city": RNG.integers(0, 3, ROWS).astype(float),
            **columns,
        }
    )


FEATURES = (
    FeatureColumn("fare", ("fare",), "number", encoding="numeric"),
    FeatureColumn("city", ("city",), "category", 3, "categorical"),
    FeatureColumn("mean", ("city",), "number", encoding="target_encoding"),
)


def repeat(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The last rows, in eval and test, repeat the first ones but for the key and the split."""
    frame = frame.copy()
    names = [name for name in frame if name != "_split"]
    frame.loc[ROWS - rows :, names] = frame.loc[: rows - 1, names].to_numpy()
    return frame


def test_rows_that_are_repeated_in_another_split_are_counted() -> None:
    frame = repeat(table(mean=0.0), 20)
    found = find_shared_rows(FEATURES, frame)
    assert (found.rows, found.of, found.measure) == (20, 100, "fare")
    joined = frame[~IS_TRAINING].merge(frame[IS_TRAINING], on=["fare", "city", "_label"])
    assert len(joined) == 20


def test_cross_fitted_features_do_not_hide_a_repeated_row() -> None:
    frame = repeat(table(mean=0.0), 20).assign(mean=RNG.normal(size=ROWS))
    assert find_shared_rows(FEATURES, frame).rows == 20


@pytest.mark.parametrize(
    "columns",
    [
        {"fare": np.arange(ROWS) % 5.0},
        {"fare": np.where(np.arange(ROWS) % 10, np.nan, 1.0)},
        {},
    ],
    ids=["few values", "missing", "all different"],
)
def test_equal_rows_that_no_measure_tells_apart_are_no_sign(columns: Any) -> None:
    found = find_shared_rows(FEATURES, table(mean=0.0, **columns))
    assert (found.rows, found.share) == (0, 0.0)


def test_a_row_with_another_label_or_without_the_measure_is_not_shared() -> None:
    frame = repeat(table(mean=0.0), 20)
    frame.loc[ROWS - 5 :, "_label"] = 2
    frame.loc[[0, ROWS - 20], "fare"] = np.nan
    assert find_shared_rows(FEATURES, frame).rows == 14


def test_the_sentence_says_what_to_do() -> None:
    found = find_shared_rows(FEATURES, repeat(table(mean=0.0), 20))
    told = describe_shared(found, 0.01)
    assert told.startswith(
        "20 of 100 rows of eval and test have the features and the label of a trai"
    )
    assert "(20.00%; allowed 1.00%), 'fare' among them" in told
    assert describe_shared(found, 0.5).endswith("allowed 50.00%)")
