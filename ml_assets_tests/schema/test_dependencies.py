"""`mine_functional_dependencies`: what follows from what, in data that have errors."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.code_groups import encode, fit_dependency, join
from ml_assets.schema.dependencies import mine_functional_dependencies
from ml_assets.table import write_table
from ml_assets_tests.shared_data import shared_path


def rules(data: Any, **options: Any) -> list[str]:
    dependencies = mine_functional_dependencies(data, **options)
    return [f"{','.join(rule.determinant)}->{rule.dependent}" for rule in dependencies]


def frame(rows: int = 2000, seed: int = 0) -> pd.DataFrame:
    """A city follows from a zip code, and a county from a city; the rest is chance."""
    random = np.random.default_rng(seed)
    zips = random.integers(0, 60, rows)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "zip": zips.astype(str),
            "city": (zips // 3).astype(str),
            "county": (zips // 12).astype(str),
            "name": random.integers(0, rows, rows),
            "sex": random.choice(["f", "m"], rows),
            "rare": random.random(rows) < 0.01,
        }
    )


def test_what_follows_is_found_and_chance_is_not() -> None:
    assert rules(frame()) == ["zip->city", "zip->county", "city->county"]


def test_errors_are_tolerated_and_counted() -> None:
    data = frame()
    data.loc[data.index % 50 == 0, "city"] = "?"
    (rule,) = (r for r in mine_functional_dependencies(data) if r.dependent == "city")
    assert rule.determinant == ("zip",)
    assert rule.support == pytest.approx(0.98)
    assert "zip->city" not in rules(data, min_support=0.99)


def test_missing_values_say_nothing() -> None:
    data = frame()
    data.loc[data.index % 2 == 0, "zip"] = None
    assert "zip->city" in rules(data)


def test_two_columns_can_determine_another_only_together() -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(0, 9, 3000), random.integers(0, 9, 3000)
    data = pd.DataFrame({"a": a, "b": b, "both": (a * 7 + b * 5) % 9, "of_a": a % 4})
    assert rules(data) == ["a->of_a"]
    assert rules(data, max_determinants=2) == [
        "a->of_a",
        "a,b->both",
        "a,both->b",
        "b,both->a",
        "b,both->of_a",
    ]


@pytest.mark.parametrize(
    ("pairs", "rows", "found"),
    [(15, 300, True), (14, 280, False), (15, 301, False)],
    ids=["enough", "too few rows", "too small a share"],
)
def test_a_rule_must_be_seen_at_work_in_enough_rows(pairs: int, rows: int, found: bool) -> None:
    """Pairs of rows share the determinant, and every other row has one of its own."""
    key = np.append(np.repeat(np.arange(pairs), 2), np.arange(pairs, rows - pairs))
    data = pd.DataFrame({"key": key.astype(str), "value": (key * 7 % 5).astype(str)})
    assert ("key->value" in rules(data, min_support=0.5)) == found


def test_two_groups_are_enough_and_one_is_not() -> None:
    sex = np.random.default_rng(0).choice(["f", "m"], 200)
    data = pd.DataFrame({"sex": sex, "title": np.where(sex == "f", "Ms", "Mr"), "same": "x"})
    assert rules(data) == ["sex->title", "title->sex"]


@pytest.mark.parametrize(
    "data", [pd.DataFrame(), pd.DataFrame({"x": [1]}), pa.table({"x": [[1], [2]]})]
)
def test_little_data_have_no_rules(data: Any) -> None:
    assert rules(data) == []


def test_a_sample_of_a_table_is_enough(tmp_path: Any) -> None:
    batch = pa.RecordBatch.from_pandas(frame(20_000), preserve_index=False)
    table = write_table(tmp_path / "x.parquet", [batch], batch.schema)
    assert rules(table, max_rows=2000) == ["zip->city", "zip->county", "city->county"]


def test_hospital_s_rules_are_found_in_its_dirty_copy(capsys: Any) -> None:
    clean, dirty = (
        pd.read_csv(shared_path(f"raha_hospital/{name}.csv"), dtype=str, keep_default_na=False)
        for name in ("clean", "dirty")
    )
    names = dict(zip(clean.columns, dirty.columns, strict=True))
    lines = shared_path("raha_hospital/fd_rules.txt").read_text().splitlines()
    listed = {"->".join(names[side.strip()] for side in line.split("⇒")) for line in lines}
    mined = mine_functional_dependencies(dirty)
    texts = {f"{rule.determinant[0]}->{rule.dependent}" for rule in mined}
    clean.columns = dirty.columns
    true = [
        rule
        for rule in mined
        if clean.groupby(rule.determinant[0])[rule.dependent].nunique().max() == 1
    ]
    precision, recall = len(true) / len(mined), len(listed & texts) / len(listed)
    print(f"listed rules found: {recall:.2f}; found that hold in the clean data: {precision:.2f}")
    assert recall == 1
    assert precision > 0.9
    assert "listed rules found" in capsys.readouterr().out


columns = st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=30)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.integers(0, 3)), max_size=30)
)
def test_the_fit_is_the_definition(rows: Any) -> None:
    """Against plain loops: the commonest value of a group, and the prediction by its other rows."""
    a, b = (encode(pa.array([row[side] for row in rows], pa.int64())) for side in (0, 1))
    fit = fit_dependency(a, b)
    both = [row for row in rows if None not in row]
    groups = {x: [v for u, v in both if u == x] for x, _ in both}
    base = max((sum(v == w for _, v in both) for _, w in both), default=0) / max(1, len(both))
    at_work = sum(len(g) for g in groups.values() if len(g) > 1)
    if not at_work or base == 1:
        assert fit is None
        return
    assert fit is not None
    support = sum(max(g.count(v) for v in g) for g in groups.values()) / len(both)
    right = sum(chance_right(g, i) for g in groups.values() if len(g) > 1 for i in range(len(g)))
    assert (fit.rows, fit.rows_at_work) == (len(both), at_work)
    assert fit.support == pytest.approx(support)
    assert fit.lambda_ == pytest.approx((right / at_work - base) / (1 - base))


def chance_right(group: Any, place: int) -> float:
    """Of a row predicted by the others of its group; of two commonest values each is half right."""
    others = group[:place] + group[place + 1 :]
    most = max(others.count(v) for v in others)
    best = {v for v in others if others.count(v) == most}
    if group[place] not in best:
        return 0.0
    return 1.0 if len(best) == 1 else 0.5


def test_columns_are_joined_as_their_combinations() -> None:
    a = encode(pa.array(["x", "y", None, "x", "y"]))
    b = encode(pa.array([1, 2, 1, None, 2]))
    joined = join([a, b])
    assert joined.size == 2
    assert joined.codes.tolist()[2:4] == [-1, -1]
    assert joined.codes[1] == joined.codes[4] != joined.codes[0]
