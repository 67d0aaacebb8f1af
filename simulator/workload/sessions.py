"""How sessions speak: their utterances' times, the idle limit, and a signalled end (W1, W2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..problems import ConfigError, Place, Problem
from .durations import LONGEST_GAP_MS, DurationSource
from .sampling import Sampler
from .turns import END, LAST, SESSION, TURN, TWO_BYTE, Turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.distributions import Distribution
    from ..config.workload import Sessions
    from .streams import Streams

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_TURNS = 2**24
"""A session of more utterances (a heavy tail's) is cut to so many: six months of one a second."""


class SessionSource:
    """Draws sessions in order of their start."""

    def __init__(self, sessions: Sessions, two_byte: float, streams: Streams, horizon_ms: int) -> None:
        """`two_byte`: the share of sessions in such a script. Raises ConfigError for sessions without end."""
        self._idle_limit_ms = sessions.idle_limit_ms
        self._turns_of: _CountSource | DurationSource
        if sessions.duration is not None:
            self._turns_of = DurationSource(sessions.duration, sessions.gap, streams, horizon_ms)
        else:
            assert sessions.utterances is not None
            self._turns_of = _CountSource(sessions.utterances, sessions.gap, streams)
        self.mean_turns = self._turns_of.mean_turns
        self._signalled = _Chance(sessions.end_signalled, streams, "end_signalled")
        self._two_byte = _Chance(two_byte, streams, "two_byte")

    def draw(self, start_ms: Ints) -> Turns:
        """All that the sessions that start at these instants say, beyond the horizon too.

        Session by session and turn by turn. A session is what the nodes see: where the idle limit splits one,
        each part is one. They are numbered 0, 1, … as they stand.
        """
        count, gap_ms = self._turns_of.draw(start_ms)
        signalled = self._signalled.draw(len(start_ms))
        two_byte = self._two_byte.draw(len(start_ms))
        since_ms = np.empty(len(gap_ms) + 1, dtype=np.int64)
        since_ms[0] = 0
        np.cumsum(gap_ms, out=since_ms[1:])
        if self._idle_limit_ms is None and not signalled.any():
            return _plain_turns(start_ms, count, since_ms[:-1], two_byte)
        rows = count + signalled
        owner = np.repeat(np.arange(len(start_ms)), rows)
        first = np.cumsum(rows) - rows  # the row of each session's first utterance
        first_gap = np.cumsum(count) - count
        place = np.arange(len(owner)) - first[owner]  # within the session
        # gaps have no place for a signalled end, so they run behind by the ends before
        gap_at = np.arange(len(owner)) - (first - first_gap)[owner]
        at_ms = since_ms[gap_at] + (start_ms - since_ms[first_gap])[owner]
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
        who = (session << SESSION) + ((np.arange(len(owner)) - begins[session]) << TURN)
        who += is_end * END + last * LAST + two_byte[owner] * TWO_BYTE
        return Turns(at_ms, who, has_ends=bool(signalled.any()))


def _plain_turns(start_ms: Ints, count: Ints, since_ms: Ints, two_byte: Flags) -> Turns:
    """Turns of sessions that are not split and whose end nobody hears."""
    ends = np.cumsum(count)
    first = ends - count
    at_ms = np.repeat(start_ms - since_ms[first], count)
    at_ms += since_ms
    # each session's own bits, less the turns of the sessions before, plus all turns up to here
    own = (np.arange(len(start_ms)) << SESSION) + two_byte * TWO_BYTE - (first << TURN)
    who = np.repeat(own, count)
    who += np.arange(0, len(who) << TURN, 1 << TURN)
    who[ends - 1] += LAST
    return Turns(at_ms, who, has_ends=False)


class _CountSource:
    """Draws sessions of a drawn number of utterances, in order of their start."""

    def __init__(self, utterances: Distribution, gap: Distribution, streams: Streams) -> None:
        self.mean_turns = max(utterances.mean, 1.0)
        if self.mean_turns > MOST_TURNS:
            place = Place(path="workload.sessions.utterances")
            message = f"a session of {self.mean_turns:.3g} utterances on average is more than can be drawn"
            raise ConfigError([Problem("E109", message, place, ("give a `duration` instead",))])
        self._count = Sampler(utterances, streams, "utterances")
        self._gap = Sampler(gap, streams, "gap")

    def draw(self, start_ms: Ints) -> tuple[Ints, Ints]:
        """How many utterances each session makes, at least 1, int64[S]; the gap after each of them, int64[U].

        The gap after the last one is how long the client lingers before it leaves.
        """
        count = self._count.draw_whole(len(start_ms), least=1, most=MOST_TURNS)
        return count, self._gap.draw_whole(int(count.sum()), most=LONGEST_GAP_MS)


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
