"""How many replications are enough: run until an interval is narrow, or until two settings can be told apart.

Stopping when the interval happens to look narrow favours samples whose spread came out too small, so the
intervals of such a study cover a little less than they say. Three things keep that small: a floor below which
nothing is decided, few looks (the next one is where the spread seen so far says that it will do), and for a
relative width the correction for dividing by an estimate. `benchmarks/coverage.py` measures what is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import nctdtr

from .intervals import LEVEL, mean_and_variance, mean_interval, quantile_interval, t_quantile, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_LEAST = 20
"""Replications before the first look."""
GROWTH = 1.25
"""The next look is at no less than this many times the replications of the last one, and at no more than
twice as many: few looks, and no long shot on an early guess."""


@dataclass(frozen=True, slots=True)
class Goal:
    """How narrow the interval of one statistic of one result has to be.

    `statistic` is `mean`, `share` (of replications, values 0 or 1) or a quantile between 0 and 1.
    `half_width` is in the result's unit, or a share of the estimate when `relative`.
    """

    half_width: float
    relative: bool = False
    statistic: str | float = "mean"

    def __post_init__(self) -> None:
        if not self.half_width > 0:
            raise ValueError(f"a half-width is more than 0, not {self.half_width}")


@dataclass(frozen=True, slots=True)
class Look:
    """What the replications so far give for a goal.

    `half_width` is half the interval's width and `wanted` what it has to come down to, both in the result's
    unit. `needed` is the total of replications that would do if the spread stays as it is; None when no
    number is in sight (a relative width of an estimate of 0, an interval without an end).
    """

    estimate: float
    half_width: float
    wanted: float
    n: int
    needed: int | None

    @property
    def reached(self) -> bool:
        """Whether the interval is narrow enough."""
        return self.half_width <= self.wanted


def look(values: Sequence[float], goal: Goal, level: float = LEVEL) -> Look:
    """Judge a goal by the replications so far; undefined ones (NaN) are left out.

    Source: Law, Simulation Modeling and Analysis, 5th ed., section 9.4.1: eq. 9.2 for an absolute width and
    eq. 9.3 for a relative one, which asks for half-width / |mean| <= r / (1 + r), as the mean that is divided
    by is itself an estimate (within its interval of the truth, the true relative error is then at most r).
    The idea is Chow and Robbins's (1965), Annals of Mathematical Statistics 36, p. 457.

    >>> seen = look([9.0, 10.0, 11.0] * 10, Goal(2.0))
    >>> seen.reached, round(seen.half_width, 3)                # 2.0452 * 0.8305 / sqrt 30
    (True, 0.31)
    >>> look([9.0, 10.0, 11.0] * 10, Goal(0.01, relative=True)).needed        # 30 * (0.31 / 0.099) ** 2
    295
    """
    known = [value for value in values if not math.isnan(value)]
    n = len(known)
    if n < 2:
        return Look(math.nan, math.inf, goal.half_width, n, None)
    if goal.statistic == "mean":
        estimate = mean_and_variance(known)[0] if all(map(math.isfinite, known)) else math.nan
        low, high = mean_interval(known, level) if math.isfinite(estimate) else (-math.inf, math.inf)
    elif goal.statistic == "share":
        hits = round(sum(known))
        estimate, (low, high) = hits / n, wilson_interval(hits, n, level)
    else:
        found = quantile_interval(known, float(goal.statistic), level)
        estimate, low, high = found.estimate, found.low, found.high
    half = (high - low) / 2 if high > low else 0.0
    wanted = goal.half_width
    if goal.relative:
        wanted *= abs(estimate) / (1 + goal.half_width)
    return Look(estimate, half, wanted, n, _needed(n, half, wanted, goal))


def _needed(n: int, half: float, wanted: float, goal: Goal) -> int | None:
    """Replications in all if the width falls with their square root."""
    if half <= wanted:
        return n
    if not math.isfinite(half):  # a quantile with too few values for a bound: as many as its tail asks for
        tail = min(float(goal.statistic), 1 - float(goal.statistic)) if goal.statistic != "mean" else 0.0
        return max(n + 1, math.ceil(4 / tail)) if tail > 0 else None
    return math.ceil(n * (half / wanted) ** 2) if wanted > 0 else None


def next_size(
    looks: Sequence[Look], n: int, *, at_least: int = AT_LEAST, at_most: int | None = None
) -> int | None:
    """Replications in all before the next look; None when it is time to stop.

    Stops when every goal is reached, or at the cap. Depends on nothing but its arguments, so that a study
    looks at the same places whatever ran it.

    >>> next_size([], 0)
    20
    >>> far = Look(estimate=10.0, half_width=1.0, wanted=0.8, n=20, needed=32)
    >>> next_size([far], 20), next_size([far], 20, at_most=25), next_size([far], 25, at_most=25)
    (32, 25, None)
    """
    cap = math.inf if at_most is None else at_most
    if n < min(at_least, cap):
        return int(min(at_least, cap))
    missing = [seen for seen in looks if not seen.reached]
    if not missing or n >= cap:
        return None
    wanted = max(2 * n if seen.needed is None else seen.needed for seen in missing)
    return int(min(max(wanted, math.ceil(GROWTH * n)), 2 * n, cap))


def replications_to_tell(
    differences: Sequence[float], power: float = 0.8, level: float = LEVEL, *, most: int = 1_000_000
) -> int | None:
    """Replications to add so that a paired t test tells two settings apart with this chance.

    `differences` are the paired ones so far; their mean and spread are taken for the truth, so the answer is
    rough. 0 when their interval excludes 0 already; None when no number up to `most` would do (a mean of 0).

    Source: the power of the t test by the non-central t distribution: Cohen, Statistical Power Analysis for
    the Behavioral Sciences, 2nd ed., section 2.2; Law, Simulation Modeling and Analysis, section 10.2.1, for
    the pairing.

    >>> differences = [-1.0, 2.0, -0.5, 1.5, 0.5, -1.0, 1.5, 1.0]       # mean 0.5, spread 1.195
    >>> replications_to_tell(differences)
    39
    >>> replications_to_tell([1.0, 1.1, 0.9]), replications_to_tell([1.0, -1.0])
    (0, None)
    """
    known = [value for value in differences if not math.isnan(value)]
    n = len(known)
    if n < 2 or not all(map(math.isfinite, known)):
        return None
    low, high = mean_interval(known, level)
    mean, variance = mean_and_variance(known)
    if low > 0 or high < 0:
        return 0
    if mean == 0:
        return None
    effect = abs(mean) / math.sqrt(variance)
    total = pairs_needed(effect, power, level, most=most)
    return None if total is None else max(total - n, 1)


def pairs_needed(
    effect: float, power: float = 0.8, level: float = LEVEL, *, most: int = 1_000_000
) -> int | None:
    """Pairs for which a two-sided paired t test has this power; `effect` is mean over standard deviation.

    Source: as `replications_to_tell`; Cohen's tables.

    >>> [pairs_needed(effect) for effect in (0.2, 0.5, 0.8)]
    [199, 34, 15]
    """

    def enough(n: int) -> bool:
        critical, shift = t_quantile(n, level), effect * math.sqrt(n)
        if shift > critical + 8:
            return True
        return 1 - float(nctdtr(n - 1, shift, critical)) >= power

    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if low > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
