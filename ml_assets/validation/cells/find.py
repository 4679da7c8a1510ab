"""`find_cell_errors`: counts values, counts pairs, then judges every row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ml_assets.errors import DataError, did_you_mean
from ml_assets.schema.model import IGNORED_STAGES, FunctionalDependency, Schema
from ml_assets.table import EXAMPLE_ID, RESERVED_COLUMNS, Table
from ml_assets.validation.cells.counts import count_columns
from ml_assets.validation.cells.dependencies import Dependency, mine_dependencies
from ml_assets.validation.cells.evidence import THRESHOLD
from ml_assets.validation.cells.judge import Candidates, judge_batch
from ml_assets.validation.cells.model import CellErrors
from ml_assets.validation.cells.rules import Rules, make_rules
from ml_assets.validation.cells.source import Source, column_kind, open_source
from ml_assets.validation.cells.votes import columns_of, count_votes

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_ERRORS = 10_000
_MAX_JOINT = 2**62


def find_cell_errors(
    data: "Table | pd.DataFrame | pa.Table | pa.RecordBatch",
    *,
    functional_dependencies: Sequence[FunctionalDependency] = (),
    schema: Schema | None = None,
    key: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
    max_errors: int = MAX_ERRORS,
) -> CellErrors:
    """Find cells that are probably wrong, though each may satisfy the schema; change nothing.

    Reads the data three times in batches. Columns with at most 100,000 different values are counted
    exactly; others are known by 20,000 sampled rows and their extremes.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, RecordBatch, RecordBatchReader or Dataset
        The rows; all but a `Table` are held in memory. Columns of texts, numbers, dates, timestamps and
        booleans are judged.
    functional_dependencies : sequence of FunctionalDependency
        Which columns are known to follow from which. Others are mined from the data, and weigh less.
    schema : Schema, optional
        Gives more dependencies, and the columns to leave out. If a person has reviewed it, the values
        of its domains are not suspected of being typing errors.
    key : sequence of str
        The columns that name a row in the findings, where the data have no example ids.
    columns : sequence of str, optional
        The columns to judge; by default all but the reserved ones.
    threshold : float
        The least score that is reported, 0 to 1.
    max_errors : int
        How many findings are kept, the most suspicious first, >= 0. The rest are counted.

    Raises
    ------
    DataError
        If the data cannot be read as a table, or naming all columns that are wanted but absent.
    """
    source = open_source(data)
    given = _given_dependencies(functional_dependencies, schema)
    wanted = _wanted_columns(source, columns, schema)
    _refuse_absent(
        source,
        [
            *(columns or ()),
            *key,
            *(name for dependency in given for name in columns_of(dependency)),
        ],
    )
    rules = learn_rules(source, wanted, given, schema)
    return _judge_rows(source, rules, tuple(key), threshold, max_errors)


def learn_rules(
    source: Source, wanted: Sequence[str], given: Sequence[Dependency], schema: Schema | None
) -> Rules:
    """Learn from the data what is usual in them: two passes."""
    types = {name: source.schema.field(name).type for name in wanted}
    left_out = {
        name: f"its type {arrow} is not judged"
        for name, arrow in types.items()
        if column_kind(arrow) is None
    }
    counted = {
        column.name: column
        for column in count_columns(source, [name for name in wanted if name not in left_out])
    }
    sizes = {name: len(column.values) for name, column in counted.items() if column.is_complete}
    usable = []
    for dependency in given:
        reason = _reason_left_out(dependency, sizes)
        if reason:
            left_out[dependency.name] = reason
        else:
            usable.append(dependency)
    known = {(dependency.determinant, dependency.dependent) for dependency in usable}
    mined = [
        dependency
        for dependency in mine_dependencies(list(counted.values()))
        if (dependency.determinant, dependency.dependent) not in known
    ]
    votes, too_many = count_votes(source, counted, [*usable, *mined])
    return make_rules(list(counted.values()), votes, schema, left_out | too_many)


def _given_dependencies(
    declared: Sequence[FunctionalDependency], schema: Schema | None
) -> list[Dependency]:
    dependencies = [*declared, *(schema.functional_dependencies if schema else ())]
    plain = (
        Dependency(tuple(dependency.determinant), dependency.dependent, given=True)
        for dependency in dependencies
    )
    return list(dict.fromkeys(plain))


def _wanted_columns(
    source: Source, columns: Sequence[str] | None, schema: Schema | None
) -> list[str]:
    if columns is not None:
        return list(dict.fromkeys(columns))
    ignored = {name for name, _ in schema.left_out} if schema else set()
    ignored |= (
        {feature.name for feature in schema.features if feature.stage in IGNORED_STAGES}
        if schema
        else set()
    )
    return [
        name for name in source.schema.names if name not in RESERVED_COLUMNS and name not in ignored
    ]


def _refuse_absent(source: Source, names: Sequence[str]) -> None:
    existing = source.schema.names
    absent = [name for name in dict.fromkeys(names) if name not in existing]
    if absent:
        hints = " ".join(f"'{name}'.{did_you_mean(name, existing)}" for name in absent)
        raise DataError(f"cell errors: {len(absent)} columns are not in the data: {hints}")


def _reason_left_out(dependency: Dependency, sizes: Mapping[str, int]) -> str | None:
    unknown = [name for name in columns_of(dependency) if name not in sizes]
    if unknown:
        return f"{', '.join(unknown)} is not judged or has too many different values"
    product = 1
    for name in columns_of(dependency):
        product *= max(1, sizes[name])
    return "too many combinations of values" if product > _MAX_JOINT else None


def _judge_rows(
    source: Source, rules: Rules, key: tuple[str, ...], threshold: float, max_errors: int
) -> CellErrors:
    candidates = Candidates(max_errors)
    ids = [EXAMPLE_ID] if EXAMPLE_ID in source.schema.names else list(key)
    names = list(dict.fromkeys([*ids, *rules.columns]))
    first_row = 0
    for batch in source.batches(names) if rules.columns else ():
        judge_batch(batch, rules, first_row, ids, threshold, candidates)
        first_row += batch.num_rows
    counts = Counter(candidates.counts)
    return CellErrors(
        errors=candidates.kept(),
        found=candidates.found,
        cells=sum(column.rows for column in rules.columns.values()),
        counts=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        not_judged=rules.left_out,
    )
