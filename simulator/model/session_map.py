"""Map with one entry per session, or one per job, that only its `cleanup` ever empties.

Source: the modelled system's dedup-stage.ts and aggregator-middleware-deduplication.ts (last sent texts), and
the append-only maps of its node-agent-simple.ts (job ids), which the seed document does not list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from simulator.model.footprint import Footprint

if TYPE_CHECKING:
    from collections.abc import Hashable

Key = TypeVar("Key", bound="Hashable")


class SessionMap(Generic[Key]):
    """What was last written for each session, and when. Rules M1 and M2.

    With `per_job` every write adds an entry to the session's group; a group is cleaned as a whole, by its
    last write.

    >>> sent = SessionMap()
    >>> sent.write("a", 0), sent.write("a", 10), sent.write("b", 10), len(sent)
    (None, None, None, 2)
    >>> sent.clean(20, ttl_ms=10), sent.clean(21, ttl_ms=10)
    ([], ['a', 'b'])

    Attributes:
        inserted, evicted, expired, removed, lost: what has become of the entries since the start.
        footprint: counts entries and bytes.
    """

    __slots__ = (
        "_jobs",
        "_written",
        "evicted",
        "expired",
        "footprint",
        "inserted",
        "lost",
        "per_job",
        "removed",
    )  # fmt: skip

    def __init__(self, *, per_job: bool = False, footprint: Footprint | None = None) -> None:
        """Make an empty map that holds one entry per session, or per write when `per_job`."""
        self.per_job = per_job
        self.footprint = Footprint() if footprint is None else footprint
        self._written: dict[Key, float] = {}  # in order of first write; the value is the last write's time
        self._jobs: dict[Key, int] = {}  # per_job: entries of each session
        self.inserted = self.evicted = self.expired = self.removed = self.lost = 0

    def __len__(self) -> int:
        return self.footprint.entries

    def __contains__(self, key: object) -> bool:
        return key in self._written

    def write(self, key: Key, now: float, row: Any = None) -> None:
        """Write the session's entry: a new one, or over the old one (M1), or one more (M2)."""
        if self.per_job:
            self._jobs[key] = self._jobs.get(key, 0) + 1
        if self.per_job or key not in self._written:
            self.inserted += 1
            self.footprint.inserted(key, row)
        elif self.footprint.rewrites:
            self.footprint.rewritten(key, row)
        self._written[key] = now

    def remove(self, key: Key) -> int:
        """Remove what is held for one session; returns the number of entries that left."""
        gone = self._drop(key) if key in self._written else 0
        self.removed += gone
        return gone

    def clean(self, now: float, ttl_ms: float) -> list[Key]:
        """Remove sessions not written for strictly longer than `ttl_ms`, in order of first write."""
        stale = [key for key, at in self._written.items() if now - at > ttl_ms]
        for key in stale:
            self.expired += self._drop(key)
        return stale

    def clear(self) -> None:
        """Lose everything in a crash."""
        self.lost += self.footprint.entries
        self._written.clear()
        self._jobs.clear()
        self.footprint.cleared()

    def _drop(self, key: Key) -> int:
        del self._written[key]
        gone = self._jobs.pop(key, 1)
        for _ in range(gone):
            self.footprint.removed(key)
        return gone
