"""What the schema would have to say so that the data are well, and how a person accepts that."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Unpack

from ml_assets.schema.diff import schema_diff
from ml_assets.schema.infer import InferenceOptions
from ml_assets.schema.model import TRAINING, Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.update import choose_anomalies, update_schema

# The file in the artifact `anomalies` that says what is proposed to change.
PROPOSAL = "proposal.diff"


@dataclass(frozen=True)
class Proposal:
    """A changed schema.

    Attributes
    ----------
    schema : Schema
        What it would say.
    diff : str
        What is new of it, as `schema_diff` gives it.
    """

    schema: Schema
    diff: str


def proposed(
    anomalies: Sequence[Anomaly], features: Collection[str] = (), codes: Collection[str] = ()
) -> list[Anomaly]:
    """Give the anomalies to accept: what fails a check, and new columns; of what is named, only that.

    Other warnings are accepted only where both their column and their code are named: the rows that have
    them are taken out, and a schema that grew with each of them would soon see nothing.

    Parameters
    ----------
    anomalies : sequence of Anomaly
        With the severity that the pipeline wants.
    features, codes : collection of str
        Columns and codes.

    Raises
    ------
    RequestError
        As `choose_anomalies`.
    """
    chosen = choose_anomalies(anomalies, features, codes)
    return [
        anomaly
        for anomaly in chosen
        if _fails_or_is_new(anomaly) or _is_named(anomaly, features, codes)
    ]


def _fails_or_is_new(anomaly: Anomaly) -> bool:
    return anomaly.severity == "ERROR" or anomaly.code == "SCHEMA_NEW_COLUMN"


def _is_named(anomaly: Anomaly, features: Collection[str], codes: Collection[str]) -> bool:
    """Whether nothing else could be meant; an anomaly of the data set has no column to name."""
    return bool(codes) and (anomaly.feature is None or bool(features))


def propose(
    schema: Schema,
    statistics: DatasetStatistics,
    anomalies: Sequence[Anomaly],
    harmless: Collection[str],
    **inference: Unpack[InferenceOptions],
) -> Proposal | None:
    """Give the schema that accepts what is `proposed`; None where that is nothing, or of no rows at all.

    Parameters
    ----------
    schema : Schema
        By which the data were judged, in the environment ``TRAINING``.
    statistics : DatasetStatistics
        Of the data.
    anomalies : sequence of Anomaly
        What was found of them.
    harmless : collection of str
        The columns whose values the diff may show: those known not to name a person or a row.
    **inference
        As in `infer_schema`.
    """
    chosen = proposed(anomalies)
    if not chosen or not statistics.num_rows:
        return None
    changed = update_schema(schema, statistics, chosen, TRAINING, **inference)
    hidden = {*schema.by_name, *changed.by_name} - {*harmless}
    return Proposal(changed, schema_diff(schema, changed, hidden)) if changed != schema else None


def how_to_accept(pipeline: str, file: str, codes: Sequence[str]) -> str:
    """Say how a person accepts anomalies: by command, in the UI, and in the file.

    Parameters
    ----------
    pipeline : str
        The pipeline's name.
    file : str
        The schema's file name.
    codes : sequence of str
        The codes of the anomalies.
    """
    options = "".join(f" --anomaly {code}" for code in codes)
    config = f"{{accept: true, anomalies: [{', '.join(codes)}], reason: TEXT}}"
    launch = f"{{ops: {{{pipeline}__schema: {{config: {config}}}}}}}"
    # Lines that are a list in the UI, which shows Markdown, and lines on the console.
    return (
        "If the data are right, accept what is proposed (metadata `proposal`), then run again:\n"
        f"- by command: `python -m ml_assets schema accept {pipeline}{options} --reason TEXT`\n"
        f"- in the UI: open the launchpad of {pipeline}/schema, and materialize it with `{launch}`\n"
        f"- in the file: edit {pipeline}/{file}, and say why in `reason:`"
    )
