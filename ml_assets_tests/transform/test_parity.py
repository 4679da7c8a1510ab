"""What a model is trained on is what the served model computes, whatever is asked and however."""

import functools
import tempfile
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets import durable
from ml_assets.table import Table
from ml_assets.training.bundle import LoadedModel, ModelFacts, load_model, write_model
from ml_assets.training.data import read_training_data
from ml_assets.training.train import train_models
from ml_assets.transform.build import BuiltFeatures, build_features
from ml_assets.transform.bundle import read_skops
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.trusted import TRUSTED_TYPES

ROWS = 240
TYPES = {
    "fare": "float",
    "miles": "float",
    "seats": "int",
    "night": "bool",
    "city": "string",
    "company": "string",
    "note": "string",
    "weight": "string",
    "at": "timestamp",
    "day": "date",
}
ENCODINGS: dict[str, Any] = {
    "fare": [
        "numeric", {"scale_to_z_score": {"impute": "mean", "indicator": True}}, "scale_to_0_1",
        "scale_to_gaussian", {"bucketize": {"num_buckets": 4}},
        {"scale_to_z_score_per_key": {"key": "city"}}, {"bucketize_per_key": {"key": "night"}},
        {"apply_buckets_with_interpolation": {"num_buckets": 4}},
    ],
    "miles": [
        {"scale_to_gaussian": {"method": "power", "impute": {"constant": 1}}},
        {"scale_to_0_1_per_key": {"key": "seats", "impute": "median"}},
    ],
    "seats": ["categorical", {"hash_strings": {"hash_buckets": 5}}, {"bucketize": {"boundaries": [3]}}],
    "night": ["numeric", {"target_encoding": {"folds": 3}}],
    "city": [
        {"compute_and_apply_vocabulary": {"top_k": 2, "unknown": "rare", "indicator": True}},
        "hash_strings", "target_encoding",
    ],
    "company": [
        {"compute_and_apply_vocabulary": {"impute": "most_frequent"}},
        {"apply_vocabulary": {"vocabulary": ["blue", "green"], "unknown": "rare"}},
    ],
    "note": ["word_count", {"tfidf": {"max_features": 4}}, {"hashed_ngrams": {"max_features": 3}}],
    "weight": {"numeric": {"impute": "median", "indicator": True}},
    "at": ["date_parts", "cycles", "numeric", {"scale_to_z_score_per_key": {"key": "company"}}],
    "day": "categorical",
    "city,night": "target_encoding",
    "city,seats": "compute_and_apply_vocabulary",
    "company,night": {"hash_strings": {"hash_buckets": 7}},
    "fare:4,at:3,night": {"hash_strings": {"hash_buckets": 9}},
    "fare,miles,seats": {"pca": {"output_dim": 2}},
}  # fmt: skip
SPEC = TransformSpec.model_validate({"encodings": ENCODINGS, "min_category_count": 5})
CLASSES = ["no", "yes"]


def examples() -> pd.DataFrame:
    random = np.random.default_rng(0)
    number = np.arange(ROWS)
    city = random.choice(["Lima", "Oslo", "Rome", "Bonn"], ROWS, p=[0.3, 0.3, 0.38, 0.02])
    value = random.normal(size=ROWS) + 2 * (city == "Rome")
    opened = pd.Timestamp("2026-01-01") + pd.to_timedelta(number % 5, unit="D")
    gaps = random.random((ROWS, 3)) < 0.1
    return pd.DataFrame(
        {
            "_example_id": [f"e{i}" for i in number],
            "_span": "s",
            "_split": np.array(["train", "train", "eval", "train", "test"])[number % 5],
            "_label": (value > 1).astype("int8"),
            "fare": np.where(gaps[:, 0], np.nan, np.exp(random.normal(size=ROWS))),
            "miles": np.where(gaps[:, 1], np.nan, random.gamma(2, size=ROWS)),
            "seats": random.integers(0, 9, ROWS),
            "night": random.random(ROWS) < 0.5,
            "city": pd.Series(city, dtype="str").mask(gaps[:, 2]),
            "company": pd.Series(random.choice(["red", "blue"], ROWS), dtype="str").mask(
                number % 4 == 0
            ),
            "note": random.choice(["late again", "cold coffee", "", "late and cold"], ROWS),
            "weight": random.choice(["1", "2.5", "heavy", "3"], ROWS),
            "at": pd.date_range("2026-01-01", periods=ROWS, freq="31h"),
            "day": opened.date,
        }
    )


def build(frame: pd.DataFrame, folder: Path) -> BuiltFeatures:
    folder.mkdir(exist_ok=True, parents=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, folder / "examples.parquet", row_group_size=100)
    source = Table((folder / "examples.parquet",))
    return build_features(source, TYPES, {}, SPEC, Roles(), folder)


class Served(NamedTuple):
    """A model that was trained on every encoding, read from its bundle, and what it was made of."""

    model: LoadedModel
    table: pd.DataFrame
    built: BuiltFeatures
    digests: list[str]


@functools.cache
def served() -> Served:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = build(examples(), folder)
        data, manifest = read_training_data(folder, "binary", len(CLASSES))
        transformer = read_skops(folder / "transform.skops", TRUSTED_TYPES)
        parameters = {"max_iter": 5}
        models = train_models(
            data, transformer, "hist_gradient_boosting", parameters, seed=0, threads=1
        )
        facts = ModelFacts("binary", CLASSES, "yes", "x", parameters, 0, len(data.train), manifest)
        write_model(folder / "model", models, facts)
        table = pd.read_parquet(folder / "features.parquet")
        return Served(load_model(folder / "model"), table, built, digests(folder))


def digests(folder: Path) -> list[str]:
    return [durable.file_digest(folder / name) for name in ("transform.skops", "transform.json")]


def features_of(model: LoadedModel, frame: pd.DataFrame) -> pd.DataFrame:
    names = [feature["name"] for feature in model.manifest["features"]]
    made = model.pipeline[:-1].transform(frame[model.input_columns])
    return pd.DataFrame(made, columns=names)


def test_the_feature_table_is_what_the_served_model_computes() -> None:
    model, table = served().model, served().table
    frame = examples()
    made = features_of(model, frame)
    assert list(table)[3:] == list(made)
    assert {feature["encoding"] for feature in model.manifest["features"]} >= {
        name if isinstance(name, str) else next(iter(name))
        for value in ENCODINGS.values()
        for name in (value if isinstance(value, list) else [value])
    }
    crossed = [n["name"] for n in model.manifest["features"] if n["encoding"] == "target_encoding"]
    same = [name for name in made if name not in crossed]
    np.testing.assert_allclose(made[same], table[same], rtol=1e-12, atol=1e-12)
    is_training = (frame["_split"] == "train").to_numpy()
    np.testing.assert_array_equal(made[crossed][~is_training], table[crossed][~is_training])
    differ = made[crossed].to_numpy() != table[crossed].to_numpy()
    assert differ[is_training].mean() > 0.8


def test_one_row_is_computed_as_many_are() -> None:
    model = served().model
    frame = examples()[model.input_columns]
    together, features = model.predict(frame), features_of(model, frame)
    for place in range(0, ROWS, 40):
        row = frame.iloc[[place]]
        np.testing.assert_array_equal(model.predict(row)[0], together[place])
        np.testing.assert_allclose(
            features_of(model, row).iloc[0], features.iloc[place], rtol=1e-12, atol=1e-12
        )


def test_dtypes_order_and_further_columns_do_not_matter() -> None:
    model = served().model
    frame = examples()[model.input_columns]
    other = frame.astype({"seats": "float", "night": "object", "city": "object", "at": "str"})
    other = other[other.columns[::-1]].assign(more=1)
    np.testing.assert_array_equal(model.predict(other), model.predict(frame))


CELLS = {
    "fare": st.one_of(st.none(), st.floats(), st.integers(-(2**60), 2**60)),
    "miles": st.one_of(st.none(), st.floats(), st.just(0.0)),
    "seats": st.one_of(st.none(), st.integers(0, 20)),
    "night": st.one_of(st.none(), st.booleans(), st.integers(0, 1)),
    "city": st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["Rome", "Bonn"])),
    "company": st.one_of(st.none(), st.text(max_size=4), st.just("red")),
    "note": st.one_of(st.none(), st.text(max_size=12), st.just("late late")),
    "weight": st.one_of(st.none(), st.text(max_size=4), st.just("2.5")),
    "at": st.one_of(st.none(), st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))),
    "day": st.one_of(st.none(), st.dates()),
}


@settings(max_examples=12, deadline=None)
@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=4))
def test_unknown_and_missing_values_give_the_same_numbers_alone_and_together(rows: Any) -> None:
    model = served().model
    frame = pd.DataFrame(rows, dtype=object)
    with warnings.catch_warnings():  # a number near the end of the floats overflows when scaled
        warnings.simplefilter("ignore", RuntimeWarning)
        together = features_of(model, frame)
        alone = [features_of(model, frame.iloc[[place]]) for place in range(len(frame))]
    assert not np.isinf(together.to_numpy()).any()
    np.testing.assert_allclose(pd.concat(alone), together, rtol=1e-9, atol=1e-9)
    kinds = {feature["name"]: feature for feature in model.manifest["features"]}
    for name, feature in kinds.items():
        if feature["kind"] == "category":
            assert together[name].dropna().isin(range(feature["categories"])).all()


def test_the_fit_gives_the_same_bytes_and_looks_at_the_training_split_only(
    tmp_path: Path,
) -> None:
    frame = examples()
    others = (frame["_split"] != "train").to_numpy()
    shuffled = frame[others].sample(frac=1, random_state=0)
    for name in [*TYPES, "_label"]:
        frame.loc[others, name] = shuffled[name].to_numpy()
    frame.loc[others, ["city", "company", "note"]] = "never seen"
    frame.loc[others, ["fare", "miles"]] = 1e12
    build(frame, tmp_path)
    assert digests(tmp_path) == served().digests


def test_every_encoding_is_found_sound() -> None:
    built = served().built
    assert built.failures == []
    assert built.uncrossed == {}
    assert built.forbidden == built.telling == built.suspected == {}
