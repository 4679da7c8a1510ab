"""Which columns of the source a pipeline's YAML names, and with which key."""

from ml_assets.ingest.preflight import NUMBERS, TIMES, NamedColumns
from ml_assets.pipeline import PipelineSpec


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
        *(NamedColumns(("transform", "encodings", n), [n]) for n in transform.encodings),
    ]
    for key in ("features", "exclude", "known_after"):
        names = getattr(transform, key) or []
        found += [NamedColumns(("transform", key, i), [n]) for i, n in enumerate(names)]
    for part, slices in (
        ("statistics", pipeline.statistics.slices),
        ("evaluation", pipeline.evaluation.slices),
    ):
        for i, crossed in enumerate(slices):
            names = [name.strip() for name in crossed.split(",")]
            found.append(NamedColumns((part, "slices", i), names))
    return found
