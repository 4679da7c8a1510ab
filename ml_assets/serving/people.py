"""What a person asks of the champion: why it predicts what it predicts for an example."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.sound import sound_path
from ml_assets.artifacts.store import Store
from ml_assets.errors import RequestError
from ml_assets.evaluation.explain_row import explain_row
from ml_assets.ingest.example_ids import example_ids
from ml_assets.ingest.spans import SPANS_FOLDER, open_spans
from ml_assets.pipeline import PipelineSpec
from ml_assets.registry import registry
from ml_assets.registry.ledger import ledger_in
from ml_assets.registry.promotion import ledger_folder
from ml_assets.registry.upgraded import refuse_if_upgrades_change_it
from ml_assets.serving.champion import Scorer, scorer
from ml_assets.serving.explanation import ExplainedExample
from ml_assets.serving.promoted import check_promoted
from ml_assets.table import EXAMPLE_ID, LABEL, SPLIT, Table
from ml_assets.training.bundle import LoadedModel, load_model
from ml_assets.validation.sample import sample_rows

# Rows that the example is compared with.
_REFERENCE_ROWS = 1_000
_SHORTEST = 6


def find_scorer(home: Home, store: Store, pipeline: PipelineSpec) -> Scorer:
    """Find the champion that may score.

    Parameters
    ----------
    home : Home
        The home folder, with the registry and its ledger.
    store : Store
        The pipeline's artifacts.
    pipeline : PipelineSpec
        The pipeline.

    Raises
    ------
    ModelError
        If there is no champion, the gate never promoted it, or libraries that were upgraded change what
        it predicts.
    """
    name = pipeline.model_name
    version = registry.champion(home.tracking_uri, name)
    champion = scorer(version, name, pipeline.name)
    check_promoted(version, ledger_in(ledger_folder(home.mlflow, name)).entries(), pipeline.name)
    if version is not None:
        limits, trusted = pipeline.registry.infra_validation, pipeline.training.trusted_types
        folder_of = partial(sound_path, store, may_be_gone=True)
        refuse_if_upgrades_change_it(version, folder_of, limits, trusted, store.root)
    return champion


def explain_example(home: Home, pipeline: PipelineSpec, example_id: str) -> ExplainedExample:
    """Explain the champion's prediction for one row of `raw_data`.

    Parameters
    ----------
    home : Home
        The home folder.
    pipeline : PipelineSpec
        The pipeline.
    example_id : str
        The example's id, or its first characters, six at least.

    Raises
    ------
    RequestError
        If no row, or more than one, has such an id.
    ModelError
        If there is no champion that may score.
    """
    store = Store(home.pipeline(pipeline.name))
    champion = find_scorer(home, store, pipeline)
    trusted = pipeline.training.trusted_types
    model = load_model(sound_path(store, "model", champion.model_digest), trusted)
    full_id, row = _find_row(store, pipeline, example_id)
    examples = store.current_artifact("validated_examples").path / "examples.parquet"
    reference = _reference_rows(Table((examples,)), model, full_id)
    sources = {feature["name"]: feature["sources"][0] for feature in model.manifest["features"]}
    explanation = explain_row(
        model.predict,
        row,
        reference,
        columns=model.input_columns,
        classes=model.classes,
        features=lambda rows: _transformed_features(model, rows, list(sources)),
        sources=sources.__getitem__,
    )
    return ExplainedExample(
        full_id,
        champion.version,
        _read_label(store, full_id),
        _read_value(examples, full_id, SPLIT),
        # The positive class is the last of two.
        f"P({(model.classes or [''])[-1]})" if model.task == "binary" else explanation.predicted,
        explanation,
        tuple(reference[EXAMPLE_ID].iloc[neighbour.place] for neighbour in explanation.neighbours),
    )


def _find_row(store: Store, pipeline: PipelineSpec, prefix: str) -> tuple[str, pd.DataFrame]:
    """The one row of the stored spans whose example id begins with `prefix`."""
    if len(prefix) < _SHORTEST:
        raise RequestError(
            f"{prefix!r} is too short for an example id: give {_SHORTEST} characters."
        )
    manifest = store.current_artifact("raw_data").json("manifest.json")
    rows = open_spans(manifest, store.root / SPANS_FOLDER)
    matches: dict[str, pa.RecordBatch] = {}
    for batch in rows.batches():
        ids = example_ids(batch, pipeline.ingest.key)
        for position in np.flatnonzero(pc.starts_with(ids, prefix).to_numpy(zero_copy_only=False)):
            matches.setdefault(ids[position].as_py(), batch.slice(int(position), 1))
    if len(matches) == 1:
        ((name, row),) = matches.items()
        return name, row.to_pandas()
    subject = f"{len(matches):,} examples have" if matches else "no stored example has"
    raise RequestError(
        f"{subject} an id that begins with {prefix!r}. Ids are in the column {EXAMPLE_ID} of "
        "predictions.parquet and examples.parquet, and beside anomalies and cell errors."
    )


def _reference_rows(examples: Table, model: LoadedModel, explained: str) -> pd.DataFrame:
    """Other rows than the explained one, which is most like itself."""
    table, _ = sample_rows(examples, _REFERENCE_ROWS, 0, [EXAMPLE_ID, *model.input_columns])
    return table.filter(pc.field(EXAMPLE_ID) != explained).to_pandas()  # type: ignore[no-any-return]


def _transformed_features(model: LoadedModel, rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    features = model.pipeline[:-1].transform(rows[model.input_columns])
    return pd.DataFrame(np.asarray(features, dtype=np.float64), columns=names)


def _read_label(store: Store, example_id: str) -> str | None:
    """The label in words; None where it is unknown."""
    labels = store.current_artifact("labels")
    code = _read_value(labels.path / "labels.parquet", example_id, LABEL)
    classes = labels.json("labels.json")["classes"]
    return code if code is None or classes is None else str(classes[int(code)])


def _read_value(file: Path, example_id: str, column: str) -> str | None:
    table = pq.read_table(file, columns=[column], filters=[(EXAMPLE_ID, "==", example_id)])
    return str(table[column][0].as_py()) if table.num_rows else None
