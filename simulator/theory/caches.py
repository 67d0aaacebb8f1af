"""Hit fractions of caches whose keys are asked for independently: LRU, time to live, and both.

Keys are asked for by Poisson processes of rates proportional to their popularity (the independent reference
model). `unique` is the rate of keys that are asked for once only: they never hit, and take room.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import lambertw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rates = Sequence[float] | NDArray[np.float64]

MOST_EXACT = 60
"""Keys for which the exact hit fraction is worked out in reasonable time."""
_STEPS = 8
"""Characteristic times for which the chain of hits is followed exactly; from then on it decays evenly."""


def zipf_rates(exponent: float, distinct: int, total: float = 1.0) -> NDArray[np.float64]:
    """Rates of `distinct` keys by Zipf's law that sum to `total`, most popular first, float64[distinct].

    >>> [round(float(rate), 4) for rate in zipf_rates(1.0, 3)]           # 6/11, 3/11, 2/11
    [0.5455, 0.2727, 0.1818]
    """
    weights = np.arange(1, distinct + 1, dtype=np.float64) ** -exponent
    rates: NDArray[np.float64] = total * weights / weights.sum()
    return rates


def lru_hit_fraction(rates: Rates, size: int, unique: float = 0.0) -> float:
    """Exact hit fraction of an LRU cache of `size` entries, for up to `MOST_EXACT` repeating keys.

    A request hits when fewer than `size` other keys were asked for since the last request of its key; those
    are independent, given the time between the two. Keys that come once only are a Poisson number of others.

    Raises ValueError for more keys.

    Source: King (1971), Proc. IFIP Congress, eq. 2, in the time-continuous form of Fagin (1977), Journal of
    Statistical Computation and Simulation 5, section 2: hit(i) = ∫ λ e^(-λ t) P(N(t) < size) dt.

    >>> round(lru_hit_fraction([1.0] * 40, 10), 6), round(lru_hit_fraction([3.0, 1.0], 1), 6)  # 10/40, 5/8
    (0.25, 0.625)
    """
    each = np.asarray(rates, dtype=np.float64)
    if len(each) > MOST_EXACT:
        raise ValueError(f"{len(each)} keys are too many to work out exactly (at most {MOST_EXACT})")
    points, weights = np.polynomial.legendre.leggauss(240)
    hits = 0.0
    for place, rate in enumerate(each.tolist()):
        left = (points + 1) / 2  # e^(-rate t): the chance that the key has not come back by then
        elapsed = -np.log(left) / rate
        others = -np.expm1(-np.outer(np.delete(each, place), elapsed))
        hits += rate * float(weights @ _fewer_than(size, others, unique * elapsed)) / 2
    return hits / (float(each.sum()) + unique)


def _fewer_than(size: int, chances: NDArray[np.float64], extra: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(so many independent events, plus a Poisson number of mean `extra`, < size), by column, float64[t]."""
    counts = np.zeros((size, chances.shape[1]))
    counts[0] = 1.0
    for row in chances:
        counts[1:] = counts[1:] * (1 - row) + counts[:-1] * row
        counts[0] *= 1 - row
    if not extra.any():
        return np.asarray(counts.sum(axis=0))
    total, term = np.zeros(chances.shape[1]), np.exp(-extra)
    below = np.cumsum(counts, axis=0)
    for number in range(size):
        total += term * below[size - 1 - number]
        term = term * extra / (number + 1)
    return total


def characteristic_time(rates: Rates, size: int, unique: float = 0.0) -> float:
    """Che's characteristic time: a key stays in an LRU cache of `size` if it comes back within it, about.

    The time within which `size` different keys are asked for on average; infinite when there are not as many.
    In the inverse unit of the rates.

    Source: Che, Tung and Wang (2002), IEEE JSAC 20, eq. 6; Fricker, Robert and Roberts (2012), ITC 24, eq. 4,
    for why it works.

    >>> round(characteristic_time([1.0] * 40, 10), 6)                    # 40 (1 - e^-T) = 10
    0.287682
    >>> round(characteristic_time([], 100, unique=0.5), 6), characteristic_time([1.0, 2.0], 2)
    (200.0, inf)
    """
    each = np.asarray(rates, dtype=np.float64)

    def asked(time: float) -> float:
        return float(np.sum(-np.expm1(-each * time))) + unique * time

    if unique <= 0 and len(each) <= size:
        return math.inf
    low, high = 0.0, 1.0 / (float(each.sum()) + unique)
    while asked(high) < size:
        low, high = high, 2 * high
        if not math.isfinite(high):
            return math.inf
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if asked(middle) < size else (low, middle)
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2


def che_hit_fraction(rates: Rates, size: int, unique: float = 0.0) -> float:
    """Hit fraction of an LRU cache, by Che's approximation (usually within a percent).

    Source: as `characteristic_time`.

    >>> round(che_hit_fraction([1.0] * 40, 10), 4), round(lru_hit_fraction([1.0] * 40, 10), 4)
    (0.25, 0.25)
    """
    return hit_fraction(rates, size, math.inf, unique)


def ttl_hit_fraction(rate: float, ttl: float) -> float:
    """Hit fraction of one key whose entry lives for `ttl` from when it was set, read or not: x / (1 + x).

    `rate` · `ttl` requests hit for each that sets it anew.

    Source: Jung, Berger and Balakrishnan (2003), Proc. IEEE Infocom, eq. 1.

    >>> ttl_hit_fraction(0.01, 300.0)
    0.75
    """
    return rate * ttl / (1 + rate * ttl) if math.isfinite(ttl) else 1.0


def hit_fraction(
    rates: Rates, size: int, ttl: float = math.inf, unique: float = 0.0, misses_per_set: float = 1.0,
    delay: float = 0.0,
) -> float:  # fmt: skip
    """Hit fraction of an LRU cache whose entries also grow stale `ttl` after they were set.

    An entry stays while its key comes back within the characteristic time T, stale or not (a stale one is
    set anew by the request that finds it): so T is that of the cache without a time to live. From being set,
    requests hit until a gap beyond T or age beyond `ttl`; their mean number is rate · ∫₀^ttl P(no gap > T
    until a) da. Each such run is set by `misses_per_set` misses, and by those that come during `delay`, the
    time that fetching takes.

    Source: Che's T as `characteristic_time`; for the run, h(a) = P(no gap > T until a) is 1 below T, falls by
    e^(-rate T) at T and then h'(a) = -rate e^(-rate T) h(a - T): the waiting time for a large gap, Feller, An
    Introduction to Probability Theory II, 2nd ed., VI.7 and XIV.2 (crossing a road).

    >>> round(hit_fraction([0.01], 1, 300.0), 6)                         # one key: its time to live alone
    0.75
    >>> round(hit_fraction([1.0] * 40, 10, 1e9), 4)                      # a time to live that never comes
    0.25
    """
    each = np.asarray(rates, dtype=np.float64)
    total = float(each.sum()) + unique
    if total <= 0:
        return math.nan
    return float(each @ key_hits(each, size, ttl, unique, misses_per_set, delay)) / total


def key_hits(
    rates: Rates, size: int, ttl: float = math.inf, unique: float = 0.0, misses_per_set: float = 1.0,
    delay: float = 0.0,
) -> NDArray[np.float64]:  # fmt: skip
    """Hit fraction of each repeating key, float64[keys]: see `hit_fraction`.

    >>> key_hits([0.01, 0.01], 2, 300.0).tolist()
    [0.75, 0.75]
    """
    stay = characteristic_time(rates, size, unique)
    runs = [requests_that_hit(rate, stay, ttl) for rate in np.asarray(rates).tolist()]
    missed = misses_per_set + np.asarray(rates, dtype=np.float64) * delay
    return np.array(
        [1.0 if math.isinf(run) else run / (m + run) for run, m in zip(runs, missed, strict=True)]
    )


def requests_that_hit(rate: float, stay: float, ttl: float) -> float:
    """Mean number of requests in a row that hit, from an entry's being set: see `hit_fraction`.

    >>> round(requests_that_hit(1.0, 2.0, math.inf), 6)                  # e^2 - 1: hits until a gap beyond 2
    6.389056
    >>> requests_that_hit(2.0, math.inf, 3.0), requests_that_hit(2.0, 5.0, 3.0)
    (6.0, 6.0)
    """
    if rate <= 0:
        return 0.0
    if math.isinf(stay) or ttl <= stay:
        return rate * ttl
    if math.isinf(ttl):
        return math.expm1(rate * stay) if rate * stay < 700 else math.inf
    gone = math.exp(-rate * stay)  # chance that a gap is beyond the stay
    c = rate * gone

    def alive(at: float, power: int) -> float:
        """The chance of no gap beyond the stay until then (power 0), or its integral (power 1)."""
        terms = []
        for k in range(int(at // stay) + 1):
            scale = (-c) ** k / math.factorial(k + power)
            terms.append(scale * (at - k * stay) ** (k + power))
            if at >= (k + 1) * stay:
                terms.append(-gone * scale * (at - (k + 1) * stay) ** (k + power))
        return math.fsum(terms)

    exact = min(ttl, _STEPS * stay)
    run = alive(exact, 1)
    if ttl > exact:
        # beyond, it falls off as e^(root at): of root = -c e^(-root stay) the solution that is not -rate
        branch = 0 if rate * stay > 1 else -1
        root = float(lambertw(-c * stay, branch).real) / stay
        run += alive(exact, 0) * math.expm1(root * (ttl - exact)) / root if root < 0 else 0.0
    return rate * run
