"""A state as bytes: the same state always gives the same bytes, and reading them runs no code.

The form is an Arrow IPC file behind its SHA-256. It has one row of lists, and JSON in the schema's
metadata. All numbers of a type are one list, all names another, and each Arrow array of texts one of its
own: hundreds of small lists would take longer to read than to compute. The JSON says where in them each
part of the state lies.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.statistics.association_state import AssociationState, BinnedCounts
from ml_assets.statistics.block_state import BlockState
from ml_assets.statistics.category_pairs import CategoryPairs
from ml_assets.statistics.category_state import CategoryState
from ml_assets.statistics.comoments import CoMoments
from ml_assets.statistics.counts_by_group import CountsByGroup
from ml_assets.statistics.dataset_state import DatasetState
from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.grouped_moments import GroupedMoments
from ml_assets.statistics.label_classes import LabelClasses
from ml_assets.statistics.moments import Moments
from ml_assets.statistics.number_bins import NumberBins
from ml_assets.statistics.numeric_state import NumericState
from ml_assets.statistics.points import Array, Points
from ml_assets.statistics.quantile_sketch import QuantileSketch
from ml_assets.statistics.relations_state import RelationsState
from ml_assets.statistics.slice_state import SliceState
from ml_assets.statistics.text_kinds import TextKinds
from ml_assets.statistics.time_grid import TimeGrid
from ml_assets.statistics.time_state import TimeState
from ml_assets.statistics.weighted_state import WeightedState, WeightFaults

_CLASSES = {
    cls.__name__: cls
    for cls in (
        AssociationState, BinnedCounts, BlockState, CategoryPairs, CategoryState, CoMoments,
        CountsByGroup, DatasetState, FeatureState, GroupedMoments, LabelClasses, Moments, NumberBins,
        NumericState, Points, QuantileSketch, RelationsState, SliceState, TextKinds, TimeGrid,
        TimeState, WeightFaults, WeightedState,
    )
}  # fmt: skip
_KEY = b"state"
_DIGEST = hashlib.sha256().digest_size
_NAMES, _TEXTS = "names", "texts"


def to_bytes(state: BlockState) -> bytes:
    """Give a state as bytes."""
    parts = _Parts()
    text = json.dumps(_encode(state, parts), ensure_ascii=True)
    columns = {
        **{
            kind: pa.array(np.concatenate(arrays)) for kind, arrays in sorted(parts.numbers.items())
        },
        _NAMES: pa.array(parts.names, pa.string()),
        **{f"{_TEXTS}{place}": array for place, array in enumerate(parts.texts)},
    }
    lists = [pa.ListArray.from_arrays([0, len(array)], array) for array in columns.values()]
    schema = pa.schema(
        [pa.field(name, array.type) for name, array in zip(columns, lists, strict=True)],
        metadata={_KEY: text.encode()},
    )
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    with pa.ipc.new_file(sink, schema, options=options) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(lists, schema=schema))
    content: bytes = sink.getvalue().to_pybytes()
    return hashlib.sha256(content).digest() + content


def from_bytes(content: bytes) -> BlockState:
    """Read what `to_bytes` gave.

    Raises
    ------
    ValueError
        If the bytes are something else, or damaged.
    """
    # A damaged number would be believed, and a damaged length could end the process.
    if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
        raise ValueError("these bytes are no statistics: they differ from their SHA-256.")
    try:
        with pa.ipc.open_file(pa.py_buffer(content[_DIGEST:])) as reader:
            text = reader.schema.metadata[_KEY]
            batch = reader.get_batch(0)
        columns = {name: batch.column(name).flatten() for name in batch.schema.names}
        state = _decode(json.loads(text), _parts_of(columns))
    except (pa.ArrowException, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"these bytes are no statistics: {type(error).__name__}.") from error
    if not isinstance(state, BlockState):
        raise ValueError("these bytes are no statistics.")
    return state


@dataclass(frozen=True)
class _Parts:
    """The arrays of a state: numbers by their type, names, and Arrow arrays of texts."""

    numbers: dict[str, list[Array]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)
    sizes: Counter[str] = field(default_factory=Counter)

    def add_numbers(self, array: Array) -> dict[str, Any]:
        """Take an array, and give where it lies."""
        kind, start = array.dtype.name, self.sizes[array.dtype.name]
        self.numbers.setdefault(kind, []).append(array.ravel())
        self.sizes[kind] += array.size
        return {"numbers": kind, "start": start, "shape": array.shape}


def _parts_of(columns: Mapping[str, Any]) -> _Parts:
    texts = [name for name in columns if name.startswith(_TEXTS)]
    numbers = {name: columns[name] for name in columns if name != _NAMES and name not in texts}
    return _Parts(
        {kind: [array.to_numpy(zero_copy_only=False)] for kind, array in numbers.items()},
        columns[_NAMES].to_pylist(),
        [columns[f"{_TEXTS}{place}"] for place in range(len(texts))],
    )


def _encode(value: Any, parts: _Parts) -> Any:
    if isinstance(value, np.ndarray):
        return parts.add_numbers(value)
    if isinstance(value, pa.Array):
        parts.texts.append(value)
        return {"texts": len(parts.texts) - 1}
    if is_dataclass(value):
        encoded = {key.name: _encode(getattr(value, key.name), parts) for key in fields(value)}
        return {"class": type(value).__name__, "fields": encoded}
    if isinstance(value, Mapping):
        return {"map": [[key, _encode(item, parts)] for key, item in value.items()]}
    if isinstance(value, tuple) and value and all(isinstance(item, str) for item in value):
        parts.names.extend(value)
        return {"names": len(parts.names) - len(value), "end": len(parts.names)}
    if isinstance(value, tuple):
        return [_encode(item, parts) for item in value]
    return value


def _decode(value: Any, parts: _Parts) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item, parts) for item in value)
    if not isinstance(value, dict):
        return value
    if "numbers" in value:
        ((numbers,), start, shape) = parts.numbers[value["numbers"]], value["start"], value["shape"]
        return numbers[start : start + math.prod(shape)].reshape(shape)
    if "texts" in value:
        return parts.texts[value["texts"]]
    if "names" in value:
        return tuple(parts.names[value["names"] : value["end"]])
    if "map" in value:
        return {_key(key): _decode(item, parts) for key, item in value["map"]}
    arguments = {name: _decode(item, parts) for name, item in value["fields"].items()}
    return _CLASSES[value["class"]](**arguments)


def _key(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key
