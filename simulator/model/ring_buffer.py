"""Audio ring buffers, one per session, trimmed only when something is appended.

Source: the modelled system's asr/audio-ring-buffer.ts and aggregator-middleware-audio.ts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from simulator.model.footprint import AudioFootprint, base64_chars

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Key = TypeVar("Key", bound="Hashable")


@dataclass(slots=True)
class Chunk:
    """One utterance's audio. It starts at its arrival, whenever it was spoken.

    Attributes:
        start_ms, end_ms: its time.
        request: the pending translation whose job has the same string, if any (B2).
    """

    start_ms: int
    end_ms: int
    request: Any = field(default=None, compare=False, repr=False)


class RingBuffers(Generic[Key]):
    """Chunks of audio by session. Rules R1 and R2.

    >>> rings = RingBuffers(span_ms=15_000, keep_ms=10_000)
    >>> rings.append("a", 0, 2_000), rings.append("a", 9_999, 2_000), rings.chunks
    (None, None, 2)
    >>> rings.append("a", 10_000, 15_001), rings.chunks  # the first is too old, the last too long
    (None, 0)

    Attributes:
        chunks, base64_chars: chunks held in all buffers, and the length of their base64 strings.
        inserted, evicted, expired, removed, lost: what has become of the buffers since the start.
        footprint: counts buffers and bytes.
        parted: called with a chunk's request when the chunk goes.
    """

    __slots__ = (
        "_buffers",
        "_written",
        "base64_chars",
        "chunks",
        "evicted",
        "expired",
        "footprint",
        "inserted",
        "keep_ms",
        "lost",
        "parted",
        "removed",
        "span_ms",
    )  # fmt: skip

    def __init__(self, span_ms: int, keep_ms: int, footprint: AudioFootprint | None = None) -> None:
        """Make an empty store.

        Args:
            span_ms: most time from a buffer's first start to its last end.
            keep_ms: a chunk this old goes.
            footprint: counts buffers and bytes.
        """
        self.span_ms = span_ms
        self.keep_ms = keep_ms
        self.footprint = AudioFootprint() if footprint is None else footprint
        self._buffers: dict[Key, deque[Chunk]] = {}
        self._written: dict[Key, int] = {}
        self.parted: Callable[[Any], None] | None = None
        self.chunks = self.base64_chars = 0
        self.inserted = self.evicted = self.expired = self.removed = self.lost = 0

    def __len__(self) -> int:
        return len(self._buffers)

    def __contains__(self, key: object) -> bool:
        return key in self._buffers

    def buffer(self, key: Key) -> list[Chunk]:
        """The chunks held for one session, oldest first; KeyError when it has no buffer."""
        return list(self._buffers[key])

    def newest(self, key: Key) -> Chunk | None:
        """The chunk appended last for one session, unless it went at once."""
        held = self._buffers.get(key)
        return held[-1] if held else None

    def append(self, key: Key, now: int, audio_ms: int) -> None:
        """Append a chunk that starts now, then trim by age, by end and by span (R1)."""
        held = self._buffers.get(key)
        if held is None:
            held = self._buffers[key] = deque()
            self.inserted += 1
            self.footprint.inserted(key)
        self._written[key] = now
        held.append(Chunk(now, now + audio_ms))
        self.chunks += 1
        self.base64_chars += base64_chars(audio_ms)
        self.footprint.appended(key, audio_ms)
        # Starts ascend, so the chunks that are too old are the first ones; ends need not.
        while held and now - held[0].start_ms >= self.keep_ms:
            self._drop_chunk(key, held.popleft())
        horizon = now - self.span_ms
        if self.keep_ms > self.span_ms and any(chunk.end_ms < horizon for chunk in held):
            for chunk in [chunk for chunk in held if chunk.end_ms < horizon]:
                held.remove(chunk)
                self._drop_chunk(key, chunk)
        while held and held[-1].end_ms - held[0].start_ms > self.span_ms:
            self._drop_chunk(key, held.popleft())

    def remove(self, key: Key) -> int:
        """Remove one session's buffer; returns the number of buffers that left (0 or 1)."""
        if key not in self._buffers:
            return 0
        self._drop(key)
        self.removed += 1
        return 1

    def clean(self, now: int, ttl_ms: float) -> list[Key]:
        """Remove buffers idle for strictly longer than `ttl_ms`; returns them in order of first append."""
        stale = [key for key in self._buffers if now - self._written[key] > ttl_ms]
        for key in stale:
            self._drop(key)
        self.expired += len(stale)
        return stale

    def clear(self) -> None:
        """Lose everything in a crash."""
        self.lost += len(self._buffers)
        self._buffers.clear()
        self._written.clear()
        self.chunks = self.base64_chars = 0
        self.footprint.cleared()

    def _drop(self, key: Key) -> None:
        for chunk in self._buffers.pop(key):
            self._drop_chunk(key, chunk)
        del self._written[key]
        self.footprint.removed(key)

    def _drop_chunk(self, key: Key, chunk: Chunk) -> None:
        audio_ms = chunk.end_ms - chunk.start_ms
        self.chunks -= 1
        self.base64_chars -= base64_chars(audio_ms)
        self.footprint.dropped(key, audio_ms)
        if chunk.request is not None and self.parted is not None:
            self.parted(chunk.request)
