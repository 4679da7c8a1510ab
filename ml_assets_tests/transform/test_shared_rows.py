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
    shared = find_shared_rows(FEATURES, frame)
    assert (shared.rows, shared.of, shared.measure) == (20, 100, "fare")
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
    shared = find_shared_rows(FEATURES, table(mean=0.0, **columns))
    assert (shared.rows, shared.share) == (0, 0.0)


def test_a_row_with_another_label_or_without_the_measure_is_not_shared() -> None:
    frame = repeat(table(mean=0.0), 20)
    frame.loc[ROWS - 5 :, "_label"] = 2
    frame.loc[[0, ROWS - 20], "fare"] = np.nan
    assert find_shared_rows(FEATURES, frame).rows == 14


def draw(seed: int, **columns: Any) -> pd.DataFrame:
    """Rows that were drawn apart, with a number of few hundred values, as prices have them."""
    random = np.random.default_rng(seed)
    price = random.integers(0, ROWS, ROWS).astype(float)
    noisy = (price + random.normal(0, 100, ROWS) > ROWS / 2).astype(float)
    return table(fare=price, _label=noisy, mean=0.0, **columns)


@pytest.mark.parametrize("city", [0.0, None], ids=["one feature", "two"])
def test_rows_that_are_equal_by_chance_are_not_too_many(city: float | None) -> None:
    more = {} if city is None else {"city": city}
    draws = [find_shared_rows(FEATURES, draw(seed, **more)) for seed in range(20)]
    assert all(shared.share > 0.05 for shared in draws)
    assert (
        abs(np.mean([shared.share - shared.by_chance for shared in draws])) < 0.04
    )  # three standard errors
    assert max(shared.beyond_chance for shared in draws) < 0.15


def test_rows_that_are_copied_are_found_beyond_chance() -> None:
    copied = repeat(draw(0), 80)
    shared = find_shared_rows(FEATURES, copied)
    assert shared.share > 0.8
    assert shared.beyond_chance > 0.5


def test_a_single_number_that_is_never_seen_twice_is_no_chance() -> None:
    shared = find_shared_rows(FEATURES[:1], repeat(table(_label=0.0), 60))
    assert (shared.share, shared.by_chance) == (0.6, 0.0)


@pytest.mark.parametrize(
    ("allowed", "ends"),
    [
        ((0.01, 0.3), "keep them in one split: ingest.split by group."),
        ((0.01, 0.1), "of their own all the same, set transform.max_shared_fraction: 1."),
        ((0.5, 1.0), "by chance 0.00%; allowed 50.00% more)"),
    ],
)
def test_the_sentence_says_what_to_do(allowed: tuple[float, float], ends: str) -> None:
    shared = find_shared_rows(FEATURES, repeat(table(mean=0.0), 20))
    text = describe_shared(shared, *allowed)
    assert text.startswith(
        "20 of 100 rows of eval and test have the features and the label of a training row (20.00%, by "
        f"chance 0.00%; allowed {allowed[0]:.2%} more)"
    )
    assert text.endswith(ends)
    assert ("'fare' among them" in text) == (allowed[0] < 0.2)
