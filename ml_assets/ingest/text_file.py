"""`TextFile`: a file of text fields as typed record batches, read twice: for its types, and its rows.

A value is text first and becomes typed in Arrow, so that nothing is guessed on a few rows, and nothing
is lost before a type is chosen.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml_assets.ingest.column_types import UNKNOWN, arrow_schema, without_infinite
from ml_assets.ingest.number_style import NumberStyle
from ml_assets.ingest.rejected import Rejected, Rejections
from ml_assets.ingest.spec import SourceSpec
from ml_assets.ingest.text_types import Inference, to_type

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TextBlock:
    """Some consecutive rows of a file, as text.

    Attributes
    ----------
    texts : pyarrow.RecordBatch
        Columns of strings; null where there is no value.
    lines : array of int
        The line on which each row begins.
    raw : callable
        Gives the text of one row, as found.
    rejected : list of Rejected
        The broken rows between and beside them.
    kinds : mapping of str to set of str
        What the file itself says the values of a column are: ``number``, ``bool``, ``string``. Empty
        for a format that does not tell.
    """

    texts: pa.RecordBatch
    lines: npt.NDArray[np.int64]
    raw: Callable[[int], str]
    rejected: list[Rejected]
    kinds: Mapping[str, set[str]] = field(default_factory=dict)

    @classmethod
    def empty(cls, names: list[str]) -> "TextBlock":
        """Give a block without rows, which says what the columns are."""
        texts = pa.record_batch([pa.nulls(0, pa.string())] * len(names), names=names)
        return cls(texts, np.zeros(0, dtype=np.int64), lambda _: "", [])


@dataclass
class TextFile:
    """A file whose blocks of text can be read again and again.

    Attributes
    ----------
    name : str
        The file's name, for people.
    spec : SourceSpec
        Its declared types and null values.
    blocks : callable
        Reads the file from the start.
    rejections : Rejections
        The rows set aside by the last `batches`.
    infinite : Counter of str
        How many infinite values each column had in the last `batches`.
    """

    name: str
    spec: SourceSpec
    blocks: Callable[[], Iterator[TextBlock]]
    rejections: Rejections = field(default_factory=Rejections)
    infinite: Counter[str] = field(default_factory=Counter)

    def types(self, sample: bool = False) -> dict[str, str]:
        """Give the columns' types: the declared, else the narrowest that holds every value.

        Parameters
        ----------
        sample : bool
            Look at the first rows only.
        """
        columns: dict[str, _Column] = {}
        for block in self.blocks():
            for name, texts in zip(block.texts.schema.names, block.texts.columns, strict=True):
                column = columns.setdefault(name, _Column(self.spec, name))
                column.update(texts, block.kinds.get(name))
            if sample and block.texts.num_rows:
                break
        return {name: column.kind for name, column in columns.items()}

    def left_out(self) -> dict[str, str]:
        """Give nothing: every column of such a file is read."""
        return {}

    def misfits(self) -> dict[str, float]:
        """Give the share of values among the first rows that each declared type does not fit."""
        block = next((block for block in self.blocks() if block.texts.num_rows), None)
        names = block.texts.schema.names if block else []
        shares = {}
        for name, kind in self.spec.types.items():
            if block and name in names:
                texts = block.texts.column(name)
                _, wrong = to_type(texts, kind, self.spec.null_values, _style(self.spec))
                shares[name] = wrong.true_count / max(len(texts) - texts.null_count, 1)
        return shares

    def batches(
        self, types: Mapping[str, str], required: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Give the rows, with a null column for each type whose column the file lacks.

        Parameters
        ----------
        types : mapping of str to str
            The columns to give, with their types.
        required : sequence of str
            Columns that must have a value; a row without one is set aside.
        """
        self.rejections, self.infinite = Rejections(), Counter()
        schema = arrow_schema(types)
        for block in self.blocks():
            self.rejections.add_all(block.rejected)
            if block.texts.num_rows:
                yield self._typed_batch(block, types, schema, required)

    def _typed_batch(
        self,
        block: TextBlock,
        types: Mapping[str, str],
        schema: pa.Schema,
        required: Sequence[str],
    ) -> pa.RecordBatch:
        columns, wrong_rows = [], dict[str, Mask]()
        present = set(block.texts.schema.names)
        for name, kind in types.items():
            if name not in present:
                columns.append(pa.nulls(block.texts.num_rows, schema.field(name).type))
                continue
            texts = block.texts.column(name)
            values, wrong = to_type(texts, kind, self.spec.null_values, _style(self.spec))
            if wrong.true_count:
                wrong_rows[f"column '{name}' is not of type {kind}"] = _mask(wrong)
            columns.append(without_infinite(values, name, self.infinite))
        batch = pa.record_batch(columns, schema=schema)
        for name in required:
            if batch.column(name).null_count:
                wrong_rows.setdefault(
                    f"column '{name}' has no value", _mask(batch.column(name).is_null())
                )
        return self._without_wrong(batch, wrong_rows, block) if wrong_rows else batch

    def _without_wrong(
        self, batch: pa.RecordBatch, wrong_rows: Mapping[str, Mask], block: TextBlock
    ) -> pa.RecordBatch:
        """Set aside the rows that something is wrong with."""
        is_wrong: Mask = np.logical_or.reduce(list(wrong_rows.values()))
        for row in np.flatnonzero(is_wrong):
            # A value that cannot be read is missing too; the first reason says it all.
            reason = next(reason for reason, mask in wrong_rows.items() if mask[row])
            line, text = int(block.lines[row]), block.raw(int(row))
            self.rejections.add(Rejected(self.name, line, reason, text))
        return batch.filter(pa.array(~is_wrong))


def _style(spec: SourceSpec) -> NumberStyle:
    return NumberStyle(spec.decimal, spec.thousands)


def _mask(values: pa.Array) -> Mask:
    mask: Mask = values.to_numpy(zero_copy_only=False)
    return mask


class _Column:
    """What type one column can have."""

    def __init__(self, spec: SourceSpec, name: str) -> None:
        self._declared = spec.types.get(name)
        self._kinds: set[str] = set()
        self._null_values = spec.null_values
        self._style = _style(spec)
        self._inference: Inference | None = None

    def update(self, texts: pa.Array, kinds: set[str] | None) -> None:
        if self._declared is not None:
            return
        if self._inference is None:
            self._inference = Inference(
                self._null_values, numbers=kinds is not None, style=self._style
            )
        self._inference.update(texts)
        self._kinds |= kinds or set()

    @property
    def kind(self) -> str:
        """The declared type; else what the values allow, and the file's own words for them."""
        if self._declared is not None:
            return self._declared
        inferred = self._inference.kind if self._inference else UNKNOWN
        if not self._kinds or inferred == UNKNOWN:
            return inferred
        allowed = {
            "number": ("int", "float"),
            "bool": ("bool",),
            "string": ("date", "timestamp"),
        }
        json_kind = next(iter(self._kinds)) if len(self._kinds) == 1 else ""
        return inferred if inferred in allowed.get(json_kind, ()) else "string"
