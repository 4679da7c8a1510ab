"""Why the champion predicts what it predicts for one stored example."""

from pathlib import Path

import pandas as pd
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.errors import ModelError, RequestError
from ml_assets.pipeline import PipelineSpec
from ml_assets.serving.explanation import explanation_lines
from ml_assets.serving.people import explain_example
from ml_assets.spec import Task
from ml_assets.table import EXAMPLE_ID
from ml_assets.training.bundle import load_model
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.evaluation.trained import CLASSES, examples, raw_rows, write_frame
from ml_assets_tests.serving.shop import name_champion, put_champion, put_raw_data, shop, store_of

TASKS: list[tuple[Task, str]] = [
    ("binary", "P("),
    ("multiclass", "P("),
    ("regression", "prediction "),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def explained_shop(folder: Path, home: Path, task: Task) -> tuple[PipelineSpec, pd.DataFrame]:
    """A pipeline of 200 rows, the first 100 of which are validated examples; and these, by their ids."""
    pipeline, store = shop(folder / "shop", task), store_of(home)
    put_raw_data(pipeline, home, raw_rows(200))
    examples_of_shop = examples(task, 200)[:100]
    examples_of_shop[EXAMPLE_ID] = _ids(pipeline, home)[:100]
    put_artifact(
        store,
        "validated_examples",
        lambda path: write_frame(path / "examples.parquet", examples_of_shop),
    )

    def write_labels(path: Path) -> None:
        write_frame(path / "labels.parquet", examples_of_shop[[EXAMPLE_ID, "_label"]])
        durable.write_json(path / "labels.json", {"task": task, "classes": CLASSES[task]})

    put_artifact(store, "labels", write_labels)
    return pipeline, examples_of_shop


def _ids(pipeline: PipelineSpec, home: Path) -> list[str]:
    from ml_assets.ingest.example_ids import example_ids
    from ml_assets.ingest.spans import open_spans

    manifest = store_of(home).current_artifact("raw_data").json("manifest.json")
    rows = open_spans(manifest, store_of(home).root / "spans")
    return [
        example_id
        for batch in rows.batches()
        for example_id in example_ids(batch, pipeline.ingest.key).to_pylist()
    ]


@pytest.mark.parametrize(("task", "predicted"), TASKS)
def test_an_example_is_explained_with_every_stage_s_value_of_it(
    task: Task, predicted: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, examples_of_shop = explained_shop(tmp_path, home, task)
    model = load_model(put_champion(home, monkeypatch, task).path)
    row = examples_of_shop.iloc[3]
    explained = explain_example(Home(home), pipeline, row[EXAMPLE_ID][:12])

    scores = model.predict(examples_of_shop.iloc[3:4])
    assert explained.explanation.prediction == pytest.approx(
        scores.max() if task == "multiclass" else scores[0]
    )
    assert explained.example_id == row[EXAMPLE_ID]
    assert (explained.version, explained.split) == (1, row["_split"])
    classes = CLASSES[task]
    label = classes[int(row["_label"])] if classes else str(row["_label"])
    assert explained.label == label
    lines = explanation_lines(explained)
    assert lines[0] == f"example {row[EXAMPLE_ID]}: split {row['_split']}, label {label}"
    assert lines[1].startswith(f"version 1: {predicted}")
    columns = {line.split()[0] for line in lines[3:-6]}
    assert columns == {*model.input_columns}
    (amount,) = (line for line in lines if line.split()[0] == "amount")
    assert amount.endswith(f"amount={row['amount']:.6g}")


def test_an_example_is_not_the_one_that_is_most_like_it(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, examples_of_shop = explained_shop(tmp_path, home, "binary")
    model = load_model(put_champion(home, monkeypatch, "binary").path)
    example_id = examples_of_shop[EXAMPLE_ID].iloc[3]

    explained = explain_example(Home(home), pipeline, example_id)

    assert len({*explained.neighbours} - {example_id}) == 5
    rows = examples_of_shop.set_index(EXAMPLE_ID).loc[[*explained.neighbours]]
    predictions = [row.prediction for row in explained.explanation.neighbours]
    assert predictions == pytest.approx(model.predict(rows))


def test_an_example_without_a_label_is_explained_too(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, _ = explained_shop(tmp_path, home, "binary")
    put_champion(home, monkeypatch)
    example_id = _ids(pipeline, home)[150]
    lines = explanation_lines(explain_example(Home(home), pipeline, example_id))
    assert lines[0] == f"example {example_id}: label not known"


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("abc", "'abc' is too short for an example id: give 6 characters"),
        ("zzzzzz", "no stored example has an id that begins with 'zzzzzz'. Ids are in the column"),
    ],
)
def test_an_id_that_names_no_example_is_refused(
    prefix: str, message: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, _ = explained_shop(tmp_path, home, "binary")
    put_champion(home, monkeypatch)
    with pytest.raises(RequestError, match=message):
        explain_example(Home(home), pipeline, prefix)


def test_without_a_champion_nothing_is_explained(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, examples_of_shop = explained_shop(tmp_path, home, "binary")
    name_champion(monkeypatch, None)
    with pytest.raises(ModelError, match="has no champion"):
        explain_example(Home(home), pipeline, examples_of_shop[EXAMPLE_ID][0])
