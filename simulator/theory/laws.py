"""Moments of the config's distributions that closed forms need: cut ones, and those of whole numbers.

Durations are in ms, as in the config's models. Draws are rounded to whole ms by the workload, which these
leave out of account.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc, ndtr

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
    from numpy.typing import NDArray

MOST_COUNTS = 200_000
"""Longest table of the chances of whole numbers; what lies beyond is left out."""


def survival(law: Distribution, x: float) -> float:
    """P(X > x), for a continuous law.

    >>> survival(Exponential(mean=6.0), 0.0), round(survival(Exponential(mean=6.0), 6.0), 4)
    (1.0, 0.3679)
    """
    return max(0.0, 1.0 - below(law, 0, x))


def cut_moment(law: Distribution, x: float, power: int = 1) -> float:
    """E[min(X, x)^power] for a non-negative X; x may be infinite.

    Source: integration by parts, E[min(X, x)^r] = E[X^r; X <= x] + x^r P(X > x).

    >>> round(cut_moment(Exponential(mean=6.0), 6.0), 4)               # 6 (1 - 1/e)
    3.7927
    >>> cut_moment(Uniform(low=0.0, high=2.0), math.inf, power=2)      # 4/3
    1.3333333333333333
    """
    if x <= 0:
        return 0.0
    left = survival(law, x)
    return below(law, power, x) + (x**power * left if left > 0 else 0.0)


def below(law: Distribution, power: int, x: float) -> float:
    """E[X^power; X <= x], the part of a moment (0, 1, 2) that lies at or below x.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, 2nd ed., the incomplete
    moments of each family (14.8 lognormal, 17.8 gamma, 21.4 Weibull, 13.10 normal).
    """
    if x < 0:
        return 0.0
    match law:
        case Constant(value=value):
            return value**power if value <= x else 0.0
        case Uniform(low=low, high=high):
            if high <= low:
                return low**power if low <= x else 0.0
            top = min(max(x, low), high)
            return (top ** (power + 1) - low ** (power + 1)) / ((power + 1) * (high - low))
        case Exponential(mean=mean):
            return below(Gamma(shape=1.0, scale=mean), power, x) if mean > 0 else float(power == 0)
        case Gamma(shape=shape, scale=scale):
            whole = scale**power * math.prod(shape + i for i in range(power))
            return whole * float(gammainc(shape + power, x / scale))
        case Weibull(shape=shape, scale=scale):
            order = 1 + power / shape
            return scale**power * math.gamma(order) * float(gammainc(order, (x / scale) ** shape))
        case Lognormal(mu=mu, sigma=sigma):
            if sigma == 0 or x == 0:
                return math.exp(power * mu) if x >= math.exp(mu) else 0.0
            place = (math.log(x) - mu) / sigma - power * sigma
            return math.exp(power * mu + power**2 * sigma**2 / 2) * float(ndtr(place))
        case Normal(mean=mean, sd=sd):
            return _normal_below(mean, sd, power, x)
        case Empirical(values=values):
            return math.fsum(value**power for value in values if value <= x) / len(values)
        case Mixture(parts=parts):
            return math.fsum(weight * below(part, power, x) for weight, part in parts)
    chances = count_chances(law, least=0)
    whole_numbers = np.arange(len(chances))[: math.floor(x) + 1 if math.isfinite(x) else None]
    return float((whole_numbers**power) @ chances[: len(whole_numbers)])


def _normal_below(mean: float, sd: float, power: int, x: float) -> float:
    """As `below` for a normal law of which what is negative counts as 0."""
    if sd == 0:
        return max(mean, 0.0) ** power if x >= mean else 0.0
    a, b = -mean / sd, (x - mean) / sd
    inside = float(ndtr(b)) - float(ndtr(a))
    at_a, at_b = (math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) for z in (a, b))
    if power == 0:
        return float(ndtr(b))
    if power == 1:
        return mean * inside + sd * (at_a - at_b)
    tail = b * at_b if math.isfinite(b) else 0.0
    return mean**2 * inside + 2 * mean * sd * (at_a - at_b) + sd**2 * (inside + a * at_a - tail)


def variance(law: Distribution) -> float:
    """The variance, in squared base units.

    >>> variance(Exponential(mean=6.0)), variance(Uniform(low=0.0, high=6.0))
    (36.0, 3.0)
    """
    return below(law, 2, math.inf) - below(law, 1, math.inf) ** 2


@lru_cache(maxsize=64)
def count_chances(law: Distribution, least: int = 1) -> NDArray[np.float64]:
    """P(K = k) for k = 0, 1, … of a law drawn as whole numbers of at least `least` (halves up), float64[k].

    What is left beyond the table (1e-13 of the draws, or more than `MOST_COUNTS`) is shared by the others.

    >>> [round(float(chance), 4) for chance in count_chances(Geometric(mean=2.0))[:4]]
    [0.0, 0.5, 0.25, 0.125]
    >>> count_chances(Constant(value=3.0)).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    match law:
        case Geometric(mean=mean):
            more = 1 - 1 / mean
            size = 2 if more <= 0 else min(math.ceil(math.log(1e-14) / math.log(more)) + 2, MOST_COUNTS)
            chances = np.zeros(size)
            chances[1:] = (1 - more) * more ** np.arange(size - 1)
        case Poisson(mean=mean):
            size = min(math.ceil(mean + 10 * math.sqrt(mean) + 20), MOST_COUNTS)
            chances = np.exp(_log_poisson(np.arange(size), mean))
        case Zipf(exponent=exponent, distinct=distinct):
            chances = np.zeros(distinct + 1)
            chances[1:] = np.arange(1, distinct + 1, dtype=np.float64) ** -exponent
        case _:
            size = _reach(law)
            edges = np.array([below(law, 0, k + 0.5 - 1e-9) for k in range(size)])
            chances = np.diff(edges, prepend=0.0)
    if least > 0:
        low = float(chances[:least].sum())
        chances = np.concatenate([np.zeros(least), chances[least:]]) if len(chances) > least else chances
        if len(chances) <= least:
            chances = np.zeros(least + 1)
        chances[least] += low
    chances /= chances.sum()
    chances.setflags(write=False)
    return chances


def _reach(law: Distribution) -> int:
    """How long a table has to be to leave out next to nothing."""
    size = 4
    while size < MOST_COUNTS and survival(law, size - 1) > 1e-13:
        size *= 2
    return min(size, MOST_COUNTS)


def _log_poisson(k: NDArray[np.int64], mean: float) -> NDArray[np.float64]:
    from scipy.special import gammaln, xlogy

    logs: NDArray[np.float64] = xlogy(k, mean) - mean - gammaln(k + 1)
    return logs


def poisson_chances(mean: float, size: int) -> NDArray[np.float64]:
    """P(N = n) of a Poisson number for n = 0 … size - 1, float64[size].

    >>> [round(float(chance), 4) for chance in poisson_chances(1.0, 3)]
    [0.3679, 0.3679, 0.1839]
    """
    chances: NDArray[np.float64] = np.exp(_log_poisson(np.arange(size), mean))
    return chances


def count_moments(law: Distribution) -> tuple[float, float]:
    """E[K] and E[(K - 1)(K - 2)] of a number of utterances, at least 1.

    >>> [round(moment, 6) for moment in count_moments(Geometric(mean=20.0))]      # 20 and 2 · 19²
    [20.0, 722.0]
    """
    chances = count_chances(law)
    k = np.arange(len(chances), dtype=np.float64)
    return float(k @ chances), float(((k - 1) * (k - 2)) @ chances)


def generating(law: Distribution, z: float) -> float:
    """E[z^K] of a number of utterances.

    >>> round(generating(Geometric(mean=20.0), 0.75), 6)                          # z / (20 - 19 z)
    0.130435
    """
    chances = count_chances(law)
    return float(np.polynomial.polynomial.polyval(z, chances))
