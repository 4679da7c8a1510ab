"""Which columns of the source a pipeline's YAML names, and with which key."""

from collections.abc import Mapping

from ml_assets.errors import DataError
from ml_assets.evaluation.spec import parts_of
from ml_assets.ingest.preflight import NUMBERS, TIMES, NamedColumns, Where, check_columns
from ml_assets.pipeline import PipelineSpec
from ml_assets.transform.select import Roles, select_columns

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
        One sentence for each mistake: a column that is missing or of a wrong type; where there is none
        of these, a label that cannot be computed.
    """
    found = check_columns(columns, named_columns(pipeline), where)
    label = None if found else _label_mistake(pipeline, columns)
    return found if label is None else [f"{where(('labels', 'expression'))}: {label}"]


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
        NamedColumns(("labels", kind), labels.columns, NUMBERS if is_number else ()),
        *(NamedColumns(("statistics", "weight"), [n], NUMBERS) for n in [weight] if n),
        *(
            NamedColumns(("labels", "positive"), [n], ("bool",), advice=_YES)
            for n in [labels.column]
            if n and isinstance(labels.positive, bool)
        ),
        *(
            NamedColumns(
                ("transform", "encodings", name),
                [name],
                TIMES if encoding == "date_parts" else (),
                are_numbers=encoding == "numeric",
            )
            for name, encoding in transform.encodings.items()
        ),
    ]
    for key in ("features", "exclude", "known_after"):
        names = getattr(transform, key) or []
        found += [NamedColumns(("transform", key, i), [n]) for i, n in enumerate(names)]
    for i, name in enumerate(pipeline.evaluation.fairness.protected):
        found.append(NamedColumns(("evaluation", "fairness", "protected", i), [name]))
    for i, crossed in enumerate(pipeline.statistics.slices):
        names = [name.strip() for name in crossed.split(",")]
        found.append(NamedColumns(("statistics", "slices", i), names))
    for i, crossed in enumerate(pipeline.evaluation.slices):
        parts = parts_of(crossed)
        for names, kinds in (
            ([name for name, bins in parts if not bins], ()),
            ([name for name, bins in parts if bins], (*NUMBERS, *TIMES)),
        ):
            found.append(NamedColumns(("evaluation", "slices", i), names, kinds))
    for i, name in enumerate(pipeline.evaluation.weak_slices.columns or ()):
        found.append(NamedColumns(("evaluation", "weak_slices", "columns", i), [name]))
    return found


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
