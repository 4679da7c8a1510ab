"""Association with the label, against scikit-learn, and in any cut of the rows."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from ml_assets.errors import DataError
from ml_assets.statistics import information
from ml_assets.statistics.association_bins import fine_bins, shown_bins
from ml_assets.statistics.dataset_state import batch_state
from ml_assets.statistics.feature_state import feature_state
from ml_assets.statistics.label_classes import LabelClasses, label_classes
from ml_assets.statistics.relate import relate
from ml_assets.statistics.relation_tables import association_table
from ml_assets.statistics.relations_state import Plan
from ml_assets_tests.statistics.test_slices import batch_of, in_parts

CLASSES = LabelClasses("y", ("0", "1"), (0.0, 1.0))


def plan_of(batch: Any, **options: Any) -> Plan:
    bins = shown_bins(batch_state(batch).features)
    return Plan(tuple(batch.schema.names), **{"label": CLASSES, "bins": bins, **options})


def associations(batch: Any, **options: Any) -> dict[str, Any]:
    association = relate([batch], plan_of(batch, **options)).association
    assert association is not None
    return {entry.feature: entry for entry in association.features}


def data(rows: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, rows)
    frame = pd.DataFrame(
        {
            "y": y,
            "strong": y * 2 + rng.normal(0, 1, rows),
            "few": rng.integers(0, 5, rows) + y,
            "noise": rng.normal(0, 1, rows),
            "text": np.where(rng.random(rows) < 0.7, y.astype(str), "other"),
            "id": [f"row {n}" for n in range(rows)],
            "when": pd.Timestamp("2013-01-01") + pd.to_timedelta(rng.integers(0, 9999, rows), "h"),
            "flag": rng.random(rows) < 0.2 + 0.5 * y,
            "same": 1,
        }
    )
    frame.loc[rng.random(rows) < np.where(y, 0.4, 0.1), "noise"] = None
    return frame


def binned(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The bins of the module's definition, by pandas: 5 % quantiles, each value if there are few."""
    numbers = column.astype("int64") if column.dtype.kind == "M" else column
    if numbers.nunique() <= 20:
        return numbers.astype(str)
    edges = np.unique(np.quantile(numbers.dropna(), np.arange(1, 20) / 20, method="inverted_cdf"))
    places = pd.Series(np.searchsorted(edges, numbers), index=column.index)
    return places.where(numbers.notna(), -1)


@pytest.mark.parametrize("name", ["strong", "few", "noise", "when", "flag", "text", "same"])
def test_mutual_information_is_scikit_learns_on_the_bins(name: str) -> None:
    frame = data()
    association = associations(batch_of(frame))[name]
    column = frame[name] if name == "text" else binned(frame[name])
    assert association.mutual_information == pytest.approx(
        mutual_info_score(frame["y"], column), abs=1e-12
    )
    expected = adjusted_mutual_info_score(frame["y"], column)
    assert association.adjusted == pytest.approx(expected, abs=1e-6)


def test_an_identifier_tells_nothing_though_its_mutual_information_is_largest() -> None:
    by_feature = associations(batch_of(data()))
    assert by_feature["id"].mutual_information > by_feature["text"].mutual_information / 2
    assert abs(by_feature["id"].told) < 0.05
    assert (
        next(iter(by_feature)) == "strong" or by_feature["strong"].told > by_feature["noise"].told
    )
    assert list(by_feature)[-1] != "strong"


def test_missing_values_that_go_with_the_label_count() -> None:
    assert associations(batch_of(data()))["noise"].told > 0.05


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([10, 20, 30], [25, 35]),
        ([1] * 500, [250, 250]),
        ([5000, 15000, 80000], [40000, 60000]),
        ([1, 1, 3, 100, 895], [1, 999]),
        (list(range(1, 200)), [9900, 5000, 5000]),
    ],
)
def test_chance_is_scikit_learns(rows: list[int], columns: list[int]) -> None:
    # A table with these margins: scikit-learn asks for one, though only its margins count.
    first, second = (np.repeat(range(len(m)), m) for m in (rows, columns))
    table = contingency_matrix(first, second, sparse=True, dtype=np.int64)
    expected = expected_mutual_information(table, len(first))
    chance = information.expected_mutual_information(np.array(rows), np.array(columns))
    assert chance == pytest.approx(expected, rel=2e-4)


def test_chance_of_large_cells_agrees_with_the_exact_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    margins = np.array([4000, 6000]), np.array([3000, 7000])
    short = information.expected_mutual_information(*margins)
    monkeypatch.setattr(information, "_LARGE_MEAN", 1e9)
    assert information.expected_mutual_information(*margins) == pytest.approx(short, rel=1e-5)


def test_what_follows_from_the_label_tells_all_and_is_marked() -> None:
    frame = data()
    frame["copy"] = frame["y"].map({0: "no", 1: "yes"})
    by_feature = associations(batch_of(frame))
    assert by_feature["copy"].told == pytest.approx(1)
    assert by_feature["copy"].may_leak
    assert not by_feature["few"].may_leak
    lifts = {lift.value: lift for lift in by_feature["copy"].lifts}
    assert lifts["yes"].lift == pytest.approx(len(frame) / frame["y"].sum())
    assert lifts["no"].lift == 0


def test_lift_is_the_ratio_of_shares() -> None:
    frame = data()
    (lift,) = (one for one in associations(batch_of(frame))["flag"].lifts if one.value == "true")
    share = frame.loc[frame["flag"], "y"].mean() / frame["y"].mean()
    assert (lift.label, lift.num_rows) == ("1", frame["flag"].sum())
    assert lift.lift == pytest.approx(share)


def test_a_value_in_few_rows_has_no_lift() -> None:
    frame = pd.DataFrame({"y": [0, 1] * 200, "s": ["rare"] * 99 + ["often"] * 301})
    assert {lift.value for lift in associations(batch_of(frame))["s"].lifts} == {"often"}


cells = st.tuples(
    st.sampled_from([0, 1, None]),
    st.none() | st.floats(),
    st.none() | st.sampled_from("abcdef"),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(cells, max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_the_association_of_any_cut_equals_that_of_the_whole(rows: Any, cuts: Any) -> None:
    columns: Any = list(zip(*rows, strict=True)) or [(), (), ()]
    types = [pa.int8(), pa.float64(), pa.string()]
    arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
    batch = pa.record_batch(arrays, ["y", "x", "s"])
    plan = plan_of(batch)
    assert in_parts(batch, cuts, plan) == in_parts(batch, [], plan)


def test_many_different_texts_are_hashed_alike_in_any_cut() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"y": rng.integers(0, 2, 5000), "s": [f"v{n}" for n in rng.zipf(1.2, 5000) % 3000]}
    )
    batch = batch_of(frame)
    whole = in_parts(batch, [], plan_of(batch))
    assert in_parts(batch, range(0, 5000, 100), plan_of(batch)) == whole
    assert in_parts(batch, [40, 4900], plan_of(batch)) == whole


def test_only_rows_of_the_asked_for_split_count() -> None:
    frame = data()
    frame["split"] = np.where(np.arange(len(frame)) % 2, "train", "test")
    half = frame[frame["split"] == "train"].reset_index(drop=True)
    bins = shown_bins(batch_state(batch_of(half)).features)
    by_feature = associations(batch_of(frame), label_rows=("split", "train"), bins=bins)
    expected = associations(batch_of(half))
    assert by_feature["strong"] == expected["strong"]
    assert by_feature["text"] == expected["text"]


def classes_of(values: Any) -> LabelClasses:
    return label_classes("y", feature_state(pa.array(values)))


@pytest.mark.parametrize(
    ("values", "names", "edges"),
    [
        ([0, 1, 1, None], ("0", "1"), (0.0, 1.0)),
        ([0.5, 2.0], ("0.5", "2"), (0.5, 2.0)),
        ([True, False], ("false", "true"), None),
        (["b", "a", None], ("a", "b"), None),
    ],
)
def test_classes_of_a_label(values: Any, names: Any, edges: Any) -> None:
    assert classes_of(values) == LabelClasses("y", names, edges)


def test_a_label_of_many_numbers_is_put_between_deciles() -> None:
    classes = classes_of(np.arange(1000.0))
    assert len(classes.names) == 10
    assert classes.names[0] == "up to 99"


def test_a_label_of_many_texts_keeps_the_frequent_ones() -> None:
    classes = classes_of([f"v{n}" for n in range(40)] + ["often"] * 5)
    assert len(classes.names) == 20
    assert "often" in classes.names
    assert classes.names[-1] == "other values"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pa.array([None, None], pa.float64()), "the label 'y' has no value"),
        (pa.array([0], pa.date32()), "the label 'y' is of type date; association needs"),
    ],
)
def test_a_label_that_has_no_classes_is_refused(values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        classes_of(values)


def test_of_several_classes_each_lift_names_its_own() -> None:
    codes = np.repeat([0, 1, 2], 200)
    batch = batch_of(pd.DataFrame({"y": codes, "copy": np.array(["a", "b", "c"])[codes]}))
    classes = LabelClasses("y", ("0", "1", "2"), (0.0, 1.0, 2.0))
    association: Any = relate([batch], plan_of(batch, label=classes)).association
    named = association.named(["low", "mid", "high"])
    assert named.classes == (("low", 200), ("mid", 200), ("high", 200))
    table = association_table(named)
    assert "a: 0.00 of mid, a: 0.00 of high, b: 0.00 of low" in table
    assert "is it known before the label?" in table
    assert "is it known" not in association_table(named, known_after=["copy"])


@pytest.mark.parametrize(("classes", "bins"), [(2, 1000), (20, 1000), (21, 200)])
def test_a_block_keeps_fewer_bins_where_the_label_has_more_classes_than_are_shown(
    classes: int, bins: int
) -> None:
    batch = batch_of(pd.DataFrame({"x": np.arange(5000) / 7}))
    label = LabelClasses("y", tuple(str(number) for number in range(classes)))
    assert len(fine_bins(batch_state(batch).features, label)["x"].tops) == bins
