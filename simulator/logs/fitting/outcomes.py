"""How translations end: shares that fail or hang, their latency, and outages, in which all do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .families import TIMES, Family
from .fit import Fit, beginning, choose, maximise, sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ALIKE = 1e-3
"""A run of failures so unlikely by chance, anywhere in the log, is an outage."""

NOTICES = 1_000
"""Instants at which it is asked how long an outage would have to last to be noticed."""

LEAST_NOTICED = 0.25
"""A family by which most outages are too short to be noticed is a guess about what nobody saw."""

PLACES, WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(8))
PLACES = PLACES + 0.5


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its bounds, and the counts behind it."""

    hits: float
    n: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outages:
    """Times in which everything failed or hung: when, and whether it failed or hung.

    They begin and end halfway between a translation that went well and one that did not. `per_day`: how many
    begin in a day without one.
    """

    start_ms: Floats
    end_ms: Floats
    hangs: bool
    per_day: Share
    lasting: Fit | None

    def __len__(self) -> int:
        """How many."""
        return len(self.start_ms)


def share(hits: float, n: float, level: float = 0.95) -> Share:
    """A share with Jeffreys' bounds.

    Source: Brown, Cai and DasGupta, Interval estimation for a binomial proportion, Statistical Science 16(2),
    2001.

    >>> found = share(5, 1000)
    >>> round(found.low, 5), round(found.high, 5)
    (0.00191, 0.01092)
    """
    tail = (1 - level) / 2
    low = 0.0 if hits <= 0 else float(special.betaincinv(hits + 0.5, n - hits + 0.5, tail))
    high = 1.0 if hits >= n else float(special.betaincinv(hits + 0.5, n - hits + 0.5, 1 - tail))
    return Share(hits, n, hits / n if n else float("nan"), low, high)


def find_outages(at_ms: Floats, bad: Flags, hung: Flags, watched_ms: float) -> Outages | None:
    """Runs of translations that all went wrong, longer than chance makes them; None when there is none.

    Args:
        at_ms: when each was asked, in order.
        bad: failed or hung.
        hung: hung.
        watched_ms: the length of the log.
    """
    if not bad.any():
        return None
    usual = _usual_share(bad)
    longest = max(int(np.ceil(np.log(ALIKE / max(len(bad), 1)) / np.log(usual))), 3)
    change = np.flatnonzero(np.diff(bad.astype(np.int8), prepend=0, append=0))
    begins, ends = change[::2], change[1::2]
    long = ends - begins >= longest
    if not long.any():
        return None
    begins, ends = begins[long], ends[long] - 1
    last = len(at_ms) - 1
    before_ms, after_ms = at_ms[np.maximum(begins - 1, 0)], at_ms[np.minimum(ends + 1, last)]
    start_ms, end_ms = (before_ms + at_ms[begins]) / 2, (at_ms[ends] + after_ms) / 2
    lasting, noticed = None, 1.0
    if len(np.unique(end_ms - start_ms)) >= 5:
        edges = (before_ms, at_ms[begins], at_ms[ends], after_ms)
        lasting, noticed = _lasting(edges, _until_noticed(at_ms, longest))
    days = noticed * max(watched_ms - float((end_ms - start_ms).sum()), 1.0) / 86_400_000
    low, high = (float(special.gammaincinv(len(begins) + 0.5, tail)) for tail in (0.025, 0.975))
    per_day = Share(len(begins), days, len(begins) / days, low / days, high / days)
    most_hang = bool(np.mean([hung[b : e + 1].mean() for b, e in zip(begins, ends, strict=True)]) > 0.5)
    return Outages(start_ms, end_ms, most_hang, per_day, lasting)


def _until_noticed(at_ms: Floats, longest: int) -> Floats:
    """How long an outage must last to be noticed: from any instant until so many translations were asked."""
    instants = np.linspace(at_ms[0], at_ms[-longest], NOTICES, endpoint=False)
    noticed: Floats = at_ms[np.searchsorted(at_ms, instants, side="right") + longest - 1] - instants
    return np.sort(noticed)


def _lasting(
    edges: tuple[Floats, Floats, Floats, Floats], until_noticed_ms: Floats
) -> tuple[Fit | None, float]:
    """How long outages last, and the share of them that is noticed; None and 1 when nothing can be said.

    Only those that were noticed are known. An outage began anywhere between the last good and the first bad
    translation, and ended anywhere between the last bad and the next good one: its length has a trapezoid of
    chances, whose integral with the density is a difference of two mean survivals. Source: De Gruttola and
    Lagakos, Analysis of doubly-censored survival data, Biometrics 45(1), 1989.
    """
    good, first, last, after = edges
    slope = np.maximum(np.minimum(first - good, after - last), 1.0)
    rising = np.maximum(last - first, 0.5)[:, None] + slope[:, None] * PLACES
    falling = (after - good)[:, None] - slope[:, None] * PLACES
    data = sample((after + last - first - good) / 2)
    grid = np.geomspace(min(float(until_noticed_ms[0]), 1000.0), 1e9, NOTICES)
    seen = np.searchsorted(until_noticed_ms, np.sqrt(grid[:-1] * grid[1:])) / len(until_noticed_ms)

    def noticed(family: Family, theta: Floats) -> float:
        with np.errstate(all="ignore"):
            survival = family.sf(theta, grid)
        return float(np.clip(-np.diff(survival) @ seen + survival[-1], 1e-12, 1.0))

    def goal(family: Family, theta: Floats) -> float:
        with np.errstate(all="ignore"):
            each = (family.sf(theta, rising) - family.sf(theta, falling)) @ WEIGHTS
            total = float(np.log(each).sum()) - len(first) * float(np.log(noticed(family, theta)))
        return total if np.isfinite(total) else -1e300

    fits = []
    for family in TIMES:
        theta, covariance, best = maximise(partial(goal, family), beginning(family, data))
        if noticed(family, theta) >= LEAST_NOTICED:
            fits.append(Fit(family, theta, covariance, best, len(first), 0))
    if not fits:
        return None, 1.0
    chosen = choose(fits)
    return chosen, noticed(chosen.family, chosen.theta)


def _usual_share(bad: Flags) -> float:
    """The share that goes wrong outside runs of three and more, at least one in all."""
    padded = np.concatenate([[0, 0], bad.astype(np.int8), [0, 0]])
    triple = padded[:-2] + padded[1:-1] + padded[2:] == 3
    in_run = (triple[:-2] | triple[1:-1] | triple[2:]) & bad
    alone = int((bad & ~in_run).sum())
    return min(max(alone, 1) / max(len(bad) - int(in_run.sum()), 2), 0.5)


def outside(at_ms: Floats, outages: Outages | None) -> Flags:
    """Which instants are in no outage."""
    clear = np.ones(len(at_ms), dtype=np.bool_)
    if outages is not None:
        for start, end in zip(outages.start_ms, outages.end_ms, strict=True):
            clear &= (at_ms < start) | (at_ms > end)
    return clear
