"""Translations that have been asked for and not yet dealt with, by cache key.

Source: the modelled system's aggregator-middleware-translation.ts (pendingAsyncTranslations). A request and
its entry are two things: deleting the entry on a timeout frees the key, not the request that still waits
(P4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from simulator.model.footprint import RequestFootprint

if TYPE_CHECKING:
    from collections.abc import Hashable

Key = TypeVar("Key", bound="Hashable")


class Request(Generic[Key]):
    """One translation under way: the key it is listed under, the bytes it holds, those it has by another."""

    __slots__ = ("held_bytes", "key", "settled", "shared_bytes")

    def __init__(self, key: Key, held_bytes: int) -> None:
        self.key = key
        self.held_bytes = held_bytes
        self.settled = False
        self.shared_bytes = 0


class PendingMap(Generic[Key]):
    """Requests by key. Rules P1 to P4.

    Attributes:
        in_flight: requests that have not settled and were not aborted, listed or not.
        inserted, evicted, expired, removed, lost: what has become of the entries since the start.
        footprint: counts entries and bytes.
    """

    __slots__ = (
        "_listed",
        "abort_on_timeout",
        "evicted",
        "expired",
        "footprint",
        "in_flight",
        "inserted",
        "lost",
        "removed",
        "removed_on",
    )  # fmt: skip

    def __init__(
        self,
        removed_on: frozenset[str] = frozenset({"success", "failure"}),
        *,
        abort_on_timeout: bool = False,
        footprint: RequestFootprint | None = None,
    ) -> None:
        """Make an empty map.

        Args:
            removed_on: which of `success` and `failure` remove the entry when a request settles (P2).
            abort_on_timeout: a timeout also ends the request, which frees its bytes (P4).
            footprint: counts entries and bytes.
        """
        self.removed_on = removed_on
        self.abort_on_timeout = abort_on_timeout
        self.footprint = RequestFootprint(0, retains_audio=False) if footprint is None else footprint
        self._listed: dict[Key, Request[Key]] = {}
        self.in_flight = 0
        self.inserted = self.evicted = self.expired = self.removed = self.lost = 0

    def __len__(self) -> int:
        return len(self._listed)

    def __contains__(self, key: object) -> bool:
        return key in self._listed

    def ends(self, *, ok: bool) -> bool:
        """Whether this outcome removes the entry (P2)."""
        return ("success" if ok else "failure") in self.removed_on

    def open(self, key: Key, row: Any) -> Request[Key]:
        """List a new request under a key that is not in flight.

        Raises:
            KeyError: the key is in flight; such an utterance is coalesced, not opened (P1).
        """
        if key in self._listed:
            raise KeyError(f"{key} is already in flight")
        request = Request(key, self.footprint.opened(key, row))
        self._listed[key] = request
        self.in_flight += 1
        self.inserted += 1
        return request

    def pass_through(self, key: Key, row: Any, *, ok: bool) -> Request[Key] | None:
        """Open a request that settles within its utterance; returns it if its entry is to stay for a while.

        If its end removes the entry, it is counted as opened and removed and the Map is never touched: a
        Map's table grows with what comes and goes (B2), and nothing has come.
        """
        if not self.ends(ok=ok):
            return self.open(key, row)
        self.inserted += 1
        self.removed += 1
        return None

    def settle(self, request: Request[Key], *, ok: bool) -> None:
        """End a request: its entry goes if `removed_on` says so, its bytes with the entry (P2)."""
        request.settled = True
        self.in_flight -= 1
        if self._listed.get(request.key) is not request:  # timed out before
            self._release(request)
        elif self.ends(ok=ok):
            self._unlist(request)
            self.removed += 1
            self._release(request)

    def time_out(self, request: Request[Key]) -> bool:
        """Delete the request's own entry, if it is still there; returns whether it was (P4)."""
        if self._listed.get(request.key) is not request:
            return False
        self._unlist(request)
        self.expired += 1
        if self.abort_on_timeout and not request.settled:
            request.settled = True
            self.in_flight -= 1
            self._release(request)
        elif request.settled:  # a failure that had not removed its entry
            self._release(request)
        return True

    def share(self, request: Request[Key], row: Any) -> None:
        """Charge the job's audio elsewhere: an audio buffer holds the very string (B2)."""
        request.shared_bytes = self.footprint.shared_bytes(row)
        request.held_bytes -= request.shared_bytes
        self.footprint.released(request.shared_bytes)

    def part(self, request: Request[Key]) -> None:
        """Charge it here again: the buffer has dropped it, and the request, if it is still there, has not."""
        self.footprint.retained(request.shared_bytes)
        request.held_bytes += request.shared_bytes
        request.shared_bytes = 0

    def clear(self) -> None:
        """Lose everything in a crash; requests that are still out must not be settled afterwards."""
        self.lost += len(self._listed)
        self._listed.clear()
        self.in_flight = 0
        self.footprint.cleared()

    def _release(self, request: Request[Key]) -> None:
        self.footprint.released(request.held_bytes)
        request.held_bytes = request.shared_bytes = 0

    def _unlist(self, request: Request[Key]) -> None:
        del self._listed[request.key]
        self.footprint.unlisted(request.key)
