"""Draws from every distribution of the config language, many at a time.

A sampler consumes its stream one element after the other: `draw(3)` then `draw(4)` gives the same seven
numbers as `draw(7)`, so the size of the time windows in which a workload is drawn leaves no trace in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


class Sampler:
    """One distribution drawn from one stream."""

    __slots__ = ("_draw", "_generator", "_parts")

    def __init__(self, distribution: Distribution, streams: Streams, name: str, index: int = 0) -> None:
        self._generator = streams.stream(name, index)
        self._parts: tuple[Sampler, ...] = ()
        if isinstance(distribution, Mixture):
            # every part has a stream of its own and draws for all, so that the choice shifts nothing
            self._parts = tuple(
                Sampler(part, streams, f"{name}/{number}", index)
                for number, (_, part) in enumerate(distribution.parts)
            )
            self._draw = _inverse_of(np.array([weight for weight, _ in distribution.parts]))
        else:
            self._draw = _draw_of(distribution)

    def draw(self, n: int) -> NDArray[np.float64]:
        """The next `n` draws, float64[n], in the distribution's base unit."""
        if self._parts:
            columns = np.stack([part.draw(n) for part in self._parts]) if n else np.empty((1, 0))
            chosen = self._draw(self._generator, n)
            return np.asarray(np.take_along_axis(columns, chosen[None, :], axis=0)[0])
        return np.asarray(self._draw(self._generator, n), dtype=np.float64)

    def draw_whole(self, n: int, least: int = 0) -> NDArray[np.int64]:
        """The next `n` draws rounded to the nearest whole number and not below `least`, int64[n]."""
        rounded: NDArray[np.int64] = np.rint(np.clip(self.draw(n), least, LARGEST)).astype(np.int64)
        return rounded


def _draw_of(distribution: Distribution) -> Draw:
    match distribution:
        case Constant(value=value):
            return lambda _, n: np.full(n, value)
        case Uniform(low=low, high=high):
            return lambda generator, n: low + (high - low) * generator.random(n)
        case Exponential(mean=mean):
            return lambda generator, n: mean * generator.standard_exponential(n)
        case Lognormal(mu=mu, sigma=sigma):
            return lambda generator, n: np.exp(mu + sigma * generator.standard_normal(n))
        case Normal(mean=mean, sd=sd):
            return lambda generator, n: np.maximum(mean + sd * generator.standard_normal(n), 0.0)
        case Gamma(shape=shape, scale=scale):
            return lambda generator, n: scale * generator.standard_gamma(shape, n)
        case Weibull(shape=shape, scale=scale):
            return lambda generator, n: scale * generator.weibull(shape, n)
        case Geometric(mean=mean):
            return lambda generator, n: generator.geometric(1.0 / mean, n)
        case Poisson(mean=mean):
            return lambda generator, n: generator.poisson(mean, n)
        case Zipf():
            rank = _inverse_of(zipf_weights(distribution.exponent, distribution.distinct))
            return lambda generator, n: 1 + rank(generator, n)
        case Empirical(values=values):
            listed = np.array(values)
            return lambda generator, n: listed[(generator.random(n) * len(listed)).astype(np.int64)]
    raise TypeError(f"no sampler for the distribution {distribution!r}")


def zipf_weights(exponent: float, distinct: int) -> NDArray[np.float64]:
    """Unnormalised chances of the ranks 1 … `distinct`, float64[distinct]."""
    weights: NDArray[np.float64] = np.arange(1, distinct + 1, dtype=np.float64) ** -exponent
    return weights


def _inverse_of(weights: NDArray[np.float64]) -> Draw:
    """Draws of an index from 0, with chances proportional to the weights, by inversion."""
    edges = np.cumsum(weights) / np.sum(weights)
    edges[-1] = 1.0  # rounding must not leave a gap at the end
    return lambda generator, n: np.searchsorted(edges, generator.random(n), side="right")
