"""Cache with a cap and a TTL that is looked at only when an entry is read: npm lru-cache 10, `{max, ttl}`.

Source: lru-cache 10.4.3 as the modelled system's translation-stage.ts uses it. Not modelled: a start time of
exactly 0 on that library's monotonic clock, which it takes for "no TTL"; no process sets an entry at that
instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from simulator.model.footprint import Footprint

if TYPE_CHECKING:
    from collections.abc import Hashable

Key = TypeVar("Key", bound="Hashable")

_CLOCK_MS = 1
"""The library reads its clock for a staleness test at most once per millisecond (`ttlResolution`)."""


class LruCache(Generic[Key]):
    """Keys with the time they were set, from least to most recently used. Rules C1 to C3.

    >>> cache = LruCache(max=2, ttl_ms=10)
    >>> cache.set("a", 1), cache.set("b", 2), cache.get("a", 11), cache.set("c", 12)
    (None, None, True, 'b')
    >>> cache.order, cache.get("a", 12), cache.order
    (['a', 'c'], False, ['c'])

    Attributes:
        hits, misses: what `get` found.
        inserted, evicted, expired, removed, lost: what has become of the entries since the start.
        footprint: counts entries and bytes.
    """

    __slots__ = (
        "_clock_ms",
        "_set_at",
        "evicted",
        "expired",
        "footprint",
        "hits",
        "inserted",
        "lost",
        "max",
        "misses",
        "removed",
        "ttl_ms",
    )  # fmt: skip

    def __init__(self, max: int, ttl_ms: float | None = None, footprint: Footprint | None = None) -> None:  # noqa: A002
        """Make an empty cache of at most `max` entries; without `ttl_ms` (None or 0) nothing grows stale.

        As in lru-cache, a `max` of 0 is no limit, and a negative one is refused (ValueError).
        """
        if max < 0:
            raise ValueError(f"max must be 0 (no limit) or more, not {max}")
        self.max = max or float("inf")
        self.ttl_ms = ttl_ms or float("inf")
        self.footprint = Footprint() if footprint is None else footprint
        self._set_at: dict[Key, float] = {}  # from least to most recently used
        self._clock_ms = float("-inf")  # the clock reading that staleness tests use now
        self.hits = self.misses = 0
        self.inserted = self.evicted = self.expired = self.removed = self.lost = 0

    def __len__(self) -> int:
        return len(self._set_at)

    def __contains__(self, key: object) -> bool:
        return key in self._set_at

    @property
    def order(self) -> list[Key]:
        """Keys from least to most recently used, stale ones included."""
        return list(self._set_at)

    def get(self, key: Key, now: float) -> bool:
        """Read `key`: a hit refreshes recency, not age; a stale entry is removed, a miss (C2, C3)."""
        set_at = self._set_at.get(key)
        if set_at is None:
            self.misses += 1
            return False
        del self._set_at[key]
        if self._stale(set_at, now):
            self.footprint.removed(key)
            self.expired += 1
            self.misses += 1
            return False
        self._set_at[key] = set_at
        self.hits += 1
        if self.footprint.rewrites:
            self.footprint.read(key)
        return True

    def set(self, key: Key, now: float, row: Any = None) -> Key | None:
        """Write `key`, refreshing recency and age; returns the key evicted to make room (C1, C3)."""
        evicted = None
        if self._set_at.pop(key, None) is not None:
            if self.footprint.rewrites:
                self.footprint.rewritten(key, row)
        else:
            if len(self._set_at) >= self.max:
                evicted = next(iter(self._set_at))  # stale or not
                del self._set_at[evicted]
                self.footprint.removed(evicted)
                self.evicted += 1
            self.inserted += 1
            self.footprint.inserted(key, row)
        self._set_at[key] = now
        return evicted

    def has(self, key: Key, now: float) -> bool:
        """Whether `key` is here and not stale; changes nothing (C3)."""
        set_at = self._set_at.get(key)
        return set_at is not None and not self._stale(set_at, now)

    def peek(self, key: Key, now: float) -> bool:
        """Read `key` without refreshing or removing anything."""
        return self.has(key, now)

    def delete(self, key: Key) -> bool:
        """Remove one entry, stale or not; returns whether it was here."""
        if self._set_at.pop(key, None) is None:
            return False
        self.footprint.removed(key)
        self.removed += 1
        return True

    def purge(self, now: float) -> list[Key]:
        """Remove every stale entry; returns them from least to most recently used."""
        stale = [key for key, set_at in self._set_at.items() if self._stale(set_at, now)]
        for key in stale:
            del self._set_at[key]
            self.footprint.removed(key)
        self.expired += len(stale)
        return stale

    def clear(self) -> None:
        """Lose everything in a crash."""
        self.lost += len(self._set_at)
        self._set_at.clear()
        self._clock_ms = float("-inf")
        self.footprint.cleared()

    def _stale(self, set_at: float, now: float) -> bool:
        """Strictly older than the TTL, by a clock that is read at most once per millisecond (C2)."""
        if not self._clock_ms <= now < self._clock_ms + _CLOCK_MS:
            self._clock_ms = now
        return self._clock_ms - set_at > self.ttl_ms


class PerJobCaches:
    """One cache per translated job that nobody frees (C5): instances are counted, never read.

    Source: the modelled system's pipeline/steps/translation-step.ts, June 2026.
    """

    __slots__ = ("evicted", "expired", "footprint", "hits", "inserted", "lost", "misses", "removed")

    def __init__(self, footprint: Footprint) -> None:
        self.footprint = footprint
        self.hits = self.misses = 0
        self.inserted = self.evicted = self.expired = self.removed = self.lost = 0

    def __len__(self) -> int:
        return self.footprint.entries

    def start(self, row: Any = None) -> None:
        """Add the instance of a translation that starts."""
        self.inserted += 1
        self.footprint.inserted(None, row)

    def clear(self) -> None:
        """Lose everything in a crash."""
        self.lost += self.footprint.entries
        self.footprint.cleared()
