"""Intervals that know of the inputs: a random-effects analysis of replications run with drawn inputs.

A result of replication j with draw b is the mean, what the draw does to it, and noise. The variance between
draws is estimated from the mean squares between and within draws. What is asked for is the result under the
true inputs, of which the draws say how far they may be away: its variance is that between draws, which more
replications do not make smaller, and that of the noise of the mean, which they do.

Few draws of two replications tell a small variance between them badly: the interval is such that it is
right on average over all variances that would have given these mean squares.

Source: Song, Nelson and Pegden, Advanced tutorial: input uncertainty quantification, Proc. Winter Simulation
Conference, 2014 (the random-effects model); Searle, Casella and McCulloch, Variance Components, 1992, 3.6
(its estimates, draws of unequal size too); Weerahandi, Generalized confidence intervals, JASA 88, 1993 (the
variances that would have given the mean squares).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .intervals import LEVEL, t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUANTILES = 24


@dataclass(frozen=True, slots=True)
class BetweenDraws:
    """One value a draw, whose mean has the t interval that is asked for, and how much of it is the inputs'.

    `share`: of the interval's squared width, 0 to 1; NaN where it cannot be told.
    """

    values: tuple[float, ...]
    share: float


def between_draws(values: Sequence[float], draw: Sequence[int]) -> BetweenDraws:
    """Split what replications differ by into inputs and noise.

    Args:
        values: a result by replication; NaN where it is not defined there.
        draw: which draw each replication was run with.

    Returns:
        Values around the grand mean, spread so that the t interval of their mean is the one asked for.
        Infinite results are returned as they are.

    >>> found = between_draws([1.0, 3.0, 5.0, 7.0], [0, 0, 1, 1])     # means 2 and 6, 2 within
    >>> round(found.share, 4)                                         # inputs 8 - 1 = 7, noise 2 / 4
    0.9333
    """
    x = np.array(values, dtype=np.float64)
    group = np.array(draw)
    defined = ~np.isnan(x)
    x, group = x[defined], group[defined]
    if not np.isfinite(x).all():
        return BetweenDraws(tuple(x.tolist()), math.nan)
    _, group = np.unique(group, return_inverse=True)
    size = np.bincount(group).astype(np.float64)
    draws, n = len(size), len(x)
    if draws < 2 or n == draws:
        return BetweenDraws(tuple(x.tolist()), math.nan)
    mean, means = float(x.mean()), np.bincount(group, x) / size
    within = float(((x - means[group]) ** 2).sum()) / (n - draws)
    between = float((size * (means - mean) ** 2).sum()) / (draws - 1)
    each = (n - float((size**2).sum()) / n) / (draws - 1)  # replications a draw, where they are not all equal
    inputs, noise = max((between - within) / each, 0.0), within / n
    centred = means - means.mean()
    spread = float((centred**2).sum()) / (draws - 1)
    if spread <= 0 or inputs + noise <= 0:
        return BetweenDraws((mean,) * draws, 0.0)
    half = _half_width(between, within, each, draws, n)
    factor = half / (t_quantile(draws) * (spread / draws) ** 0.5)
    return BetweenDraws(tuple((mean + factor * centred).tolist()), inputs / (inputs + noise))


def _half_width(between: float, within: float, each: float, draws: int, n: int) -> float:
    """The half-width that 95 % of the distances between mean and result stay below."""
    of_between, of_within = _likely(draws - 1, n - draws)
    apart = np.maximum(between / of_between - within / of_within, 0.0) / each
    sd = np.sqrt(apart * (1 + 1 / draws) + within / of_within / n)
    low, high = 0.0, 10.0 * float(sd.max())
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        inside = float((2 * special.ndtr(middle / np.maximum(sd, 1e-300)) - 1).mean())
        low, high = (middle, high) if inside < LEVEL else (low, middle)
    return high


@lru_cache(maxsize=64)
def _likely(between: int, within: int) -> tuple[Floats, Floats]:
    """Chi-squares over their degrees of freedom, every quantile of one with every quantile of the other."""
    shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
    one, other = (2 * special.gammaincinv(freedom / 2, shares) / freedom for freedom in (between, within))
    grid = np.meshgrid(one, other)
    return np.asarray(grid[0].ravel()), np.asarray(grid[1].ravel())
