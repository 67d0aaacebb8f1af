"""Bytes: a footprint counts a store's entries and adds up what they occupy.

A store decides *which* entries live (its rules); its footprint decides *what they weigh* (rules B1, B2). A
store calls its footprint once per change and never reads sizes itself, so the same store can be weighed by
the document's constants or by formulas over the strings it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

BYTES_PER_MS = 32
"""16 kHz mono PCM16: 16 samples of 2 bytes per millisecond (W3)."""


def base64_chars(audio_ms: int) -> int:
    """Length of the base64 string that holds `audio_ms` of PCM audio, padding included.

    >>> base64_chars(1000), base64_chars(1), base64_chars(0)
    (42668, 44, 0)
    """
    return (audio_ms * BYTES_PER_MS + 2) // 3 * 4


class Footprint:
    """Constant footprint, as in the seed document: every entry costs the same constant number of bytes.

    Attributes:
        entries: entries that the store holds now.
        bytes: what the store occupies now; never negative.
        rewrites: whether `rewritten`, `translated` and `read` do anything; if not, a store may skip the call.
    """

    __slots__ = ("bytes", "entries", "entry_bytes")
    rewrites = False

    def __init__(self, entry_bytes: int = 0) -> None:
        self.entries = 0
        self.bytes = 0
        self.entry_bytes = entry_bytes

    def inserted(self, _key: Hashable, _row: Any = None) -> None:
        """Count an entry that has just been added for `_row`."""
        self.entries += 1
        self.bytes += self.entry_bytes

    def rewritten(self, _key: Hashable, _row: Any = None) -> None:
        """Take note that `_row` wrote to an entry that was already there."""

    def translated(self, _key: Hashable, _row: Any = None) -> None:
        """Take note that the translation of `_row` was stored in its entry."""

    def read(self, _key: Hashable) -> None:
        """Take note that a lookup has found the key."""

    def removed(self, _key: Hashable) -> None:
        """Uncount an entry that has just left."""
        self.entries -= 1
        self.bytes -= self.entry_bytes

    def cleared(self) -> None:
        """Forget everything: the process is gone."""
        self.entries = 0
        self.bytes = 0


class AudioFootprint(Footprint):
    """Footprint of ring buffers in the document's terms: 32 B of raw PCM per ms that is kept (R2)."""

    __slots__ = ()

    def appended(self, _key: Hashable, audio_ms: int) -> None:
        """Add one chunk to the buffer of `_key`."""
        self.bytes += audio_ms * BYTES_PER_MS

    def dropped(self, _key: Hashable, audio_ms: int) -> None:
        """Take away one chunk from the buffer of `_key`."""
        self.bytes -= audio_ms * BYTES_PER_MS


class RequestFootprint(Footprint):
    """Footprint of pending translations: a constant per request, plus its job's audio if retained (P3).

    An entry and its request part company when a timeout deletes the entry but cannot stop the request (P4):
    then `unlisted` is called at the timeout and `released` only when the request settles.
    """

    __slots__ = ("retains_audio",)

    def __init__(self, entry_bytes: int, *, retains_audio: bool) -> None:
        super().__init__(entry_bytes)
        self.retains_audio = retains_audio

    def opened(self, _key: Hashable, row: Any) -> int:
        """Count the entry and its request; returns the bytes to give back to `released`."""
        self.entries += 1
        held = self.entry_bytes + base64_chars(row.audio_ms) if self.retains_audio else self.entry_bytes
        self.bytes += held
        return held

    def shared_bytes(self, _row: Any) -> int:
        """What of the job's bytes is the very string that an audio buffer may hold."""
        return 0

    def retained(self, size: int) -> None:
        """Charge a request with bytes that something else was charged for so far."""
        self.bytes += size

    def unlisted(self, _key: Hashable) -> None:
        """Uncount the entry; its request may live on."""
        self.entries -= 1

    def released(self, held: int) -> None:
        """Give back the bytes of a request that nothing refers to any more."""
        self.bytes -= held
