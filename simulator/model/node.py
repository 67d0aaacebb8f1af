"""The process on a node: its stores, what an utterance does to them, and when it dies of them (B1 to B4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulator.model.lru_cache import LruCache, PerJobCaches
from simulator.model.pending_map import PendingMap
from simulator.model.ring_buffer import RingBuffers
from simulator.model.session_map import SessionMap
from simulator.model.session_table import SessionTable
from simulator.model.v8_weigh import weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.model.footprint import Footprint
    from simulator.model.map_table import Tables
    from simulator.model.pending_map import Request

Store = (
    SessionTable[int] | LruCache[int] | PerJobCaches | SessionMap[int] | RingBuffers[int] | PendingMap[int]
)

LARGE_PERCENT, CHURN_PERCENT = 99, 80
"""Share of the heap limit that large objects, and small ones that come and go, can fill before death.

Source: measured under --max-old-space-size.
"""


def dies_of_heap(large_bytes: int, churn_bytes: int, heap_limit_bytes: int) -> bool:
    """Whether large / 0.99 + churn / 0.80 reaches the heap limit, in whole numbers (B4).

    >>> dies_of_heap(99, 0, 100), dies_of_heap(98, 0, 100), dies_of_heap(0, 80, 100)
    (True, False, True)
    """
    return (
        large_bytes * 10 * CHURN_PERCENT + churn_bytes * 10 * LARGE_PERCENT
        >= heap_limit_bytes * CHURN_PERCENT * LARGE_PERCENT // 10
    )


class NodeStores:
    """The enabled stores of one process, by kind and in config order.

    Attributes:
        named: every store by name, in config order.
        tables, caches, per_job, maps, rings: the stores of a kind (caches: the shared ones).
        pending: the pending map, or None.
        cleaned_at_end, cleaned_at_removal: maps and rings by the cleanup they follow (M1).
        hash_tables: the tables of JavaScript Maps whose doubling can be fatal (B4, footprint v8).
    """

    def __init__(self, nodes: Any) -> None:
        """Make empty stores from the scenario's `nodes`: those that are enabled, weighed by its footprint."""
        self.named: dict[str, Store] = {}
        self.tables: list[SessionTable[int]] = []
        self.caches: list[LruCache[int]] = []
        self.per_job: list[PerJobCaches] = []
        self.maps: list[SessionMap[int]] = []
        self.rings: list[RingBuffers[int]] = []
        self.pending: PendingMap[int] | None = None
        self.cleaned_at_end: list[SessionMap[int] | RingBuffers[int]] = []
        self.cleaned_at_removal: list[SessionMap[int] | RingBuffers[int]] = []
        weights = weigh(nodes.enabled_stores, nodes.footprint, nodes.pointer_size)
        for name, config in nodes.enabled_stores.items():
            self.named[name] = self._make(config, weights[name])
        self._join_audio()
        self.hash_tables: list[Tables] = [each.tables for each in weights.values() if hasattr(each, "tables")]

    def _join_audio(self) -> None:
        """Let a pending map know when a buffer drops what a job has too."""
        if self.pending is not None and self.rings:
            self.rings[0].parted = self.pending.part

    def _make(self, config: Any, footprint: Any) -> Store:
        """Make one store and file it under its kind."""
        if config.kind == "session_table":
            table = SessionTable[int](config.max, config.ttl_ms, footprint)
            self.tables.append(table)
            return table
        if config.kind == "lru_cache" and config.instances == "per_job":
            instances = PerJobCaches(footprint)
            self.per_job.append(instances)
            return instances
        if config.kind == "lru_cache":
            cache = LruCache[int](config.max, config.ttl_ms, footprint)
            self.caches.append(cache)
            return cache
        if config.kind == "pending_map":
            self.pending = PendingMap[int](
                config.removed_on, abort_on_timeout=config.abort_on_timeout, footprint=footprint
            )
            return self.pending
        kept: SessionMap[int] | RingBuffers[int]
        if config.kind == "session_map":
            kept = SessionMap[int](per_job=config.growth == "per_job", footprint=footprint)
            self.maps.append(kept)
        else:
            kept = RingBuffers[int](config.span_ms, config.keep_ms, footprint)
            self.rings.append(kept)
        if config.cleanup.kind in ("session_end", "session_removed"):
            self.cleaned_at_end.append(kept)
        if config.cleanup.kind == "session_removed":
            self.cleaned_at_removal.append(kept)
        return kept

    def __iter__(self) -> Iterator[Store]:
        return iter(self.named.values())

    @property
    def footprints(self) -> list[Footprint]:
        """What the stores weigh, in config order."""
        return [store.footprint for store in self]

    def end_session(self, session: int) -> None:
        """Do what a signalled end asks for: tables forget it, others as their cleanup says (S6, M1)."""
        for table in self.tables:
            table.remove(session)
        for store in self.cleaned_at_end:
            store.remove(session)

    def session_left(self, session: int) -> None:
        """Follow the first table's eviction or expiry of a session (S5, M1)."""
        for store in self.cleaned_at_removal:
            store.remove(session)

    def clear(self) -> list[int]:
        """Lose everything; returns the sessions of the first table (B4, S7)."""
        held = self.tables[0].order if self.tables else []
        for store in self:
            store.clear()
        return held

    def share_audio(self, row: Any, request: Request[int]) -> None:
        """Charge a job's audio once: to its session's buffer, as long as that holds the string (B2)."""
        chunk = self.rings[0].newest(row.session) if self.rings else None
        if chunk is not None and self.pending is not None:
            chunk.request = request
            self.pending.share(request, row)

    def translated(self, row: Any) -> None:
        """Keep the translation of an utterance with its session, where that weighs something (B2)."""
        for table in self.tables:
            if table.footprint.rewrites:
                table.footprint.translated(row.session, row)

    def heap_bytes(self) -> tuple[int, int, int]:
        """Bytes of audio and pending requests, of maps, and of sessions and cache entries (B3, B4)."""
        audio = sum(ring.footprint.bytes for ring in self.rings)
        if self.pending is not None:
            audio += self.pending.footprint.bytes
        maps = sum(kept.footprint.bytes for kept in self.maps)
        churn = sum(table.footprint.bytes for table in self.tables)
        churn += sum(cache.footprint.bytes for cache in self.caches)
        return audio, maps, churn + sum(caches.footprint.bytes for caches in self.per_job)

    def doubled_bytes(self) -> int:
        """The largest hash table that has doubled since this was last asked, as it was before (B4)."""
        largest = 0
        for tables in self.hash_tables:
            largest = max(largest, tables.doubled_bytes)
            tables.doubled_bytes = 0
        return largest


EXTRAS: Final = ("chunks", "base64_chars", "in_flight")
"""Levels that only some kinds of store have."""
