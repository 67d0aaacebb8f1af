"""When sessions start (rule W1): Poisson, a daily profile, bursts, renewals, or a recorded list.

A process is an iterator of blocks of starts, of a size of its own: the draws are the same however many are
asked for at a time. Times are kept as doubles and rounded down to the ms in which they fall, so that the
number of starts in any stretch of whole ms is exactly the process's.
"""

from __future__ import annotations

from itertools import cycle, repeat
from typing import TYPE_CHECKING

import numpy as np

from ..config.arrivals import (
    BurstArrivals,
    PoissonArrivals,
    ProfileArrivals,
    RenewalArrivals,
    TraceArrivals,
)
from .sampling import Sampler
from .starts import read_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from ..config.arrivals import Arrivals
    from .streams import Streams

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Piece = tuple[float, float]  # length in ms, starts per ms

_BLOCK = 4096
_SPELLS = 64


class Starts:
    """Session starts before the horizon, handed out some at a time."""

    def __init__(self, blocks: Iterator[Ints], horizon_ms: int) -> None:
        self._blocks = blocks
        self._horizon_ms = horizon_ms
        self._ready = np.empty(0, dtype=np.int64)
        self._ended = False

    def take(self, about: int) -> tuple[Ints, int]:
        """The next starts, some `about`, and an instant before which there are no others.

        All starts of one ms come together. When there are no more, the instant is the horizon.
        """
        self._fill(about, 0)
        until_ms = self._horizon_ms
        if len(self._ready) > about:
            until_ms = max(int(self._ready[about]), int(self._ready[0]) + 1)
            self._fill(about, until_ms)
        cut = int(np.searchsorted(self._ready, until_ms, side="left"))
        given, self._ready = self._ready[:cut], self._ready[cut:]
        return given, until_ms

    def _fill(self, count: int, until_ms: int) -> None:
        """Hold more than `count` starts and one from `until_ms` on, or all that are left."""
        while not self._ended and (len(self._ready) <= count or self._ready[-1] < until_ms):
            block = next(self._blocks, None)
            if block is None or (len(block) and block[-1] >= self._horizon_ms):
                self._ended = True
            if block is not None:
                self._ready = np.concatenate([self._ready, block[block < self._horizon_ms]])


def open_arrivals(arrivals: Arrivals, streams: Streams, horizon_ms: int) -> Starts:
    """The arrival process of a config, at its beginning. Raises ConfigError for a bad file."""
    match arrivals:
        case PoissonArrivals(rate_per_s=rate):
            blocks = _poisson([(float(horizon_ms), rate / 1000)], streams)
        case ProfileArrivals():
            blocks = _poisson(_until(horizon_ms, _profile(arrivals)), streams)
        case BurstArrivals():
            blocks = _poisson(_until(horizon_ms, _bursts(arrivals, streams)), streams)
        case RenewalArrivals(interval=interval):
            sampler = Sampler(interval, streams, "arrivals")
            blocks = map(_whole, _running_sums(sampler.draw(_BLOCK) for _ in repeat(None)))
        case TraceArrivals(file=file):
            blocks = iter([read_starts(file)])
        case _:
            raise TypeError(f"no arrival process {arrivals!r}")
    return Starts(blocks, horizon_ms)


def _whole(times_ms: Floats) -> Ints:
    return np.floor(np.minimum(times_ms, 2.0**62)).astype(np.int64)


def _running_sums(blocks: Iterable[Floats]) -> Iterator[Floats]:
    reached = 0.0
    for block in blocks:
        sums = reached + np.cumsum(block)
        reached = float(sums[-1])
        yield sums


def _poisson(pieces: Iterable[Piece], streams: Streams) -> Iterator[Ints]:
    """A Poisson process whose rate is a step function of time, exact, by inversion of the cumulative rate.

    A unit-rate process is laid on the cumulative rate ("level") and mapped back to time. It ends with the
    pieces. Source: Çinlar, Introduction to Stochastic Processes, 1975, ch. 4, theorem 7.4; Law, Simulation
    Modeling and Analysis, 5th ed., 8.6.2.
    """
    generator = streams.stream("arrivals")
    left = iter(pieces)
    begin_ms, begin_level, rates = [0.0], [0.0], [0.0]  # a piece that is passed over at once
    end_ms = end_level = 0.0
    latest = 0
    for levels in _running_sums(generator.standard_exponential(_BLOCK) for _ in repeat(None)):
        while end_level <= levels[-1] and (piece := next(left, None)) is not None:
            length_ms, rate = piece
            begin_ms.append(end_ms)
            begin_level.append(end_level)
            rates.append(rate)
            end_ms += length_ms
            end_level += length_ms * rate
        ended = end_level <= levels[-1]
        covered = levels[levels < end_level]
        # of pieces that begin at one level (a rate of 0 does not raise it), the last one is meant
        at = np.searchsorted(begin_level, covered, side="right") - 1
        times_ms = np.array(begin_ms)[at] + (covered - np.array(begin_level)[at]) / np.array(rates)[at]
        starts = np.maximum(_whole(times_ms), latest)  # a rounding error at a piece's edge must not go back
        if len(starts):
            starts = np.maximum.accumulate(starts)
            latest = int(starts[-1])
            yield starts
        if ended:
            return
        del begin_ms[:-1], begin_level[:-1], rates[:-1]


def _until(horizon_ms: int, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces that begin before the horizon."""
    begin_ms = 0.0
    for length_ms, rate in pieces:
        if begin_ms >= horizon_ms:
            return
        yield length_ms, rate
        begin_ms += length_ms


def _profile(profile: ProfileArrivals) -> Iterator[Piece]:
    """The steps of a day, which begin at 0, day after day."""
    begins = [begin for begin, _ in profile.steps]
    lengths = np.diff([*begins, profile.period_ms]).tolist()
    return cycle(
        (float(length), rate / 1000) for length, (_, rate) in zip(lengths, profile.steps, strict=True)
    )


def _bursts(bursts: BurstArrivals, streams: Streams) -> Iterator[Piece]:
    """A quiet spell first, then a busy one, and so on: a Poisson process modulated by two states."""
    quiet = Sampler(bursts.quiet, streams, "arrivals/quiet")
    busy = Sampler(bursts.busy, streams, "arrivals/busy")
    while True:
        for quiet_ms, busy_ms in zip(quiet.draw(_SPELLS), busy.draw(_SPELLS), strict=True):
            yield float(quiet_ms), bursts.quiet_per_s / 1000
            yield float(busy_ms), bursts.busy_per_s / 1000
