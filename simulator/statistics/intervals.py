"""Interval formulas on plain numbers: means, quantiles, fractions and ratios of independent replications.

Every function is pure, takes the replications' values and returns its bounds. A bound that the data cannot
give is said so: NaN where nothing is known about it, an infinity where the set really is unbounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import bdtr, betaincinv, ndtri, stdtr, stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95
"""Confidence level of every interval unless said otherwise."""


def mean_and_variance(values: Sequence[float]) -> tuple[float, float]:
    """Sample mean and variance (divisor n - 1), by exact summation, so that equal values have variance 0.

    The variance of fewer than two values is NaN.

    >>> mean_and_variance([1.0, 2.0, 3.0, 4.0, 5.0])   # squares 4 + 1 + 0 + 1 + 4 = 10, over 4
    (3.0, 2.5)
    >>> mean_and_variance([0.1] * 3)
    (0.1, 0.0)
    """
    n = len(values)
    if n == 0:
        return math.nan, math.nan
    if min(values) == max(values):
        return values[0], (0.0 if n > 1 else math.nan)
    mean = math.fsum(values) / n
    return mean, math.fsum((value - mean) ** 2 for value in values) / (n - 1)


def t_quantile(n: int, level: float = LEVEL) -> float:
    """Two-sided critical point of Student's t with n - 1 degrees of freedom.

    >>> round(t_quantile(5), 4)          # the printed table: 2.776 for 4 degrees of freedom
    2.7764
    """
    return float(stdtrit(n - 1, (1 + level) / 2))


def mean_interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """Student t interval for the mean of independent replications.

    One replication has no variance, so both bounds are NaN. Equal values give an interval of width zero: true
    of a quantity that the settings fix, optimistic for a rare event that simply did not happen yet.

    Source: Student (1908), Biometrika 6; Law, Simulation Modeling and Analysis, 5th ed., eq. 4.12.

    >>> low, high = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])   # 3 -+ 2.7764 * sqrt(2.5 / 5)
    >>> round(low, 4), round(high, 4)
    (1.0368, 4.9632)
    >>> mean_interval([7.0]), mean_interval([7.0, 7.0])
    ((nan, nan), (7.0, 7.0))
    """
    mean, variance = mean_and_variance(values)
    if len(values) < 2:
        return math.nan, math.nan
    half = t_quantile(len(values), level) * math.sqrt(variance / len(values)) if variance > 0 else 0.0
    return mean - half, mean + half


def mean_p_value(values: Sequence[float]) -> float:
    """Two-sided p value of the t test that the mean is zero; NaN for fewer than two values.

    >>> round(mean_p_value([1.0, 2.0, 3.0, 4.0, 5.0]), 4)      # t = 3 / sqrt(0.5) = 4.243 on 4 df
    0.0132
    >>> mean_p_value([0.0, 0.0]), mean_p_value([2.0, 2.0])
    (1.0, 0.0)
    """
    mean, variance = mean_and_variance(values)
    if len(values) < 2:
        return math.nan
    if variance == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(len(values) - 1, -abs(mean) / math.sqrt(variance / len(values))))


@dataclass(frozen=True, slots=True)
class QuantileInterval:
    """A distribution-free interval for a quantile: two order statistics and what they really cover.

    `low_rank` and `high_rank` count from 1 in the sorted values; 0 and n + 1 stand for minus and plus
    infinity (too few values for a bound on that side). `coverage` is exact for a continuous output and a
    lower bound for one with ties.
    """

    estimate: float
    low: float
    high: float
    low_rank: int
    high_rank: int
    coverage: float

    @property
    def bounded(self) -> bool:
        """Whether both sides are values that were seen."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def quantile_ranks(n: int, share: float, level: float = LEVEL) -> tuple[int, int, float]:
    """Ranks of the order statistics around the `share` quantile, each side with error <= (1 - level) / 2.

    Returns low rank (0: unbounded), high rank (n + 1: unbounded) and the exact coverage of what is returned.

    Source: David and Nagaraja, Order Statistics, 3rd ed., section 7.1: for B ~ Binomial(n, share),
    P(X_(r) <= quantile <= X_(s)) = P(r <= B <= s - 1).

    >>> low, high, coverage = quantile_ranks(10, 0.5)         # 1 - 2 (1 + 10) / 1024
    >>> low, high, round(coverage, 6)
    (2, 9, 0.978516)
    >>> quantile_ranks(71, 0.05)[0], quantile_ranks(72, 0.05)[0]       # 0.95 ** 72 = 0.0249 is just enough
    (0, 1)
    """
    if not 0 < share < 1:
        raise ValueError(f"a quantile's share lies strictly between 0 and 1, not {share}")
    tail = (1 - level) / 2
    low = 0
    while low < n and bdtr(low, n, share) <= tail:
        low += 1
    high = n + 1
    while high > 1 and 1 - bdtr(high - 2, n, share) <= tail:
        high -= 1
    below = float(bdtr(low - 1, n, share)) if low > 0 else 0.0
    return low, high, float(bdtr(high - 1, n, share)) - below


def quantile_interval(values: Sequence[float], share: float, level: float = LEVEL) -> QuantileInterval:
    """Order-statistic interval for the `share` quantile of an output over replications.

    The point is the smallest value that at least `share` of the values do not exceed (the inverse of the
    empirical distribution), so it is always a value that was seen. Infinite values are allowed (censored
    times).

    Source: as `quantile_ranks`; the one-sided bound is Wilks (1941), Annals of Mathematical Statistics 12.

    >>> q = quantile_interval([float(v) for v in range(1, 11)], 0.5)
    >>> q.estimate, q.low, q.high, round(q.coverage, 4)
    (5.0, 2.0, 9.0, 0.9785)
    >>> quantile_interval([1.0, 2.0, 3.0], 0.95)
    QuantileInterval(estimate=3.0, low=2.0, high=inf, low_rank=2, high_rank=4, coverage=0.99275)
    """
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        return QuantileInterval(math.nan, -math.inf, math.inf, 0, 1, 1.0)
    low_rank, high_rank, coverage = quantile_ranks(n, share, level)
    return QuantileInterval(
        estimate=ordered[max(math.ceil(n * share - 1e-9), 1) - 1],
        low=ordered[low_rank - 1] if low_rank > 0 else -math.inf,
        high=ordered[high_rank - 1] if high_rank <= n else math.inf,
        low_rank=low_rank,
        high_rank=high_rank,
        coverage=coverage,
    )


def wilson_interval(hits: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Score interval for a probability from `hits` of `n` replications: short, right on average.

    Source: Wilson (1927), JASA 22, p. 209; Brown, Cai and DasGupta (2001), Statistical Science 16,
    section 3.1.1.

    >>> low, high = wilson_interval(0, 10)         # z^2 / (n + z^2) = 3.8415 / 13.8415
    >>> low, round(high, 4)
    (0.0, 0.2775)
    >>> [round(bound, 4) for bound in wilson_interval(5, 10)]
    [0.2366, 0.7634]
    """
    if n == 0:
        return 0.0, 1.0
    z2 = float(ndtri((1 + level) / 2)) ** 2
    centre = (hits + z2 / 2) / (n + z2)
    half = math.sqrt(z2 * (hits * (n - hits) / n + z2 / 4)) / (n + z2)
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)


def clopper_pearson_interval(hits: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Exact interval for a probability from `hits` of `n` replications: never covers less than `level`.

    Source: Clopper and Pearson (1934), Biometrika 26, p. 404, in the beta form of Brown, Cai and DasGupta
    (2001), Statistical Science 16, section 4.2.1.

    >>> low, high = clopper_pearson_interval(0, 10)        # 1 - 0.025 ** (1 / 10)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    >>> round(clopper_pearson_interval(72, 72)[0], 4)      # 0.025 ** (1 / 72)
    0.9501
    """
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high


def fieller_interval(
    numerator: Sequence[float], denominator: Sequence[float], level: float = LEVEL
) -> tuple[float, float, float]:
    """Ratio of two means over paired replications with Fieller's interval: (ratio, low, high).

    The set is every ratio r for which the mean of numerator - r * denominator is not significantly different
    from zero. It is a bounded interval exactly when the denominator's own interval excludes 0; otherwise the
    ray on the ratio's side of the gap is returned, or (-inf, inf) when there is no gap. A denominator whose
    mean is 0 gives a NaN ratio and (-inf, inf). One replication gives NaN bounds.

    Source: Fieller (1954), JRSS B 16, p. 175; von Luxburg and Franz (2009), Statistica Sinica 19, section 2.

    >>> ratio, low, high = fieller_interval([9.0, 10.0, 11.0], [2.0, 2.0, 2.0])  # (10 -+ 4.3027 / sqrt 3) / 2
    >>> ratio, round(low, 4), round(high, 4)
    (5.0, 3.7579, 6.2421)
    >>> low, high = fieller_interval([10.0, 10.0, 10.0], [1.0, 2.0, 3.0])[1:]     # 2 -+ 2.4841 holds 0
    >>> round(low, 4), high
    (2.2301, inf)
    """
    n = len(numerator)
    if n != len(denominator):
        raise ValueError(f"paired values needed, got {n} and {len(denominator)}")
    top, top_variance = mean_and_variance(numerator)
    bottom, bottom_variance = mean_and_variance(denominator)
    ratio = top / bottom if bottom != 0 else math.nan
    if n < 2:
        return ratio, math.nan, math.nan
    if bottom == 0:
        return ratio, -math.inf, math.inf
    pairs = zip(numerator, denominator, strict=True)
    covariance = math.fsum((a - top) * (b - bottom) for a, b in pairs) / (n - 1)
    weight = t_quantile(n, level) ** 2 / n
    # r^2 * square - 2 r * half + constant <= 0
    square = bottom**2 - weight * bottom_variance
    half = top * bottom - weight * covariance
    constant = top**2 - weight * top_variance
    root2 = half**2 - square * constant
    if square > 0:
        root = math.sqrt(max(root2, 0.0))
        return ratio, (half - root) / square, (half + root) / square
    if root2 <= 0 or square == 0:
        return ratio, -math.inf, math.inf
    ends = sorted(((half - math.sqrt(root2)) / square, (half + math.sqrt(root2)) / square))
    return (ratio, ends[1], math.inf) if ratio >= ends[1] else (ratio, -math.inf, ends[0])


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Which of several tests stay significant together, by Holm's step-down rule. NaN is never significant.

    Source: Holm (1979), Scandinavian Journal of Statistics 6, p. 65.

    >>> holm([0.01, 0.04, 0.03])          # 0.01 <= 0.05 / 3, then 0.03 > 0.05 / 2: stop
    [True, False, False]
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    kept = [False] * len(p_values)
    for step, (p, place) in enumerate(tested):
        if p > (1 - level) / (len(tested) - step):
            break
        kept[place] = True
    return kept
