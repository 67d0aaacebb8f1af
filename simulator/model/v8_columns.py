"""Bytes of a whole window of rows at once, for engines that work on columns (B2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.model.v8 import (
    PLAIN,
    Sizes,
    chunk_bytes,
    flat_key_bytes,
    key_bytes,
    request_bytes,
    string_bytes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RowBytes:
    """What each row would add to a store, int64[rows]; the same integers that the footprints use.

    Attributes:
        text: the stored text.
        target: its translation.
        key: the cache key as it is made.
        flat_key: the cache key once a lookup has found it.
        request: a pending translation, its audio included if jobs retain it.
        chunk: a chunk of audio in a ring buffer.
    """

    text: NDArray[np.int64]
    target: NDArray[np.int64]
    key: NDArray[np.int64]
    flat_key: NDArray[np.int64]
    request: NDArray[np.int64]
    chunk: NDArray[np.int64]


def row_bytes(rows: Any, sizes: Sizes = PLAIN, *, retains_audio: bool = False) -> RowBytes:
    """Bytes of every row of a window (its columns are named as in `simulator.workload.Rows`)."""

    def column(name: str) -> NDArray[np.int64]:
        return np.asarray(getattr(rows, name), dtype=np.int64)

    chars, spaces, two_byte = column("stored_chars"), column("stored_spaces"), column("two_byte")
    key_chars, key_two_byte, audio_ms = column("key_chars"), column("key_two_byte"), column("audio_ms")
    key = key_bytes(chars, spaces, two_byte, key_chars, key_two_byte, column("context_chars"), sizes)
    return RowBytes(
        text=string_bytes(chars, two_byte, sizes),
        target=string_bytes(column("target_chars"), 0, sizes),
        key=key,
        flat_key=flat_key_bytes(key_chars, key_two_byte, sizes),
        request=request_bytes(key, chars, spaces, two_byte, audio_ms * retains_audio, sizes),
        chunk=chunk_bytes(audio_ms, sizes),
    )
