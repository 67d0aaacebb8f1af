"""Tolerance bounds: a value that, with a stated confidence, a stated share of all runs stays below.

A mean of peaks answers "how high on average". A planner asks "how high at worst"; a bound that 95 % of all
days stay below, held with 95 % confidence, needs no shape of the distribution, only enough runs: 59 of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import bdtr

from .intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARE = 0.95
"""Share of all runs that a bound speaks of unless said otherwise."""


@dataclass(frozen=True, slots=True)
class ToleranceBound:
    """A bound on a share of all runs. `value` is NaN when there are too few of them for the level.

    `rank` counts from the far end (1: the most extreme value is the bound), `confidence` is the exact one for
    a continuous output and a lower bound with ties, `more` the runs that are missing.
    """

    value: float
    share: float
    level: float
    n: int
    rank: int
    confidence: float
    more: int


def tolerance_size(share: float = SHARE, level: float = LEVEL, rank: int = 1) -> int:
    """Runs needed for the `rank`-th most extreme value to bound a `share` of all runs with this confidence.

    Source: Wilks (1941), Annals of Mathematical Statistics 12, p. 91; in the form of Nutt and Wallis (2004),
    Reliability Engineering and System Safety 83, eq. 4: the smallest n with P(B <= n - rank) >= level,
    B ~ Binomial(n, share).

    >>> [tolerance_size(rank=rank) for rank in (1, 2, 3)]          # 1 - 0.95 ** 59 = 0.9515
    [59, 93, 124]
    >>> tolerance_size(0.99), tolerance_size(0.99, 0.99)
    (299, 459)
    """
    _check(share, level)
    if rank < 1:
        raise ValueError(f"ranks count from 1, not {rank}")
    low, high = rank, 2 * rank
    while bdtr(high - rank, high, share) < level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if bdtr(middle - rank, middle, share) >= level else (middle, high)
    return high if bdtr(low - rank, low, share) < level else low


def tolerance_bound(
    values: Sequence[float], share: float = SHARE, level: float = LEVEL, *, upper: bool = True
) -> ToleranceBound:
    """The tightest order statistic that bounds a `share` of all runs with this confidence; NaN left out.

    `upper=False` bounds from below (a time that 95 % of all runs exceed).

    Source: Wilks (1941), as `tolerance_size`; David and Nagaraja, Order Statistics, 3rd ed., eq. 7.2.2.

    >>> bound = tolerance_bound([float(v) for v in range(1, 60)])
    >>> bound.value, bound.rank, round(bound.confidence, 4)
    (59.0, 1, 0.9515)
    >>> tolerance_bound([float(v) for v in range(1, 94)]).value    # of 93, the second highest will do
    92.0
    >>> short = tolerance_bound([1.0, 2.0, 3.0])
    >>> short.value, short.more, round(short.confidence, 4)
    (nan, 56, 0.1426)
    """
    _check(share, level)
    known = sorted((v for v in values if not math.isnan(v)), reverse=upper)
    n = len(known)
    rank = 0
    while rank < n and bdtr(n - rank - 1, n, share) >= level:
        rank += 1
    if rank == 0:
        confidence = 1 - share**n
        return ToleranceBound(math.nan, share, level, n, 0, confidence, tolerance_size(share, level) - n)
    return ToleranceBound(known[rank - 1], share, level, n, rank, float(bdtr(n - rank, n, share)), 0)


def _check(share: float, level: float) -> None:
    if not (0 < share < 1 and 0 < level < 1):
        raise ValueError(f"share and level lie strictly between 0 and 1, not {share} and {level}")
