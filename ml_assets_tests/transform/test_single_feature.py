from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.single_feature import (
    describe_suspected,
    find_telling,
    predictiveness,
)
from ml_assets.transform.spec import TransformSpec

N = 600
RNG = np.random.default_rng(0)
LABEL = RNG.integers(0, 2, N)
NOISE = RNG.normal(size=N)
# A reason is given where the label is 1: "moved" or "price"; else there is none.
REASON = np.where(LABEL == 1, RNG.integers(1, 3, N), 0).astype(float)
PRICE = np.where(LABEL == 1, RNG.uniform(100, 200, N), RNG.uniform(0, 100, N))


def _one_wrong(values: Any) -> Any:
    return np.where(np.arange(N) == 17, values[LABEL[17] != LABEL][0], values)


def telling(values: Any, label: Any = LABEL, kind: Any = "number", **spec: Any) -> Any:
    matrix = np.asarray(values, dtype=float).reshape(-1, 1)
    return find_telling([FeatureColumn("x", ("x",), kind)], matrix, label, TransformSpec(**spec))


@pytest.mark.parametrize(
    ("values", "certain", "suspected"),
    [
        (REASON, True, False),
        (np.where(LABEL == 1, REASON, np.nan), True, False),
        (PRICE, True, False),
        (_one_wrong(REASON), False, True),
        (_one_wrong(PRICE), False, True),
        (NOISE, False, False),
        (NOISE + 2 * LABEL, False, False),
        (np.arange(N), False, False),
        (np.zeros(N), False, False),
        (np.full(N, np.nan), False, False),
    ],
    ids=["reason", "given or not", "threshold", "reason but one", "threshold but one", "noise",
         "good", "row number", "constant", "missing"],
)  # fmt: skip
def test_what_alone_tells_the_label_is_found(values: Any, certain: bool, suspected: bool) -> None:
    alone = telling(values)
    assert (bool(alone.certain), bool(alone.suspected)) == (certain, suspected)


def test_a_row_number_of_rows_sorted_by_the_label_is_found() -> None:
    alone = telling(np.arange(N), np.sort(LABEL))
    assert alone.certain == {"x": "alone tells the label in each of 600 training rows"}


def test_classes_and_numbers_that_are_told_are_found() -> None:
    classes = RNG.integers(0, 4, N)
    assert telling(classes * 2 + RNG.integers(0, 2, N), classes).certain
    assert telling(np.where(np.arange(N) < 2, 3, classes), classes).suspected
    assert not telling(classes // 2, classes).suspected
    price = np.exp(NOISE / 2)
    assert "R2" in telling(price * 3 + 0.05 * RNG.normal(size=N), price).suspected["x"]
    assert not telling(price + 0.3 * RNG.normal(size=N), price).suspected


def test_a_column_that_is_known_before_is_not_reported() -> None:
    assert telling(REASON, known_before=["x"]) == telling(NOISE)
    assert telling(REASON, encodings={"x": "numeric"}).certain


@pytest.mark.parametrize("rows", [40, 150])
def test_few_rows_are_suspected_at_most(rows: int) -> None:
    assert not telling(PRICE[:rows], LABEL[:rows]).certain
    assert bool(telling(PRICE[:rows], LABEL[:rows]).suspected) == (rows >= 50)


def test_chance_separates_a_few_rare_rows_from_the_others_and_is_not_reported() -> None:
    rare = np.zeros(N, dtype=int)
    rare[:5] = 1
    assert telling(NOISE, rare) == telling(NOISE)


@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0, 5.0])
def test_the_auc_is_near_that_of_a_shallow_tree(strength: float) -> None:
    label = RNG.integers(0, 2, 4000)
    values = RNG.normal(size=4000) + strength * label
    tree = DecisionTreeClassifier(max_leaf_nodes=30, min_samples_leaf=20, random_state=0)
    scores = cross_val_predict(tree, values.reshape(-1, 1), label, method="predict_proba", cv=2)
    name, score = predictiveness(values, label, is_number=False)
    assert name == "ROC AUC"
    assert score == pytest.approx(roc_auc_score(label, scores[:, 1]), abs=0.04)


def test_the_auc_of_a_category_is_that_of_its_rates() -> None:
    codes = RNG.integers(0, 6, 4000)
    label = (RNG.random(4000) < codes / 6).astype(int)
    halves = np.arange(4000) % 2 == 0
    rates = [
        np.array([label[h & (codes == c)].mean() for c in range(6)]) for h in (halves, ~halves)
    ]
    expected = np.mean(
        [
            roc_auc_score(label[~halves], rates[0][codes[~halves]]),
            roc_auc_score(label[halves], rates[1][codes[halves]]),
        ]
    )
    score = predictiveness(codes.astype(float), label, is_number=False)[1]
    assert score == pytest.approx(expected, abs=1e-6)


def test_the_r2_is_near_that_of_a_shallow_tree() -> None:
    values = RNG.uniform(-3, 3, 4000)
    label = np.sin(values) + 0.3 * RNG.normal(size=4000)
    tree = DecisionTreeRegressor(max_leaf_nodes=40, min_samples_leaf=20, random_state=0)
    ranks = rankdata(label)
    expected = r2_score(ranks, cross_val_predict(tree, values.reshape(-1, 1), ranks, cv=2))
    name, score = predictiveness(values, label, is_number=True)
    assert name == "R2 of ranks"
    assert score == pytest.approx(expected, abs=0.02)


def test_the_sentence_names_columns_and_the_remedy() -> None:
    description = describe_suspected(telling(_one_wrong(REASON)).suspected, 3)
    assert description.startswith("'x' alone predicts the label with ROC AUC 0.99")
    assert "transform.known_before" in description
    assert describe_suspected({}, 3).startswith("none of 3 features")
