"""What a session table's behaviour says of its settings: sweep period and phase, TTL, cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

JITTER_MS = 250.0
"""How far a timer's tick may be from its time."""


@dataclass(frozen=True, slots=True)
class TableFit:
    """Settings of a session table. Each is a value with bounds, or None where nothing tells.

    `phases_ms`: of each node's sweeps, within the period. `cap_seen`: evictions showed the cap; otherwise
    `cap_low` is the most entries seen.
    """

    period_ms: tuple[float, float, float] | None
    phases_ms: Mapping[str, float]
    ttl_ms: tuple[float, float, float] | None
    cap: int | None
    cap_low: int | None


def common_period(ticks: Iterable[Floats]) -> tuple[float, float, float] | None:
    """The period of which all intervals between ticks are multiples, with bounds; None for too few.

    Ticks that found nothing to do left no line, so intervals are multiples. A divisor of the period fits as
    well: the longest one that fits is taken.
    """
    ticks = [np.sort(each) for each in ticks]
    gaps = np.concatenate([np.diff(each) for each in ticks] or [np.empty(0)])
    gaps = gaps[gaps > 2 * JITTER_MS]
    if len(gaps) < 3:
        return None
    shortest = float(gaps.min())
    for divisor in range(1, 61):
        guess = shortest / divisor
        if guess < 1000:
            return None
        # the shortest interval is off by the jitter; longer ones tell the period better, step by step
        for limit in np.unique(np.quantile(gaps, [0.25, 0.5, 0.75, 1.0])):
            some = gaps[gaps <= limit]
            times = np.maximum(np.round(some / guess), 1)
            guess = float(some @ times / (times @ times))
        times = np.round(gaps / guess)
        off = gaps - times * guess
        if (times >= 1).all() and np.abs(off).max() <= 2 * JITTER_MS:
            span = float(times.max())
            error = (float(np.abs(off).max()) + 1.0) / span
            return guess, guess - error, guess + error
    return None


def phase(ticks: Floats, period_ms: float) -> float:
    """Where in the period ticks fall: the circular mean."""
    angle = np.angle(np.exp(2j * np.pi * ticks / period_ms).mean())
    return float(angle / (2 * np.pi) % 1 * period_ms)


def ttl_bounds(
    touch_ms: Floats, session: NDArray[np.int64], sweep_ms: Floats, left: NDArray[np.int64]
) -> tuple[float, float] | None:
    """Between what bounds the TTL must lie, from the sizes that sweeps left: max and min over all sweeps.

    After a sweep that leaves M sessions, the M-th most recently touched was young enough and the next one
    too old. Works where single removals are hidden. None when no sweep tells, or they contradict each other
    by more than a little (evictions, a restart).

    Args:
        touch_ms: when each utterance reached the node, in order.
        session: whose it was.
        sweep_ms: sweeps, in order.
        left: entries left after each.
    """
    lows, highs = [], []
    last: dict[int, float] = {}
    at = 0
    for now, entries in zip(sweep_ms.tolist(), left.tolist(), strict=True):
        while at < len(touch_ms) and touch_ms[at] <= now:
            last.pop(int(session[at]), None)
            last[int(session[at])] = float(touch_ms[at])
            at += 1
        recent = list(last.values())[::-1]  # a dict keeps the order of insertion: latest touch last
        if 0 < entries <= len(recent):
            lows.append(now - recent[entries - 1])
        if entries < len(recent):
            highs.append(now - recent[entries])
            for name in list(last)[: len(recent) - entries]:  # they are gone from the table
                del last[name]
    if len(lows) < 5 or len(highs) < 5:
        return None
    # one contradiction in a hundred (a line out of order) is not let decide
    low, high = float(np.quantile(lows, 0.995)), float(np.quantile(highs, 0.005))
    if max(lows) <= min(highs):
        low, high = max(lows), min(highs)
    return (low, high) if low <= high * 1.02 else None
