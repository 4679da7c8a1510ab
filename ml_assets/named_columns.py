"""Which columns of the source a pipeline's YAML names, and with which key."""

from collections.abc import Collection, Mapping
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
    found = check_columns(columns, named_columns(pipeline), where)
    if found:
        return found
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
    ingest, labels, transform = pipeline.ingest, pipeline.labels, pipeline.transform
    kind, weight = "column" if labels.column else "expression", pipeline.statistics.weight
    is_number = pipeline.task == "regression" and labels.column is not None
    found = [
        *(NamedColumns(("ingest", "source", "types", n), [n]) for n in ingest.source.types),
        *(NamedColumns(("ingest", "key", i), [n]) for i, n in enumerate(ingest.key)),
        *(NamedColumns(("ingest", "time"), [n], TIMES) for n in [ingest.time] if n),
        *(NamedColumns(("ingest", "split", "group"), [n]) for n in [ingest.split.group] if n),
        *(
            NamedColumns(("ingest", "known_at", i), [n], TIMES)
            for i, n in enumerate(ingest.known_at)
        ),
        NamedColumns(("labels", kind), labels.columns, NUMBERS if is_number else ANY_TYPE),
        *(NamedColumns(("statistics", "weight"), [n], NUMBERS) for n in [weight] if n),
        *(
            NamedColumns(("labels", "positive"), [n], ("bool",), advice=_YES)
            for n in [labels.column]
            if n and isinstance(labels.positive, bool)
        ),
        *(_encoded(key, value) for key, value in transform.encodings.items()),
        *(
            NamedColumns(("transform", "encodings", key), encoding.by)
            for key, value in transform.encodings.items()
            for encoding in encodings_of(value)
        ),
    ]
    for key in ("features", "exclude", "known_after", "known_before"):
        names = getattr(transform, key) or []
        found += [NamedColumns(("transform", key, i), [n]) for i, n in enumerate(names)]
    for i, name in enumerate(pipeline.evaluation.fairness.protected):
        found.append(NamedColumns(("evaluation", "fairness", "protected", i), [name]))
    for i, crossed in enumerate(pipeline.statistics.slices):
        found.append(NamedColumns(("statistics", "slices", i), columns_of(crossed)))
    by_sql = pipeline.evaluation.sql_slices
    for name, sql in by_sql.items():
        judge = partial(_sql_mistake, name, sql)
        found.append(NamedColumns(("evaluation", "sql_slices", name), [], judge=judge))
    for i, crossed in enumerate(pipeline.evaluation.slices):
        parts = [part for part in columns_and_bins(crossed) if part[0] not in by_sql]
        for names, kinds in (
            ([name for name, bins in parts if not bins], ()),
            ([name for name, bins in parts if bins], (*NUMBERS, *TIMES)),
        ):
            found.append(NamedColumns(("evaluation", "slices", i), names, kinds))
    for i, name in enumerate(pipeline.evaluation.weak_slices.columns or ()):
        found.append(NamedColumns(("evaluation", "weak_slices", "columns", i), [name]))
    return found


def _encoded(key: str, value: ColumnEncodings) -> NamedColumns:
    """The columns of an encoding. How several columns go together is judged once all are there."""
    names, encodings = columns_in(key), [encoding.name for encoding in encodings_of(value)]
    limits = [TYPES[one] for one in encodings if not set(ANY_TYPE) <= set(TYPES[one])]
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
        found = evaluate(expression, pa.RecordBatch.from_pylist([], arrow_schema(columns)))
    except DataError as error:
        return str(error)
    is_number = pa.types.is_integer(found.type) or pa.types.is_floating(found.type)
    if pipeline.task == "regression" and not is_number:
        return f"labels.expression: {expression!r} gives {found.type}; a regression needs numbers."
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
