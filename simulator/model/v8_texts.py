"""Footprints of translation caches, pending translations and audio buffers on a V8 heap (rule B2).

What a cache shares with a live session (translation, context, a two-byte text) is charged to both; audio that
a job shares with a buffer is charged to the buffer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from simulator.model.footprint import AudioFootprint, Footprint, RequestFootprint, base64_chars
from simulator.model.map_table import Tables
from simulator.model.v8 import (
    PLAIN,
    Sizes,
    cache_fixed_bytes,
    chunk_bytes,
    flat_key_bytes,
    key_bytes,
    request_bytes,
    string_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Hashable


class V8CacheFootprint(Footprint):
    """An lru-cache: arrays for `most` entries, one Map, and keys that are flat once a lookup finds them."""

    __slots__ = ("_fixed_bytes", "_held", "_sizes", "tables")
    rewrites = True

    def __init__(self, most: int, sizes: Sizes = PLAIN) -> None:
        """Make the footprint of an unused cache; its arrays are charged with its first entry."""
        super().__init__()
        self._sizes = sizes
        self._fixed_bytes = cache_fixed_bytes(most, sizes)
        self._held: dict[
            Hashable, tuple[int, int]
        ] = {}  # bytes of key and value, and what they will be once flat
        self.tables = Tables(1, sizes)

    def inserted(self, key: Hashable, row: Any = None) -> None:
        """Count a new entry and weigh it."""
        sizes = self._sizes
        value = string_bytes(row.target_chars, 0, sizes)
        rope = key_bytes(
            row.stored_chars,
            row.stored_spaces,
            row.two_byte,
            row.key_chars,
            row.key_two_byte,
            row.context_chars,
            sizes,
        )
        flat = value + flat_key_bytes(row.key_chars, row.key_two_byte, sizes)
        self._held[key] = (value + rope, flat)
        self.entries += 1
        self.bytes += value + rope + self.tables.insert() + self._fixed_bytes * (self.bytes == 0)

    def read(self, key: Hashable) -> None:
        """Take note that a lookup has found the key."""
        held, flat = self._held[key]
        self._held[key] = (flat, flat)
        self.bytes += flat - held

    def rewritten(self, key: Hashable, row: Any = None) -> None:
        """Weigh an entry anew."""
        held, _ = self._held[key]
        flat = flat_key_bytes(row.key_chars, row.key_two_byte, self._sizes) + string_bytes(
            row.target_chars, 0, self._sizes
        )
        self._held[key] = (flat, flat)
        self.bytes += flat - held

    def removed(self, key: Hashable) -> None:
        """Uncount an entry and all it held."""
        held, _ = self._held.pop(key)
        self.entries -= 1
        self.bytes += self.tables.delete() - held

    def cleared(self) -> None:
        """Forget everything: the process is gone."""
        super().cleared()
        self._held.clear()
        self.tables.clear()


class V8AudioFootprint(AudioFootprint):
    """Ring buffers: base64 strings with an object around each, and the buffers themselves."""

    __slots__ = ("_buffer_bytes", "_sizes", "tables")

    def __init__(self, sizes: Sizes = PLAIN, *, owns_id: bool = False) -> None:
        super().__init__()
        self._sizes = sizes
        self._buffer_bytes = sizes.buffer + (string_bytes(sizes.session_id_chars, 0, sizes) if owns_id else 0)
        self.tables = Tables(1, sizes)

    def inserted(self, _key: Hashable, _row: Any = None) -> None:
        """Count a new entry and weigh it."""
        self.entries += 1
        self.bytes += self._buffer_bytes + self.tables.insert()

    def removed(self, _key: Hashable) -> None:
        """Uncount an entry and all it held."""
        self.entries -= 1
        self.bytes += self.tables.delete() - self._buffer_bytes

    def appended(self, _key: Hashable, audio_ms: int) -> None:
        """Weigh one more chunk."""
        self.bytes += chunk_bytes(audio_ms, self._sizes)

    def dropped(self, _key: Hashable, audio_ms: int) -> None:
        """Weigh one chunk less."""
        self.bytes -= chunk_bytes(audio_ms, self._sizes)

    def cleared(self) -> None:
        """Forget everything: the process is gone."""
        super().cleared()
        self.tables.clear()


class V8RequestFootprint(RequestFootprint):
    """Pending translations: one Map of those listed, and the requests, whose job may carry audio (P3, P4)."""

    __slots__ = ("_sizes", "tables")

    def __init__(self, sizes: Sizes = PLAIN, *, retains_audio: bool = False) -> None:
        super().__init__(0, retains_audio=retains_audio)
        self._sizes = sizes
        self.tables = Tables(1, sizes)

    def opened(self, _key: Hashable, row: Any) -> int:
        """Count the entry, weigh its request; returns what `released` is to give back."""
        sizes = self._sizes
        key = key_bytes(
            row.stored_chars,
            row.stored_spaces,
            row.two_byte,
            row.key_chars,
            row.key_two_byte,
            row.context_chars,
            sizes,
        )
        audio_ms = row.audio_ms if self.retains_audio else 0
        held = cast(
            "int", request_bytes(key, row.stored_chars, row.stored_spaces, row.two_byte, audio_ms, sizes)
        )
        self.entries += 1
        self.bytes += held + self.tables.insert()
        return held

    def shared_bytes(self, row: Any) -> int:
        """The base64 string of the job's audio, if jobs retain it."""
        if not self.retains_audio:
            return 0
        return cast("int", string_bytes(base64_chars(row.audio_ms), 0, self._sizes))

    def unlisted(self, key: Hashable) -> None:
        """Uncount the entry; its request may live on."""
        super().unlisted(key)
        self.bytes += self.tables.delete()

    def cleared(self) -> None:
        """Forget everything: the process is gone."""
        super().cleared()
        self.tables.clear()
