"""First passages that the end of a run may cut off: what can be said of a time that has not come yet.

A run in which nothing happened within the horizon says only that the time is longer. Kaplan and Meier's
estimate uses exactly that much of it; the average of cut times would call the horizon a result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import ndtri

from .intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Survival:
    """Share of runs in which it has not happened yet, after each time at which it did in some run.

    Element i of every tuple belongs to `times[i]`: runs still `at_risk` just before, `events` at that time,
    the `share` that survives it, its standard error and its bounds at `level`. `end` is the longest time that
    was watched. Before the first time the share is 1.
    """

    times: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    share: tuple[float, ...]
    error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n: int
    end: float
    level: float = LEVEL

    def at(self, time: float) -> tuple[float, float, float]:
        """Share surviving beyond `time` with its bounds; NaN beyond the longest time that was watched."""
        if time > self.end and (not self.share or self.share[-1] > 0):
            return math.nan, math.nan, math.nan
        place = sum(known <= time for known in self.times) - 1
        return (1.0, 1.0, 1.0) if place < 0 else (self.share[place], self.low[place], self.high[place])

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """Time by which a `share` of runs has seen it, with bounds; inf for what lies beyond the watch.

        Source: Brookmeyer and Crowley (1982), Biometrics 38, eq. 3.2, on the transformed bounds.
        """
        left = 1 - share + 1e-12
        return tuple(  # type: ignore[return-value]
            next((t for t, s in zip(self.times, curve, strict=True) if s <= left), math.inf)
            for curve in (self.share, self.low, self.high)
        )

    def mean_until(self, horizon: float) -> tuple[float, float]:
        """Mean of min(time, horizon) and its standard error: the area below the curve.

        Source: Klein and Moeschberger, Survival Analysis, 2nd ed., eqs. 4.5.1 and 4.5.2.
        """
        inside = [i for i, time in enumerate(self.times) if time < horizon]
        edges = [0.0, *(self.times[i] for i in inside), horizon]
        levels = [1.0, *(self.share[i] for i in inside)]
        areas = [level * (b - a) for level, a, b in zip(levels, edges, edges[1:], strict=False)]
        variance = 0.0
        for place, i in enumerate(inside):
            after, left = math.fsum(areas[place + 1 :]), self.at_risk[i] - self.events[i]
            if left > 0:
                variance += after**2 * self.events[i] / (self.at_risk[i] * left)
        return math.fsum(areas), math.sqrt(variance)


def kaplan_meier(times: Sequence[float], happened: Sequence[bool], level: float = LEVEL) -> Survival:
    """Kaplan and Meier's estimate of the share of runs in which it has not happened by a time.

    Args:
        times: one per run: when it happened, or how long it was watched in vain. NaN is refused.
        happened: whether the time is of the event (True) or cut off (False). At equal times the event counts
            as first.
        level: confidence of the pointwise bounds.

    Source: Kaplan and Meier (1958), JASA 53, eq. 2b; Greenwood's variance; bounds on the log(-log) scale,
    Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2nd ed., section 1.4.1.

    >>> seen = kaplan_meier([6, 6, 6, 6, 7, 9, 10, 10], [True, True, True, False, True, False, True, False])
    >>> [round(share, 4) for share in seen.share]          # 5/8, then 3/4 of it, then 1/2 of that
    [0.625, 0.4688, 0.2344]
    >>> seen.at_risk, seen.quantile()[0]
    ((8, 4, 2), 7)
    """
    pairs = sorted(zip(times, happened, strict=True), key=lambda pair: (pair[0], not pair[1]))
    if any(math.isnan(time) for time, _ in pairs):
        raise ValueError("a time is not a number")
    at: list[float] = []
    risk: list[int] = []
    count: list[int] = []
    for place, (time, real) in enumerate(pairs):
        if not real:
            continue
        if at and at[-1] == time:
            count[-1] += 1
        else:
            at.append(time)
            risk.append(len(pairs) - place)
            count.append(1)
    # runs cut off at the very same time come after the event in the order, but were at risk: they are in it
    share, errors, lows, highs = _curve(risk, count, level)
    end = pairs[-1][0] if pairs else math.nan
    columns = (tuple(at), tuple(risk), tuple(count), tuple(share), tuple(errors), tuple(lows), tuple(highs))
    return Survival(*columns, len(pairs), end, level)


def first_passage(values: Sequence[float], horizon: float, level: float = LEVEL) -> Survival:
    """The curve of a result such as `time_to_unavailable_ms`, which is cut off at the horizon.

    >>> seen = first_passage([3.6e6, 8.64e7, 7.2e6, 8.64e7], horizon=8.64e7)
    >>> seen.share, seen.quantile(0.25)[0], seen.mean_until(8.64e7)[0]
    ((0.75, 0.5), 3600000.0, 45900000.0)
    """
    return kaplan_meier(values, [value < horizon for value in values], level)


def _curve(
    risk: Sequence[int], count: Sequence[int], level: float
) -> tuple[list[float], list[float], list[float], list[float]]:
    """Shares, their standard errors and bounds, from the numbers at risk and the events."""
    z = float(ndtri((1 + level) / 2))
    left, greenwood = 1.0, 0.0
    shares: list[float] = []
    errors: list[float] = []
    lows: list[float] = []
    highs: list[float] = []
    for n, d in zip(risk, count, strict=True):
        left *= (n - d) / n
        greenwood += d / (n * (n - d)) if n > d else math.inf
        shares.append(left)
        if left == 0:  # everybody has seen it: nothing is left to be uncertain about on the scale of logs
            errors.append(0.0)
            lows.append(0.0)
            highs.append(0.0)
            continue
        errors.append(left * math.sqrt(greenwood))
        half = z * math.sqrt(greenwood) / abs(math.log(left))
        lows.append(left ** math.exp(half))
        highs.append(left ** math.exp(-half))
    return shares, errors, lows, highs
