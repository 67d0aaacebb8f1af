"""Draws from every distribution of the config language, many at a time.

A sampler consumes its stream one element after the other: `draw(3)` then `draw(4)` gives the same seven
numbers as `draw(7)`, so the size of the time windows in which a workload is drawn leaves no trace in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from ..config.distributions import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    Lognormal,
    Mixture,
    Normal,
    Poisson,
    Uniform,
    Weibull,
    Zipf,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .streams import Streams

    Draw = Callable[[np.random.Generator, int], NDArray[Any]]

LARGEST = 2.0**53
"""A draw beyond this (a heavy tail's) is cut to it: whole numbers stay exact in a double."""

_SKIP = 60_000  # draws that nobody asked for are made so many at a time

_GUIDES_PER_CHOICE = 16
_MOST_GUIDES = 2**16


class Sampler:
    """One distribution drawn from one stream."""

    __slots__ = ("_constant", "_draw", "_generator", "_parts")

    def __init__(self, distribution: Distribution, streams: Streams, name: str, index: int = 0) -> None:
        self._generator = streams.stream(name, index)
        self._parts: tuple[Sampler, ...] = ()
        self._constant = distribution.value if isinstance(distribution, Constant) else None
        if isinstance(distribution, Mixture):
            # every part has a stream of its own and draws for all, so that the choice shifts nothing
            self._parts = tuple(
                Sampler(part, streams, f"{name}/{number}", index)
                for number, (_, part) in enumerate(distribution.parts)
            )
            self._draw = choice_by_weight(np.array([weight for weight, _ in distribution.parts]))
        elif isinstance(distribution, Normal | Lognormal):
            sd = distribution.sd if isinstance(distribution, Normal) else distribution.sigma
            normals = Normals(sd, streams, name, index)
            self._draw = lambda _, n: _shifted(distribution, normals.draw(n))
        else:
            self._draw = _draw_of(distribution)

    def draw(self, n: int) -> NDArray[np.float64]:
        """The next `n` draws, float64[n], in the distribution's base unit. The array is the caller's own."""
        if self._parts:
            columns = np.stack([part.draw(n) for part in self._parts])
            chosen = self._draw(self._generator, n)
            return np.asarray(np.take_along_axis(columns, chosen[None, :], axis=0)[0])
        return np.asarray(self._draw(self._generator, n), dtype=np.float64)

    def draw_whole(self, n: int, least: int = 0, most: float = LARGEST) -> NDArray[np.int64]:
        """The next `n` draws rounded to the nearest whole number (halves up), within limits, int64[n]."""
        if self._constant is not None:
            return np.full(n, min(max(int(self._constant + 0.5), least), int(most)))
        drawn = self.draw(n)
        drawn += 0.5  # then cut: a third of the time that rounding takes
        np.clip(drawn, least, most, out=drawn)
        return drawn.astype(np.int64)


_T = TypeVar("_T", bound=np.generic)


class Sequel(Generic[_T]):
    """The draws of a stream by their numbers, whatever was asked for before.

    Those that lie between are drawn and forgotten; for earlier ones the stream begins anew.
    """

    __slots__ = ("_begin", "_draw", "_next")

    def __init__(self, begin: Callable[[], Callable[[int], NDArray[_T]]]) -> None:
        """`begin` gives a function that draws the stream's next numbers, from its beginning."""
        self._begin = begin
        self._draw: Callable[[int], NDArray[_T]] | None = None
        self._next = 0

    def draw(self, first: int, n: int) -> NDArray[_T]:
        """The draws number `first` … `first + n - 1`."""
        if self._draw is None or first < self._next:
            self._draw, self._next = self._begin(), 0
        while self._next < first:
            skipped = min(first - self._next, _SKIP)
            self._draw(skipped)
            self._next += skipped
        self._next += n
        return self._draw(n)


def _draw_of(distribution: Distribution) -> Draw:
    match distribution:
        case Constant(value=value):
            return lambda _, n: np.full(n, value, dtype=np.float64)
        case Uniform(low=low, high=high):
            return lambda generator, n: low + (high - low) * generator.random(n)
        case Exponential(mean=mean):
            return lambda generator, n: _exponential(generator, n, mean)
        case Gamma(shape=shape, scale=scale):
            return lambda generator, n: scale * generator.standard_gamma(shape, n)
        case Weibull(shape=shape, scale=scale):
            return lambda generator, n: scale * generator.weibull(shape, n)
        case Geometric(mean=mean):
            return lambda generator, n: _geometric(generator, n, mean)
        case Poisson(mean=mean):
            return lambda generator, n: generator.poisson(mean, n)
        case Zipf(exponent=exponent, distinct=distinct):
            rank = choice_by_weight(zipf_weights(exponent, distinct))
            return lambda generator, n: 1 + rank(generator, n)
        case Empirical(values=values):
            listed = np.array(values, dtype=np.float64)
            return lambda generator, n: listed[(generator.random(n) * len(listed)).astype(np.int64)]
    raise TypeError(f"no sampler for the distribution {distribution!r}")


def _shifted(distribution: Normal | Lognormal, around_0: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make normal or lognormal draws of normal ones around 0, in place."""
    if isinstance(distribution, Normal):
        around_0 += distribution.mean
        return np.maximum(around_0, 0.0, out=around_0)
    around_0 += distribution.mu
    highest = np.log(LARGEST) + 1  # far beyond there is only overflow
    if distribution.mu + Normals.FARTHEST * distribution.sigma > highest:
        np.minimum(around_0, highest, out=around_0)
    return np.exp(around_0, out=around_0)


class Normals:
    """Normal draws around 0 in pairs, from a radius and half an angle, each from a stream of its own.

    With t the tangent of half the angle, its cosine is (1 - t²) / (1 + t²) and its sine 2t / (1 + t²): NumPy
    computes tangents and logarithms of many numbers in half the time that its own normal draws take.
    Source: Box and Muller, A note on the generation of random normal deviates, 1958.
    """

    FARTHEST = 8.6
    """No draw is farther from 0 than so many standard deviations; a chance of 10^-17."""

    __slots__ = ("_angles", "_left", "_radii", "_sd")

    def __init__(self, sd: float, streams: Streams, name: str, index: int = 0) -> None:
        self._sd = sd
        self._radii, self._angles = streams.stream(name, index), streams.stream(f"{name}/angle", index)
        self._left = np.empty(0)  # the second of a pair, for the next draw

    def draw(self, n: int) -> NDArray[np.float64]:
        """The next `n` draws, float64[n]."""
        before = len(self._left)
        pairs = (n - before + 1) // 2
        radius = _exponential(self._radii, pairs, 2.0 * self._sd**2)
        np.sqrt(radius, out=radius)
        tangent = self._angles.random(pairs)
        tangent *= np.pi
        np.tan(tangent, out=tangent)
        share = tangent * tangent
        share += 1.0
        np.divide(radius, share, out=share)
        share += share  # 2r / (1 + t²)
        drawn = np.empty(before + 2 * pairs)
        drawn[:before] = self._left
        np.subtract(share, radius, out=drawn[before::2])
        np.multiply(share, tangent, out=drawn[before + 1 :: 2])
        self._left = drawn[n:].copy()
        return drawn[:n]


def _exponential(generator: np.random.Generator, n: int, mean: float) -> NDArray[np.float64]:
    drawn = generator.random(n)
    np.subtract(1.0, drawn, out=drawn)  # never 0
    np.log(drawn, out=drawn)
    drawn *= -mean
    return drawn


def _geometric(generator: np.random.Generator, n: int, mean: float) -> NDArray[np.float64]:
    """The integer part of an exponential is geometric.

    Source: Devroye, Non-Uniform Random Variate Generation, 1986, X.2.
    """
    if mean <= 1:
        return np.ones(n)
    counts = _exponential(generator, n, -1.0 / np.log1p(-1.0 / mean))
    np.floor(counts, out=counts)
    counts += 1.0
    return counts


def zipf_weights(exponent: float, distinct: int) -> NDArray[np.float64]:
    """Unnormalised chances of the ranks 1 … `distinct`, float64[distinct]."""
    weights: NDArray[np.float64] = np.arange(1, distinct + 1, dtype=np.float64) ** -exponent
    return weights


def choice_by_weight(weights: NDArray[np.float64]) -> Draw:
    """Draws of an index from 0, with chances proportional to the weights, by exact inversion.

    A guide table answers most draws with one look-up; only those that fall beside an edge are searched for.
    Source: Chen and Asau, On generating random variates from an empirical distribution, 1974.
    """
    edges = np.cumsum(weights) / np.sum(weights)
    edges[-1] = 1.0  # rounding must not leave a gap at the end
    guides = 1 << min(_GUIDES_PER_CHOICE * len(edges), _MOST_GUIDES).bit_length()
    # a power of two, so that `uniform * guides` is exact
    guide = np.searchsorted(edges, np.arange(guides + 1) / guides, side="right")
    settled = guide[:-1] == guide[1:]

    def draw(generator: np.random.Generator, n: int) -> NDArray[np.int64]:
        uniform = generator.random(n)
        place = (uniform * guides).astype(np.int64)
        chosen = guide[place]
        beside = np.flatnonzero(~settled[place])
        chosen[beside] = np.searchsorted(edges, uniform[beside], side="right")
        return chosen

    return draw
