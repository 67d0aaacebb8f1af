"""When sessions start (rule W1): Poisson, a daily profile, bursts, renewals, or a recorded list.

Every process hands out its starts up to an instant, then up to a later one. Times are kept as doubles and
rounded down to whole ms; the draws are the same whatever the instants asked for.
"""

from __future__ import annotations

import gzip
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..config.arrivals import (
    BurstArrivals,
    PoissonArrivals,
    ProfileArrivals,
    RenewalArrivals,
    TraceArrivals,
)
from ..problems import ConfigError, Place, Problem
from .sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..config.arrivals import Arrivals
    from .streams import Streams

_BLOCK = 1024  # drawn at a time, always: sums of doubles must not depend on how many were asked for


class Starts(Protocol):
    """A source of session starts."""

    def until(self, at_ms: int) -> NDArray[np.int64]:
        """The starts before `at_ms` that were not handed out yet, in order, int64."""
        ...


def open_arrivals(arrivals: Arrivals, streams: Streams) -> Starts:
    """The arrival process of a config, at its beginning."""
    match arrivals:
        case PoissonArrivals(rate_per_s=rate):
            return PiecewisePoisson(_constant(rate), streams)
        case ProfileArrivals():
            return PiecewisePoisson(_profile(arrivals), streams)
        case BurstArrivals():
            return PiecewisePoisson(_bursts(arrivals, streams), streams)
        case RenewalArrivals(interval=interval):
            return Renewals(Sampler(interval, streams, "arrivals"))
        case TraceArrivals(file=file):
            return Recorded(read_starts(file))
    raise TypeError(f"no arrival process {arrivals!r}")


class _Sums:
    """Running sums of positive draws, taken up to a level at a time."""

    def __init__(self, block: Iterator[NDArray[np.float64]]) -> None:
        self._block = block
        self._reached = 0.0
        self._ready = np.empty(0)

    def below(self, level: float) -> NDArray[np.float64]:
        """The sums below `level` that were not handed out yet."""
        while self._reached < level:
            sums = self._reached + np.cumsum(next(self._block))
            self._reached = float(sums[-1])
            self._ready = np.concatenate([self._ready, sums])
        cut = int(np.searchsorted(self._ready, level, side="left"))
        given, self._ready = self._ready[:cut], self._ready[cut:]
        return given


class PiecewisePoisson:
    """A Poisson process whose rate is a step function of time, drawn exactly by inversion.

    A unit-rate process is laid on the cumulative rate and mapped back. Source: Çinlar, Introduction to
    Stochastic Processes, 1975, ch. 4, theorem 7.4; Law, 8.6.2.
    """

    def __init__(self, pieces: Iterator[tuple[float, float]], streams: Streams) -> None:
        """`pieces` are (length in ms, rate per ms) from time 0 on, without end."""
        generator = streams.stream("arrivals")
        self._units = _Sums(generator.standard_exponential(_BLOCK) for _ in repeat(None))
        self._pieces = pieces
        self._start_ms = 0.0  # of the piece in hand
        self._start_level = 0.0  # the cumulative rate there
        self._length_ms, self._rate = next(pieces)

    def until(self, at_ms: int) -> NDArray[np.int64]:
        """The starts before `at_ms` that were not handed out yet."""
        found = []
        while True:
            end_ms = self._start_ms + self._length_ms
            stop_ms = min(end_ms, float(at_ms))
            if self._rate > 0:
                levels = self._units.below(self._start_level + (stop_ms - self._start_ms) * self._rate)
                found.append(self._start_ms + (levels - self._start_level) / self._rate)
            if end_ms > at_ms:
                break
            self._start_level += self._length_ms * self._rate
            self._start_ms = end_ms
            self._length_ms, self._rate = next(self._pieces)
        starts = np.concatenate(found) if found else np.empty(0)
        # a rounding error at a piece's edge must not carry a start over the instant asked for
        return np.minimum(np.floor(starts), at_ms - 1).astype(np.int64)


def _constant(rate_per_s: float) -> Iterator[tuple[float, float]]:
    while True:
        yield np.inf, rate_per_s / 1000


def _profile(profile: ProfileArrivals) -> Iterator[tuple[float, float]]:
    starts = [start for start, _ in profile.steps]
    lengths = [after - start for start, after in zip(starts, [*starts[1:], profile.period_ms], strict=True)]
    while True:
        for length, (_, rate_per_s) in zip(lengths, profile.steps, strict=True):
            yield float(length), rate_per_s / 1000


def _bursts(bursts: BurstArrivals, streams: Streams) -> Iterator[tuple[float, float]]:
    quiet = Sampler(bursts.quiet, streams, "arrivals/quiet")
    busy = Sampler(bursts.busy, streams, "arrivals/busy")
    while True:
        yield float(quiet.draw(1)[0]), bursts.quiet_per_s / 1000
        yield float(busy.draw(1)[0]), bursts.busy_per_s / 1000


class Renewals:
    """Starts at independent intervals, the first one interval after 0."""

    def __init__(self, interval: Sampler) -> None:
        self._sums = _Sums(interval.draw(_BLOCK) for _ in repeat(None))

    def until(self, at_ms: int) -> NDArray[np.int64]:
        """The starts before `at_ms` that were not handed out yet."""
        return np.floor(self._sums.below(float(at_ms))).astype(np.int64)


class Recorded:
    """Starts from a list."""

    def __init__(self, starts_ms: NDArray[np.int64]) -> None:
        self._left = starts_ms

    def until(self, at_ms: int) -> NDArray[np.int64]:
        """The starts before `at_ms` that were not handed out yet."""
        cut = int(np.searchsorted(self._left, at_ms, side="left"))
        given, self._left = self._left[:cut], self._left[cut:]
        return given


def read_starts(path: str) -> NDArray[np.int64]:
    """Session starts from a text file: one whole number of ms a line, in order, a header line allowed.

    A name that ends in `.gz` is read as gzip. Raises ConfigError (E120) with the file and line.
    """
    opened = gzip.open if path.endswith(".gz") else open
    starts: list[int] = []
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                text = line.strip()
                if not text or (number == 1 and not text.isdigit()):
                    continue
                if not text.isdigit():
                    raise _trouble(path, number, line, f"expected a whole number of ms, not `{text[:40]}`")
                if starts and int(text) < starts[-1]:
                    raise _trouble(path, number, line, f"{text} ms comes after {starts[-1]} ms: not in order")
                starts.append(int(text))
    except (OSError, UnicodeDecodeError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _trouble(path, 0, "", f"cannot read the arrivals in {Path(path).name}: {reason}") from None
    return np.array(starts, dtype=np.int64)


def _trouble(path: str, line: int, source: str, message: str) -> ConfigError:
    place = Place(file=path, line=line, column=1 if line else 0, source=source.rstrip("\n"))
    return ConfigError([Problem("E120", message, place)])
