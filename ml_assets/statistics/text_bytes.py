"""The bytes of an Arrow string array, for NumPy: where each text begins and ends, and their hashes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.statistics.points import Array

_WORD = 8
_BLOCK = 32_768  # what fits into the processor's cache is mixed in half the time
_SEED = np.uint64(0x9E3779B97F4A7C15)
# The bits of a word that belong to a text of which so many bytes are left.
_MASKS = np.array([2 ** (8 * size) - 1 for size in range(_WORD + 1)], np.uint64)


@dataclass(frozen=True)
class TextBytes:
    """Attributes: the bytes of all texts, and the positions where each begins and ends."""

    data: Array
    starts: Array
    ends: Array

    @property
    def sizes(self) -> Array:
        """How many bytes each text has."""
        return self.ends - self.starts

    def has(self, character: str) -> Array:
        """Give, for each text, whether it has an ASCII character."""
        low, high = (int(self.starts[0]), int(self.ends[-1])) if len(self.starts) else (0, 0)
        places = np.flatnonzero(self.data[low:high] == ord(character)) + low
        mask = np.zeros(len(self.starts), bool)
        mask[np.searchsorted(self.ends, places, side="right")] = True
        return mask


def text_bytes(texts: Any) -> TextBytes:
    """Give the bytes of an Arrow string array without nulls."""
    _, offsets, data = texts.cast(pa.string()).buffers()
    if offsets is None or not len(texts):
        return TextBytes(np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.int64))
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    places = places.astype(np.int64)
    raw = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return TextBytes(raw, places[:-1], places[1:])


def hash_texts(texts: Any) -> Array:
    """Give a 64-bit hash of each text of an Arrow string array, eight bytes at a time."""
    raw = text_bytes(texts)
    sizes = raw.sizes
    padded = np.concatenate([raw.data, np.zeros(_WORD, np.uint8)])
    words: Array = np.ndarray(len(raw.data) + 1, "<u8", padded, strides=(1,))
    hashes = mix(sizes.astype(np.uint64) + _SEED)
    for start in range(0, int(sizes.max(initial=0)), _WORD):
        longer = np.flatnonzero(sizes > start)
        left = np.minimum(sizes[longer] - start, _WORD)
        word = words[raw.starts[longer] + start] & _MASKS[left]
        hashes[longer] = mix(hashes[longer] * _SEED + word)
    return hashes


def mix(bits: Array) -> Array:
    """Give the finaliser of SplitMix64 (Steele et al. 2014): every input bit moves every output bit."""
    mixed = np.empty(len(bits), np.uint64)
    for start in range(0, len(bits), _BLOCK):
        part = mixed[start : start + _BLOCK]
        np.right_shift(bits[start : start + _BLOCK], np.uint64(30), out=part)
        part ^= bits[start : start + _BLOCK]
        part *= np.uint64(0xBF58476D1CE4E5B9)
        part ^= part >> np.uint64(27)
        part *= np.uint64(0x94D049BB133111EB)
        part ^= part >> np.uint64(31)
    return mixed
