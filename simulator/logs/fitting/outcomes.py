"""How translations end: shares that fail or hang, their latency, and outages, in which all do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .arrivals import poisson_interval
from .families import TIMES
from .fit import Fit, fit_best, sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ALIKE = 1e-3
"""A run of failures so unlikely by chance, anywhere in the log, is an outage."""


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
    """Times in which everything failed or hung: when, and whether it failed or hung."""

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
    start_ms, end_ms = at_ms[begins], at_ms[ends]
    lasting = None
    if len(np.unique(end_ms - start_ms)) >= 5:
        lasting = fit_best(TIMES, sample(end_ms - start_ms))
    days = watched_ms / 86_400_000
    low, high = poisson_interval(len(begins))
    per_day = Share(len(begins), days, len(begins) / days, low / days, high / days)
    most_hang = bool(np.mean([hung[b : e + 1].mean() for b, e in zip(begins, ends, strict=True)]) > 0.5)
    return Outages(start_ms, end_ms, most_hang, per_day, lasting)


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
