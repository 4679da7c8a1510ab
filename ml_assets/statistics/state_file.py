"""A state as bytes: the same state always gives the same bytes, and reading them runs no code.

The form is an Arrow IPC file with one row: every array of the state is one list in it, and everything
else is JSON in the schema's metadata.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.statistics.category_state import CategoryState
from ml_assets.statistics.dataset_state import DatasetState
from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.moments import Moments
from ml_assets.statistics.numeric_state import NumericState
from ml_assets.statistics.points import Points
from ml_assets.statistics.quantile_sketch import QuantileSketch
from ml_assets.statistics.text_kinds import TextKinds
from ml_assets.statistics.time_grid import TimeGrid
from ml_assets.statistics.time_state import TimeState
from ml_assets.statistics.weighted_state import WeightedState, WeightFaults

_CLASSES = {
    cls.__name__: cls
    for cls in (
        CategoryState, DatasetState, FeatureState, Moments, NumericState, Points, QuantileSketch,
        TextKinds, TimeGrid, TimeState, WeightFaults, WeightedState,
    )
}  # fmt: skip
_KEY = b"state"


def to_bytes(states: Mapping[str, DatasetState]) -> bytes:
    """Give states, by name, as bytes."""
    arrays: list[Any] = []
    text = json.dumps(_encode(dict(states), arrays), ensure_ascii=True)
    lists = [pa.ListArray.from_arrays([0, len(array)], array) for array in arrays]
    schema = pa.schema(
        [pa.field(str(place), found.type) for place, found in enumerate(lists)],
        metadata={_KEY: text.encode()},
    )
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    with pa.ipc.new_file(sink, schema, options=options) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(lists or [], schema=schema))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def from_bytes(content: bytes) -> dict[str, DatasetState]:
    """Read what `to_bytes` gave.

    Raises
    ------
    ValueError
        If the bytes are something else.
    """
    try:
        with pa.ipc.open_file(pa.py_buffer(content)) as reader:
            text = reader.schema.metadata[_KEY]
            arrays = _arrays(reader)
        found = _decode(json.loads(text), arrays)
    except (pa.ArrowException, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"these bytes are no statistics: {type(error).__name__}.") from error
    if not isinstance(found, dict):
        raise ValueError("these bytes are no statistics.")
    return found


def _arrays(reader: Any) -> list[Any]:
    if not reader.num_record_batches:
        return []
    batch = reader.get_batch(0)
    return [batch.column(place).flatten() for place in range(batch.num_columns)]


def _encode(value: Any, arrays: list[Any]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(pa.array(value))
        return {"numbers": len(arrays) - 1}
    if isinstance(value, pa.Array):
        arrays.append(value)
        return {"texts": len(arrays) - 1}
    if is_dataclass(value):
        parts = {f.name: _encode(getattr(value, f.name), arrays) for f in fields(value)}
        return {"class": type(value).__name__, "fields": parts}
    if isinstance(value, Mapping):
        return {"map": [[key, _encode(item, arrays)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return [_encode(item, arrays) for item in value]
    return value


def _decode(value: Any, arrays: list[Any]) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    if "numbers" in value:
        return arrays[value["numbers"]].to_numpy()
    if "texts" in value:
        return arrays[value["texts"]]
    if "map" in value:
        return {key: _decode(item, arrays) for key, item in value["map"]}
    parts = {name: _decode(item, arrays) for name, item in value["fields"].items()}
    return _CLASSES[value["class"]](**parts)
