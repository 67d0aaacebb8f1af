"""Session table with a cap, a TTL that only a sweep enforces, and least-recently-touched eviction.

Source: the modelled system's aggregator/aggregator-manager.ts. Its quirks are kept: a touch never moves a
session in creation order, ties in last access go to the session created first, an expired session that is
touched before the sweep lives on, and the wall clock may step back.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from simulator.model.footprint import Footprint

if TYPE_CHECKING:
    from collections.abc import Hashable

Key = TypeVar("Key", bound="Hashable")

_JS_WHITESPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's String.trim removes; Python's str.strip takes a slightly different set."""


class SessionTable(Generic[Key]):
    """Sessions by key, each with its last access. Rules S1 to S4.

    >>> table = SessionTable(max=2, ttl_ms=100)
    >>> table.touch("a", 0), table.touch("b", 0), table.touch("a", 5), table.touch("c", 6)
    (None, None, None, 'b')
    >>> table.sweep(105), table.sweep(106), table.order
    ([], ['a'], ['c'])

    Attributes:
        inserted, evicted, expired, removed, lost: what has become of the entries since the start.
        footprint: counts entries and bytes.
    """

    __slots__ = (
        "_created",
        "_in_order",
        "_last",
        "_newest",
        "_serial",
        "evicted",
        "expired",
        "footprint",
        "inserted",
        "lost",
        "max",
        "removed",
        "ttl_ms",
    )  # fmt: skip

    def __init__(self, max: float | None, ttl_ms: float | None, footprint: Footprint | None = None) -> None:  # noqa: A002
        """Make an empty table.

        Args:
            max: most sessions held. As in the modelled system one entry is evicted when size >= max, so a cap
                of zero or less acts as 1 and 2.5 acts as 3; None or NaN never evicts.
            ttl_ms: a session expires when it has been idle for strictly longer; None or NaN never expires.
            footprint: counts entries and bytes; by default entries weigh nothing.
        """
        self.max = float("inf") if max is None else max
        self.ttl_ms = float("inf") if ttl_ms is None else ttl_ms
        self.footprint = Footprint() if footprint is None else footprint
        self._created: dict[Key, int] = {}  # in creation order; the value is a serial number of the creation
        self._last: dict[Key, float] = {}  # in touch order: ascending unless the clock stepped back
        self._serial = 0
        self._newest = float("-inf")
        self._in_order = True
        self.inserted = self.evicted = self.expired = self.removed = self.lost = 0

    def __len__(self) -> int:
        return len(self._last)

    def __contains__(self, key: object) -> bool:
        return key in self._last

    @property
    def order(self) -> list[Key]:
        """Keys in creation order."""
        return list(self._created)

    @property
    def longest_idle(self) -> list[Key]:
        """The session idle for longest; all sessions once the clock has stepped back."""
        return list(islice(self._last, 1 if self._in_order else None))

    def last_access(self, key: Key) -> float:
        """Time of the last touch of `key`; KeyError when it is not here."""
        return self._last[key]

    def touch(self, key: Key, now: float, row: Any = None) -> Key | None:
        """Set the last access of `key` to `now`, creating the session when it is absent.

        Returns:
            The key that was evicted to make room, or None.

        Raises:
            ValueError: the key is blank; nothing has changed then.
        """
        last = self._last
        evicted = None
        if key in last:  # S1
            del last[key]
            if self.footprint.rewrites:
                self.footprint.rewritten(key, row)
        else:  # S2
            if key is None or (isinstance(key, str) and not key.strip(_JS_WHITESPACE)):
                raise ValueError("a session key must not be blank")
            if len(last) >= self.max and last:
                evicted = self._evict()
            self._serial += 1
            self._created[key] = self._serial
            self.inserted += 1
            self.footprint.inserted(key, row)
        last[key] = now
        if now >= self._newest:
            self._newest = now
        else:
            self._in_order = False
        return evicted

    def remove(self, key: Key) -> bool:
        """Remove one session because its end was signalled; returns whether it was here."""
        if key not in self._last:
            return False
        self._drop(key)
        self.removed += 1
        return True

    def sweep(self, now: float) -> list[Key]:
        """Remove every session idle for longer than the TTL; returns them in creation order (S3)."""
        last, ttl_ms = self._last, self.ttl_ms
        if self._in_order and last and not now - next(iter(last.values())) > ttl_ms:
            return []  # the session touched longest ago has not expired
        stale = [key for key in self._created if now - last[key] > ttl_ms]
        for key in stale:
            self._drop(key)
        self.expired += len(stale)
        return stale

    def clear(self) -> list[Key]:
        """Lose everything in a crash; returns the sessions that were held."""
        held = list(self._created)
        self.lost += len(held)
        self._created.clear()
        self._last.clear()
        self._in_order, self._newest = True, float("-inf")
        self.footprint.cleared()
        return held

    def _evict(self) -> Key:
        """Remove the session touched longest ago; among equals the one created first (S4)."""
        last = self._last
        if self._in_order:
            oldest = iter(last.items())
            victim, since = next(oldest)
            created = self._created
            for key, at in oldest:
                if at != since:
                    break
                if created[key] < created[victim]:
                    victim = key
        else:  # the clock stepped back: look at all, in creation order
            victim = min(self._created, key=last.__getitem__)
        self._drop(victim)
        self.evicted += 1
        return victim

    def _drop(self, key: Key) -> None:
        del self._created[key]
        del self._last[key]
        self.footprint.removed(key)
