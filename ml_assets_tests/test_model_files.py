"""Crafted model files in bundles whose own digests agree: none is opened."""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.training.bundle import load_model
from ml_assets.transform.bundle import read_skops, write_skops
from ml_assets.transform.trusted import TRUSTED_TYPES
from ml_assets_tests.evaluation.trained import write_bundle


class Touch:
    """What a pickle runs when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def a_pickle(bundle: Path) -> bytes:
    return pickle.dumps([LogisticRegression(), Touch(bundle.parent / "it ran")])


def a_text_pickle(bundle: Path) -> bytes:
    return pickle.dumps(Touch(bundle.parent / "it ran"), protocol=0)


def a_pickle_in_an_archive(bundle: Path) -> bytes:
    found = io.BytesIO((bundle / "model.skops").read_bytes())
    with zipfile.ZipFile(found, "a") as archive:
        archive.writestr("more.pkl", a_pickle(bundle))
    return found.getvalue()


def a_list_of_its_own(bundle: Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(FunctionTransformer(os.getcwd)))) as source:
        files = {name: source.read(name) for name in source.namelist()}
    schema = {**json.loads(files["schema.json"]), "trusted": ["posix.getcwd"]}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        for name, found in {**files, "schema.json": json.dumps(schema).encode()}.items():
            target.writestr(name, found)
    return content.getvalue()


def a_tree_that_points_outside(bundle: Path) -> bytes:
    model = read_skops(bundle / "model.skops", TRUSTED_TYPES)
    nodes = model.steps[-1][1]._predictors[0][0].nodes
    nodes["left"][np.flatnonzero(nodes["is_leaf"] == 0)] = 2_000_000_000
    write_skops(model, bundle / "model.skops", TRUSTED_TYPES)
    return (bundle / "model.skops").read_bytes()


CRAFTED: dict[Callable[[Path], bytes], str] = {
    a_pickle: r"model\.skops is not a skops file but a pickle, which can run any code",
    a_text_pickle: r"model\.skops is not a skops file",
    a_pickle_in_an_archive: r"model\.skops is not a skops file: it holds other things",
    a_list_of_its_own: r"model\.skops holds types that are not trusted: posix\.getcwd",
    a_tree_that_points_outside: "the model file holds a damaged tree in HistGradientBoosting",
}


@pytest.mark.parametrize("craft", CRAFTED)
def test_a_crafted_model_file_is_refused_and_nothing_in_it_runs(
    tmp_path: Path, craft: Callable[[Path], bytes]
) -> None:
    bundle = tmp_path / "bundle"
    write_bundle(bundle, "binary")
    (bundle / "model.skops").write_bytes(craft(bundle))
    manifest = durable.read_json(bundle / "model.json")
    manifest["files"]["model.skops"] = durable.file_digest(bundle / "model.skops")
    manifest["trusted_types"] = ["posix.getcwd"]
    durable.write_json(bundle / "model.json", manifest)

    with pytest.raises(ModelError, match=CRAFTED[craft]):
        load_model(bundle)
    assert not (tmp_path / "it ran").exists()
