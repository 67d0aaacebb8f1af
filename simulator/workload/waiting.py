"""Turns that wait for their window: drawn with their session, handed over in time order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .turns import SESSION, TURNS, Turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class _Batch:
    """Turns in time order, and how many of them are handed over."""

    __slots__ = ("at_ms", "oldest", "used", "who")

    def __init__(self, at_ms: Ints, who: Ints) -> None:
        self.at_ms, self.who, self.used = at_ms, who, 0
        self.oldest = int(who.min()) >> SESSION

    def count_before(self, until_ms: int) -> int:
        """How many of its turns are due before this instant."""
        return int(np.searchsorted(self.at_ms, until_ms, side="left")) - self.used

    def take(self, count: int) -> slice:
        """The next turns."""
        self.used += count
        return slice(self.used - count, self.used)


class Waiting:
    """Turns of sessions that have started and of those that the idle limit will make.

    Sessions are numbered as they are drawn. Where none is split that is the order of their starts; elsewhere
    a session gets its id when it starts.
    """

    def __init__(self, horizon_ms: int, *, splits: bool = False) -> None:
        """`splits`: whether a session may be a later part of another and start after one drawn later."""
        self._horizon_ms = horizon_ms
        none = np.empty(0, dtype=np.int64)
        self._fresh = Turns(none, none, has_ends=False)  # not in time order: most are due at once
        self._batches: list[_Batch] = []
        self._drawn = 0
        self._names = _Names() if splits else None

    def add(self, turns: Turns) -> None:
        """Let the turns of newly drawn sessions wait, once what was added before has been asked for.

        They come session by session and turn by turn; sessions are numbered from 0 on.
        """
        assert not len(self._fresh.who)
        has_ends = self._fresh.has_ends or turns.has_ends
        self._fresh = Turns(turns.at_ms, turns.who + (self._drawn << SESSION), has_ends)
        if len(turns.who):
            self._drawn += int(turns.who[-1] >> SESSION) + 1

    def __len__(self) -> int:
        """How many turns wait."""
        return len(self._fresh.who) + sum(len(batch.who) - batch.used for batch in self._batches)

    def count_before(self, until_ms: int) -> int:
        """How many turns are due before this instant."""
        fresh = int(np.count_nonzero(self._fresh.at_ms < until_ms))
        return fresh + sum(batch.count_before(until_ms) for batch in self._batches)

    def due(self, until_ms: int) -> Turns:
        """All turns before this instant that were not handed over yet, by time, session and turn.

        Sessions have dense ids in order of their starts.
        """
        counts = [batch.count_before(until_ms) for batch in self._batches]
        taken = [(batch, batch.take(n)) for n, batch in zip(counts, self._batches, strict=True) if n]
        self._batches = [batch for batch in self._batches if batch.used < len(batch.at_ms)]
        fresh, none = self._fresh, np.empty(0, dtype=np.int64)
        self._fresh = Turns(none, none, fresh.has_ends)
        at_ms = np.concatenate([*(batch.at_ms[some] for batch, some in taken), fresh.at_ms])
        who = np.concatenate([*(batch.who[some] for batch, some in taken), fresh.who])
        (at_ms, order), (later_ms, later) = in_order(at_ms, until_ms)
        cut = int(np.searchsorted(later_ms, self._horizon_ms, side="left"))
        if cut:
            self._batches.append(_Batch(later_ms[:cut], who[later[:cut]]))
        who = who[order]
        if self._names is not None:
            who = self._names.give(who, min([batch.oldest for batch in self._batches], default=self._drawn))
            # of ties the earlier session comes first; its own turns stand in their order already
            if ((at_ms[1:] == at_ms[:-1]) & (who[1:] < who[:-1])).any():
                who = who[np.lexsort((who, at_ms))]
        return Turns(at_ms, who, fresh.has_ends)


class _Names:
    """Ids of sessions by the number under which they were drawn."""

    def __init__(self) -> None:
        self._given = self._oldest = 0
        self._ids = np.empty(0, dtype=np.int64)

    def give(self, who: Ints, oldest: int) -> Ints:
        """These turns, the next in time order, with ids; sessions below `oldest` will not come again."""
        if len(who):
            opens = who[(who & TURNS) == 0] >> SESSION
            longer = np.zeros(
                max(int(who.max() >> SESSION) + 1 - self._oldest, len(self._ids)), dtype=np.int64
            )
            longer[: len(self._ids)] = self._ids
            longer[opens - self._oldest] = self._given + np.arange(len(opens))
            self._given += len(opens)
            who = (longer[(who >> SESSION) - self._oldest] << SESSION) | (who & ((1 << SESSION) - 1))
            self._ids = longer
        self._ids = self._ids[max(oldest - self._oldest, 0) :]
        self._oldest = max(oldest, self._oldest)
        return who


def in_order(at_ms: Ints, until_ms: int) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """The times before an instant and the others, each in order and with the places that they had."""
    count = int(np.count_nonzero(at_ms < until_ms))
    packed = _packed(at_ms)
    if packed is None:
        times, order = sorted_by_time(at_ms)
        return (times[:count], order[:count]), (times[count:], order[count:])
    keys, begin_ms, bits = packed
    if 0 < count < len(keys):
        keys.partition(count)
    sooner, later = keys[:count], keys[count:]
    sooner.sort()
    later.sort()
    return _unpacked(sooner, begin_ms, bits), _unpacked(later, begin_ms, bits)


def sorted_by_time(at_ms: Ints) -> tuple[Ints, Ints]:
    """The times in order, and the places that they had: ties as they stood. int64 both.

    >>> times, places = sorted_by_time(np.array([30, 10, 30, 20]))
    >>> times.tolist(), places.tolist()
    ([10, 20, 30, 30], [1, 3, 0, 2])
    """
    packed = _packed(at_ms)
    if packed is None:
        places = np.argsort(at_ms, kind="stable")
        return at_ms[places], places
    keys, begin_ms, bits = packed
    keys.sort()
    return _unpacked(keys, begin_ms, bits)


def _packed(at_ms: Ints) -> tuple[Ints, int, int] | None:
    """Time and place in one integer each, if they fit; the earliest time, and the bits of a place.

    Plain sorting is many times faster than sorting an index stably.
    """
    begin_ms, end_ms = (int(at_ms.min()), int(at_ms.max())) if len(at_ms) else (0, 0)
    bits = len(at_ms).bit_length()
    if (end_ms - begin_ms).bit_length() + bits > 63:
        return None
    keys = at_ms - begin_ms
    keys <<= bits
    keys |= np.arange(len(at_ms))
    return keys, begin_ms, bits


def _unpacked(keys: Ints, begin_ms: int, bits: int) -> tuple[Ints, Ints]:
    places = keys & ((1 << bits) - 1)
    times = keys >> bits
    times += begin_ms
    return times, places
