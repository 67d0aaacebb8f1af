"""How often sessions start: a Poisson process whose rate is a step function of the time of day.

Source: Leemis, Nonparametric estimation of the cumulative intensity function for a nonhomogeneous Poisson
process, Management Science 37(7), 1991; for the test Brown et al., Statistical analysis of a telephone call
center, JASA 100, 2005, and Kim and Whitt, Are call center and hospital arrivals well modeled by
nonhomogeneous Poisson processes?, M&SOM 16(3), 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from .fit import anderson_darling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HOUR_MS = 3_600_000
DAY_HOURS = 24
DOUBT = 0.01
"""A Poisson process is rejected when one of three tests is this sure; three times 5 % would be too often."""

SLOT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the day: its hours, the starts seen, the time watched, the rate with its bounds (per s)."""

    from_hour: int
    to_hour: int
    seen: int
    watched_s: float
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ArrivalFit:
    """The rate over the day, and whether starts are a Poisson process.

    `steps` is one when the data do not tell hours apart (`p_constant` > 5 %). `p_uniform` and `p_anderson`
    test that starts within an hour are uniform (Kolmogorov-Smirnov, Anderson-Darling), `dispersion` is the
    variance of counts by the minute over their mean, with its p value, both sides.
    """

    steps: tuple[Step, ...]
    overall: Step
    p_constant: float
    p_uniform: float
    p_anderson: float
    dispersion: float
    p_dispersion: float

    @property
    def is_poisson(self) -> bool:
        """Whether no test rejects it."""
        return min(self.p_uniform, self.p_anderson, self.p_dispersion) >= DOUBT

    @property
    def is_constant(self) -> bool:
        """Whether one rate does for the whole day."""
        return len(self.steps) == 1


def poisson_interval(seen: int, level: float = 0.95) -> tuple[float, float]:
    """Exact bounds on the mean of a Poisson count. Source: Garwood, Fiducial limits, Biometrika 28, 1936.

    >>> [round(bound, 2) for bound in poisson_interval(10)]
    [4.8, 18.39]
    """
    tail = (1 - level) / 2
    low = 0.0 if seen == 0 else float(special.gammaincinv(seen, tail))
    return low, float(special.gammaincinv(seen + 1, 1 - tail))


def fit_arrivals(start_ms: Floats, from_ms: float, to_ms: float) -> ArrivalFit:
    """The rate of starts by the hour of the day, UTC.

    Args:
        start_ms: when sessions start, since 1970.
        from_ms: when watching began.
        to_ms: when it ended.

    Raises:
        ValueError: fewer than 2 starts, or no time watched.
    """
    start_ms = np.sort(start_ms)
    if len(start_ms) < 2 or to_ms <= from_ms:
        raise ValueError("fewer than 2 sessions start")
    edges: Floats = np.unique(np.concatenate([[from_ms, to_ms], _whole_hours(from_ms, to_ms)]))
    hour = (edges[:-1] // HOUR_MS).astype(np.int64) % DAY_HOURS
    watched: Floats = np.asarray(
        np.bincount(hour, np.diff(edges) / 1000, minlength=DAY_HOURS), dtype=np.float64
    )
    counts = np.histogram(start_ms, edges)[0]
    seen = np.bincount(hour, counts, minlength=DAY_HOURS).astype(np.int64)
    p_constant = _equal_rates(seen, watched)
    overall = _step(0, DAY_HOURS, int(seen.sum()), float(watched.sum()))
    steps: tuple[Step, ...] = (overall,)
    if p_constant < 0.05:
        steps = _merged(seen, watched)
    place = _places(start_ms, edges)
    dispersion, p_dispersion = _dispersion(start_ms, from_ms, to_ms, steps)
    return ArrivalFit(
        steps=steps,
        overall=overall,
        p_constant=p_constant,
        p_uniform=float(stats.kstest(place, "uniform").pvalue),
        p_anderson=anderson_darling(np.clip(place, 1e-12, 1 - 1e-12))[1],
        dispersion=dispersion,
        p_dispersion=p_dispersion,
    )


def cumulative_intensity(start_ms: Floats, days: int, period_ms: float) -> tuple[Floats, Floats]:
    """Leemis' estimator: the expected starts up to each instant of the period, between the starts linear.

    Args:
        start_ms: starts since the first period began.
        days: how many whole periods were watched.
        period_ms: their length.

    Returns:
        Instants and expected starts by then, float64[n + 2], from (0, 0) to (period, n / days).

    >>> at, expected = cumulative_intensity(np.array([10.0, 130.0]), 2, 100)
    >>> at.tolist(), [round(each, 3) for each in expected.tolist()]
    ([0.0, 10.0, 30.0, 100.0], [0.0, 0.333, 0.667, 1.0])
    """
    within = np.sort(start_ms % period_ms)
    n = len(within)
    at = np.concatenate([[0.0], within, [period_ms]])
    return at, np.arange(n + 2) * n / ((n + 1) * days)


def _whole_hours(from_ms: float, to_ms: float) -> Floats:
    first = int(from_ms // HOUR_MS) + 1
    hours: Floats = np.asarray(np.arange(first, int(np.ceil(to_ms / HOUR_MS))) * HOUR_MS, dtype=np.float64)
    return hours


def _step(from_hour: int, to_hour: int, seen: int, watched_s: float) -> Step:
    low, high = poisson_interval(seen)
    return Step(from_hour, to_hour, seen, watched_s, seen / watched_s, low / watched_s, high / watched_s)


def _equal_rates(seen: NDArray[np.int64], watched: Floats) -> float:
    """The p value that hours have one rate: counts given their sum are multinomial (chi-square)."""
    some = watched > 0
    if some.sum() < 2:
        return 1.0
    expected = seen.sum() * watched[some] / watched[some].sum()
    if expected.min() < 5:  # too few for the approximation: by halves of the time watched
        half = np.cumsum(watched[some]) <= watched[some].sum() / 2
        if not half.any() or half.all():
            return 1.0
        first, share = int(seen[some][half].sum()), float(watched[some][half].sum() / watched[some].sum())
        return float(stats.binomtest(first, int(seen.sum()), share).pvalue)
    statistic = float(((seen[some] - expected) ** 2 / expected).sum())
    return float(stats.chi2.sf(statistic, int(some.sum()) - 1))


def _merged(seen: NDArray[np.int64], watched: Floats) -> tuple[Step, ...]:
    """Hours, the most alike neighbours taken together as long as BIC falls; unwatched ones join the last.

    A step counts as two parameters, its rate and its place. Source: Zhang and Siegmund, A modified Bayes
    information criterion, Biometrics 63(1), 2007: with one, hours that chance made busy become steps.
    """
    groups: list[tuple[int, int, int, float]] = []
    for hour in range(DAY_HOURS):
        if watched[hour] > 0 or not groups:
            groups.append((hour, hour + 1, int(seen[hour]), float(watched[hour])))
        else:
            begin, _, count, length = groups[-1]
            groups[-1] = (begin, hour + 1, count, length)
    if groups[0][3] == 0 and len(groups) > 1:  # the log begins later in the day
        groups[:2] = [(0, *groups[1][1:])]
    penalty = np.log(max(int(seen.sum()), 2))
    while len(groups) > 1:
        losses = [_loss(one, other) for one, other in pairwise(groups)]
        least = int(np.argmin(losses))
        if losses[least] > penalty:
            break
        one, other = groups[least : least + 2]
        groups[least : least + 2] = [(one[0], other[1], one[2] + other[2], one[3] + other[3])]
    return tuple(_step(*group) for group in groups)


def _loss(one: tuple[int, int, int, float], other: tuple[int, int, int, float]) -> float:
    def best(count: int, length: float) -> float:
        return count * float(np.log(count / length)) - count if count else 0.0

    together = best(one[2] + other[2], one[3] + other[3])
    return best(one[2], one[3]) + best(other[2], other[3]) - together


def _places(start_ms: Floats, edges: Floats) -> Floats:
    """Where in its hour each start falls, from 0 to 1: uniform, given the count, for a Poisson process."""
    at = np.clip(np.searchsorted(edges, start_ms, side="right") - 1, 0, len(edges) - 2)
    placed: Floats = (start_ms + 0.5 - edges[at]) / (edges[at + 1] - edges[at])
    return placed


def _dispersion(
    start_ms: Floats, from_ms: float, to_ms: float, steps: tuple[Step, ...]
) -> tuple[float, float]:
    """Variance over mean of counts in slots of a minute, longer where fewer than 5 are expected."""
    rate_per_ms = np.array([step.rate for step in steps]) / 1000
    slot_ms = max(SLOT_MS, 5 / max(float(rate_per_ms.mean()), 1e-12))
    slots = int((to_ms - from_ms) // slot_ms)
    if slots < 10:
        return 1.0, 1.0
    edges = from_ms + slot_ms * np.arange(slots + 1)
    counts = np.histogram(start_ms, edges)[0]
    hours = ((edges[:-1] + slot_ms / 2) // HOUR_MS).astype(np.int64) % DAY_HOURS
    begins = np.array([step.from_hour for step in steps])
    expected = rate_per_ms[np.searchsorted(begins, hours, side="right") - 1] * slot_ms
    some = expected > 0
    statistic = float(((counts[some] - expected[some]) ** 2 / expected[some]).sum())
    freedom = max(int(some.sum()) - len(steps), 1)
    p = 2 * min(float(stats.chi2.sf(statistic, freedom)), float(stats.chi2.cdf(statistic, freedom)))
    return statistic / freedom, min(p, 1.0)
