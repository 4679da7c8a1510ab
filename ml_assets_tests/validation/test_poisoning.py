"""A span with labels turned round, or flooded with one row, is set aside; others are not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.spec import Task
from ml_assets.table import Table
from ml_assets.validation.poisoning import find_suspect_spans, screen_spans, suspect_rows
from ml_assets.validation.rows import BrokenRule
from ml_assets_tests.evaluation.trained import write_frame

HERE = "day 3"


def shop(task: Task = "binary", spans: int = 8, rows: int = 150, seed: int = 0) -> pd.DataFrame:
    """Orders of some days, whose label depends on amount and city, with noise."""
    rng = np.random.default_rng(seed)
    count = spans * rows
    frame = pd.DataFrame(
        {
            "_example_id": [f"id{place}" for place in range(count)],
            "_span": np.repeat([f"day {day}" for day in range(spans)], rows),
            "_split": "train",
            "amount": rng.gamma(2.0, 20.0, count).round(2),
            "city": rng.choice(np.array(["Oslo", "Rome", None], object), count),
            "member": rng.random(count) < 0.3,
            "code": [f"c{place:06d}" for place in range(count)],
        }
    )
    frame["weight"] = rng.gamma(4.0, 10.0, count)
    value = (
        frame["amount"] / 20
        + frame["weight"] / 20
        - 2
        + (frame["city"] == "Rome")
        + rng.normal(size=count)
    )
    labels = {
        "binary": (value > 2.5).astype("int8"),
        "multiclass": pd.Series(np.digitize(value, [1.5, 3.0])).astype("int16"),
        "regression": value,
    }
    frame["_label"] = labels[task]
    return frame


def turned_round(frame: pd.DataFrame, task: Task, share: float = 1.0) -> pd.DataFrame:
    chosen = (frame["_span"] == HERE) & (np.random.default_rng(1).random(len(frame)) < share)
    most = frame["_label"].max()
    return frame.assign(_label=frame["_label"].mask(chosen, most - frame["_label"]))


def flooded(frame: pd.DataFrame, copies: int = 60) -> pd.DataFrame:
    """One order again and again, a little different each time, under ids of their own."""
    found, rng = frame.copy(), np.random.default_rng(1)
    places = found.index[found["_span"] == HERE][:copies]
    found.loc[places, "amount"] = 37.21 * (1 + rng.normal(0, 0.0005, copies))
    found.loc[places, "weight"] = 41.9
    found.loc[places, "city"] = rng.choice(["rome", "Rome ", "ROME"], copies)
    found.loc[places, "member"] = True
    return found


def suspected(frame: pd.DataFrame, task: Task = "binary") -> list[tuple[str, str]]:
    sample = frame.drop(columns=["_example_id", "_split"])
    return [
        (suspect.span, suspect.rule)
        for suspect in find_suspect_spans(sample, task)
        if not suspect.doubt
    ]


def doubts(frame: pd.DataFrame, task: Task = "binary") -> list[str]:
    sample = frame.drop(columns=["_example_id", "_split"])
    return [suspect.doubt for suspect in find_suspect_spans(sample, task)]


def rows_of(table: Table, exclude: tuple[str, ...] = ()) -> list[BrokenRule]:
    return list(suspect_rows(table, screen_spans(table, "binary", exclude)))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_span_with_labels_turned_round_is_suspected_and_no_other(task: Task) -> None:
    assert suspected(turned_round(shop(task), task), task) == [(HERE, "contradicting_labels")]
    assert suspected(shop(task), task) == []


def test_rare_classes_beside_the_usual_ones_hide_nothing() -> None:
    frame = turned_round(shop("multiclass"), "multiclass")
    random = np.random.default_rng(9)
    rare = random.random(len(frame)) < 0.03
    frame["_label"] = frame["_label"].mask(rare, random.integers(3, 200, len(frame)))
    sample = frame.drop(columns=["_example_id", "_split"])
    assert [suspect.span for suspect in find_suspect_spans(sample, "multiclass")] == [HERE]


def test_a_flood_of_near_duplicates_is_suspected() -> None:
    assert suspected(flooded(shop())) == [(HERE, "near_duplicates")]


def rarer(frame: pd.DataFrame) -> pd.DataFrame:
    """A day on which hardly anybody pays, though those who do are who always do."""
    return frame.assign(
        _label=frame["_label"].mask((frame["_span"] == HERE) & (frame.index % 4 > 0), 0)
    )


def noise(frame: pd.DataFrame) -> pd.DataFrame:
    random = np.random.default_rng(2).integers(0, 2, len(frame)).astype("int8")
    return frame.assign(_label=frame["_label"].where(frame["_span"] != HERE, random))


def nothing_learnt(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(_label=np.random.default_rng(3).permutation(frame["_label"].to_numpy()))


def few_kinds_of_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Every row is like hundreds of others, on each day."""
    return frame.assign(amount=(frame["amount"] > 40) * 1.0, weight=1.0, city="Oslo")


def two_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Nothing tells which of two days is the wrong one."""
    both = frame[frame["_span"].isin([HERE, "day 4"])].reset_index(drop=True)
    return turned_round(both, "binary")


@pytest.mark.parametrize("change", [rarer, noise, nothing_learnt, few_kinds_of_rows, two_days])
def test_what_is_only_unusual_is_not_suspected(change: Any) -> None:
    assert [suspected(change(shop(seed=seed))) for seed in range(5)] == [[]] * 5


def one_shop_is_another(frame: pd.DataFrame) -> pd.DataFrame:
    """Spans are shops, and what an amount means differs from one to the next."""
    random = np.random.default_rng(4)
    shop = frame["_span"].map(
        dict(zip(frame["_span"].unique(), random.normal(1, 1, 8), strict=True))
    )
    value = shop * (frame["amount"] - 40) / 20 + random.normal(size=len(frame))
    return frame.assign(weight=frame["amount"] * 1.1, _label=(value > 0).astype("int8"))


def rows_of_an_hour_are_alike(frame: pd.DataFrame) -> pd.DataFrame:
    """As with weather: 30 rows share what an amount has to do with, and what decides the label."""
    random = np.random.default_rng(5)
    hour = np.arange(len(frame)) // 30
    weather, other = random.normal(size=(2, hour[-1] + 1))[:, hour]
    value = 0.3 * weather + 2 * other + random.normal(size=len(frame))
    return frame.assign(amount=weather, weight=weather + 1, _label=(value > 0).astype("int8"))


@pytest.mark.parametrize("change", [one_shop_is_another, rows_of_an_hour_are_alike])
def test_of_spans_that_differ_among_each_other_anyway_none_is_suspected_without_doubt(
    change: Any,
) -> None:
    assert [suspected(change(shop(seed=seed))) for seed in range(5)] == [[]] * 5


def reversed_amount(frame: pd.DataFrame) -> pd.DataFrame:
    """Of a day, one column means the opposite; the others tell what they always told."""
    here, random = frame["_span"] == HERE, np.random.default_rng(6)
    amount = np.where(here, -1, 1) * (frame["amount"] - 40) / 20
    value = amount + (frame["city"] == "Rome") + random.normal(size=len(frame))
    return frame.assign(_label=(value > 0.5).astype("int8"), weight=1.0)


def a_good_seller(frame: pd.DataFrame) -> pd.DataFrame:
    """On one day, a third of the orders are of one article, which has its weight and its price."""
    random = np.random.default_rng(7)
    article = random.integers(0, 200, len(frame))
    sold = (frame["_span"] == HERE) & (random.random(len(frame)) < 0.35)
    article = np.where(sold, 7, article)
    return frame.assign(
        amount=article * 1.5 + 1, weight=article % 13 + 1.0, city="Oslo", member=True
    )


def an_outage(frame: pd.DataFrame) -> pd.DataFrame:
    lost = frame.index[frame["_span"] == HERE][:150]
    found = frame.copy()
    found.loc[lost, ["amount", "weight", "city"]] = [0.0, np.nan, None]
    return found.assign(member=True)


def few_spans(frame: pd.DataFrame) -> pd.DataFrame:
    return turned_round(frame[frame["_span"] < "day 5"].reset_index(drop=True), "binary")


def few_copies(frame: pd.DataFrame) -> pd.DataFrame:
    small = frame[(frame["_span"] != HERE) | (frame.index % 6 == 0)].reset_index(drop=True)
    return flooded(small, copies=25)


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        (reversed_amount, "city still tells the label as elsewhere"),
        (few_spans, "there are only 5 spans to compare"),
        (a_good_seller, "% of the rows of other spans are near another row as well"),
        (an_outage, "the row holds fewer than two numbers that are neither null nor 0"),
        (few_copies, "these are 25 rows of those looked at"),
    ],
)
def test_what_may_be_right_is_suspected_with_doubt(change: Any, doubt: str) -> None:
    (found,) = doubts(change(shop(rows=600)))
    assert doubt in found


def test_a_column_that_is_null_in_most_spans_is_no_obstacle() -> None:
    frame = shop().assign(extra=np.nan)
    frame.loc[frame["_span"] == "day 0", "extra"] = 1.5
    assert suspected(frame) == []
    assert suspected(frame.drop(columns=["amount", "weight", "city", "member"])) == []


def write(folder: Path, frame: pd.DataFrame) -> Table:
    write_frame(folder / "examples.parquet", frame)
    return Table((folder / "examples.parquet",))


def test_every_row_of_a_span_that_contradicts_is_named_in_order(tmp_path: Path) -> None:
    frame = turned_round(shop(), "binary")
    broken_rules = rows_of(write(tmp_path, frame))
    assert [broken.row for broken in broken_rules] == frame.index[frame["_span"] == HERE].tolist()
    assert broken_rules[0].example_id == frame["_example_id"][broken_rules[0].row]
    assert (broken_rules[0].feature, broken_rules[0].rule) == ("_span", "contradicting_labels")
    assert broken_rules[0].reason.startswith(
        "the labels of this span contradict those of all others: they rank with what others foretell by -"
    )


def test_of_a_flooded_span_only_the_near_duplicates_are_named(tmp_path: Path) -> None:
    frame = flooded(shop())
    broken_rules = rows_of(write(tmp_path, frame))
    assert [broken.row for broken in broken_rules] == frame.index[frame["_span"] == HERE][
        :60
    ].tolist()
    assert broken_rules[0].reason.startswith(
        "40% of the rows of this span are nearly the same row; "
    )


def test_examples_without_spans_or_labels_are_left_alone(tmp_path: Path) -> None:
    assert rows_of(write(tmp_path, shop().drop(columns="_label"))) == []


def test_excluded_columns_are_not_looked_at(tmp_path: Path) -> None:
    table = write(tmp_path, turned_round(shop(), "binary"))
    assert rows_of(table, ("amount", "weight", "city", "member")) == []
