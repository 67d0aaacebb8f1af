"""Everything else on a host, from the memory that heartbeats report; and the threshold that excluded it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

JUMP = 6.0
"""A step is larger than so many typical changes between heartbeats."""


@dataclass(frozen=True, slots=True)
class HostFit:
    """Memory in % of the host's: mean and sd of the levels, each with bounds; None of the sd for one level.

    `resample_ms`: how long a level lasts; None: levels do not change. `n`: levels seen.
    """

    mean: tuple[float, float, float]
    sd: tuple[float, float, float] | None
    resample_ms: float | None
    heartbeat_ms: float
    n: int


def fit_hosts(nodes: Iterable[tuple[Floats, Floats]]) -> HostFit:
    """From each node's heartbeats: instants in ms, memory in %. Raises ValueError without any two."""
    series = [(at, level) for at, level in nodes if len(at) >= 2]
    if not series:
        raise ValueError("no node has two heartbeats with its memory")
    heartbeat_ms = float(np.median(np.concatenate([np.diff(at) for at, _ in series])))
    jumps = [_jumps(level) for _, level in series]
    every = _period([at[jump] for (at, _), jump in zip(series, jumps, strict=True)])
    levels = []
    for (_, level), jump in zip(series, jumps, strict=True):
        pieces = np.split(level, jump)
        levels += [float(np.median(piece)) for piece in (pieces if every else [level])]
    n = len(levels)
    mean = float(np.mean(levels))
    if n < 2:
        return HostFit((mean, mean, mean), None, every, heartbeat_ms, n)
    sd = float(np.std(levels, ddof=1))
    half = float(stats.t.ppf(0.975, n - 1)) * sd / np.sqrt(n)
    low, high = (sd * np.sqrt((n - 1) / stats.chi2.ppf(share, n - 1)) for share in (0.975, 0.025))
    return HostFit((mean, mean - half, mean + half), (sd, float(low), float(high)), every, heartbeat_ms, n)


def _jumps(level: Floats) -> NDArray[np.intp]:
    """Where a level changes at once: the places after which it is another."""
    change = np.abs(np.diff(level))
    still = float(np.median(change))
    moved = change > JUMP * max(still, 0.005)
    return np.flatnonzero(moved) + 1


def _period(jumps: Iterable[Floats]) -> float | None:
    """The time between jumps, when they are regular enough to be a timer's."""
    gaps = np.concatenate([np.diff(each) for each in jumps])
    if len(gaps) < 5:
        return None
    guess = float(np.median(gaps))
    times = np.round(gaps / guess)
    regular = (times >= 1) & (np.abs(gaps - times * guess) < 0.2 * guess)
    if regular.mean() < 0.8:
        return None
    return float(gaps[regular].sum() / times[regular].sum())
