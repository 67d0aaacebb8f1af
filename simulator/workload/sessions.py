"""How sessions speak: their utterances' times, the idle limit, and a signalled end (W1, W2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..problems import ConfigError, Place, Problem
from .sampling import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.workload import Sessions
    from .streams import Streams

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LONGEST_GAP_MS = 2**40
"""35 years: a longer gap (a heavy tail's) is cut to it, so that sums of many stay within 64 bits."""

_WIDEST = 4096  # gaps drawn for one session at a time


@dataclass(frozen=True, slots=True)
class Turns:
    """Utterances and signalled ends of some sessions, session by session and turn by turn.

    Arrays of one length. A session is what the nodes see: where the idle limit splits one, each part is one.
    """

    at_ms: Ints
    session: Ints  # 0, 1, … in the order of the rows
    turn: Ints
    last: Flags  # no later utterance of the session
    is_end: Flags
    two_byte: Flags


class SessionSource:
    """Draws sessions in order of their start."""

    def __init__(self, sessions: Sessions, two_byte: float, streams: Streams, horizon_ms: int) -> None:
        """`two_byte`: the share of sessions in such a script. Raises ConfigError for gaps of no length."""
        self._streams = streams
        self._horizon_ms = horizon_ms
        self._idle_limit_ms = sessions.idle_limit_ms
        self._count = self._length = None
        if sessions.utterances is not None:
            self._count = Sampler(sessions.utterances, streams, "utterances")
            self.mean_turns = max(sessions.utterances.mean, 1.0)
        elif sessions.duration is not None:
            _need_gaps(sessions.gap.mean)
            self._length = Sampler(sessions.duration, streams, "duration")
            self.mean_turns = 1.0 + sessions.duration.mean / sessions.gap.mean
        self._gap_of = sessions.gap
        self._gaps: list[Sampler] = []
        self._signalled = _Chance(sessions.end_signalled, streams, "end_signalled")
        self._two_byte = _Chance(two_byte, streams, "two_byte")

    def draw(self, start_ms: Ints) -> Turns:
        """All that the sessions that start at these instants say, beyond the horizon too."""
        count, gap_ms = self._by_count(len(start_ms)) if self._count else self._by_duration(start_ms)
        signalled = self._signalled.draw(len(start_ms))
        rows = count + signalled
        index = np.arange(len(start_ms))
        owner = np.repeat(index, rows)
        first = np.cumsum(rows) - rows  # the row of each session's first utterance
        first_gap = np.cumsum(count) - count
        place = np.arange(len(owner)) - first[owner]  # within the session
        # gaps have no place for a signalled end, so they run behind by the ends before
        gap_at = np.arange(len(owner)) - (first - first_gap)[owner]
        since = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(gap_ms)])
        at_ms = since[gap_at] + (start_ms - since[first_gap])[owner]
        is_end = place == count[owner]
        fresh = place == 0
        if self._idle_limit_ms is not None:
            pause_ms = np.diff(at_ms, prepend=0)
            fresh |= ~is_end & (pause_ms > self._idle_limit_ms)
            # who is silent for too long has left by then
            ends = np.flatnonzero(is_end)
            at_ms[ends] = np.minimum(at_ms[ends], at_ms[ends - 1] + self._idle_limit_ms)
        begins = np.flatnonzero(fresh)
        session = np.cumsum(fresh) - 1
        last = is_end.copy()
        # before a fresh session or behind the rows, and before an end
        last[:-1] |= fresh[1:] | is_end[1:]
        last[-1:] = True
        return Turns(
            at_ms=at_ms,
            session=session,
            turn=np.arange(len(owner)) - begins[session],
            last=last,
            is_end=is_end,
            two_byte=self._two_byte.draw(len(start_ms))[owner],
        )

    def _gaps_of(self, number: int) -> Sampler:
        while len(self._gaps) <= number:
            self._gaps.append(Sampler(self._gap_of, self._streams, "gap", len(self._gaps)))
        return self._gaps[number]

    def _by_count(self, sessions: int) -> tuple[Ints, Ints]:
        """Sessions of a drawn number of utterances, at least 1: counts [S], the gap after each utterance [U].

        The gap after the last one is how long the client lingers before it leaves.
        """
        assert self._count is not None
        count = self._count.draw_whole(sessions, least=1)
        gap_ms = self._gaps_of(0).draw_whole(int(count.sum()))
        return count, np.minimum(gap_ms, LONGEST_GAP_MS, out=gap_ms)

    def _by_duration(self, start_ms: Ints) -> tuple[Ints, Ints]:
        """Sessions that speak at their start and then until a drawn duration is over: as `_by_count`.

        The gap after the last utterance lasts until that end. Drawn in rounds of a fixed number of gaps a
        session, each from a stream of its own, for the sessions that still speak: so a session's gaps do
        not depend on the sessions with which it is drawn. A session stops at its first utterance beyond the
        horizon, within a round.
        """
        assert self._length is not None
        length_ms = np.minimum(self._length.draw_whole(len(start_ms)), LONGEST_GAP_MS)
        speaking = np.arange(len(start_ms))
        reached = np.zeros(len(start_ms), dtype=np.int64)
        owners, offsets = [speaking], [reached]
        wide = min(max(int(self.mean_turns), 4), _WIDEST)
        number = 0
        while len(speaking):
            gap_ms = self._gaps_of(number).draw_whole(len(speaking) * wide).reshape(-1, wide)
            np.minimum(gap_ms, LONGEST_GAP_MS, out=gap_ms)
            offset = reached[:, None] + np.cumsum(gap_ms, axis=1)
            said = offset < length_ms[speaking, None]
            owners.append(np.repeat(speaking, said.sum(axis=1)))
            offsets.append(offset[said])
            goes_on = said[:, -1] & (start_ms[speaking] + offset[:, -1] < self._horizon_ms)
            speaking, reached = speaking[goes_on], offset[goes_on, -1]
            number += 1
            wide = min(2 * wide, _WIDEST)
        owner = np.concatenate(owners)
        in_order = np.argsort(owner, kind="stable")
        offset = np.concatenate(offsets)[in_order]
        count = np.bincount(owner, minlength=len(start_ms)).astype(np.int64)
        until = np.roll(offset, -1)
        ends = np.cumsum(count) - 1
        until[ends] = np.maximum(length_ms, offset[ends])
        return count, until - offset


class _Chance:
    """True with a fixed chance, from a stream of its own. Nothing is drawn for what is certain."""

    def __init__(self, chance: float, streams: Streams, name: str) -> None:
        self._chance = chance
        self._generator = streams.stream(name)

    def draw(self, n: int) -> Flags:
        if self._chance <= 0 or self._chance >= 1:
            return np.full(n, self._chance >= 1, dtype=np.bool_)
        drawn: Flags = self._generator.random(n) < self._chance
        return drawn


def _need_gaps(mean_ms: float) -> None:
    """Refuse gaps of no length where sessions go on until a duration is over: they would speak for ever."""
    if mean_ms < 1:
        place = Place(path="workload.sessions.gap")
        advice = "or give `utterances` instead of `duration`"
        message = "with a `duration`, the gap between utterances must be 1 ms or more on average"
        raise ConfigError([Problem("E109", message, place, (advice,))])
