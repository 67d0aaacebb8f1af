"""How sessions speak: their utterances' times, the idle limit, and a signalled end (W1, W2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .sampling import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.workload import Sessions
    from .streams import Streams

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turns:
    """The utterances of some sessions, session by session. U utterances of S sessions; int64 or bool."""

    at_ms: Ints  # [U]
    owner: Ints  # [U]: which of the drawn sessions speaks, 0 … (before the idle limit splits them)
    session: Ints  # [U]: the id that the nodes see
    turn: Ints  # [U]
    last: Flags  # [U]
    end_at: Ints  # [E]: index of the utterance that a signalled end follows
    end_ms: Ints  # [E]: when


class SessionSource:
    """Draws sessions in order of their start; remembers how many ids it gave out."""

    def __init__(self, sessions: Sessions, streams: Streams) -> None:
        self._idle_limit_ms = sessions.idle_limit_ms
        self._share_signalled = sessions.end_signalled
        self._gap = Sampler(sessions.gap, streams, "gap")
        self._signalled = streams.stream("end_signalled")
        self._count = self._length = None
        if sessions.utterances is not None:
            self._count = Sampler(sessions.utterances, streams, "utterances")
        elif sessions.duration is not None:
            self._length = Sampler(sessions.duration, streams, "duration")
        self._spare_gaps = np.empty(0, dtype=np.int64)
        self._ids = 0

    def draw(self, start_ms: Ints) -> Turns:
        """The utterances of sessions that start at these instants."""
        count, gap_ms, end_ms = self._by_count(start_ms) if self._count else self._by_duration(start_ms)
        owner = np.repeat(np.arange(len(start_ms)), count)
        first = np.cumsum(count) - count
        at_ms = _within(start_ms, gap_ms, first, owner)
        fresh = np.zeros(len(owner), dtype=np.bool_)
        fresh[first] = True
        if self._idle_limit_ms is not None:
            # the pause before an utterance is the gap after the one before it
            fresh[1:] |= gap_ms[:-1] > self._idle_limit_ms
        part = np.cumsum(fresh) - 1
        starts = np.flatnonzero(fresh)
        last = np.ones(len(owner), dtype=np.bool_)
        last[:-1] = fresh[1:]
        session = self._ids + part
        self._ids += len(starts)
        signalled = self._signalled.random(len(start_ms)) < self._share_signalled
        end_at = np.flatnonzero(last & signalled[owner])
        ends = end_ms[owner[end_at]]
        if self._idle_limit_ms is not None:
            ends = np.minimum(ends, at_ms[end_at] + self._idle_limit_ms)
        return Turns(at_ms, owner, session, np.arange(len(owner)) - starts[part], last, end_at, ends)

    def _by_count(self, start_ms: Ints) -> tuple[Ints, Ints, Ints]:
        """Sessions of a drawn number of utterances: counts [S], the gap after each utterance [U], ends [S].

        A session ends one further gap after its last utterance: the client lingers as long as it would have
        before speaking again.
        """
        assert self._count is not None
        count = self._count.draw_whole(len(start_ms), least=1)
        gap_ms = self._gap.draw_whole(int(count.sum()))
        total = np.concatenate([[0], np.cumsum(gap_ms)])
        last = np.cumsum(count)
        return count, gap_ms, start_ms + total[last] - total[last - count]

    def _by_duration(self, start_ms: Ints) -> tuple[Ints, Ints, Ints]:
        """Sessions that speak until a drawn duration is over: counts [S], gaps [U], ends [S].

        Each session takes gaps from the stream up to and with the one that passes its duration.
        """
        assert self._length is not None
        length_ms = self._length.draw_whole(len(start_ms))
        gap_ms = self._spare_gaps
        total = np.concatenate([[0], np.cumsum(gap_ms)])
        count = np.empty(len(start_ms), dtype=np.int64)
        used = 0
        for index, length in enumerate(length_ms.tolist()):
            while total[-1] - total[used] <= length:
                gap_ms = np.concatenate([gap_ms, self._gap.draw_whole(4096)])
                total = np.concatenate([[0], np.cumsum(gap_ms)])
            after = int(np.searchsorted(total, total[used] + length, side="right"))
            count[index] = after - used
            used = after
        self._spare_gaps = gap_ms[used:]
        return count, gap_ms[:used], start_ms + length_ms


def _within(start_ms: Ints, gap_ms: Ints, first: Ints, owner: Ints) -> Ints:
    """Each session's start plus the gaps since then, [U]."""
    before = np.cumsum(gap_ms) - gap_ms
    at_ms: Ints = start_ms[owner] + before - before[first][owner]
    return at_ms
