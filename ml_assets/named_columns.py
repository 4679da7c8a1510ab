"""Which columns of the source a pipeline's YAML names, and with which key."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial

from ml_assets.errors import DataError
from ml_assets.ingest.preflight import (
    ANY_TYPE,
    NUMBERS,
    TIMES,
    NamedColumns,
    Where,
    check_columns,
)
from ml_assets.ingest.spec import IngestSpec
from ml_assets.pipeline import PipelineSpec
from ml_assets.spec import columns_and_bins
from ml_assets.statistics.relations import columns_of
from ml_assets.transform.encoding import (
    NUMBERS_FROM_TEXTS,
    TYPES,
    ColumnEncodings,
    encodings_of,
)
from ml_assets.transform.select import Roles, misfits, select_columns
from ml_assets.transform.spec import columns_in

_YES = "YAML reads yes and no without quotes as true and false; write 'yes'."
_MOST_REASONS = 5


def column_mistakes(pipeline: PipelineSpec, columns: Mapping[str, str], where: Where) -> list[str]:
    """Compare what a pipeline's YAML says with its source's columns.

    Parameters
    ----------
    pipeline : PipelineSpec
        The pipeline.
    columns : mapping of str to str
        The source's columns with their types.
    where : callable
        Gives file and line of a key.

    Returns
    -------
    list of str
        One sentence for each mistake: a column that is missing or of a wrong type, SQL of a slice that
        is wrong; where there is none of these, a label that cannot be computed, and encodings that do not
        fit their columns.
    """
    mistakes = check_columns(columns, named_columns(pipeline), where)
    if mistakes:
        return mistakes
    label = _label_mistake(pipeline, columns)
    return [
        *([f"{where(('labels', 'expression'))}: {label}"] if label else []),
        *(
            f"{where(('transform', 'encodings', key))}: transform.encodings.{key}: {text}"
            for key, text in misfits(columns, pipeline.transform)
        ),
    ]


def named_columns(pipeline: PipelineSpec) -> list[NamedColumns]:
    """Give every column that a pipeline's YAML names, with the key that names it."""
    labels, transform = pipeline.labels, pipeline.transform
    kind, weight = "column" if labels.column else "expression", pipeline.statistics.weight
    is_number = pipeline.task == "regression" and labels.column is not None
    entries = [
        *_ingest_columns(pipeline.ingest),
        NamedColumns(("labels", kind), labels.columns, NUMBERS if is_number else ANY_TYPE),
        *(NamedColumns(("statistics", "weight"), [name], NUMBERS) for name in [weight] if name),
        *(
            NamedColumns(("labels", "positive"), [name], ("bool",), advice=_YES)
            for name in [labels.column]
            if name and isinstance(labels.positive, bool)
        ),
        *(_encoding_columns(key, value) for key, value in transform.encodings.items()),
        *(
            NamedColumns(("transform", "encodings", key), encoding.by)
            for key, value in transform.encodings.items()
            for encoding in encodings_of(value)
        ),
    ]
    for key in ("features", "exclude", "known_after", "known_before"):
        names = getattr(transform, key) or []
        entries += [
            NamedColumns(("transform", key, index), [name]) for index, name in enumerate(names)
        ]
    for index, name in enumerate(pipeline.evaluation.fairness.protected):
        entries.append(NamedColumns(("evaluation", "fairness", "protected", index), [name]))
    for index, crossed in enumerate(pipeline.statistics.slices):
        entries.append(NamedColumns(("statistics", "slices", index), columns_of(crossed)))
    by_sql = pipeline.evaluation.sql_slices
    for name, sql in by_sql.items():
        judge = partial(_sql_mistake, name, sql)
        entries.append(NamedColumns(("evaluation", "sql_slices", name), [], judge=judge))
    for index, crossed in enumerate(pipeline.evaluation.slices):
        parts = [part for part in columns_and_bins(crossed) if part[0] not in by_sql]
        for names, kinds in (
            ([name for name, bins in parts if not bins], ()),
            ([name for name, bins in parts if bins], (*NUMBERS, *TIMES)),
        ):
            entries.append(NamedColumns(("evaluation", "slices", index), names, kinds))
    for index, name in enumerate(pipeline.evaluation.weak_slices.columns or ()):
        entries.append(NamedColumns(("evaluation", "weak_slices", "columns", index), [name]))
    return entries


def _ingest_columns(ingest: IngestSpec) -> Iterator[NamedColumns]:
    for name in ingest.source.types:
        yield NamedColumns(("ingest", "source", "types", name), [name])
    for index, name in enumerate(ingest.key):
        yield NamedColumns(("ingest", "key", index), [name])
    if ingest.time:
        yield NamedColumns(("ingest", "time"), [ingest.time], TIMES)
    if ingest.split.group:
        yield NamedColumns(("ingest", "split", "group"), [ingest.split.group])
    for index, name in enumerate(ingest.known_at):
        yield NamedColumns(("ingest", "known_at", index), [name], TIMES)


def _encoding_columns(key: str, value: ColumnEncodings) -> NamedColumns:
    """The columns of an encoding. How several columns go together is judged once all are there."""
    names, encodings = columns_in(key), [encoding.name for encoding in encodings_of(value)]
    limits = [
        TYPES[encoding] for encoding in encodings if not set(ANY_TYPE) <= set(TYPES[encoding])
    ]
    limit = ANY_TYPE if len(names) > 1 else limits[0] if limits else ()
    return NamedColumns(
        ("transform", "encodings", key),
        names,
        limit,
        are_numbers=any(encoding in NUMBERS_FROM_TEXTS for encoding in encodings),
        whole=key,
    )


def _sql_mistake(name: str, expression: str, columns: Collection[str]) -> str | None:
    from ml_assets.evaluation.sql_slices import slice_mistake

    return slice_mistake(name, expression, columns)


def _label_mistake(pipeline: PipelineSpec, columns: Mapping[str, str]) -> str | None:
    """What is wrong with the types in the label's expression."""
    import pyarrow as pa

    from ml_assets.ingest.column_types import arrow_schema
    from ml_assets.labels.expression import evaluate

    expression = pipeline.labels.expression
    if expression is None:
        return None
    try:
        labels = evaluate(expression, pa.RecordBatch.from_pylist([], arrow_schema(columns)))
    except DataError as error:
        return str(error)
    is_number = pa.types.is_integer(labels.type) or pa.types.is_floating(labels.type)
    if pipeline.task == "regression" and not is_number:
        return f"labels.expression: {expression!r} gives {labels.type}; a regression needs numbers."
    return None


def no_features(pipeline: PipelineSpec, columns: Mapping[str, str], where: Where) -> list[str]:
    """Say why no column of the source is left to learn from, if none is; its columns must fit."""
    ingest, label = pipeline.ingest, tuple(pipeline.labels.columns)
    weight = pipeline.statistics.weight
    roles = Roles(tuple(ingest.key), ingest.time, label, weight=weight)
    chosen = select_columns(columns, pipeline.transform, roles)
    if chosen.encodings:
        return []
    reasons = [f"'{name}' {why}" for name, why in chosen.dropped.items()]
    more = f"; and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
    return [
        f"{where(('transform',))}: transform: no column is left to learn from: "
        f"{'; '.join(reasons[:_MOST_REASONS])}{more}."
    ]
