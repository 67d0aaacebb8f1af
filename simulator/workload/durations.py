"""Sessions that speak at their start and then until a drawn duration is over (W2)."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from ..problems import ConfigError, Place, Problem
from .sampling import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.distributions import Distribution
    from .streams import Streams

    Ints = NDArray[np.int64]

LONGEST_GAP_MS = 2**40
"""35 years: a longer gap (a heavy tail's) is cut to it, so that sums of many stay within 64 bits."""

STRETCH_MS = 6 * 3_600_000
"""Gaps of long sessions come from streams of their own for every such stretch of the clock."""

_FEWEST, _MOST_AT_FIRST, _MOST = 4, 256, 4096  # gaps drawn for one session at a time


class DurationSource:
    """Draws the gaps of sessions in order of their start.

    Every session takes a first helping of gaps from one stream. Who still speaks then takes more, from
    streams that belong to a stretch of the clock and a round within it. So a session's gaps depend neither on
    the sessions with which it is drawn nor on the horizon: what is drawn beyond it comes from other streams.
    """

    def __init__(self, duration: Distribution, gap: Distribution, streams: Streams, horizon_ms: int) -> None:
        """Raises ConfigError for gaps of no length."""
        _need_gaps(gap.mean)
        # where few long sessions make the mean, most need far fewer
        self._helping = min(_between(1.0 + duration.mean / gap.mean), _MOST_AT_FIRST)
        self._later_helping = _between(STRETCH_MS / gap.mean)
        # drawn, at most: until the stretch ends in which the horizon lies
        self.mean_turns = 1.0 + min(duration.mean, horizon_ms + STRETCH_MS) / gap.mean
        self._gap, self._streams, self._horizon_ms = gap, streams, horizon_ms
        self._length = Sampler(duration, streams, "duration")
        self._first_gaps = Sampler(gap, streams, "gap")
        self._later_gaps: dict[tuple[int, int], Sampler] = {}

    def draw(self, start_ms: Ints) -> tuple[Ints, Ints]:
        """How many utterances each session makes, int64[S], and the gap after each of them, int64[U].

        The gap after the last utterance lasts until the duration is over. A session that goes on beyond the
        horizon stops somewhere behind its first utterance there.
        """
        said = _Said(start_ms, np.minimum(self._length.draw_whole(len(start_ms)), LONGEST_GAP_MS))
        said.add(np.arange(len(start_ms)), self._first_gaps, self._helping)
        while len(on := np.flatnonzero(said.speaking)):
            stretch = int(said.now_ms(on).min()) // STRETCH_MS
            if stretch * STRETCH_MS >= self._horizon_ms:
                break
            for round_number in count():
                on = on[said.speaking[on] & (said.now_ms(on) < (stretch + 1) * STRETCH_MS)]
                if not len(on):
                    break
                said.add(on, self._gaps_of(stretch, round_number), self._later_helping)
        self._forget(int(start_ms[-1]) // STRETCH_MS if len(start_ms) else 0)
        return said.gather()

    def _gaps_of(self, stretch: int, round_number: int) -> Sampler:
        key = stretch, round_number
        if key not in self._later_gaps:
            self._later_gaps[key] = Sampler(self._gap, self._streams, f"gap/{stretch}", round_number)
        return self._later_gaps[key]

    def _forget(self, stretch: int) -> None:
        """Later sessions need no streams of stretches that are over when they start."""
        for key in [key for key in self._later_gaps if key[0] < stretch]:
            del self._later_gaps[key]


class _Said:
    """What some sessions said so far."""

    def __init__(self, start_ms: Ints, length_ms: Ints) -> None:
        self._start_ms, self._length_ms = start_ms, length_ms
        self._reached_ms = np.zeros(len(start_ms), dtype=np.int64)  # since the session's start
        self.speaking = np.ones(len(start_ms), dtype=np.bool_)
        self._owners, self._offsets = [np.arange(len(start_ms))], [self._reached_ms.copy()]

    def now_ms(self, sessions: Ints) -> Ints:
        """The instants up to which these sessions are drawn."""
        now: Ints = self._start_ms[sessions] + self._reached_ms[sessions]
        return now

    def add(self, sessions: Ints, gaps: Sampler, helping: int) -> None:
        """Let these sessions speak after so many gaps more, or until their end."""
        gap_ms = gaps.draw_whole(len(sessions) * helping).reshape(-1, helping)
        np.minimum(gap_ms, LONGEST_GAP_MS, out=gap_ms)
        offset_ms = self._reached_ms[sessions, None] + np.cumsum(gap_ms, axis=1)
        said = offset_ms < self._length_ms[sessions, None]
        self._owners.append(np.repeat(sessions, said.sum(axis=1)))
        self._offsets.append(offset_ms[said])
        self._reached_ms[sessions] = offset_ms[:, -1]
        self.speaking[sessions] = said[:, -1]

    def gather(self) -> tuple[Ints, Ints]:
        """Counts and gaps, session by session."""
        owner = np.concatenate(self._owners)
        in_order = np.argsort(owner, kind="stable")
        offset_ms = np.concatenate(self._offsets)[in_order]
        counts = np.bincount(owner, minlength=len(self._length_ms)).astype(np.int64)
        until_ms = np.roll(offset_ms, -1)
        final = np.cumsum(counts) - 1
        until_ms[final] = np.maximum(self._length_ms, offset_ms[final])
        return counts, until_ms - offset_ms


def _between(helping: float) -> int:
    return int(min(max(helping, _FEWEST), _MOST))


def _need_gaps(mean_ms: float) -> None:
    """Refuse gaps of no length where sessions go on until a duration is over: they would speak for ever."""
    if mean_ms < 1:
        place = Place(path="workload.sessions.gap")
        advice = "or give `utterances` instead of `duration`"
        message = "with a `duration`, the gap between utterances must be 1 ms or more on average"
        raise ConfigError([Problem("E109", message, place, (advice,))])
