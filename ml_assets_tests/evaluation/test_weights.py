import numpy as np
import pytest

from ml_assets.errors import DataError
from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.metrics import compute_metrics


def test_unit_weights_change_nothing_and_doubled_ones_only_the_counts() -> None:
    random = np.random.default_rng(3)
    y, s = random.integers(0, 2, 400), random.random(400)
    plain = evaluate(y, s, metrics=["specificity"])
    for weight in (1.0, 2.0):
        again = evaluate(y, s, metrics=["specificity"], sample_weight=np.full(len(y), weight))
        assert [m.value for m in again.metrics] == pytest.approx([m.value for m in plain.metrics])
        assert [m.low for m in again.metrics] == pytest.approx([m.low for m in plain.metrics])


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0], r"sample_weight must have 2 numbers; found \(1,\)"),
        ([1.0, -1.0], r"must be finite and >= 0; 1 of 2 are not"),
        ([np.nan, np.inf], r"must be finite and >= 0; 2 of 2 are not"),
    ],
)
def test_weights_that_cannot_be_are_refused(weight: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        compute_metrics("binary", [0, 1], [0.2, 0.8], sample_weight=weight)


def test_rows_of_no_weight_leave_everything_undefined() -> None:
    for task in ("binary", "regression"):
        values = compute_metrics(task, [0, 1], [0.2, 0.8], sample_weight=[0, 0])
        assert {value.value for value in values.values()} == {None}
