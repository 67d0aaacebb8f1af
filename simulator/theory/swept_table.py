"""A table with a time to live, a sweep and a cap: its occupancy and its peak.

Between two sweeps nothing expires. At a time `s` after a sweep the table holds the sessions that have spoken
within ttl + s; with a cap it holds the cap's number of those that spoke last (evicting the least recently
used keeps exactly these). So its size is min(cap, N), N Poisson with the mean of that window: exact, whatever
the gaps, as long as arrivals are Poisson and no end is told.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import pdtr, pdtrc

from .laws import poisson_chances

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Mean = Callable[[float], float]
    """Mean number of sessions that have spoken within a window of ms."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def over_a_sweep(of: Callable[[float], float], sweep_ms: float) -> float:
    """Mean over a period of a function of the ms since the last sweep, by Gauss's rule with 16 points.

    >>> round(over_a_sweep(lambda since: 2.0 * since, 60_000), 6)
    60000.0
    """
    points = (_NODES + 1) / 2 * sweep_ms
    return float(sum(w * of(s) for w, s in zip(_WEIGHTS.tolist(), points.tolist(), strict=True)) / 2)


def capped_mean(mean: float, cap: int | None) -> float:
    """E[min(cap, N)] of a Poisson number.

    Source: sum of P(N > n) for n < cap; Johnson, Kemp and Kotz, Univariate Discrete Distributions, 4.3.

    >>> capped_mean(50.0, None), round(capped_mean(50.0, 50), 3), round(capped_mean(500.0, 50), 3)
    (50.0, 47.184, 50.0)
    """
    if cap is None:
        return mean
    # E[N; N < cap] + cap P(N >= cap)
    below = mean * float(pdtr(cap - 2, mean)) if cap >= 2 else 0.0
    return below + cap * full_chance(mean, cap)


def full_chance(mean: float, cap: int | None) -> float:
    """P(N >= cap): the chance of finding the table full, which is also the share of first touches that evict.

    Source: PASTA, Wolff (1982), Operations Research 30, for what an arriving session finds.

    >>> full_chance(50.0, None), round(full_chance(50.0, 50), 3)
    (0.0, 0.519)
    """
    return 0.0 if cap is None else float(pdtrc(cap - 1, mean))


def mean_entries(window_mean: Mean, ttl_ms: float, sweep_ms: float, cap: int | None = None) -> float:
    """Entries averaged over time, long after the start.

    Source: this module's first paragraph; for one utterance a session and no cap it is rate · (ttl + sweep /
    2).

    >>> round(mean_entries(lambda window_ms: 0.001 * window_ms, 300_000, 60_000), 6)
    330.0
    """
    return over_a_sweep(lambda since: capped_mean(window_mean(ttl_ms + since), cap), sweep_ms)


def evictions_per_ms(
    window_mean: Mean, rate_per_ms: float, ttl_ms: float, sweep_ms: float, cap: int | None
) -> float:
    """Evictions when each session speaks once: arrivals that find the table full.

    >>> round(3.6e6 * evictions_per_ms(lambda window_ms: 0.001 * window_ms, 0.001, 3e5, 6e4, 300))  # an hour
    3186
    """
    return rate_per_ms * over_a_sweep(lambda since: full_chance(window_mean(ttl_ms + since), cap), sweep_ms)


def idle_when_evicted_ms(window_mean: Mean, cap: int, longest_ms: float) -> float:
    """Idle time of an eviction's victim, about: the window within which as many sessions as the cap speak.

    `longest_ms` (ttl + sweep) when that many never do. The real idle time varies around it by about
    1/sqrt(cap) of it.

    Source: the characteristic time of Che, Tung and Wang (2002), IEEE JSAC 20, eq. 6, for sessions in place
    of documents.

    >>> idle_when_evicted_ms(lambda window_ms: 0.001 * window_ms, 200, 360_000)
    200000.0
    """
    if window_mean(longest_ms) <= cap:
        return longest_ms
    low, high = 0.0, longest_ms
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if window_mean(middle) < cap else (low, middle)
        if high - low < 1e-6:
            break
    return round((low + high) / 2, 3)


def live_when_evicted(later: float, gap_beyond_idle: float) -> float:
    """Chance that the victim of an eviction speaks again later.

    Of the utterances after which a session stays idle for so long, one a session is its last, and `later` ·
    `gap_beyond_idle` are not (`later`: utterances after the first on average; `gap_beyond_idle`: P(gap > the
    victim's idle time)).

    >>> live_when_evicted(19.0, 0.0), live_when_evicted(2.0, 0.25)       # 0.5 / 1.5
    (0.0, 0.3333333333333333)
    """
    return later * gap_beyond_idle / (1 + later * gap_beyond_idle)


# ---- the peak over many sweeps ----


def peak_chances(mean: float, shared: float, sweeps: float, cap: int | None = None) -> NDArray[np.float64]:
    """P(peak <= n), n = 0, 1, …, over the numbers just before each of so many sweeps, about, float64[n].

    Each number is Poisson with `mean`; two that follow each other have sessions in common, `shared` on
    average. From each sweep to the next as if the one before told everything: P(N1 <= n) · (P(N1, N2 <= n) /
    P(N1 <= n)) ^ (sweeps - 1).

    Source: Glaz and Johnson (1984), JASA 79, section 2 (product-type approximation of order two); the two
    numbers are a bivariate Poisson pair, Johnson, Kotz and Balakrishnan, Discrete Multivariate
    Distributions, eq. 37.3.

    >>> chances = peak_chances(10.0, 8.0, 1)
    >>> round(float(chances[10]), 4)                                     # one sweep: P(N <= 10)
    0.583
    """
    one, two = _at_most(mean, shared)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(one) + (max(sweeps, 1.0) - 1) * (np.log(two) - np.log(one))
    chances = np.where(two > 0, np.exp(logs), 0.0)
    return _capped(chances, cap)


def peak_chances_at_most(mean: float, sweeps: float, cap: int | None = None) -> NDArray[np.float64]:
    """A lower bound of P(peak <= n), and so an upper bound of the peak: as if sweeps had nothing in common.

    Source: numbers made of the same Poisson points by adding are associated, so P(all <= n) >= the product:
    Esary, Proschan and Walkup (1967), Annals of Mathematical Statistics 38, theorem 5.1.

    >>> round(expected_peak(peak_chances_at_most(10.0, 1)), 6)
    10.0
    """
    one, _ = _at_most(mean, 0.0)
    return _capped(one ** max(sweeps, 1.0), cap)


def expected_peak(chances: NDArray[np.float64], nodes: int = 1) -> float:
    """Mean of the highest of `nodes` independent peaks with these chances of being at most 0, 1, ….

    Source: E[max] = sum of 1 - P(all <= n).
    """
    return float(np.sum(1 - chances**nodes))


def _at_most(mean: float, shared: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """P(N1 <= n) and P(N1 <= n, N2 <= n) as far as they differ from 1, float64[n]."""
    size = math.ceil(mean + 12 * math.sqrt(mean) + 25)
    one = np.cumsum(poisson_chances(mean, size))
    if shared <= 0:
        return np.minimum(one, 1.0), np.minimum(one, 1.0) ** 2
    own = np.minimum(np.cumsum(poisson_chances(max(mean - shared, 0.0), size)), 1.0)
    common = poisson_chances(shared, size)
    two = np.convolve(common, own**2)[:size]
    return np.minimum(one, 1.0), np.minimum(two, 1.0)


def _capped(chances: NDArray[np.float64], cap: int | None) -> NDArray[np.float64]:
    """The same for min(cap, peak): from the cap on it is certain."""
    if cap is None or cap >= len(chances):
        return chances
    return chances[:cap]
